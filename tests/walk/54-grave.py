"""The gravest cases: quarantine, reports to authorities, authorities' orders.

Covers: a removal under a clause marked quarantine withholds the text from its
author, moderators, the public, search, export and the review queue; opened
only by an admin who is named for it (forumctl user set --charged), each
opening in the private log; preserve_until; notify_after under a recorded
order (statement delayed, count not); release. Escalations under a clause
marked so: told at once, closed with authority, time and reference. Orders
with their times, and both in the figures (/api/v1/stats/moderation, /stats).
The same by plain forms on /desk/grave.
"""

from lib import *

WORD = "xylophonically"
TEXT = "Something that nobody ought to read, %s." % WORD
HANDED = "It was handed to those who are charged with such cases here."
PUBLIC = "The sentence is quoted from the published judgment, page twelve."
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def stamp(seconds=0):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ",
                         time.gmtime(time.time() + seconds))


def nowhere(f, author, cid, what):
    """The text is on no way out of the forum but the opening."""
    for who, name in ((f.anon, "public"), (author, "author"),
                      (f.mod, "moderator"), (f.editor, "editor"),
                      (f.admin, "admin")):
        for p in ("/api/v1/comments/" + cid, "/t/t1", "/c/" + cid,
                  "/api/v1/threads/t1/comments", "/t/t1.atom",
                  "/api/v1/comments/%s/statement" % cid,
                  "/c/%s/statement" % cid,
                  "/api/v1/search?q=" + WORD, "/api/v1/me/comments", "/me",
                  "/api/v1/me/export", "/api/v1/me/notices",
                  "/api/v1/review", "/review", "/api/v1/quarantine",
                  "/desk/grave", "/api/v1/escalations"):
            check(WORD not in who.get(p).text, "%s: %s has no text of it "
                  "for the %s" % (what, p, name))


