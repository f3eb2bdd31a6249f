"""Appeals.

Covers: POST .../appeal (201; appeal_exists, not_appealable, appeal_expired,
wrong grounds, only the author's); GET /api/v1/appeals/{id}; whoever decided
does not decide the appeal; reversed brings the comment back where it stood
with a note; upheld stands; entries appeal.filed and appeal.decided; decided
by another pseudonym.
"""

from lib import *

GROUNDS = "It is a quotation from the council's own published minutes."


def decide(f, who, cid, appeal, outcome):
    return who.post("/api/v1/review/%s/decision" % cid, {
        "action": "restore" if outcome == "reversed" else "remove",
        "clause": f.clause(), "appeal": appeal, "outcome": outcome,
        "explanation": "The minutes do say this and the post quotes them."
        if outcome == "reversed" else
        "The minutes do not say what the post claims about the matter.",
        "expected_version": f.version(cid)})


def walk():
    f = Forum()
    before = f.post("t1", "The one before it.")
    j = f.post("t1", "The councillor said so in March.")
    f.post("t1", "The one after it.")
    cid, g = j["comment"]["id"], j["client"]
    u = "/api/v1/comments/%s/appeal" % cid
    problem(g.post(u, {"grounds": GROUNDS}), 409, "not_appealable",
            "nothing was decided")
    f.remove(cid)
    for b in ({}, {"grounds": ""}, {"grounds": "x" * 4001}, {"grounds": 4}):
        r = g.post(u, b)
        check(r.status in (413, 422), "grounds %s" % str(b)[:30], r)
    check(before["client"].post(u, {"grounds": GROUNDS}).status in
          (403, 404), "another's comment")
    check(f.anon.post(u, {"grounds": GROUNDS}).status in (401, 403, 404),
          "as nobody")
    r = g.post(u, {"grounds": GROUNDS})
    need(r.status == 201, "an appeal", r)
    aid = r.json()["appeal"]["id"]
    problem(g.post(u, {"grounds": GROUNDS}), 409, "appeal_exists",
            "a second one")
    a = g.get("/api/v1/appeals/" + aid)
    equal(a.status, 200, "the appeal")
    has(a.json(), "state filed_at decided_at decided_by explanation "
        "further_redress", "an appeal")
    equal(a.json()["state"], "open", "open")
    equal(f.anon.get("/api/v1/appeals/" + aid).status, 404, "is private")
    t = f.anon.get("/api/v1/comments/" + cid).json()["tombstone"]
    equal(t["appeal"], "open", "the tombstone says so")
    first = t["decided_by"]
    items = f.mod2.get("/api/v1/review?state=appealed").json()["items"]
    equal([(i.get("comment") or i)["id"] for i in items], [cid],
          "in the queue")
    check(GROUNDS in json.dumps(items), "with its grounds")
    problem(decide(f, f.mod, cid, aid, "reversed"), 403, "same_moderator",
            "whoever decided does not decide the appeal")
    problem(decide(f, f.mod, cid, aid, "upheld"), 403, "same_moderator",
            "not to uphold it either")
    r = decide(f, f.mod2, cid, aid, "reversed")
    equal(r.status, 200, "reversed by another")
    equal(f.state(cid), "visible", "back")
    order = [x["id"] for x in crawl_thread(f.anon, "t1")]
    equal(order[1], cid, "where it stood")
    a = g.get("/api/v1/appeals/" + aid).json()
    equal(a["state"], "reversed", "state")
    check(a["decided_by"] and a["decided_by"] != first,
          "another pseudonym decided", (a["decided_by"], first))
    f.adds_up(removed=0, ever_removed=1)
    check("reversed" in f.anon.get("/api/v1/comments/" + cid).text or
          "reversed" in f.anon.get("/c/" + cid).text, "with a note")
    check("reversed" in g.get("/api/v1/me/notices").text, "the author is told")

    j = f.post("t1", "The councillor said so in May.")
    cid, g = j["comment"]["id"], j["client"]
    f.remove(cid, who=f.mod2)
    aid = g.post("/api/v1/comments/%s/appeal" % cid,
                 {"grounds": GROUNDS}).json()["appeal"]["id"]
    equal(decide(f, f.mod, cid, aid, "upheld").status, 200, "upheld")
    equal(f.state(cid), "removed", "stays removed")
    t = f.anon.get("/api/v1/comments/" + cid).json()["tombstone"]
    equal(t["appeal"], "upheld", "the tombstone says so")
    a = g.get("/api/v1/appeals/" + aid).json()
    equal(a["state"], "upheld", "decision stands")
    check(a["further_redress"], "further redress", a)
    kinds = [dict(x)["kind"] for x in leaves(f.anon)]
    equal((kinds.count("appeal.filed"), kinds.count("appeal.decided")),
          (2, 2), "entries")

    j = f.post("t1", "The councillor said so in June.")
    f.remove(j["comment"]["id"])
    f.server.restart_later("+200d")
    j["client"].close()
    problem(j["client"].post("/api/v1/comments/%s/appeal" %
                             j["comment"]["id"], {"grounds": GROUNDS}),
            410, "appeal_expired", "after more than six months")


run(walk)
