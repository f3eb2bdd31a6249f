"""Several machines: three nodes of one forum over a Redis Cluster.

Covers: posting at any node, read at once at every node by who posted
(seen=), an invented number is not waited for; a key repeated at another node
gives the first answer; limits count what came in at all nodes; live listeners
hear what was posted elsewhere; a session opened at one node counts at the
others and ends at all; moderating at one node, told at another; healthz and
readyz; every node restarted in turn under load without a failed request; Redis
wholly gone: reading goes on, posts are told 503, recovery by itself; all nodes
hold the same journal and rebuild to the same; a node that was away catches up;
back to one machine.
"""

# alone
# timeout: 240

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "fault"))

from cluster import *   # noqa: E402


def comment_at(node, text, who=None, **headers):
    c = who or Client(node.server, cookies=False)
    r = c.post("/api/v1/threads/t1/comments",
               dict({"body": text}, **({} if c.bearer or c.author_key
                                       else {"name": "Anna"})), headers)
    return c, r


def seen_of(r):
    m = re.search(r"seen=(\d+)", r.headers.get("set-cookie", ""))
    return m and m.group(1)


def reading_ones_own(c):
    a, b, d = c.nodes
    for at in c.nodes:
        _, r = comment_at(at, "Posted at node %s, read at all." % at.name)
        need(r.status == 201, "node %s takes a post" % at.name, r)
        seen = seen_of(r)
        check(seen, "the answer says how far to look", r.pairs)
        cid = r.json()["comment"]["id"]
        for n in c.nodes:
            x = Client(n.server, cookies=False)
            equal(x.get("/api/v1/comments/" + cid,
                        {"Cookie": "seen=" + seen}).status, 200,
                  "posted at %s, there at %s at once" % (at.name, n.name))
    began = time.monotonic()
    for wrong in ("99999999999", "-1", "x", "0", "1" * 40):
        r = Client(b.server, cookies=False).get(
            "/api/v1/threads/t1", {"Cookie": "seen=" + wrong})
        equal(r.status, 200, "an invented number (%s) is not waited for"
              % wrong[:12])
    check(time.monotonic() - began < 20, "nor for long")


def one_answer_a_key(c):
    key, body = idem(), {"body": "Said once, asked thrice.", "name": "Anna"}
    ids = set()
    for n in c.nodes:
        r = Client(n.server, cookies=False).post(
            "/api/v1/threads/t1/comments", body, {"Idempotency-Key": key})
        equal(r.status, 201, "node %s answers the repeated key" % n.name)
        ids.add(r.json()["comment"]["id"])
    equal(len(ids), 1, "the same key makes one comment")


def listening(c):
    follower = c.followers()[0]
    live = Live(follower.server, "/api/v1/threads/t1/live")
    _, r = comment_at(c.leader(), "Heard at another node.")
    cid = r.json()["comment"]["id"]
    got = live.wait("comment", cid)
    check(got, "a listener at a follower hears it", got)
    live.close()


def signing_in(c):
    a, b, d = c.nodes
    m = Client(a.server).sign_up("Petra")
    x = Client(b.server)
    x.jar = dict(m.jar)
    equal(x.who().get("id"), m.id, "the session counts at another node")
    r = m.delete("/api/v1/session")
    check(r.status in (200, 204), "signing out", r)
    if seen_of(r):
        x.jar["seen"] = seen_of(r)
    check(not x.who().get("id"), "and is over there too", x.who())


def moderating(c):
    a, b, d = c.nodes
    guest, r = comment_at(a, "This one is to be removed.")
    j = r.json()
    guest.author_key = j["author_key"]
    mod = Client(b.server, bearer=c.forum.mod.bearer, cookies=False)
    cid = j["comment"]["id"]
    version = mod.get("/api/v1/comments/" + cid,
                      {"Cookie": "seen=" + seen_of(r)}).json()["version"]
    clause = mod.get("/api/v1/policy").json()["clauses"][0]["id"]
    r = mod.post("/api/v1/review/%s/decision" % cid, {
        "action": "remove", "clause": clause, "explanation": REASON,
        "expected_version": version})
    equal(r.status, 200, "a moderator decides at a follower (%s)" %
          r.text[:200])
    author = Client(d.server, author_key=guest.author_key, cookies=False)
    s = author.get("/api/v1/comments/%s/statement" % cid,
                   {"Cookie": "seen=" + seen_of(r)})
    equal(s.status, 200, "its author is told at a third node")
    check(REASON in s.text, "with the reason", s.text[:300])


