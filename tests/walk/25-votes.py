"""Votes.

Covers: POST /api/v1/comments/{id}/vote with -1, 0, 1; one vote a person,
also at the same time; score refreshed within a second; not on one's own, not
on what is not visible; wrong values; the sort "best" follows.
"""

from lib import *


def walk():
    f = Forum()
    cid = f.post("t1", "Vote on this.")["comment"]["id"]
    low = f.post("t1", "And on that.")["comment"]["id"]
    u = "/api/v1/comments/%s/vote" % cid
    voters = [f.post("t1", "Voter %d speaks." % i)["client"]
              for i in range(6)]

    def score(x=cid):
        return f.anon.get("/api/v1/comments/" + x).json()["score"]
    r = voters[0].post(u, {"value": 1})
    equal(r.status, 200, "a vote")
    equal(r.json().get("score"), 1, "the new score")
    equal(voters[0].post(u, {"value": 1}).json().get("score"), 1,
          "once a person")
    equal(voters[0].post(u, {"value": -1}).json().get("score"), -1,
          "changed")
    equal(voters[0].post(u, {"value": 0}).json().get("score"), 0,
          "taken back")
    ts = []
    for v in voters:
        for _ in range(3):
            x = Client(f.server, author_key=v.author_key, cookies=False)
            ts.append(threading.Thread(target=x.post,
                                       args=(u, {"value": 1})))
    for t in ts:
        t.start()
    for t in ts:
        t.join()
    wait_for(lambda: score() == 6, "eighteen at once count as six", 5)
    mine = voters[1].get("/api/v1/comments/" + cid).json().get("mine", {})
    equal(mine.get("vote"), 1, "one sees one's own vote")
    voters[2].post("/api/v1/comments/%s/vote" % low, {"value": -1})
    wait_for(lambda: score(low) == -1, "down", 5)
    best = [x["id"] for x in crawl_thread(f.anon, "t1", sort="best")]
    equal(best[0], cid, "best first")
    for v in (2, -2, "1", None, 0.5, True, [1]):
        equal(voters[0].post(u, {"value": v}).status, 422,
              "the value %r" % (v,))
    check(f.anon.post(u, {"value": 1}).status in (401, 403),
          "nobody votes as nobody")
    own = f.post("t1", "My own words.")
    r = own["client"].post("/api/v1/comments/%s/vote" % own["comment"]["id"],
                           {"value": 1})
    check(r.status in (403, 409, 422), "not on one's own", r)
    f.remove(low)
    r = voters[3].post("/api/v1/comments/%s/vote" % low, {"value": 1})
    check(r.status in (404, 409), "not on what is removed", r)
    f.server.restart(keep_port=True)
    f.anon.close()
    equal(score(), 6, "after a restart")


run(walk)
