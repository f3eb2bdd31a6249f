"""202: held, and removed at once. Content never causes a refusal.

Covers: all_held and newcomers_held threads; held{clause, explanation,
decide_by, queue_position}; what the author sees and what others see; the
account; approve publishes; what the policy rejects is accepted and removed
with tombstone, statement and appeal; an edit into held.
"""

from lib import *


def walk():
    f = Forum()
    f.thread("held", mode="all_held")
    j = f.post("held", "Please hold this one.", status=202)
    c, g = j["comment"], j["client"]
    equal(c["state"], "held", "state")
    has(j, "comment receipt author_key held", "a 202 answer")
    has(j["held"], "clause explanation decide_by queue_position", "held")
    check(isinstance(included(j["receipt"]["proof"],
                              base64.b64decode(j["receipt"]["leaf"])), tuple),
          "a held comment has its receipt too")
    u = "/api/v1/comments/" + c["id"]
    pub = f.anon.get(u).json()
    equal((pub["state"], pub["body_html"]), ("held", None),
          "others see that something is held")
    check("Please hold" not in json.dumps(pub), "not its text")
    own = g.get(u)
    equal(own.headers.get("cache-control"), "private, no-store",
          "the author's view is private")
    check("Please hold" in own.json().get("body", ""), "the author reads it",
          own)
    check("Please hold" in f.mod.get(u).text, "a moderator reads it")
    for path in ("/t/held", "/api/v1/threads/held/comments", "/t/held.atom",
                 "/c/" + c["id"]):
        check("Please hold" not in f.anon.get(path).text,
              "not shown at " + path)
    f.adds_up("held", posted=1, held=1, visible=0)
    r = f.decide(c["id"], "approve")
    equal(r.status, 200, "approved")
    equal(f.state(c["id"]), "visible", "published")
    check("Please hold" in f.anon.get("/t/held").text, "and shown")
    f.adds_up("held", posted=1, held=0, visible=1)

    # what the policy rejects
    f.thread("rej")
    rej = REJECTED
    r = f.guest().comment("rej", rej, name="Rude Reader")
    need(r.status == 202, "content is never refused", r)
    j = r.json()
    equal(j["comment"]["state"], "removed", "removed at once")
    has(j, "comment receipt author_key tombstone", "the answer")
    t = j["tombstone"]
    has(t, "clause clause_title explanation action decided_at decided_by "
        "automated_detection automated_decision policy_digest log_index "
        "appeal appeal_until", "the tombstone")
    equal((t["decided_by"], t["automated_decision"], t["appeal"]),
          ("automatic", True, "none"), "decided automatically")
    cid = j["comment"]["id"]
    pub = f.anon.get("/api/v1/comments/" + cid).json()
    equal((pub["state"], pub["body_html"]), ("removed", None), "in its place")
    has(pub.get("tombstone"), "clause explanation", "public tombstone")
    g = Client(f.server, author_key=j["author_key"], cookies=False)
    s = g.get("/api/v1/comments/%s/statement" % cid)
    equal(s.status, 200, "the statement")
    a = f.adds_up("rej", posted=1, removed=1, visible=0, ever_removed=1)
    equal(a["removed_by_clause"], {t["clause"]: 1}, "by clause")
    r = g.post("/api/v1/comments/%s/appeal" % cid,
               {"grounds": "The word was a quotation."})
    equal(r.status, 201, "and can be appealed")
    # An approval is a decision without clause or words, and the end of the
    # waiting that the hold began: same comment, version and clause.
    entries = [dict(x) for x in leaves(f.anon)]
    held = [x for x in entries if x["kind"] == "comment.held"]
    end_ = [i for i, x in enumerate(entries)
            if x["kind"] == "comment.published"]
    check(end_, "something was approved")
    for i in end_:
        x, d = entries[i], entries[i - 1]
        check(any(all(x[k] == h[k] for k in ("ref", "version", "clause"))
                  for h in held), "it ends a hold", x)
        equal((x["automated-decision"], x["automated-detection"]),
              ("AUTOMATED_DECISION_NOT_AUTOMATED", "No"), "by a person")
        equal((d["kind"], d["action"], d["ref"], d["version"]),
              ("decision", "approve", x["ref"], x["version"]),
              "who decided so, just before it")
        check("clause" not in d and "explanation" not in d,
              "an approval needs no reason", d)
    kinds = [x["kind"] for x in entries]
    for k in ("comment.held", "comment.published", "decision",
              "appeal.filed"):
        check(k in kinds, "an entry " + k, kinds)

    # an edit goes through the whole pipeline again
    j = f.post("t1", "Entirely harmless words.")
    r = f.edit(j["comment"]["id"], rej, j["client"])
    equal(r.status, 202, "an edit into what the policy rejects")
    check(f.state(j["comment"]["id"]) in ("held", "removed"),
          "it is not shown")
    f.adds_up("t1")


run(walk)
