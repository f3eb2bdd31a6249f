"""Picks of the newsroom and the pinned comment.

Covers: POST /api/v1/comments/{id}/pick and /pin with on true and false; only
editors and admins; the marks in comment and thread, in the cached public
page at once; one pinned comment a thread, shown at its head; what is removed,
withdrawn or held loses both and does not get them back; nothing of it in the
public record; the forms without scripts, with who and when for staff alone;
rebuild.
"""

from lib import *
from pages import Reader


def walk():
    f = Forum()
    author = f.member("Rita Reader")
    one = f.post("t1", "The first thing to say.", who=author)["comment"]["id"]
    two = f.post("t1", "And the second one.")["comment"]["id"]
    editor = f.staff("Edda Newsroom", "editor")

    def mark(what, cid, on, who=editor):
        return who.post("/api/v1/comments/%s/%s" % (cid, what), {"on": on})

    def seen(cid):
        c = f.anon.get("/api/v1/comments/" + cid).json()
        return c["pick"], c["pinned"]

    def pinned():
        return f.anon.get("/api/v1/threads/t1").json()["pinned"]

    equal(seen(one), (False, False), "no marks to begin with")
    equal(pinned(), None, "nothing pinned")
    for who in (f.anon, f.guest(), author, f.mod):
        for what in ("pick", "pin"):
            check(mark(what, one, True, who).status in (401, 403),
                  "%s is the newsroom's" % what)
    for bad in ({}, {"on": "true"}, {"on": 1}):
        problem(editor.post("/api/v1/comments/%s/pick" % one, bad), 422,
                "invalid_field", "on is a boolean", "on")
    page = f.anon.get("/t/t1")
    check("pinned" not in page.text, "no head")
    tree = f.anon.get("/ledger/checkpoint").text
    r = mark("pick", one, True)
    equal(r.status, 200, "a pick")
    equal(r.json()["comment"]["pick"], True, "in the answer")
    equal(seen(one), (True, False), "a pick for everybody")
    check("editors’ pick" in f.anon.get("/t/t1").text,
          "the cached page has it at once")
    v = f.version(one)
    equal(mark("pick", one, True).status, 200, "once more")
    equal(f.version(one), v, "changes nothing")
    mark("pin", one, True)
    equal(pinned(), one, "pinned")
    mark("pin", two, True)
    equal((seen(one), seen(two)), ((True, False), (False, True)),
          "one a thread")
    text = f.anon.get("/t/t1?sort=oldest").text
    head = text.find('class="pinned"')
    check(0 < head < text.find("And the second one.") <
          text.find('id="c-'), "at the thread's head")
    equal(f.anon.get("/ledger/checkpoint").text, tree,
          "the public record is of decisions alone")

    # What is not shown is not recommended.
    f.remove(two)
    equal((seen(two), pinned()), ((False, False), None), "removed")
    problem(mark("pin", two, True), 409, "not_editable", "not what is removed")
    equal(mark("pin", two, False).status, 200, "off is off")
    f.decide(two, "restore")
    equal(seen(two), (False, False), "and does not come back by itself")
    mark("pin", one, True)
    equal(author.delete("/api/v1/comments/" + one).status, 200, "withdrawn")
    equal((seen(one), pinned()), ((False, False), None), "withdrawn")

    # Without scripts.
    x = Reader(f.server)
    x.open("/sign-in")
    x.send(x.form_with("name", "password"), name=editor.name,
           password=editor.password)
    x.open("/c/" + two)
    x.send(x.form_with(action="/pick$"), button="on")
    x.send(x.form_with(action="/pin$"), button="on")
    equal((seen(two), pinned()), ((True, True), two), "by form")
    check(editor.name in x.text and "Unpin" in str(
        [b for fm in x.forms for b in fm.buttons]), "who, and the way back")
    check(editor.name not in f.anon.get("/c/" + two).text,
          "not for readers")
    x.send(x.form_with(action="/pin$"), button="on")
    equal((seen(two), pinned()), ((True, False), None), "unpinned by form")
    f.server.ctl("rebuild", "--check")


run(walk)
