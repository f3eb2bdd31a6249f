"""Statements of reasons.

Covers: GET /api/v1/comments/{id}/statement: the public part for anyone, the
whole for the person, JSON and letter; redress; GET
/api/v1/export/statements as JSON lines and bulk, accepted by an independent
checker of the EU Transparency Database's rules.
"""

from lib import *

WORDS = "The mayor took money from the builder in a brown envelope."


def walk():
    f = Forum()
    f.thread("h", mode="all_held")
    j = f.post("t1", WORDS, name="Wilma Whistle")
    cid, g = j["comment"]["id"], j["client"]
    u = "/api/v1/comments/%s/statement" % cid
    equal(f.anon.get(u).status, 404, "no decision, no statement")
    f.remove(cid, note_to_author="Do send us what you have.")
    whole = g.get(u)
    equal(whole.status, 200, "the author's")
    equal(whole.headers.get("cache-control"), "private, no-store",
          "is private")
    w = whole.json()
    check(REASON in json.dumps(w), "the explanation")
    check("redress" in w, "redress", sorted(w))
    check("appeal" in json.dumps(w["redress"]), "the way to appeal",
          w.get("redress"))
    pub = f.anon.get(u)
    equal(pub.status, 200, "the public part")
    p = pub.json()
    for s in ("Wilma", WORDS[:20], "Do send us", "morris"):
        check(s not in pub.text, "%r is not public" % s)
    check(set(p) < set(w) or len(json.dumps(p)) < len(json.dumps(w)),
          "the whole holds more")
    for s in ("clause", "explanation", "policy_digest",
              "automated_detection", "automated_decision"):
        check(s in pub.text, "the statement has " + s)
    r = g.get(u, {"Accept": "text/plain"})
    check(r.headers["content-type"].startswith("text/plain"), "a letter", r)
    one = " ".join(r.text.split())
    check(REASON in one, "with the reason", r.text)
    check("appeal" in one.lower(), "and the way to appeal")
    check(max(len(x) for x in r.text.splitlines()) <= 100,
          "lines of a letter")
    check("{" not in r.text and "DECISION_" not in r.text, "in plain words")

    # more decisions of several kinds
    k = f.post("h", "A held one.", status=202)["comment"]["id"]
    f.remove(k)
    f.decide(f.post("t1", "Label me.")["comment"]["id"], "label")
    for i in range(4 if SMOKE else 105):
        f.remove(f.post("t1", "Bulk number %d." % i)["comment"]["id"])
    g2 = f.guest().comment("t1", REJECTED, name="Rude Reader")
    equal(g2.status, 202, "an automatic removal")
    r = f.editor.get("/api/v1/export/statements")
    equal(r.status, 200, "the export")
    rows = [x for x in r.text.split("\n") if x]
    check(len(rows) >= (7 if SMOKE else 108), "a line a statement",
          len(rows))
    for s in ("Wilma", "brown envelope", "morris", "pills.example"):
        check(s not in r.text, "%r is not exported" % s)
    puids = [json.loads(x)["puid"] for x in rows]
    equal(len(set(puids)), len(puids), "puid is unique")
    sorcheck(r.text, "each statement", lines=True)
    mute = {"kind": "mute", "clause": f.clause(), "explanation": REASON,
            "until": "2099-01-01T00:00:00Z"}
    bad = Client(f.server).sign_up("Bad Member")
    equal(f.mod.post("/api/v1/members/%s/sanctions" % bad.id, mute).status,
          201, "a sanction")
    r = f.anon.get("/api/v1/export/statements")
    equal((r.status, sorted(x for x in r.text.split("\n") if x)),
          (200, sorted(rows)), "anyone reads those of comments")
    r = f.editor.get("/api/v1/export/statements")
    equal(len(r.text.split("\n")) - 1, len(rows) + 1,
          "an editor those of sanctions too")
    rows = r.text.split("\n")[:-1]
    r = f.editor.get("/api/v1/export/statements?shape=bulk")
    equal(r.status, 200, "in bulk")
    bodies = [x for x in r.text.split("\n") if x]
    n = [len(json.loads(x)["statements"]) for x in bodies]
    check(max(n) <= 100 and sum(n) == len(rows), "100 to a body", n)
    sorcheck(r.text, "each bulk body", lines=True)
    day = time.strftime("%Y-%m-%d", time.gmtime(time.time() - 9 * 86400))
    r = f.editor.get("/api/v1/export/statements?from=%s&to=%s" % (day, day))
    equal((r.status, r.text.strip()), (200, ""), "from and to")


def sorcheck(text, what, lines=False):
    tool = os.path.join(SHARED, "verify", "sorcheck.py")
    if not os.path.exists(tool):
        print("  skipped: no %s" % tool)
        return
    names = []
    for i, row in enumerate(text.strip().split("\n")):
        names.append("s%d.json" % i)
        with open(names[-1], "w") as out:
            out.write(row)
    p = subprocess.run([sys.executable, tool, "-strict"] + names,
                       capture_output=True, text=True)
    equal(p.returncode, 0, "%s: %s" % (what, (p.stdout + p.stderr)[-1500:]))
    for n in names:
        os.unlink(n)


run(walk)
