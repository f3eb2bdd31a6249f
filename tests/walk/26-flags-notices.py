"""Flags and notices of illegality.

Covers: POST .../flags by guests, members and anonymous readers (201 with id
and key; the same person again 200, the first); GET /api/v1/flags/{id} with
its key; fields of a notice; outcome upheld and rejected; the flagged queue;
note and flagger never reach the author; flags alone remove nothing; an
appeal against inaction; entry flags.decided; where a flagger came from is
kept as a digest alone; a notice and an appeal by forms without scripts, an
error beside its field with the words kept.
"""

import sqlite3

from lib import *
from pages import Reader


def walk():
    f = Forum()
    j = f.post("t1", "Something that somebody flags.")
    cid, author = j["comment"]["id"], j["client"]
    u = "/api/v1/comments/%s/flags" % cid
    note = "He lives next door to me, secretword."
    flagger = f.post("t1", "I flag things.")["client"]
    r = flagger.post(u, {"clause": f.clause(), "note": note})
    need(r.status == 201, "a flag", r)
    fl = r.json()["flag"]
    has(fl, "id key", "the flag")
    r = flagger.post(u, {"clause": f.clause(), "note": "again"})
    equal((r.status, r.json().get("flag", {}).get("id")), (200, fl["id"]),
          "the same person again: the first")
    q = "/api/v1/flags/" + fl["id"]
    equal(f.guest().get(q).status, 404, "a flag is private")
    g = f.guest().get(q + "?key=" + fl["key"])
    equal(g.status, 200, "with its key")
    equal(g.json()["state"], "open", "open")
    equal(f.guest().get(q + "?key=" + "x" * len(fl["key"])).status, 404,
          "not with another key")
    anon = f.guest()
    r = anon.post(u, {"clause": f.clause()})
    equal(r.status, 201, "a reader without any account flags, too")
    def other():
        return f.post("t1", "Another reader, %s." % secret())["client"]
    for b in ({}, {"clause": "none-such"}, {"clause": 5},
              {"clause": f.clause(), "note": "x" * 100000}):
        x = other().post(u, b)
        check(x.status in (413, 422), "wrong flag %s" % str(b)[:40], x)
    equal(f.guest().post("/api/v1/comments/none/flags",
                         {"clause": f.clause()}).status, 404,
          "no such comment")
    n = other().post(u, {"clause": f.clause(), "legal_ground":
                           "Section 4A Public Order Act 1986",
                           "explanation": "It threatens a named group.",
                           "good_faith": True, "name": "Nina Notice",
                           "email": "nina@notice.example"})
    equal(n.status, 201, "a notice of illegality")
    x = other().post(u, {"clause": f.clause(), "legal_ground": "Some law",
                           "explanation": "Because.", "good_faith": False,
                           "name": "N", "email": "n@n.example"})
    equal(x.status, 422, "a notice needs good faith")
    equal(f.state(cid), "visible", "flags alone remove nothing")
    own = author.get("/api/v1/comments/" + cid).text + \
        author.get("/api/v1/me/comments").text + \
        author.get("/api/v1/me/notices").text
    for s in ("secretword", "Nina Notice", "nina@notice"):
        check(s not in own, "%s does not reach the author" % s)
        check(s not in f.anon.get("/t/t1").text, "nor the public")
    items = f.mod.get("/api/v1/review?state=flagged").json()["items"]
    it = [i for i in items if (i.get("comment") or i).get("id") == cid]
    need(it, "the flagged comment is in the queue", items)
    check("secretword" in json.dumps(it[0]), "with the note")
    r = f.decide(cid, "approve")
    equal(r.status, 200, "decided: it stays")
    g = f.guest().get(q + "?key=" + fl["key"]).json()
    equal(g["state"], "rejected", "the flag was rejected")
    has(g, "decided_at explanation", "a decided flag")
    kinds = [dict(x)["kind"] for x in leaves(f.anon)]
    check("flags.decided" in kinds, "an entry flags.decided", kinds)
    r = f.guest().post(q + "/appeal?key=" + fl["key"],
                       {"grounds": "It is still there."})
    equal(r.status, 201, "an appeal against inaction")

    j = f.post("t1", "Another remark to be flagged.")
    cid = j["comment"]["id"]
    fl = flagger.post("/api/v1/comments/%s/flags" % cid,
                      {"clause": f.clause()}).json()["flag"]
    f.remove(cid)
    g = flagger.get("/api/v1/flags/" + fl["id"] + "?key=" + fl["key"]).json()
    equal(g["state"], "upheld", "a flag upheld")
    j = f.post("t1", "A remark that another site points at.")["comment"]
    u = "/api/v1/comments/%s/flags" % j["id"]
    problem(other().post(u, {"clause": f.clause(), "referrer": 5}), 422,
            "invalid_field", "a referrer is a text", "referrer")
    equal(other().post(u, {"clause": f.clause()}, {
        "Referer": "https://angry.example/them"}).status, 201, "sent by one")
    equal(other().post(u, {"clause": f.clause(), "referrer":
                           "https://Angry.example:8443/x"}).status, 201,
          "said by the page's script")
    for name in ("forum.db", "forum.db-wal"):
        with open(os.path.join(f.server.data, name), "rb") as fh:
            check(b"ngry.example" not in fh.read(),
                  "%s does not hold where they came from" % name)
    db = sqlite3.connect("file:%s?mode=ro" % os.path.join(
        f.server.data, "forum.db"), uri=True)
    equal(db.execute("SELECT COUNT(DISTINCT referrer), COUNT(referrer) FROM "
                     "flag").fetchone(), (1, 2),
          "but that both came from the same place")
    db.close()
    text = json.dumps([x for x in leaves(f.anon)])
    check("secretword" not in text and "Nina" not in text,
          "nothing personal in the record")
    forms(f)


