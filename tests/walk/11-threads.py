"""Threads: made by an editor, listed, filtered, paged.

Covers: POST /api/v1/threads (201, who may, wrong fields, slug taken);
GET /api/v1/threads with site=, mode=, limit and after; roles.
"""

from lib import *


def walk():
    f = Forum(thread=None)
    e, a = f.editor, f.anon
    good = {"slug": "one", "title": "One", "mode": "open",
            "url": "https://news.example/a/1", "site": "news.example"}
    r = e.post("/api/v1/threads", good)
    equal(r.status, 201, "an editor opens a thread")
    has(r.json(), "id slug title url site mode", "the new thread")

    problem(a.post("/api/v1/threads", dict(good, slug="x")), 401,
            "sign_in_required", "a guest opens no thread")
    problem(f.mod.post("/api/v1/threads", dict(good, slug="x")), 403,
            "role_required", "a moderator opens no thread")
    reader = f.staff("rita", "reader")
    problem(reader.post("/api/v1/threads", dict(good, slug="x")), 403,
            "role_required", "a reader opens no thread")
    r = e.post("/api/v1/threads", dict(good, url="https://news.example/a/9"))
    problem(r, 409, "slug_taken", "a slug is used once")
    wrong = [("slug", ""), ("slug", "a/b"), ("slug", "x" * 300), ("slug", 7),
             ("slug", None), ("title", ""), ("title", "x" * 5000),
             ("url", "javascript:alert(1)"), ("url", "not a url"),
             ("mode", "sideways"), ("title", ["a"])]
    for k, v in wrong:
        r = e.post("/api/v1/threads", dict(good, **dict({"slug": "w"},
                                                        **{k: v})))
        equal(r.status, 422, "wrong %s %r is refused" % (k, v))
        equal(r.json_or({}).get("field"), k, "the refusal names %s" % k)
    equal(len(a.get("/api/v1/threads").json()["threads"]), 1,
          "refused requests changed nothing")

    for i in range(7):
        f.thread("n%d" % i, mode="all_held" if i % 2 else "open",
                 site="other.example" if i > 4 else "news.example",
                 url="https://%s/%d" % ("other.example" if i > 4 else
                                        "news.example", i))
    t = a.get("/api/v1/threads?site=other.example").json()["threads"]
    equal(sorted(x["slug"] for x in t), ["n5", "n6"], "site=")
    t = a.get("/api/v1/threads?mode=all_held").json()["threads"]
    equal(sorted(x["slug"] for x in t), ["n1", "n3", "n5"], "mode=")
    seen, after = [], ""
    for _ in range(10):
        j = a.get("/api/v1/threads?limit=3" + after).json()
        check(len(j["threads"]) <= 3, "limit is kept")
        seen += [x["slug"] for x in j["threads"]]
        if j["next"] is None:
            break
        after = "&after=" + urllib.parse.quote(j["next"])
    equal(sorted(seen), sorted(["one"] + ["n%d" % i for i in range(7)]),
          "the cursor meets every thread once")
    f.restart()
    equal(len(a.get("/api/v1/threads").json()["threads"]), 8,
          "threads outlive a restart")


run(walk)
