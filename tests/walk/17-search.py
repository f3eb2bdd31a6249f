"""Full-text search.

Covers: GET /api/v1/search by q, thread, author; only visible comments, at
once after a decision; best first; hostile query words; paging.
"""

from lib import *


def walk():
    f = Forum()
    f.thread("t2")
    q = "/api/v1/search?q="
    a = f.post("t1", "The quokka is a marsupial.")
    b = f.post("t2", "No quokka quokka quokka here.")
    f.post("t1", "Entirely about wombats.")

    def hits(query):
        r = f.anon.get(q + query)
        if r.status != 200:
            return []
        j = r.json()
        rows = j.get("comments", j.get("hits", j.get("results", [])))
        return [(h.get("comment") or h)["id"] for h in rows]
    ids = {x["comment"]["id"] for x in (a, b)}
    wait_for(lambda: set(hits("quokka")) == ids, "both are found")
    equal(set(hits("QUOKKA")), ids, "whatever the case")
    equal(hits("quokka&thread=t1"), [a["comment"]["id"]], "in one thread")
    equal(hits("quokka&author=" + b["comment"]["author"]["id"]),
          [b["comment"]["id"]], "by one author")
    equal(hits("nosuchword"), [], "nothing")
    f.remove(a["comment"]["id"])
    equal(hits("quokka"), [b["comment"]["id"]], "not what was removed")
    r = f.decide(a["comment"]["id"], "restore")
    equal(r.status, 200, "restored")
    wait_for(lambda: set(hits("quokka")) == ids, "and found again")
    b["client"].delete("/api/v1/comments/" + b["comment"]["id"])
    equal(hits("quokka"), [a["comment"]["id"]], "not what was withdrawn")
    f.edit(a["comment"]["id"], "The numbat is a marsupial.", a["client"])
    wait_for(lambda: hits("numbat") == [a["comment"]["id"]],
             "an edit is found")
    equal(hits("quokka"), [], "by its new words only")
    f.thread("h", mode="all_held")
    f.post("h", "A held bandicoot.", status=202)
    f.post("t1", "A visible bandicoot.")
    wait_for(lambda: len(hits("bandicoot")) == 1, "the visible one")
    for bad in ('"', '""', "*", "a*", "NEAR(", "a AND", "OR", "NOT", "(", ")",
                "col:x", "^a", "a^", "-a", "{a}", "'", "';--", "\\", "%",
                "a" * 2000, "\u202e", "\U0001f600", "+", "a OR b", "x NEAR y",
                "body:marsupial", '"unclosed'):
        r = f.anon.get(q + urllib.parse.quote(bad))
        check(r.status in (200, 400, 422), "the query %r" % bad[:20], r)
    check(f.anon.get("/api/v1/search").status in (400, 422), "no q")
    check(f.anon.get(q).status in (400, 422, 200), "an empty q")
    for i in range(12):
        f.post("t1", "Paging platypus number %d." % i)
    wait_for(lambda: len(hits("platypus&limit=50")) == 12, "twelve hits")
    seen, after = [], ""
    for _ in range(10):
        r = f.anon.get(q + "platypus&limit=5" + after).json()
        rows = r.get("comments", r.get("hits", r.get("results", [])))
        seen += [(h.get("comment") or h)["id"] for h in rows]
        if r.get("next") is None:
            break
        after = "&after=" + urllib.parse.quote(r["next"])
    equal((len(seen), len(set(seen))), (12, 12), "paged, each once")
    f.restart()
    f.anon.close()
    wait_for(lambda: len(hits("platypus&limit=50")) == 12,
             "found after a restart")


run(walk)
