"""Moderating by plain forms, and what the other walks leave out.

Covers: POST /review/{comment} (422 with the words kept, 303), undo by form
and by API; an appeal against a sanction on the page and decided there, with
the words that it is against; batches that name an expected version; notes on
members; erasure under an order; lifting a sanction; /desk for editors only,
with a comparison of two threads.
"""

from lib import *

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
WHY = "After two warnings the insults went on in several threads today."
BETTER = "The warning was about posts that somebody else had written."


def form(client, path, **fields):
    return client.request("POST", path, urllib.parse.urlencode(fields), FORM)


def walk():
    f = Forum()
    f.thread("h", mode="all_held")
    held = f.post("h", "Waits for somebody.", status=202)["comment"]["id"]
    r = form(f.mod, "/review/" + held, action="remove",
             explanation="Too thin.")
    equal(r.status, 422, "a form without clause is refused")
    check("Too thin." in r.text, "with the words kept")
    cid = f.post("t1", "Decided and taken back.")["comment"]["id"]
    r = form(f.mod, "/review/" + cid, action="remove",
             explanation="Too thin.")
    equal((r.status, "<form class=\"decide" in r.text), (422, False),
          "what does not wait has no form to show again")
    r = form(f.mod, "/review/" + cid, action="remove", clause=f.clause(),
             explanation=REASON, note_to_author="",
             expected_version=f.version(cid))
    equal(r.status, 303, "decided by form")
    equal(f.state(cid), "removed", "removed")
    undo = "/review/%s/undo" % cid
    check(undo in f.mod.get(r.headers["location"]).text, "undo is offered")
    equal(form(f.mod, undo).status, 303, "taken back by form")
    equal(f.state(cid), "visible", "visible again")
    f.remove(cid)
    equal(f.mod2.post("/api/v1/review/%s/undo" % cid, {}).status, 404,
          "another's decision is not one's own")
    equal(f.mod.post("/api/v1/review/%s/undo" % cid, {}).status, 200,
          "taken back by API, without naming the decision")
    f.adds_up(removed=0, visible=1)

    # batches
    r = f.mod.post("/api/v1/review/batch", {
        "action": "remove", "clause": f.clause(), "explanation": REASON,
        "comments": [{"comment": cid, "expected_version": 1},
                     {"comment": cid, "expected_version": f.version(cid)}]})
    equal(r.status, 200, "a batch")
    items = r.json()["items"]
    equal([(x["status"], x.get("code")) for x in items],
          [(409, "stale_version"), (200, None)],
          "an item's version is what was seen")
    check(items[0].get("detail"), "with a sentence", items)

    # sanctions
    m = f.browser().sign_up("Ulf Uproar")
    f.mod.post("/api/v1/members/%s/sanctions" % m.id, {
        "kind": "warn", "clause": f.clause(), "explanation": WHY})
    s = m.get("/api/v1/me/sanctions").json()["sanctions"][0]["id"]
    a = m.post("/api/v1/sanctions/%s/appeal" % s,
               {"grounds": "It was not me."}).json()["appeal"]["id"]
    page = f.mod2.get("/review?state=appealed").text
    check("It was not me." in page and WHY in page,
          "the appeal stands there with the words it is against")
    check("It was not me." not in f.mod.get("/review?state=appealed").text,
          "and is not offered to whoever imposed it")
    r = form(f.mod2, "/review/" + a, appeal=a, outcome="reversed",
             explanation=BETTER)
    equal((r.status, r.headers.get("location")),
          (303, "/review?state=appealed"), "decided by form")
    equal(m.get("/api/v1/appeals/" + a).json()["state"], "reversed",
          "reversed")
    problem(f.mod.delete("/api/v1/sanctions/" + s), 409, "stale_version",
            "an ended sanction is not lifted again")
    until = time.strftime("%Y-%m-%dT%H:%M:%SZ",
                          time.gmtime(time.time() + 86400))
    s = f.mod.post("/api/v1/members/%s/sanctions" % m.id, {
        "kind": "mute", "until": until, "clause": f.clause(),
        "explanation": WHY}).json()["sanction"]["id"]
    problem(m.comment("t1", "Muted?"), 403, "sanctioned", "muted")
    equal(f.mod.delete("/api/v1/sanctions/" + s).status, 200, "lifted")
    equal(m.comment("t1", "Free again.").status, 201, "free again")

    # notes, orders
    u = "/api/v1/members/%s/notes" % m.id
    equal(f.mod.post(u, {"text": "Seen before."}).status, 201, "a note")
    equal(m.post(u, {"text": "Mine."}).status, 403, "staff only")
    e = "/api/v1/comments/%s/erase" % cid
    problem(f.mod.post(e, {"by": "order"}), 422, "reason_required",
            "an erasure needs its reason")
    equal(f.mod.post(e, {"by": "order", "clause": f.clause(),
                         "explanation": REASON}).status, 200, "erased")
    check("taken back" not in f.mod.get("/api/v1/comments/" + cid).text,
          "the words are gone")

    # the desk
    f.thread("t2")
    f.post("t2", "In the other thread.")
    equal(f.anon.get("/desk").status, 401, "the desk is not public")
    equal(f.mod.get("/desk").status, 403, "nor for moderators")
    r = f.editor.get("/desk?thread=t1&compare=t2&bucket=week")
    equal(r.status, 200, "the desk")
    check(r.text.count("<figure") >= 6 and "format=csv" in r.text,
          "figures with the same as CSV")
    equal(f.editor.get("/desk?compare=none").status, 404, "no such thread")
    equal(f.editor.get("/desk?from=2026-12-01&to=2026-01-01").status, 422,
          "a range that ends before it begins")


run(walk)
