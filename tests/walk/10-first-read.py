"""A fresh forum, read by anyone.

Covers: /healthz, /readyz; GET /api/v1/threads, /threads/{slug},
/threads/{slug}/comments, /comments/{id} on an empty thread; the fields of a
thread and of its account; unknown paths and methods; /api/v1/policy and one
version of it; /openapi.json; POST /api/v1/counts; the pages /, /t/{slug},
/policy, /log, /stats, /me; the safety headers of pages.
"""

from lib import *

COUNTS = ("posted visible held removed withdrawn erased ever_removed "
          "removed_by_clause erased_by overdue refused "
          "median_decision_seconds")


def walk():
    f = Forum()
    a = f.anon
    r = a.get("/healthz")
    equal(r.status, 200, "healthz")
    equal(r.json(), {"status": "ok"}, "healthz body")
    equal(a.get("/readyz").status, 200, "readyz")

    t = a.get("/api/v1/threads").json()
    equal([x["slug"] for x in t["threads"]], ["t1"], "the list of threads")
    equal(t["next"], None, "one page")
    t = a.get("/api/v1/threads/t1").json()
    has(t, "id slug title url site mode notice created_at last_comment_at "
        "counts", "a thread")
    equal(t["mode"], "open", "mode")
    equal(t["site"], "news.example", "site")
    has(t["counts"], COUNTS, "the account")
    check(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z",
                       t["created_at"]), "created_at is RFC 3339 UTC",
          t["created_at"])
    equal(t["counts"]["posted"], 0, "nothing posted")
    j = a.get("/api/v1/threads/t1/comments").json()
    has(j, "thread comments next", "a page of comments")
    equal(j["comments"], [], "no comments yet")

    problem(a.get("/api/v1/threads/none"), 404, "not_found", "no such thread")
    problem(a.get("/api/v1/comments/none"), 404, "not_found",
            "no such comment")
    problem(a.get("/api/v1/nothing"), 404, "not_found", "no such path")
    r = a.request("PUT", "/api/v1/threads/t1", {})
    equal(r.status, 405, "PUT is not known here")
    check("GET" in r.headers.get("allow", ""), "405 names what is allowed",
          r.headers)
    for q in ("limit=0", "limit=501", "limit=x", "limit=-1", "sort=worst",
              "shape=round", "after=%00", "after=garbage"):
        r = a.get("/api/v1/threads/t1/comments?" + q)
        check(r.status in (400, 422), "%s is refused" % q, r)

    p = a.get("/api/v1/policy").json()
    has(p, "digest adopted_at clauses", "the policy")
    check(len(p["clauses"]) >= 3, "clauses", p["clauses"])
    for c in p["clauses"]:
        has(c, "id title text", "a clause")
    r = a.get("/api/v1/policy/" + p["digest"])
    equal(r.status, 200, "the policy by digest")
    equal(r.json()["digest"], p["digest"], "the same digest")
    equal(a.get("/api/v1/policy/" + "0" * 64).status, 404, "another digest")

    o = a.get("/openapi.json").json()
    equal(o.get("openapi", "")[:3], "3.1", "OpenAPI 3.1")
    for path in ("/api/v1/threads", "/api/v1/threads/{slug}/comments"):
        check(path in o["paths"], "%s in /openapi.json" % path,
              list(o["paths"]))

    r = a.post("/api/v1/counts", ["https://news.example/articles/t1",
                                  "https://news.example/none"])
    equal(r.status, 200, "counts")
    equal(r.json(), [0, 0], "visible counts in the same order")
    check(a.post("/api/v1/counts", {"a": 1}).status in (400, 422),
          "counts wants an array")

    for path in ("/", "/t/t1", "/policy", "/log", "/stats"):
        r = a.get(path)
        equal(r.status, 200, "page " + path)
        h = r.headers
        equal(h.get("content-type"), "text/html; charset=utf-8",
              "type of " + path)
        csp = h.get("content-security-policy", "")
        check("default-src" in csp and "unsafe-inline" not in csp and
              "unsafe-eval" not in csp, "strict CSP on " + path, csp)
        check("frame-ancestors 'none'" in csp, "no framing of " + path, csp)
        equal(h.get("x-content-type-options"), "nosniff", "nosniff " + path)
        equal(h.get("referrer-policy"), "no-referrer", "referrer " + path)
        check("<html lang=" in r.text, "language of " + path, r.text[:200])
        check("<script>" not in r.text and " onclick=" not in r.text and
              " style=" not in r.text, "nothing inline on " + path)
    check(a.get("/me").status in (200, 302, 303, 401), "/me without an account")
    check("news.example" in a.get("/t/t1").text or
          "A thread about t1" in a.get("/t/t1").text, "the thread's title")
    r = a.get("/t/none")
    equal(r.status, 404, "page of no thread")
    equal(r.headers.get("content-type"), "text/html; charset=utf-8",
          "404 as a page")
    css = re.findall(r'href="([^"]+\.css[^"]*)"', a.get("/").text)
    check(css, "a style sheet is linked")
    for c in css[:1]:
        r = a.get(c)
        equal((r.status, r.headers.get("content-type", "")[:8]),
              (200, "text/css"), "style sheet " + c)
    r = a.request("HEAD", "/t/t1")
    equal((r.status, r.body), (200, b""), "HEAD")


run(walk)
