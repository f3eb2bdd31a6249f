"""Does it make a difference to removal whether a comment praises?

Covers: a sample drawn by a signed head that was published before (and drawn
again here from the outside); each text coded by two persons who see neither
author nor outcome, nor the other's code, never by who decided or wrote it;
the rates by tone with counts and intervals once enough agree; by API and by
plain forms.
"""

import hashlib
import sqlite3

from lib import *


def walk():
    f = Forum()
    ids = {}
    for n in range(44):
        kind = "praise" if n % 2 else "criticism"
        j = f.post("t1", "%s of the paper, the %d. time, %s." % (
            kind, n, secret()), name="Reader %d" % n)
        ids[j["comment"]["id"]] = kind
    # One that this moderator has decided on.
    mine = next(iter(ids))
    f.remove(mine, clause=f.clause("off-topic"))
    rest = [c for c, k in ids.items() if k == "criticism" and c != mine]
    for c in rest[:11]:
        f.remove(c, who=f.editor, clause=f.clause("off-topic"))
    size = settled(f.anon)
    origin, size, root = checkpoint(f.anon)
    u = "/api/v1/tone"
    equal(f.mod.post(u, {}).status, 403, "editors draw")
    problem(f.editor.post(u, {"count": 5}), 422, "invalid_field",
            "too few", "count")
    problem(f.editor.post(u, {"since": stamp(600)}), 422, "invalid_field",
            "from the future", "since")
    r = f.editor.post(u, {"count": 40})
    equal((r.status, r.json_or({}).get("items")), (201, 40), "drawn")
    d = f.mod.get(u).json()["draws"][0]
    equal((d["head_size"], base64.b64encode(bytes.fromhex(
        d["head_root"])).decode()), (size, root),
        "by a head that was published before")
    db = sqlite3.connect("file:%s?mode=ro" % os.path.join(
        f.server.data, "forum.db"), uri=True)
    drawn = {x for x, in db.execute("SELECT c.id FROM tone_item i JOIN "
             "comment c ON c.thread = i.thread AND c.num = i.comment")}
    db.close()
    rank = sorted(ids, key=lambda c: hashlib.sha256(
        bytes.fromhex(d["head_root"]) + c.encode()).digest())
    equal(drawn, set(rank[:40]), "anybody draws the same")

    equal(f.mod.get(u).json()["left"], 40 - (mine in drawn),
          "who has decided on one does not code it")

    # coding
    item = f.mod2.get(u).json()["item"]
    equal(sorted(item), ["body", "id", "language"], "a text and nothing else")
    check(item["id"] not in ids, "nor the comment's own id")
    problem(f.mod2.post(u + "/" + item["id"], {"tone": "nice"}), 422,
            "invalid_field", "no such tone", "tone")
    problem(f.mod2.post(u + "/none", {"tone": "praise"}), 404, "not_found",
            "no such text")
    anna = f.staff("anna", "moderator")
    first = None
    for who in (f.mod2, anna):
        done = 0
        while True:
            j = who.get(u).json()
            if not j["item"]:
                break
            done += 1
            first = first or j["item"]["id"]
            equal(who.post(u + "/" + j["item"]["id"],
                           {"tone": j["item"]["body"].split()[0]}).status,
                  200, "coded")
        equal(done, 40, "all of them")
    problem(f.mod2.post(u + "/" + first, {"tone": "praise"}), 404,
            "not_found", "two codes are enough")

    # the figures
    m = f.editor.get("/api/v1/stats/moderation").json()
    equal(m["tone"], {"coded_twice": 40, "agreed": 40}, "counted")
    g = {x["value"]: x for x in m["removal_rates"] if x["group"] == "tone"}
    equal({v: x["status"] for v, x in g.items()},
          {"praise": "not measured", "criticism": "not measured",
           "neutral": "not measured"}, "under 30 nothing is measured")
    for n in range(70):
        ids[f.post("t1", "criticism again, %s." % secret(),
                   name="Critic %d" % n)["comment"]["id"]] = "criticism"
    many = [c for c, k in ids.items() if k == "criticism"][-40:]
    r = f.editor.post("/api/v1/review/batch", {
        "comments": many, "action": "remove",
        "clause": f.clause("off-topic"), "explanation": REASON})
    equal(r.status, 200, "many are removed")
    equal(f.editor.post(u, {"count": 74}).json()["items"], 74,
          "what was drawn is not drawn again")
    for who in (f.mod2, anna):
        while True:
            item = who.get(u).json()["item"]
            if not item:
                break
            who.post(u + "/" + item["id"],
                     {"tone": item["body"].split()[0]})
    m = f.editor.get("/api/v1/stats/moderation").json()
    c = [x for x in m["removal_rates"] if x["value"] == "criticism"][0]
    equal(c["status"], "measured", "enough now")
    check(c["removed"] >= 50 and c["low"] < c["share"] < c["high"],
          "with its interval", c)
    check("proves neither" in m["note"], "and what it cannot show")

    # who decided does not code, and by form
    f.post("t1", "praise at last.")
    b = f.browser()
    b.sign_in(f.editor.name, f.editor.password)
    equal(b.form("/review/tone/draw", {"csrf": b.csrf, "count": "none",
                                       "since": ""}).status, 422, "no count")
    equal(b.form("/review/tone/draw", {"csrf": b.csrf, "count": "10",
                                       "since": ""}).status, 303, "drawn")
    page = b.get("/review/tone").text
    check("praise at last." in page, "the text stands there")
    item = re.search(r'name="item" value="([^"]+)"', page).group(1)
    equal(b.form("/review/tone", {"csrf": b.csrf, "item": item}).status, 422,
          "nothing chosen")
    equal(b.form("/review/tone", {"csrf": b.csrf, "item": item,
                                  "tone": "praise"}).status, 303, "coded")
    problem(f.editor.post(u + "/" + item, {"tone": "neutral"}), 403,
            "own_case", "once")
    f.server.ctl("rebuild", "--check")
    check(f.server.alive(), "server still alive")


def stamp(seconds=0):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ",
                         time.gmtime(time.time() + seconds))


run(walk)