def forms(f):
    j = f.post("t1", "A remark that breaks a law, somebody says.")["comment"]
    x = Reader(f.server)
    x.open("/c/%s/flag" % j["id"])
    check("<details><summary>" in x.page.text, "a notice can be disclosed")
    words = {"clause": f.clause(), "legal_ground": "Section 4A",
             "explanation": "It threatens a <group>.", "good_faith": "true",
             "name": "Nora Notice"}
    x.send(x.form_with("clause", "legal_ground", action="flag$"),
           email="no address", **words)
    equal(x.page.status, 422, "a wrong address")
    check("<details open>" in x.page.text and
          re.search(r'id="flag-email-error"[^>]*>[^<]', x.page.text) and
          "It threatens a &lt;group&gt;." in x.page.text,
          "said beside the field, the words kept", x.page.text)
    x.send(x.form_with("clause", "legal_ground", action="flag$"),
           email="nora@notice.example", **words)
    equal(x.page.status, 200, "a notice by form")
    items = f.mod.get("/api/v1/review?state=flagged").json()["items"]
    check("It threatens a <group>." in [n.get("explanation") for i in items
          for n in i.get("notices", i.get("flags", []))] or
          "It threatens a <group>." in json.dumps(items), "in the queue")
    fl = f.guest().post("/api/v1/comments/%s/flags" % j["id"],
                        {"clause": f.clause()}).json()["flag"]
    equal(f.decide(j["id"], "approve").status, 200, "it stays")
    x = Reader(f.server)
    x.open("/flags/%s?key=%s" % (fl["id"], fl["key"]))
    x.send(x.form_with("grounds", action="appeal$"), grounds="x" * 5000)
    equal(x.page.status, 422, "too many grounds")
    check(re.search(r'id="appeal-grounds-error"[^>]*>[^<]', x.page.text) and
          "x" * 4900 in x.page.text, "the form again, the error beside it",
          x.page.text)
    x.send(x.form_with("grounds", action="appeal$"), grounds="It is there.")
    equal(x.page.status, 200, "an appeal by form")
    check(not any("grounds" in fm.names() for fm in x.forms), "on file")


run(walk)
