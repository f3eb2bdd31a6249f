"""Rate limits, as they come.

Covers: 429 rate_limited with Retry-After for posts of one guest and of one
address; nothing is created; refused{rate_limited} in the account; reading
goes on; staff tools go on; limits=off lifts them all (the other walks).
"""

# alone

from lib import *


def walk():
    f = Forum(limits="on")
    g = f.guest()
    first = None
    n = 0
    for i in range(400):
        r = g.comment("t1", "Comment %d, in a hurry." % i, name="Hasty")
        if r.status == 429:
            first = r
            break
        need(r.status in (201, 202), "posting before the limit", r)
        g.author_key = r.json().get("author_key") or g.author_key
        n += 1
    need(first, "a limit is reached within 400 posts")
    problem(first, 429, "rate_limited", "too fast")
    check(first.headers.get("retry-after", "").isdigit() and
          int(first.headers["retry-after"]) >= 1, "Retry-After",
          first.headers)
    f.adds_up(posted=n)
    f.refused("rate_limited")
    equal(f.anon.get("/t/t1").status, 200, "reading goes on")
    equal(f.mod.get("/api/v1/review").status, 200, "the queue goes on")
    # many faces of one address
    for i in range(400):
        r = f.guest().comment("t1", "New face %d." % i, name="Face")
        if r.status == 429:
            break
    problem(r, 429, "rate_limited", "one address with many faces")
    r = f.guest().comment("t1", "Forged address.", name="Face")
    fw = f.guest().post("/api/v1/threads/t1/comments",
                        {"body": "Forged address.", "name": "Face"},
                        {"X-Forwarded-For": "203.0.113.9"})
    equal(fw.status, 429, "X-Forwarded-For of a stranger counts for nothing")
    m = f.browser()
    m.csrf_token()
    bad = 0
    for i in range(60):
        r = m.post("/api/v1/session", {"name": "morris",
                                       "password": "wrong" + secret()})
        if r.status == 429:
            bad = i
            break
    check(r.status == 429, "guessing passwords is slowed down", r)


run(walk)
