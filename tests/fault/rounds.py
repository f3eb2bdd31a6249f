#!/usr/bin/env python3
"""Rounds of faults under posting load: six Redis processes, three nodes,
HAProxy.

    FORUMD_BUILD=build rounds.py [ROUNDS]

Works in a directory of its own.  Each round kills, pauses, cuts off or fails over one process, chosen at
random, while posters post through the balancer, each post with a key that is
repeated until it is answered.  After the rounds: every acknowledged comment is
on every node with its text, no key made two comments, all nodes have one
origin and the same signed head, forum-audit and tlogverify find nothing.
Prints the seconds without posting for each kind of fault.  FAULT_SEED repeats
a run's choices.
"""

# timeout: 3000

import sys

from cluster import *   # noqa: E402

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "walk"))
from gotools import *   # noqa: E402

POSTERS = 6
PAUSE = 2.5             # seconds a process stands still or is cut off
CALM = 1.0              # seconds of load between two faults


class Load:
    """Posters who repeat a key until they know its outcome."""

    def __init__(self, front):
        self.front = front
        self.lock = threading.Lock()
        self.acked = {}             # key -> (comment id, text)
        self.refused = []
        self.last = time.monotonic()
        self.longest = 0.0          # without an acknowledgement
        self.over = threading.Event()
        self.threads = [threading.Thread(target=self._post, args=(i,))
                        for i in range(POSTERS)]
        for t in self.threads:
            t.start()

    def _post(self, number):
        n = 0
        while not self.over.is_set():
            n += 1
            key, text = idem(), "Poster %d, remark %d: %s" % (number, n,
                                                              secret())
            while not self._try(key, text, number):
                if self.over.is_set():
                    return
                select.select([], [], [], 0.05)

    def _try(self, key, text, number):
        c = Client(self.front, cookies=False)
        try:
            r = c.post("/api/v1/threads/t1/comments",
                       {"body": text, "name": "Poster"},
                       {"Idempotency-Key": key}, timeout=12)
        except (OSError, http.client.HTTPException):
            return False
        finally:
            c.close()
        if r.status in (502, 503, 504, 408):
            return False
        with self.lock:
            if r.status != 201:
                self.refused.append((r.status, r.text[:200]))
                return True
            now = time.monotonic()
            self.longest = max(self.longest, now - self.last)
            self.last = now
            cid = r.json()["comment"]["id"]
            was = self.acked.setdefault(key, (cid, text))
            if was[0] != cid:
                self.refused.append((key, "two comments", was[0], cid))
        return True

    def restart_clock(self):
        with self.lock:
            self.longest, self.last = 0.0, time.monotonic()

    def gap(self):
        with self.lock:
            return max(self.longest, time.monotonic() - self.last)

    def count(self):
        with self.lock:
            return len(self.acked)

    def stop(self):
        self.over.set()
        for t in self.threads:
            t.join()


# --- faults: each does its harm, waits, and undoes it

def wait(seconds):
    select.select([], [], [], seconds)


def node_killed(c, rnd):
    n = rnd.choice(c.nodes)
    n.server.kill9()
    wait(PAUSE)
    n.start()


def leader_killed(c, rnd):
    n = c.leader()
    n.server.kill9()
    wait(PAUSE)
    n.start()


def leader_paused(c, rnd):
    n = c.leader()
    os.kill(n.server.proc.pid, signal.SIGSTOP)
    wait(PAUSE)
    os.kill(n.server.proc.pid, signal.SIGCONT)


def node_stopped(c, rnd):
    n = rnd.choice(c.nodes)
    n.server.stop()
    n.start()


def redis_killed(c, rnd):
    r = rnd.choice(c.redis)
    r.kill9()
    wait(PAUSE)
    r.start()


def master_killed(c, rnd):
    r = c.master()
    r.kill9()
    wait(PAUSE)
    r.start()


def master_paused(c, rnd):
    r = c.master()
    r.signal(signal.SIGSTOP)
    wait(PAUSE)
    r.signal(signal.SIGCONT)


def failover(c, rnd):
    for r in c.redis:
        if r.role() == "slave":
            try:
                r.call("CLUSTER", "FAILOVER")
            except RedisError:
                pass
    wait(PAUSE)


def cut(ports):
    table = "forumd_fault_%d" % os.getpid()
    rules = """table inet %s {
        chain c {
            type filter hook output priority 0;
            tcp dport { %s } drop
            tcp sport { %s } drop
        }
    }
    """ % (table, ports, ports)
    p = subprocess.run(["nft", "-f", "-"], input=rules, text=True,
                       capture_output=True)
    return table if p.returncode == 0 else None


def heal(table):
    subprocess.run(["nft", "delete", "table", "inet", table], check=True)


