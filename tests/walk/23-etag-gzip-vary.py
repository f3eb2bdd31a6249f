"""Caching: one public representation.

Covers: strong ETag and 304 for lists, threads, comments and pages; gzip;
Vary; Cache-Control for the public and the private view; another ETag with
credentials; no private byte for one who has none; a new comment changes the
ETag at once; a vote within a second; many who ask for the same after a change
cost one look at the store; a large answer arrives whole at slow readers.
"""

import gzip

from lib import *

VARY = {"cookie", "authorization", "x-author-key", "accept-encoding"}


def crowd(f):
    """Readers at once, who take the answer a little at a time."""
    def hits():
        return int(re.search(r"^\w*cache_hits_total (\d+)",
                             f.anon.get("/metrics").text, re.M).group(1))
    for i in range(60):
        f.post("t1", "A longer comment, number %d. " % i +
               "It goes on for a while. " * 20)
    for p in ("/api/v1/threads/t1/comments", "/t/t1"):
        f.post("t1", "New to " + p)
        before = hits()
        raws = [Raw(f.server, timeout=20) for _ in range(24)]
        for r in raws:
            r.send(("GET %s HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
                    "\r\n" % p).encode())
        want = None
        for r in raws:
            body = b""
            while part := r.sock.recv(4000):
                body += part
            body = body.split(b"\r\n\r\n", 1)[1]
            want = want or body
            if body != want:
                check(False, "all get the same bytes of " + p)
            r.close()
        equal(len(want), len(f.anon.get(p, {"Accept-Encoding":
                                            "identity"}).body),
              "whole answers of " + p)
        equal(hits() - before, 24, "one look at the store for " + p)


def walk():
    f = Forum(loops=1)
    for i in range(40):
        j = f.post("t1", "Comment number %d with some words in it." % i)
    own = j["client"]
    paths = ("/api/v1/threads", "/api/v1/threads/t1",
             "/api/v1/threads/t1/comments",
             "/api/v1/comments/" + j["comment"]["id"], "/", "/t/t1",
             "/t/t1.atom", "/api/v1/policy", "/log", "/api/v1/log",
             "/c/" + j["comment"]["id"])
    tags = {}
    for p in paths:
        r = f.anon.get(p)
        tag = r.headers.get("etag", "")
        tags[p] = tag
        check(re.fullmatch(r'"[^"]+"', tag), "a strong ETag on " + p, tag)
        equal(r.headers.get("cache-control"),
              "public, max-age=0, must-revalidate", "Cache-Control of " + p)
        vary = {v.strip().lower()
                for v in r.headers.get("vary", "").split(",")}
        check(VARY <= vary, "Vary of " + p, vary)
        n = f.anon.get(p, {"If-None-Match": tag})
        equal((n.status, n.body), (304, b""), "304 of " + p)
        equal(n.headers.get("etag"), tag, "304 repeats the ETag of " + p)
        equal(f.anon.get(p, {"If-None-Match": '"x", ' + tag}).status, 304,
              "a list of ETags on " + p)
        equal(f.anon.get(p, {"If-None-Match": 'W/' + tag}).status, 304,
              "weak comparison on " + p)
        equal(f.anon.get(p, {"If-None-Match": '"other"'}).status, 200,
              "another ETag on " + p)
    for p in ("/api/v1/threads/t1/comments", "/t/t1"):
        plain = f.anon.get(p)
        z = f.anon.get(p, {"Accept-Encoding": "gzip"})
        equal(z.headers.get("content-encoding"), "gzip", "gzip of " + p)
        equal(gzip.decompress(z.body), plain.body, "the same bytes of " + p)
        check(z.headers["etag"] != plain.headers["etag"],
              "each encoding has its ETag")
        for ae in ("gzip;q=0", "identity", "gzip;q=0, identity",
                   "deflate", "*;q=0, identity"):
            r = f.anon.get(p, {"Accept-Encoding": ae})
            equal(r.headers.get("content-encoding"), None,
                  "%s of %s" % (ae, p))

    # with credentials
    for c, what in ((own, "an author key"), (f.mod, "a moderator")):
        for p in ("/api/v1/threads/t1/comments", "/t/t1"):
            r = c.get(p)
            equal(r.status, 200, p)
            equal(r.headers.get("cache-control"), "private, no-store",
                  "%s with %s" % (p, what))
            check(re.fullmatch(r'"[^"]+"', r.headers.get("etag", "")) and
                  r.headers["etag"] != tags[p],
                  "another ETag than the public: %s with %s" % (p, what), r)
            r = c.get(p, {"If-None-Match": tags[p]})
            equal(r.status, 200, "no 304 with %s on %s" % (what, p))
    mine = [x for x in own.get("/api/v1/threads/t1/comments").json()
            ["comments"] if x["id"] == j["comment"]["id"]][0]
    has(mine.get("mine"), "vote flagged version editable_until held",
        "one's own additions")
    pub = f.anon.get("/api/v1/threads/t1/comments")
    check(b'"mine"' not in pub.body, "none of it in public")

    # changes
    f.post("t1", "One more.")
    for p in ("/api/v1/threads/t1/comments", "/t/t1", "/api/v1/threads/t1"):
        r = f.anon.get(p, {"If-None-Match": tags[p]})
        equal(r.status, 200, "a new comment changes " + p)
    check(b"One more." in f.anon.get("/t/t1").body, "and is there at once")
    cid = j["comment"]["id"]
    f.post("t1", "Voter's words.")["client"].post(
        "/api/v1/comments/%s/vote" % cid, {"value": 1})
    wait_for(lambda: f.anon.get("/api/v1/comments/" + cid).json()["score"]
             == 1, "the score is refreshed", 5)
    tag = f.anon.get("/t/t1").headers["etag"]
    f.server.restart(keep_port=True)
    f.anon.close()
    equal(f.anon.get("/t/t1", {"If-None-Match": tag}).status, 304,
          "the ETag outlives a restart")
    crowd(f)


run(walk)
