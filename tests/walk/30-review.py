"""The queue and the decision.

Covers: GET /api/v1/review by state; claim (200; 409 claimed with who and
until when; DELETE; the lease ends); decision: approve, remove, label,
restore; reason_required, reason_too_thin, personal_data, stale_version,
own_case; the tombstone; the account, by clause; restore lowers removed and
never ever_removed; two moderators race: exactly one decides.
"""

from lib import *


def queue(f, state="held", who=None):
    r = (who or f.mod).get("/api/v1/review?state=" + state)
    need(r.status == 200, "the queue " + state, r)
    return r.json()["items"]


def ids(items):
    return [(i.get("comment") or i).get("id") for i in items]


def walk():
    f = Forum()
    f.thread("h", mode="all_held")
    words = "Seven green bottles were hanging upon the garden wall"
    j = f.post("h", words + ".", status=202, name="Quirin Oddname")
    cid, author = j["comment"]["id"], j["client"]
    equal(ids(queue(f)), [cid], "held comes to the queue")
    equal(ids(queue(f, "all")), [cid], "all")
    it = queue(f)[0]
    has(it, "comment flags findings version claimed_by decide_by", "an item")
    check(words in json.dumps(it), "with its text")
    for s in ("flagged", "appealed", "overdue"):
        equal(queue(f, s), [], "nothing " + s)
    check(f.mod.get("/api/v1/review?state=odd").status in (400, 422),
          "no such state")

    # claims
    u = "/api/v1/review/" + cid
    equal(f.mod.post(u + "/claim").status, 200, "a claim")
    equal(f.mod.post(u + "/claim").status, 200, "renewed by the same")
    r = f.mod2.post(u + "/claim")
    problem(r, 409, "claimed", "claimed by another")
    check("until" in json.dumps(r.json_or({})), "with until when", r)
    check(queue(f, who=f.mod2)[0]["claimed_by"], "and shown in the queue")
    equal(f.mod.delete(u + "/claim").status, 200, "given back")
    equal(f.mod2.post(u + "/claim").status, 200, "free for another")
    problem(f.decide(cid, "approve"), 409, "claimed",
            "deciding on another's claim")
    f.mod2.delete(u + "/claim")

    # reasons
    d = u + "/decision"
    cl = f.clause()
    base = {"action": "remove", "expected_version": f.version(cid), "clause": cl,
            "explanation": REASON}

    def no(code, what, field=None, **change):
        b = dict(base, **change)
        problem(f.mod.post(d, {k: v for k, v in b.items()
                               if v is not False}), 422, code, what, field)
    no("reason_required", "no explanation", explanation=False)
    no("reason_required", "no clause", clause=False)
    no("reason_required", "an empty explanation", explanation="")
    no("reason_too_thin", "19 characters", explanation="x" * 9 + " " + "y" * 9)
    clause = f.anon.get("/api/v1/policy").json()["clauses"][0]
    no("reason_too_thin", "the clause's own words",
       explanation=clause["text"], clause=clause["id"])
    no("reason_too_thin", "the clause's own title",
       explanation=(clause["title"] + ". ") * 3, clause=clause["id"])
    no("personal_data", "an e-mail address",
       explanation="Write to berta@mail.example about what the rule says.")
    no("personal_data", "a telephone number",
       explanation="Call me on +44 113 496 0000 about what the rule says.")
    no("personal_data", "the author's name",
       explanation="What Quirin Oddname wrote accuses a living person.")
    no("personal_data", "five words of the comment",
       explanation="It says green bottles were hanging upon, which accuses.")
    problem(f.mod.post(d, dict(base, action="destroy")), 422,
            "invalid_field", "no such action", "action")
    problem(f.mod.post(d, dict(base, clause="nonsuch")), 422,
            "invalid_field", "no such clause", "clause")
    problem(f.mod.post(d, dict(base, expected_version=1)), 409,
            "stale_version", "another version")
    problem(f.anon.post(d, base), 401, "sign_in_required", "as nobody")
    check(author.post(d, base).status in (401, 403), "as its author")
    equal(f.state(cid), "held", "refused decisions change nothing")

    r = f.mod.post(d, dict(base, note_to_author="Please cite a source."))
    equal(r.status, 200, "removed")
    has(r.json(), "decision", "the answer")
    pub = f.anon.get("/api/v1/comments/" + cid).json()
    t = pub["tombstone"]
    equal((pub["state"], pub["body_html"]), ("removed", None), "removed")
    equal((t["clause"], t["explanation"], t["action"], t["appeal"]),
          (cl, REASON, "remove", "none"), "the tombstone tells why")
    equal((t["automated_detection"], t["automated_decision"]),
          (False, False), "by a person")
    check(re.match(r"\d{4}-\d\d-\d\dT\d\d:00:00", t["decided_at"]),
          "decided_at to the hour", t["decided_at"])
    check("morris" not in json.dumps(pub), "a pseudonym, not the name")
    check("Please cite" not in json.dumps(pub), "the note is private")
    page = f.anon.get("/t/h").text
    check(REASON in page and words not in page, "marked in its place")
    check(words in author.get("/api/v1/comments/" + cid).text,
          "its author still reads it")
    check("Please cite" in author.get("/api/v1/comments/%s/statement" % cid)
          .text + author.get("/api/v1/me/notices").text,
          "and the note to the author")
    a = f.adds_up("h", removed=1, ever_removed=1, held=0)
    equal(a["removed_by_clause"], {cl: 1}, "by clause")
    r = author.delete("/api/v1/comments/" + cid)
    equal(f.state(cid), "removed", "withdrawing does not launder it")
    f.adds_up("h", removed=1, withdrawn=0)

    # restore
    equal(f.decide(cid, "restore", who=f.mod2).status, 200, "restored")
    st = f.state(cid)
    check(st in ("visible", "withdrawn"), "back in its place", st)
    a = f.adds_up("h", removed=0, ever_removed=1)
    equal(a["removed_by_clause"].get(cl, 0), 0, "by clause")

    # label, own case
    j = f.post("t1", "A claim without a source.")
    r = f.decide(j["comment"]["id"], "label")
    equal(r.status, 200, "labelled")
    pub = f.anon.get("/api/v1/comments/" + j["comment"]["id"]).json()
    check(pub["state"] == "visible" and pub["labels"], "a label, visible",
          pub)
    own = f.post("t1", "A moderator's own words.", who=f.mod)
    problem(f.decide(own["comment"]["id"], "remove"), 403, "own_case",
            "nobody decides on a comment of one's own")

    # an edit in between
    j = f.post("t1", "Seen by the moderator.")
    seen = j["comment"]["version"]
    f.edit(j["comment"]["id"], "Changed meanwhile.", j["client"])
    problem(f.decide(j["comment"]["id"], "remove", expected_version=seen), 409,
            "stale_version", "a decision binds to the version it saw")

    # two at once
    for i in range(5 if SMOKE else 40):
        j = f.post("t1", "Race number %d." % i)["comment"]
        k, v = j["id"], j["version"]
        got = []

        def one(c):
            x = Client(f.server, bearer=c.bearer, cookies=False)
            got.append(f.decide(k, "remove", who=x,
                                expected_version=v).status)
        ts = [threading.Thread(target=one, args=(c,))
              for c in (f.mod, f.mod2)]
        for t in ts:
            t.start()
        for t in ts:
            t.join()
        equal(sorted(got), [200, 409], "exactly one decides")

    # the lease ends
    j = f.post("h", "Claimed and left.", status=202)
    k = j["comment"]["id"]
    f.mod.post("/api/v1/review/%s/claim" % k)
    f.server.restart_later("+3h")
    for c in (f.mod, f.mod2, f.anon):
        c.close()
    equal(f.mod2.post("/api/v1/review/%s/claim" % k).status, 200,
          "a claim ends by itself")


run(walk)