def master_cut_off(c, rnd):
    r = c.master()
    table = cut("%d, %d" % (r.port, r.bus))
    wait(PAUSE)
    heal(table)


def replica_cut_off(c, rnd):
    r = rnd.choice([r for r in c.redis if r.role() == "slave"])
    table = cut("%d, %d" % (r.port, r.bus))
    wait(PAUSE)
    heal(table)


FAULTS = [node_killed, leader_killed, leader_paused, node_stopped,
          redis_killed, master_killed, master_paused, failover]
CUTS = [master_cut_off, replica_cut_off]


def partitions_possible():
    table = cut("1") if shutil.which("nft") else None
    if table is None:
        print("  partitions are left out: packets cannot be filtered here")
        return False
    heal(table)
    return True


def whole(c):
    """All processes up, all replicas linked, all nodes ready."""
    def linked():
        for r in c.redis:
            role = r.call("ROLE")
            if role[0] == b"slave" and role[3] != b"connected":
                return False
        return all(n.ready() for n in c.nodes)
    read_until(linked, "everything is whole again", 40)


# --- what must be true in the end

def text_of(comment):
    return re.sub(r"<[^>]+>", "", comment["body_html"]).strip()


def judge(c, load):
    c.level(60)
    heads = {n.ask("/ledger/checkpoint").text for n in c.nodes}
    # Published at most once a second, each node at its own moment.
    wait_for(lambda: len({n.ask("/ledger/checkpoint").text
                          for n in c.nodes}) == 1,
             "all nodes show the same signed head", 10)
    heads = {n.ask("/ledger/checkpoint").text for n in c.nodes}
    equal(len({h.split("\n")[0] for h in heads}), 1, "there is one origin")
    for n in c.nodes:
        there = {x["id"]: text_of(x)
                 for x in crawl_thread(Client(n.server, cookies=False), "t1",
                                       500)}
        lost = [k for k, (cid, text) in load.acked.items()
                if there.get(cid) != text]
        equal(lost, [], "node %s: acknowledged comments that are not there"
              % n.name)
        texts = [re.match(r"Poster \d+, remark \d+: \w+", t)
                 for t in there.values()]
        texts = [m.group(0) for m in texts if m]
        equal(len(texts), len(set(texts)), "node %s: no key made two "
              "comments" % n.name)
        audit(n)
    equal(load.refused, [], "no post was refused, no key answered twice "
          "differently")


def audit(n):
    """What stands outside the server, run against one node."""
    with open("vkey", "w") as out:
        out.write(n.ask("/ledger/vkey").text.strip() + "\n")
    p = subprocess.run([program("forum-audit"), "--url", n.server.url,
                        "--vkey", "vkey", "--state", "state-" + n.name],
                       capture_output=True, text=True, timeout=300)
    equal(p.returncode, 0, "node %s: forum-audit (%s)" % (
        n.name, (p.stdout + p.stderr)[-600:]))
    try:
        tool = go_tool("tlogverify")
    except Skip as why:
        print("  tlogverify is left out: %s" % why)
        return
    p = subprocess.run([tool, "-url", n.server.url + "/ledger", "-vkey",
                        "@vkey", "-strict", "-state", n.name + ".cp"],
                       capture_output=True, text=True, timeout=300)
    equal(p.returncode, 0, "node %s: tlogverify (%s)" % (
        n.name, (p.stdout + p.stderr)[-600:]))


def walk():
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 30
    seed = os.environ.get("FAULT_SEED") or str(random.randrange(10**9))
    rnd = random.Random(seed)
    c = Cluster(nodes=3, masters=3, replicas=1)
    faults = FAULTS + (CUTS if partitions_possible() else [])
    load = Load(c.front)
    gaps = {}
    try:
        for i in range(rounds):
            fault = faults[i] if i < len(faults) else rnd.choice(faults)
            wait(CALM)
            load.restart_clock()
            before = load.count()
            fault(c, rnd)
            whole(c)
            read_until(lambda: load.count() > before,
                       "posting goes on after %s" % fault.__name__, 30)
            gaps.setdefault(fault.__name__, []).append(load.gap())
            check(True, "round %d: %s" % (i + 1, fault.__name__))
    finally:
        load.stop()
    print("  %d rounds, seed %s, %d comments acknowledged" % (
        rounds, seed, load.count()))
    for name, seconds in sorted(gaps.items()):
        print("  %-16s %2d times, without posting %.1f s at most, %.1f s "
              "on average" % (name.replace("_", " "), len(seconds),
                              max(seconds), sum(seconds) / len(seconds)))
    judge(c, load)
    c.stop()


if __name__ == "__main__":
    work = tempfile.mkdtemp(prefix="forumd-rounds-")
    atexit.register(shutil.rmtree, work, True)
    sys.modules["lib"].BUILD = os.path.abspath(BUILD)
    os.chdir(work)
    run(walk)
