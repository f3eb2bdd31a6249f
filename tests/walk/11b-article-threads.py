"""Threads opened by a first comment.

Covers: an article of a configured site opens its thread with its first
comment; its title and address are kept; the second comment joins it; two
first comments at once make one thread; an address of another site, or none,
stays a 404 and opens nothing.
"""
import threading

from lib import *


def walk():
    f = Forum(sites="https://news.example")
    post = dict(url="https://news.example/a/harbour", title="The harbour",
                name="Nora")
    r = f.anon.post("/api/v1/threads/harbour/comments",
                    dict(post, body="Who pays for the new quay wall?"))
    equal(r.status, 201, "a first comment is taken")
    t = f.anon.get("/api/v1/threads/harbour").json()
    equal((t["title"], t["url"], t["site"], t["counts"]["posted"]),
          ("The harbour", post["url"], "news.example", 1), "its thread")
    r = f.anon.post("/api/v1/threads/harbour/comments",
                    dict(post, body="The port does, says the council."))
    equal(r.status, 201, "a second one joins it")
    equal(f.anon.get("/api/v1/threads/harbour").json()["counts"]["posted"],
          2, "in the same thread")
    for url in ("https://other.example/a", "https://news.example.evil.test/a",
                "http://news.example/a", None):
        r = f.anon.post("/api/v1/threads/else/comments",
                        {"body": "Nobody asked for this thread.",
                         "name": "Nora", "url": url})
        problem(r, 404, "not_found", "an article of %s" % url)
    equal(f.anon.get("/api/v1/threads/else").status, 404, "opens nothing")

    got = []

    def first(i):
        c = Client(f.server)
        got.append(c.post("/api/v1/threads/tram/comments", {
            "body": "The tram is late again today, number %d of us." % i,
            "name": "Nora", "url": "https://news.example/tram"}).status)
    ts = [threading.Thread(target=first, args=(i,)) for i in range(8)]
    [t.start() for t in ts]
    [t.join() for t in ts]
    check(all(s in (201, 202) for s in got), "eight first comments", got)
    equal(f.anon.get("/api/v1/threads/tram").json()["counts"]["posted"], 8,
          "in one thread")


run(walk)
