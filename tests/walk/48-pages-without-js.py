"""Everything works without JavaScript.

Covers, by pages and forms alone: reading and finding a thread; posting and
replying as a guest; an error shown beside its field with the words kept;
preview; changing and withdrawing; flagging; signing up, out and in; /me;
a moderator decides in /review; the author reads the statement and appeals;
another moderator decides the appeal; /log, /policy, /stats, /desk.
"""

from lib import *
from pages import Reader

WORDS = "Written in a plain form."


def find_comment(f, words, slug="t1"):
    for c in crawl_thread(f.anon, slug):
        if c["body_html"] and words in c["body_html"]:
            return c["id"]
    raise Gone("%r is in the thread" % words)


def walk():
    f = Forum()
    g = Reader(f.server)
    g.open("/")
    check("A thread about t1" in g.text, "the list of threads")
    g.open(g.link_to(r"/t/t1\b"))
    form = g.form_with("body", "name", action="^/t/t1")
    g.send(form, button="preview", body="A *preview* first.", name="Paul")
    check("<em>preview</em>" in g.page.text, "a preview", g.page.status)
    equal(f.counts()["posted"], 0, "is not a post")
    g.open("/t/t1")
    g.send(g.form_with("body", "name", action="^/t/t1"), body=WORDS, name="")
    check(g.page.status == 422, "a missing name", g.page.status)
    check(WORDS in g.page.text, "the words are kept")
    g.send(g.form_with("body", "name", action="^/t/t1"), body=WORDS,
           name="Paul Plain")
    equal(g.page.status, 200, "posted and shown")
    check(WORDS in g.text, "the comment is on the page after posting")
    check(g.jar, "the author key is a cookie")
    cid = find_comment(f, WORDS)

    # reply
    g.open("/t/t1")
    g.open(g.link_to(r"(parent|reply)[^#]*%s|%s[^#]*(parent|reply)" %
                     (cid, cid)))
    form = g.form_with("body", "parent")
    equal([v for n, v, _ in form.fields if n == "parent"], [cid],
          "the reply form names its parent")
    more = {"name": "Paul Plain"} if "name" in form.names() else {}
    g.send(form, body="And an answer to it.", **more)
    check("And an answer to it." in g.text, "the reply is shown")
    rid = find_comment(f, "And an answer")
    equal(f.anon.get("/api/v1/comments/" + rid).json()["parent"], cid,
          "as a reply")

    # change, withdraw
    g.open("/c/" + cid)
    g.open(g.link_to("/c/%s/edit" % cid))
    g.send(g.form_with("body", action="edit"), body=WORDS + " Changed.")
    check("Changed." in f.anon.get("/c/" + cid).text, "changed by form")
    g.open("/c/" + rid)
    g.open(g.link_to("/c/%s/withdraw" % rid))
    g.send(g.form_with(action="withdraw"))
    equal(f.state(rid), "withdrawn", "withdrawn by form")

    # flag, by another reader
    h = Reader(f.server)
    h.open("/t/t1")
    h.open(h.link_to("/c/%s/flag" % cid))
    h.send(h.form_with("clause", "note", action="flag"), clause=f.clause(),
           note="Seen by a reader without scripts.")
    equal(h.page.status, 200, "flagged by form")
    items = f.mod.get("/api/v1/review?state=flagged").json()["items"]
    check("without scripts" in json.dumps(items), "in the queue")

    # members
    m = Reader(f.server)
    m.open("/")
    m.open(m.link_to(r"sign-?up|register|join|account"))
    pw = secret()
    m.send(m.form_with("name", "password"), name="Frieda Form", password=pw)
    equal(m.page.status, 200, "signed up")
    check("Frieda Form" in m.text, "the page knows one")
    m.open("/me")
    check(m.page.status == 200 and "Frieda Form" in m.text, "/me", m.text)
    form = m.form_with(action=r"sign-?out")
    m.send(form)
    m.open("/")
    check("Frieda Form" not in m.text, "signed out")
    m.open(m.link_to(r"sign-?in"))
    m.send(m.form_with("name", "password"), name="Frieda Form",
           password=pw + "x")
    check(m.page.status in (401, 422), "a wrong password", m.page.status)
    check("Frieda Form" in m.page.text, "the name is kept")
    m.send(m.form_with("name", "password"), name="Frieda Form", password=pw)
    m.open("/t/t1")
    form = m.form_with("body", action="^/t/t1")
    check("name" not in form.names(), "a member is not asked for a name")
    m.send(form, body="A member's words in a form.")
    mid = find_comment(f, "in a form")
    bad = m.form("/t/t1", {"body": "Without a token."})
    equal(bad.status, 403, "a form without its token")

    # a moderator, by pages
    mods = []
    for who in (f.mod, f.mod2):
        x = Reader(f.server)
        x.open("/")
        x.open(x.link_to(r"sign-?in"))
        x.send(x.form_with("name", "password"), name=who.name,
               password=who.password)
        x.open("/review?state=all")
        equal(x.page.status, 200, "/review as %s" % who.name)
        mods.append(x)
    x = mods[0]
    x.open("/review?state=flagged")
    if not any({"action", "explanation"} <= fm.names() and cid in
               fm.action for fm in x.forms):
        x.open(x.link_to(r"/review.*" + cid))
    form = x.form_with("clause", "explanation", action=cid)
    x.send(form, button="remove", clause=f.clause(), explanation="Too thin.",
           **({"action": "remove"} if "action" in form.names() else {}))
    check(x.page.status == 422 and "Too thin." in x.page.text,
          "a thin reason is shown again", x.page.status)
    form = x.form_with("clause", "explanation", action=cid)
    x.send(form, button="remove", clause=f.clause(), explanation=REASON,
           **({"action": "remove"} if "action" in form.names() else {}))
    equal(f.state(cid), "removed", "removed by form")
    check(REASON in f.anon.get("/t/t1").text, "the mark")

    # its author
    g.open("/c/" + cid)
    check(REASON in g.text, "the author reads why")
    href = [u for u, _ in g.links if "statement" in u and cid in u]
    if href:
        g.open(href[0])
    try:
        form = g.form_with("grounds", action="appeal")
    except Gone:
        g.open("/c/%s/appeal" % cid)
        form = g.form_with("grounds", action="appeal")
    g.send(form, grounds="The article says the same in its last line.")
    t = f.anon.get("/api/v1/comments/" + cid).json()["tombstone"]
    equal(t["appeal"], "open", "appealed by form")
    y = mods[1]
    y.open("/review?state=appealed")
    if not any({"explanation"} <= fm.names() and cid in fm.action
               for fm in y.forms):
        y.open(y.link_to(r"/review.*" + cid))
    form = y.form_with("explanation", action=cid)
    values = {"explanation": "The last line of the article does say that."}
    for k, v in (("outcome", "reversed"), ("action", "restore"),
                 ("clause", f.clause())):
        if k in form.names():
            values[k] = v
    y.send(form, button="reversed", **values)
    equal(f.state(cid), "visible", "reversed by form")

    for path in ("/log", "/policy", "/stats", "/c/" + mid):
        g.open(path)
        equal(g.page.status, 200, path)
    check(Reader(f.server).open("/review").page.status in (200, 401, 403),
          "/review for a stranger asks to sign in")
    check("Seen by a reader" not in Reader(f.server).open("/review").text,
          "and shows nothing")
    e = Reader(f.server)
    e.open("/")
    e.open(e.link_to(r"sign-?in"))
    e.send(e.form_with("name", "password"), name=f.editor.name,
           password=f.editor.password)
    e.open("/desk")
    equal(e.page.status, 200, "/desk as an editor")
    mods[0].open("/desk")
    equal(mods[0].page.status, 403, "/desk as a moderator")


run(walk)
