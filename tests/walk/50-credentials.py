"""What an account hands out and changes.

Covers: a new password ends the other sessions and not this one; a second
factor is told, confirmed, asked for, used once, taken away; bearer tokens
are made, listed, revoked, and make no tokens; a guest's author key is
rotated and revoked; notices are marked as read, the private feed; the
account link as JSON and its end; a guest erases with a word; the page of a
statement; where signing in leads; forms with Origin null.
"""

import hmac
import struct

from lib import *


def code(secret, step=0):
    """RFC 6238 over a base 32 secret."""
    n = int(time.time()) // 30 + step
    h = hmac.new(base64.b32decode(secret), struct.pack(">Q", n),
                 hashlib.sha1).digest()
    o = h[-1] & 15
    return "%06d" % ((struct.unpack(">I", h[o:o + 4])[0] & 0x7fffffff)
                     % 1000000)


def walk():
    f = Forum()
    m = f.browser().sign_up("Nelly New")
    other = f.browser().sign_in("Nelly New", m.password)

    # password
    u = "/api/v1/me/password"
    new = secret()
    problem(m.post(u, {"password": "wrong" + new, "new_password": new}), 401,
            "sign_in_required", "the wrong present password")
    problem(m.post(u, {"new_password": new}), 401, "sign_in_required",
            "no present password")
    problem(m.post(u, {"password": m.password}), 422, "invalid_field",
            "no new password", "new_password")
    problem(m.post(u, {"password": m.password, "new_password": "short"}),
            422, "invalid_field", "a short one")
    r = m.post(u, {"password": m.password, "new_password": new})
    equal(r.status, 200, "a new password")
    check(not other.who(), "ends the other session")
    check(m.who(), "and not this one")
    equal(f.browser().post("/api/v1/session", {
        "name": "Nelly New", "password": m.password}).status, 401,
        "the old one is dead")
    m.password = new
    m.csrf_token()

    # second factor
    u = "/api/v1/me/totp"
    r = m.post(u, {"password": new})
    need(r.status == 201, "a secret", r)
    key = r.json()["secret"]
    check(r.json()["uri"].startswith("otpauth://totp/"), "as an address", r)
    r = f.browser().post("/api/v1/session", {"name": "Nelly New",
                                             "password": new})
    equal(r.status, 200, "it does not count yet")
    problem(m.post(u + "/confirm", {"password": new, "code": "000000"}), 401,
            "code_required", "a wrong code")
    equal(m.post(u + "/confirm", {"password": new, "code": code(key)}).status,
          200, "confirmed")
    check(m.who().get("second_factor"), "and told")
    m.csrf_token()
    b = {"name": "Nelly New", "password": new}
    problem(f.browser().post("/api/v1/session", b), 401, "code_required",
            "a code is asked for")
    b["code"] = code(key)
    equal(f.browser().post("/api/v1/session", b).status, 200, "with it")
    problem(f.browser().post("/api/v1/session", b), 401, "code_required",
            "it counts once")
    equal(m.delete(u, {"password": new, "code": code(key, 1)}).status, 200,
          "taken away")
    check(not m.who().get("second_factor"), "it is gone")
    m.csrf_token()

    # tokens
    u = "/api/v1/me/tokens"
    r = m.post(u, {"scope": "read"})
    need(r.status == 201, "a token", r)
    t = Client(f.server, bearer=r.json()["token"], cookies=False)
    equal(t.get("/api/v1/me").status, 200, "it works")
    equal(t.comment("t1", "By a reading token.").status, 403, "reads only")
    problem(m.post(u, {"scope": "admin"}), 403, "role_required",
            "more than one may oneself")
    problem(m.post(u, {"scope": "fly"}), 422, "invalid_field", "no scope")
    p = m.post(u, {"scope": "read,post"}).json()
    t2 = Client(f.server, bearer=p["token"], cookies=False)
    problem(t2.post(u, {"scope": "read"}), 403, "role_required",
            "a token makes no tokens")
    rows = m.get(u).json()["tokens"]
    equal([x["scope"] for x in rows], ["read", "read,post"], "listed")
    check(p["token"] not in m.get(u).text, "and not told again")
    equal(m.delete(u + "/" + r.json()["id"]).status, 200, "revoked")
    equal(t.get("/api/v1/me").status, 401, "and dead")
    stranger = f.browser().sign_up("Sam Stranger")
    equal(stranger.delete(u + "/" + p["id"]).status, 404,
          "another's token is not there")

    # notices, feed, link
    cid = f.post("t1", "Nelly was here.", who=m)["comment"]["id"]
    f.post("t1", "Hello, Nelly.", parent=cid)
    n = m.get("/api/v1/me/notices").json()
    equal([x["kind"] for x in n["notices"]], ["reply"], "told of the reply")
    equal((n["unread"], n["notices"][0]["unread"]), (1, True), "unread")
    feed = m.get("/api/v1/me/notices.atom")
    check(feed.headers["content-type"].startswith("application/atom+xml") and
          "<entry>" in feed.text, "as a feed", feed)
    equal(f.anon.get("/api/v1/me/notices.atom").status, 401, "a private one")
    equal(m.post("/api/v1/me/notices/read").status, 200, "read")
    equal(m.get("/api/v1/me/notices").json()["unread"], 0, "none unread")
    link = m.post("/api/v1/me/account-link").json()["link"]
    j = f.anon.get("/api/v1" + link).json()
    equal((j["counts"]["posted"], j["comments"][0]["id"]), (1, cid),
          "the link's counts")
    check("body_html" not in json.dumps(j) and "Nelly" not in json.dumps(j),
          "no text and no name", j)
    equal(m.delete("/api/v1/me/account-link").status, 200, "taken away")
    equal(f.anon.get("/api/v1" + link).status, 404, "it shows nothing")
    equal(f.anon.get(link).status, 404, "nor its page")

    # a guest
    j = f.post("t1", "A guest's own words.", name="Gus Guest")
    g, gid = j["client"], j["comment"]["id"]
    equal(g.get("/api/v1/me").json()["account"]["kind"], "guest", "a guest")
    old = g.author_key
    r = g.post("/api/v1/me/author-key")
    equal(r.status, 200, "a new key")
    equal(g.get("/api/v1/me").status, 401, "the old one is dead")
    g.author_key = r.json()["author_key"]
    check(g.author_key != old, "another one")
    r = f.anon.get("/c/%s/statement" % gid)
    check(r.status == 200 and "/keep" in r.text, "the keep-link's page", r)
    problem(g.delete("/api/v1/me", {}), 422, "invalid_field",
            "erasure asks for a word", "confirm")
    r = g.delete("/api/v1/me", {"confirm": True})
    equal(r.status, 200, "erased")
    equal(f.state(gid), "erased", "with the text")
    equal(g.get("/api/v1/me").status, 401, "and the key")
    h = f.post("t1", "Another guest's.", name="Gil Guest")["client"]
    equal(h.delete("/api/v1/me/author-key").status, 200, "revoked")
    equal(h.get("/api/v1/me").status, 401, "nobody's now")

    # Signing in leads on, but never off the site.
    for to, where in (("/t/t1", "/t/t1"), ("//evil.example/", "/"),
                      ("https://evil.example/", "/"), ("/\\evil.example", "/"),
                      ("/a\r\nSet-Cookie: x=y", "/"), ("", "/")):
        r = f.browser().form("/sign-in", {
            "name": "Sam Stranger", "password": stranger.password,
            "next": to})
        equal((r.status, r.headers.get("location")), (303, where),
              "on to %r" % to)

    # A browser sends Origin: null with a form of a page without referrer.
    own = {"Origin": "null", "Sec-Fetch-Site": "same-origin"}
    b = {"body": "From our own form.", "csrf": m.csrf}
    equal(m.form("/t/t1", b, own).status, 303, "our own form")
    for site in ("cross-site", "same-site", None):
        equal(m.form("/t/t1", b, dict(own, **{"Sec-Fetch-Site": site}))
              .status, 403, "Origin null and Sec-Fetch-Site %s" % site)


run(walk)