def walk():
    f = Forum()
    j = f.post("t1", TEXT)
    cid, author = j["comment"]["id"], j["client"]
    f.remove(cid, clause="child-abuse", explanation=HANDED)
    t = f.anon.get("/api/v1/comments/" + cid).json()
    equal((t["state"], t["tombstone"]["action"]), ("removed", "quarantine"),
          "a removal under this clause is a quarantine")
    nowhere(f, author, cid, "locked away")
    check(WORD not in f.server.ctl("export").stdout,
          "nor is it in the operator's export")

    # opening
    u = "/api/v1/quarantine/%s/open" % cid
    problem(f.mod.post(u, {"reason": "Let me see."}), 403, "role_required",
            "a moderator does not open it")
    problem(f.admin.post(u, {"reason": "Let me see."}), 403,
            "role_required", "nor an admin who is not named for it")
    f.server.ctl("user", "set", "ada", "--charged", "on")
    problem(f.admin.post(u, {}), 422, "invalid_field", "why?", "reason")
    equal(f.editor.get("/api/v1/quarantine").json()["quarantine"][0]
          ["openings"], [], "nothing was opened yet")
    r = f.admin.post(u, {"reason": "For the report to the police."})
    equal((r.status, r.json_or({}).get("body")), (200, TEXT), "opened")
    check("no-store" in r.headers["cache-control"], "and kept nowhere")
    q = f.editor.get("/api/v1/quarantine").json()["quarantine"][0]
    equal([(o["by"]["name"], o["reason"]) for o in q["openings"]],
          [("ada", "For the report to the police.")], "the private log")
    equal(f.mod.get("/api/v1/quarantine").status, 403, "is for editors")
    problem(f.admin.post("/api/v1/quarantine/%s/open" %
                         f.post("t1")["comment"]["id"], {"reason": "x"}),
            404, "not_found", "what is not in quarantine")
    equal(f.admin.get("/api/v1/quarantine?after=x").status, 422,
          "no such cursor")

    # times
    k = "/api/v1/quarantine/" + cid
    problem(f.admin.post(k, {"preserve_until": "2020-01-01"}), 422,
            "invalid_field", "kept until it is over", "preserve_until")
    equal(f.admin.post(k, {"preserve_until": stamp(86400)}).status, 200,
          "kept until tomorrow")
    problem(f.admin.post(k, {"notify_after": stamp(60)}), 422,
            "invalid_field", "a delay needs an order", "order")

    # release
    problem(f.decide(cid, "restore", clause="child-abuse",
                     explanation=PUBLIC), 403, "role_required",
            "a moderator does not let it out")
    equal(f.decide(cid, "restore", who=f.admin, clause="child-abuse",
                   explanation=PUBLIC).status, 200, "let out")
    check(WORD in f.anon.get("/t/t1").text, "and to be read again")
    check(f.editor.get("/api/v1/quarantine").json()["quarantine"][0]
          ["released_at"], "when it was let out")

    # escalation
    e = f.editor.get("/api/v1/escalations").json()["escalations"]
    equal([(x["comment"], x["state"]) for x in e], [(cid, "none")],
          "what was found harmless is over")
    bad = f.post("t1", "I know where she lives, and tonight I go there.")
    bad = bad["comment"]["id"]
    f.remove(bad, clause="threat",
             explanation="It announces an attack on a named person.")
    n = f.editor.get("/api/v1/me/notices").json()["notices"]
    equal(n[0]["kind"], "escalation", "an editor is told at once")
    e = f.editor.get("/api/v1/escalations").json()["escalations"][0]
    equal((e["comment"], e["state"]), (bad, "open"), "open")
    u = "/api/v1/escalations/" + e["id"]
    problem(f.editor.post(u, {"outcome": "told"}), 422, "invalid_field",
            "told when?", "told_at")
    problem(f.editor.post(u, {"outcome": "told", "told_at": stamp(3600),
                              "authority": "Police"}), 422,
            "invalid_field", "not in the future", "told_at")
    equal(f.mod.post(u, {"outcome": "none"}).status, 403, "editors say it")
    equal(f.editor.post(u, {"outcome": "told", "told_at": stamp(),
                            "authority": "County police",
                            "reference": "A 12/26"}).status, 200, "told")
    problem(f.editor.post(u, {"outcome": "none", "reason": "x"}), 409,
            "stale_version", "once")
    e = f.editor.get("/api/v1/escalations").json()["escalations"][0]
    equal((e["state"], e["authority"], e["reference"], e["by"]["name"]),
          ("told", "County police", "A 12/26", "edith"), "written down")

    # orders, and what one delays
    o = "/api/v1/orders"
    problem(f.editor.post(o, {"type": "act", "member_state": "XX",
                              "received_at": stamp(-7200),
                              "authority": "Court"}), 422, "invalid_field",
            "no such state", "member_state")
    j = f.post("t1", "A second one of them, %s again." % WORD)
    cid, author = j["comment"]["id"], j["client"]
    r = f.editor.post(o, {"type": "information", "member_state": "RO",
                          "received_at": stamp(-7200), "comment": cid,
                          "authority": "Parchetul", "reference": "7/26"})
    need(r.status == 201, "an order is written down", r)
    order = r.json()["order"]
    before = f.counts()["removed"]
    lock = {"action": "quarantine", "clause": "spam", "explanation": HANDED}
    problem(f.mod.post("/api/v1/review/%s/decision" % cid, lock), 422,
            "invalid_field", "no quarantine under any clause", "clause")
    equal(f.mod.post("/api/v1/review/batch", dict(lock, comments=[cid]))
          .json()["items"][0]["status"], 422, "nor in a batch")
    r = f.mod.post("/api/v1/review/%s/decision" % cid, {
        "action": "quarantine", "clause": "child-abuse",
        "explanation": HANDED, "notify_after": stamp(3600), "order": order})
    equal(r.status, 200, "locked away, the author to be told later")
    equal(f.counts()["removed"], before + 1, "the count does not wait")
    equal(author.get("/api/v1/me/notices").json()["notices"], [],
          "the author is told nothing yet")
    for who in (author, f.anon):
        equal(who.get("/api/v1/comments/%s/statement" % cid).status, 404,
              "nor shown the statement")
    n = [len(x.get("/api/v1/export/statements").text.split("\n"))
         for x in (f.anon, f.editor)]
    equal(n[1] - n[0], 1, "nor is it among those that anyone reads")
    equal(f.mod.get("/api/v1/comments/%s/statement" % cid).status, 200,
          "staff read it")
    u = o + "/" + order
    problem(f.editor.post(u, {"acted_at": stamp(-9000)}), 422,
            "invalid_field", "acted before it came", "acted_at")
    equal(f.editor.post(u, {"acted_at": stamp(-3600)}).status, 200, "acted")
    equal(f.editor.post(u, {"told_at": stamp(), "effect": "given"}).status,
          200, "and told")
    x = f.editor.get(o).json()["orders"][0]
    equal((x["effect"], x["comment"], x["member_state"]),
          ("given", cid, "RO"), "the order")
    m = f.editor.get("/api/v1/stats/moderation").json()
    equal([(x["type"], x["member_state"], x["received"], x["told"])
           for x in m["orders"]], [("information", "RO", 1, 1)], "counted")
    check(3500 <= m["orders"][0]["median_seconds_to_act"] <= 3700,
          "with the time it took", m["orders"])
    equal((m["reports"]["opened"], m["reports"]["told"]), (2, 1),
          "and the reports")
    page = f.anon.get("/stats").text
    check("RO" in page and "Art. 18" in page, "for everybody to see")

    # by form
    b = f.browser()
    ada = f.admin.name, f.admin.password
    b.sign_in(*ada)
    page = b.get("/desk/grave").text
    check(all(x in page for x in ("/desk/orders", "/desk/escalations",
                                  "/desk/quarantine/open", "County police")),
          "the desk's page has its forms")
    r = b.form("/desk/orders", {"csrf": b.csrf, "type": "act",
                                "member_state": "cz", "authority": "Soud",
                                "received_at": stamp(-60)})
    equal((r.status, "Soud" in r.text and "two letters" in r.text),
          (422, True), "a refused form keeps its words")
    equal(b.form("/desk/orders", {
        "csrf": b.csrf, "type": "act", "member_state": "CZ", "comment": "",
        "authority": "Soud", "received_at": stamp(-60)}).status, 303,
        "an order by form")
    x = f.editor.get(o).json()["orders"][0]
    equal(b.form("/desk/orders/answer", {
        "csrf": b.csrf, "order": x["id"], "acted_at": "", "told_at": stamp(),
        "effect": "refused"}).status, 303, "answered by form")
    e = f.editor.get("/api/v1/escalations").json()["escalations"][0]
    equal(b.form("/desk/escalations", {
        "csrf": b.csrf, "escalation": e["id"], "outcome": "none",
        "reason": "The police had asked themselves."}).status, 303,
        "closed by form")
    r = b.form("/desk/quarantine/open", {"csrf": b.csrf, "comment": cid,
                                         "reason": "For the prosecutor."})
    check(r.status == 200 and WORD in r.text, "opened by form", r)
    equal(b.form("/desk/quarantine/keep", {
        "csrf": b.csrf, "comment": cid, "preserve_until": stamp(7200),
        "notify_after": "", "order": ""}).status, 303, "kept by form")
    r = b.form("/desk/quarantine/release", {
        "csrf": b.csrf, "comment": cid, "clause": "child-abuse",
        "explanation": "Too thin."})
    equal((r.status, "Too thin." in r.text), (422, True), "a thin reason")
    equal(b.form("/desk/quarantine/release", {
        "csrf": b.csrf, "comment": cid, "clause": "child-abuse",
        "explanation": PUBLIC}).status, 303, "let out by form")
    equal(f.state(cid), "visible", "to be read again")
    f.server.ctl("verify")
    f.server.ctl("rebuild", "--check")
    text = json.dumps(leaves(f.anon))
    check("County police" not in text and "Parchetul" not in text,
          "the record holds no detail of it")
    check(f.server.alive(), "server still alive")


run(walk)
