"""A checker that could not answer is never a pass.

Covers, under the real house rules: no model installed, an outside checker
that refuses connections and one that never answers: the comment is accepted,
held as not checked, shown to nobody, decided by a person; past its deadline
it is counted as overdue and not published; staff are not held up.
"""

from lib import *

RULES = os.path.join(SOURCE, "conf", "policy.json")


def walk():
    f = Forum(policy=RULES)
    j = f.post("t1", "Nobody has checked this.", status=202)
    check("unchecked" in json.dumps(j["held"]), "held as not checked",
          j["held"])
    cid = j["comment"]["id"]
    check("Nobody has checked" not in f.anon.get("/t/t1").text, "not shown")
    it = [i for i in f.mod.get("/api/v1/review?state=held").json()["items"]
          if i["comment"]["id"] == cid]
    check(it and "not_checked" in json.dumps(it[0]["findings"]),
          "the queue says which checker did not answer", it)
    f.post("t1", "Staff answer for what they write.", who=f.mod)
    f.server.restart_later("+3d")
    for c in (f.anon, f.mod):
        c.close()
    wait_for(lambda: f.counts()["overdue"] == 1, "overdue, publicly", 10)
    equal(f.state(cid), "held", "and still not published")
    equal(f.decide(cid, "approve").status, 200, "a person decides")
    equal(f.state(cid), "visible", "then it is shown")
    f.server.stop()

    silent = socket.socket()
    silent.bind(("127.0.0.1", 0))
    silent.listen(16)
    closed = socket.socket()
    closed.bind(("127.0.0.1", 0))
    f.server.env = None
    for sock, what in ((silent, "never answers"), (closed, "is not there")):
        f.server.settings.update({
            "outside_url": "http://127.0.0.1:%d/check" %
            sock.getsockname()[1], "outside_secret": "s" * 32,
            "outside_deadline_ms": "300", "policy": walk_policy()})
        f.server.start()
        f.anon.close()
        j = f.post("t1", "A checker that %s." % what, status=202)
        equal(f.state(j["comment"]["id"]), "held",
              "held when the checker " + what)
        equal(f.anon.get("/healthz").status, 200, "reading goes on")
        f.server.stop()
    silent.close()
    closed.close()


run(walk)
