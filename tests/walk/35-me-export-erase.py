"""One's own page, export and erasure.

Covers: GET /api/v1/me, /me/comments, /me/notices, the private feed;
/me/account-link and /a/{token}; /me/export; DELETE /api/v1/me (signs in
again first; erased[] and retained[]); a byte search over every file under
the data directory, while running and after the stop, for text, name and
e-mail, plain, JSON-escaped and in base64; the record still verifies and the
account adds up; a removed comment stays removed; the page after an erasure
by form says what stays in the reader's language.
"""

from lib import *
from pages import Reader

BODY = "The nightingale \u00fcber Z\u00fcrich sang \"twice\" before dawn."
NAME = "Ottilie Vergissmein"
MAIL = "ottilie.vergissmein@post.example"


def forms(s):
    """The bytes in which a text could lie on disk."""
    b = s.encode()
    out = {b, json.dumps(s)[1:-1].encode(),
           json.dumps(s, ensure_ascii=False)[1:-1].encode(), b.lower(),
           s.encode("utf-16-le")}
    for i in range(3):
        e = base64.b64encode(b[i:])
        out.add(e[4:len(e) // 4 * 4 - 4])
    return out


def walk():
    f = Forum()
    m = f.browser().sign_up(NAME, email=MAIL)
    kept = f.post("t1", BODY, who=m)["comment"]["id"]
    gone = f.post("t1", BODY + " And again.", who=m)["comment"]["id"]
    f.post("t1", "An answer.", parent=kept)
    f.remove(gone)
    m.post("/api/v1/comments/%s/appeal" % gone,
           {"grounds": "I, " + NAME + ", heard it."})
    me = m.get("/api/v1/me").json()
    has(me, "counts", "who one is")
    equal((me["counts"]["posted"], me["counts"]["removed"]), (2, 1),
          "one's own account")
    rows = m.get("/api/v1/me/comments").json()["comments"]
    equal({x["id"]: x["state"] for x in rows},
          {kept: "visible", gone: "removed"}, "own comments in every state")
    n = m.get("/api/v1/me/notices").json()
    check(REASON in json.dumps(n), "what one was told", n)
    equal(f.anon.get("/api/v1/me").status, 401, "as nobody")
    link = m.post("/api/v1/me/account-link")
    check(link.status in (200, 201), "an account link", link)
    path = re.search(r"/a/[A-Za-z0-9_-]+", link.text)
    if check(path, "its address", link):
        page = f.anon.get(path.group(0))
        equal(page.status, 200, "the link's page")
        check("nightingale" not in page.text, "shows no text")
    x = m.get("/api/v1/me/export")
    equal(x.status, 200, "export")
    for s in (NAME, "nightingale", MAIL, "heard it", REASON[:30]):
        check(s in x.text or json.dumps(s)[1:-1] in x.text,
              "the export holds %r" % s)
    page = f.anon.get("/t/t1").text
    check(NAME in page, "the name is on the page")
    wait_for(lambda: "nightingale" in
             f.anon.get("/api/v1/search?q=nightingale").text,
             "the search index has it")
    f.mod.get("/api/v1/review?state=all")

    before = leaves(f.anon)
    r = m.delete("/api/v1/me", {"password": "wrong" + secret()})
    check(r.status in (401, 403), "erasure with a wrong password", r)
    r = m.delete("/api/v1/me", {"password": m.password})
    need(r.status == 200, "erasure", r)
    has(r.json(), "erased retained", "the answer")
    equal(f.state(kept), "erased", "the visible one is erased")
    equal(f.state(gone), "removed", "the removed one stays removed")
    c = f.adds_up(posted=3, erased=1, removed=1, visible=1, ever_removed=1)
    check(c["erased_by"].get("author", 0) >= 1, "by its author", c)
    check(NAME not in f.anon.get("/t/t1").text, "the name is gone")
    check("nightingale" not in f.anon.get("/api/v1/search?q=nightingale")
          .text.replace('"nightingale"', ""), "not found any more")
    equal(f.browser().post("/api/v1/session", {
        "name": NAME, "password": m.password}).status, 401, "no account")
    new = leaves(f.anon)
    equal(new[:len(before)], before, "the record stands")
    check("comment.erased" in [dict(x)["kind"] for x in new], "an entry")

    needles = set()
    for s in (BODY, "nightingale", NAME, "Vergissmein", MAIL, "heard it"):
        needles |= forms(s)
    needles = {x for x in needles if len(x) > 6}

    def clean():
        return not bytes_in_dir(f.server.data, needles)
    wait_for(clean, "no byte of it under the data directory while running",
             20)
    equal(bytes_in_dir(f.server.data, needles), [], "while running")
    f.server.stop()
    equal(bytes_in_dir(f.server.data, needles), [], "after the stop")
    p = f.server.ctl("rebuild", "--check", want=0)
    p = f.server.ctl("verify", want=0)
    f.server.start()
    f.anon.close()
    equal(f.state(gone), "removed", "after a restart")
    by_form(f)


def by_form(f):
    m = f.member("Dana Odchazi")
    x = Reader(f.server)
    x.open("/sign-in")
    x.send(x.form_with("name", "password"), name=m.name, password=m.password)
    x.open("/me?tab=account&lang=cs")
    x.send(x.form_with("password", action="/me/erase$"),
           password=m.password)
    equal(x.page.status, 200, "erased by form")
    check("Star\u0161\u00ed z\u00e1lohy" in x.text and
          "Older backups" not in x.text and "erased" not in x.text,
          "what stays is said in the reader's language", x.text)


run(walk)