class Walkers:
    """Readers and posters through the balancer who note every failure."""

    def __init__(self, front):
        self.front, self.over = front, threading.Event()
        self.done, self.failed = 0, []
        self.lock = threading.Lock()
        self.threads = [threading.Thread(target=f, args=(i,))
                        for f in (self._read, self._post) for i in range(3)]
        for t in self.threads:
            t.start()

    def _note(self, what, ask):
        c = Client(self.front, cookies=False)
        try:
            r = ask(c)
            bad = None if r.status in (200, 201) else (what, r.status,
                                                       r.text[:160])
        except (OSError, http.client.HTTPException) as e:
            bad = (what, repr(e))
        finally:
            c.close()
        with self.lock:
            self.done += 1
            if bad:
                self.failed.append(bad)

    def _read(self, i):
        while not self.over.is_set():
            self._note("read", lambda c: c.get("/api/v1/threads/t1"))

    def _post(self, i):
        while not self.over.is_set():
            self._note("post", lambda c: c.post(
                "/api/v1/threads/t1/comments",
                {"body": "While restarting, %s." % secret(),
                 "name": "Anna"}, {"Idempotency-Key": idem()}, timeout=20))

    def stop(self):
        self.over.set()
        for t in self.threads:
            t.join()


def rolling_restart(c):
    w = Walkers(c.front)
    try:
        for n in c.nodes:
            n.server.stop()
            n.start()
            read_until(n.ready, "node %s is ready again" % n.name, 20)
            select.select([], [], [], 1.0)
    finally:
        w.stop()
    check(w.done > 100, "requests went on meanwhile", w.done)
    equal(w.failed[:5], [], "restarting every node fails no request (%d of "
          "%d failed)" % (len(w.failed), w.done))


def redis_gone(c):
    before = c.level()
    for r in c.redis:
        r.kill9()
    for n in c.nodes:
        read_until(lambda: not n.ready(), "node %s is not ready" % n.name, 15)
        r = n.ask("/readyz")
        check(r.json().get("reason"), "readyz says why", r)
        equal(n.ask("/healthz").status, 200, "but %s is alive" % n.name)
        equal(n.ask("/api/v1/threads/t1").status, 200,
              "reading goes on at %s" % n.name)
        _, r = comment_at(n, "Nobody can take this.")
        check(r.status in (503, 504), "a post is told so", r)
    for r in c.redis:
        r.start()
    read_until(lambda: all(n.ready() for n in c.nodes),
               "all are ready again by themselves", 40)
    _, r = comment_at(c.nodes[1], "After the darkness, light.")
    equal(r.status, 201, "posting goes on")
    check(c.level() > before, "nothing went back")


def keys_stay(c):
    for n in c.nodes:
        p = n.ctl("key", "rotate", want=1)
        check("dissolve" in p.stderr, "a key is not changed on one node of "
              "several", p.stderr)


def catching_up(c):
    n = c.followers()[0]
    n.server.stop()
    for i in range(60):
        comment_at(c.leader(), "While %s was away, %d." % (n.name, i))
    n.start()
    c.level()
    check(True, "a node that was away catches up")


def the_same_everywhere(c):
    c.level()
    for n in c.nodes:
        n.server.stop()
    told = {}
    for n in c.nodes:
        alone = ["--data", n.data]
        p = subprocess.run([program("forumctl")] + alone + ["export"],
                           capture_output=True, timeout=120)
        equal(p.returncode, 0, "export of %s" % n.name)
        told[n.name] = p.stdout
        p = subprocess.run([program("forumctl")] + alone +
                           ["rebuild", "--check"], capture_output=True,
                           text=True, timeout=120)
        equal(p.returncode, 0, "node %s rebuilds to the same (%s)" % (
            n.name, (p.stdout + p.stderr)[-300:]))
    names = [n.name for n in c.nodes]
    for name in names[1:]:
        check(told[name] == told[names[0]],
              "node %s holds what node %s holds" % (name, names[0]))


def back_to_one(c):
    a = c.nodes[0]
    p = subprocess.run([program("forumd"), "--data", a.data, "--listen",
                        "127.0.0.1:0", "--set", "model=none"],
                       capture_output=True, text=True, timeout=30)
    equal(p.returncode, 1, "a node's copy does not go on by itself")
    check("dissolve" in p.stderr, "and it says why", p.stderr[-300:])
    a.ctl("cluster", "dissolve")
    for r in c.redis:
        if r.role() == "master":
            equal(r.call("DBSIZE"), 0, "nothing is left in Redis")
    s = Server(data=a.data).start()
    r = Client(s, cookies=False).get("/api/v1/threads/t1")
    equal(r.status, 200, "the forum is one machine's again")
    posted = r.json()["counts"]["posted"]
    r = Client(s, cookies=False).comment("t1", "Alone again.", name="Anna")
    equal(r.status, 201, "and takes posts")
    equal(Client(s, cookies=False).get("/api/v1/threads/t1").json()
          ["counts"]["posted"], posted + 1, "one more than before")
    s.stop()


def walk():
    c = Cluster(nodes=3, masters=3, replicas=1)
    reading_ones_own(c)
    one_answer_a_key(c)
    listening(c)
    signing_in(c)
    moderating(c)
    rolling_restart(c)
    redis_gone(c)
    keys_stay(c)
    catching_up(c)
    the_same_everywhere(c)
    back_to_one(c)
    c.stop()


run(walk)
