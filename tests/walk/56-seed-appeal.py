"""The seed forum's disputed removal, to its end.

Covers: the removal that the seeds bring, with its reason in its place and an
open appeal; whoever decided it is not offered the appeal and is refused; a
second moderator reverses it, with words of their own; the comment stands
where it stood, the record has a new entry that names the old one, and
nothing of the removal is unmade: ever_removed, entry, statement; author and
flaggers are told; forum-audit finds it sound.
"""

import sqlite3

from lib import *

SEEDS = os.path.join(SOURCE, "seeds")
WORDS = ("The part about targets is an opinion on how an office works, and "
         "the passage names nobody; doubt may be said.")


def walk():
    f = Forum(staff=False, thread=None)
    for name in sorted(x for x in os.listdir(SEEDS) if x.endswith(".jsonl")):
        f.server.ctl("seed", os.path.join(SEEDS, name))
    martin = Client(f.server, bearer=f.token("Martin Hale"), cookies=False)
    anneke = Client(f.server, bearer=f.token("Anneke Voss"), cookies=False)
    removed = [c for c in crawl_thread(f.anon, "millgate-review")
               if c["state"] == "removed" and
               c["tombstone"]["appeal"] == "open"]
    need(len(removed) == 1, "one disputed removal", removed)
    cid, t = removed[0]["id"], removed[0]["tombstone"]
    equal((t["clause"], t["decided_by"] != "automatic"), ("libel", True),
          "decided by a person")
    check(len(t["explanation"]) > 80, "with a reason that says something")
    before = f.counts("millgate-review")
    replies = removed[0]["replies"]

    # the first moderator
    items = martin.get("/api/v1/review?state=appealed").json()["items"]
    equal(items, [], "whoever decided is not offered the appeal")
    it = anneke.get("/api/v1/review?state=appealed").json()["items"]
    need(len(it) == 1, "another one is", it)
    it = it[0]
    check("common talk" in it["appeal"]["grounds"], "with the grounds")
    equal(it["appeal"]["explanation"], t["explanation"],
          "and the words that it is against")
    body = {"appeal": it["appeal"]["id"], "outcome": "reversed",
            "explanation": WORDS}
    u = "/api/v1/review/%s/decision" % cid
    problem(martin.post(u, body), 403, "same_moderator",
            "nobody overturns oneself")
    problem(anneke.post(u, dict(body, explanation="No.")), 422,
            "reason_too_thin", "another outcome needs a reason too")

    # the second moderator
    equal(anneke.post(u, body).status, 200, "reversed by a second moderator")
    c = f.anon.get("/api/v1/comments/" + cid).json()
    equal((c["state"], c["parent"], c["replies"], c["created_at"]),
          ("visible", removed[0]["parent"], replies,
           removed[0]["created_at"]), "it stands where it stood")
    check(c["body_html"], "with its words")
    after = f.adds_up("millgate-review", removed=before["removed"] - 1,
                      visible=before["visible"] + 1)
    equal(after["ever_removed"], before["ever_removed"],
          "that it was removed is not unmade")
    all_ = [dict(x) for x in leaves(f.anon)]
    first = all_[t["log_index"]]
    equal((first["kind"], first["action"], first["clause"]),
          ("decision", "remove", "libel"), "the first decision's entry")
    done = [x for x in all_ if x["kind"] == "appeal.decided"]
    equal([x["outcome"] for x in done], ["reversed"], "the appeal's entry")
    check(done[0]["decider"] != first["decider"],
          "anybody sees that it was another person")
    back = [x for x in all_ if x.get("reverses") == str(t["log_index"])]
    equal([x["action"] for x in back], ["restore"],
          "a new decision names the one that it reverses")
    back_at = all_.index(back[0])
    s = f.anon.get("/api/v1/comments/%s/statement" % cid).json()
    equal((s["clause"], s["appeal"]), ("libel", "reversed"),
          "the statement stays, and says what became of it")
    page = f.anon.get("/c/" + cid).text
    check('href="/log/%s"' % back_at in page and "reversed" in page,
          "a note says so and leads to the entry")

    # who is told
    db = sqlite3.connect("file:%s?mode=ro" % os.path.join(
        f.server.data, "forum.db"), uri=True)
    author = db.execute("SELECT account FROM comment WHERE id = ?",
                        (cid,)).fetchone()[0]
    kinds = [k for k, in db.execute("SELECT kind FROM notice WHERE account "
                                    "= ? ORDER BY num", (author,))]
    db.close()
    check("statement" in kinds and kinds[-1] in ("appeal_outcome",
                                                 "published"),
          "the author was told of the removal and of its end", kinds)
    problem(anneke.post(u, body), 409, "stale_version", "once")
    with open("vkey", "w") as fh:
        fh.write(f.anon.get("/ledger/vkey").text)
    p = subprocess.run([program("forum-audit"), "--url", f.server.url,
                        "--vkey", "vkey"], capture_output=True, text=True)
    equal(p.returncode, 0, "sound: %s" % (p.stdout + p.stderr)[-300:])
    check(f.server.alive(), "server still alive")


run(walk)
