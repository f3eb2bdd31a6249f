"""Members: sign up, in and out; cookies and CSRF.

Covers: POST /api/v1/accounts (201, name_taken also for look-alikes, weak
passwords); GET, POST, DELETE /api/v1/session; cookie attributes; the token
is rotated at sign-in and dead after sign-out; CSRF by token, Origin and
Sec-Fetch-Site; bearer and author key need none; a restart keeps sessions.
"""

from lib import *


def walk():
    f = Forum()
    m = f.browser()
    j = m.get("/api/v1/session").json()
    has(j, "csrf", "an anonymous session")
    pw = secret()
    m.csrf_token()
    r = m.post("/api/v1/accounts", {"name": "Berta Stone", "password": pw})
    need(r.status == 201, "sign up", r)
    x = f.browser()
    for name in ("Berta Stone", "berta stone", "B\u0435rta Stone",
                 "Berta\u200b Stone", "BERTA STONE", "\uff22erta Stone"):
        x.csrf_token()
        equal(x.post("/api/v1/accounts", {"name": name, "password": pw})
              .status, 422, "the name %r" % name)
    for bad in ("", "a", "1234567", "password", "password1", "iloveyou1",
                None, 7):
        x.csrf_token()
        r = x.post("/api/v1/accounts", {"name": "Carl Otto",
                                        "password": bad})
        equal(r.status, 422, "password %r is refused" % (bad,))
        equal(r.json_or({}).get("field"), "password", "it is the password")
    for name in ("", "x" * 500, "a\u202eb", "a\nb", 5, None):
        x.csrf_token()
        r = x.post("/api/v1/accounts", {"name": name, "password": pw})
        equal(r.status, 422, "name %r is refused" % (name,))

    m = f.browser()
    before = dict(m.jar)
    m.csrf_token()
    r = m.post("/api/v1/session", {"name": "Berta Stone",
                                   "password": pw + "x"})
    equal(r.status, 401, "a wrong password")
    r2 = m.post("/api/v1/session", {"name": "Nobody Here", "password": pw})
    equal(r2.status, 401, "no such name")
    equal(r.json_or({}).get("code"), r2.json_or({}).get("code"),
          "the answers do not tell which names exist")
    r = m.post("/api/v1/session", {"name": "Berta Stone", "password": pw})
    need(r.status in (200, 201), "sign in", r)
    cookies = [v for k, v in r.pairs if k.lower() == "set-cookie"]
    check(cookies, "a session cookie", r.pairs)
    for c in cookies:
        check("httponly" in c.lower() and "samesite=lax" in c.lower(),
              "HttpOnly and SameSite=Lax", c)
    equal(r.headers.get("cache-control"), "private, no-store",
          "a session is never cached")
    old = dict(m.jar)
    check(old != before, "the session changes at sign-in")
    need(m.csrf_token(), "a CSRF token")
    check(m.id, "one knows who one is", m.get("/api/v1/session"))

    j = f.post("t1", "Berta's view of it.", who=m)
    equal(j["comment"]["author"]["kind"], "member", "a member's comment")
    equal(j["comment"]["author"]["name"], "Berta Stone", "under the name")
    check(not j.get("author_key"), "a member gets no author key")
    problem(f.guest().comment("t1", "I am Berta.", name="Berta Stone"), 422,
            "name_taken", "a guest may not take a member's name")
    equal(f.guest().comment("t1", "I am Berta.", name="Bert\u0430 Stone")
          .status, 422, "nor a look-alike")

    # CSRF
    n = f.counts()["posted"]
    u = "/api/v1/threads/t1/comments"
    b = {"body": "Sent by another site."}
    host = "http://%s:%d" % (f.server.host, f.server.port)
    for h, what in (({"X-CSRF-Token": None}, "no token"),
                    ({"X-CSRF-Token": "x" * 43}, "a wrong token"),
                    ({"Origin": "https://evil.example"}, "a foreign Origin"),
                    ({"Origin": "null"}, "Origin null"),
                    ({"Sec-Fetch-Site": "cross-site"}, "Sec-Fetch-Site")):
        problem(m.post(u, b, h), 403, "csrf", what)
    equal(f.counts()["posted"], n, "nothing was posted")
    equal(m.post(u, {"body": "Sent by our own page."},
                 {"Origin": host, "Sec-Fetch-Site": "same-origin"}).status,
          201, "our own page may")
    other = f.browser()
    other.csrf_token()
    problem(m.post(u, b, {"X-CSRF-Token": other.csrf}), 403, "csrf",
            "another session's token")

    # restart, sign out
    f.server.restart(keep_port=True)
    m.close()
    check(m.who(), "the session outlives a restart")
    m.csrf_token()
    kept = dict(m.jar)
    r = m.delete("/api/v1/session")
    check(r.status in (200, 204), "sign out", r)
    m.jar = kept
    check(not m.who(), "a signed-out cookie is dead")
    f.server.restart(keep_port=True)
    m.close()
    m.jar = kept
    check(not m.who(), "and stays dead after a restart")
    stolen = f.browser()
    name, value = max(kept.items(), key=lambda kv: len(kv[1]))
    for v in (value[:-2] + ("AA" if value[-2:] != "AA" else "BB"),
              value[1:], "", "a.b.c", "A" * 4000):
        stolen.jar = {name: v}
        check(not stolen.who(), "a changed session cookie is nobody's")


run(walk)
