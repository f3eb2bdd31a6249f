"""One forum on several machines, all of them here: a Redis Cluster of masters
and replicas, nodes of forumd, HAProxy in front.  Every process binds loopback,
has a directory of its own and is ended by the number that started it.

    c = Cluster(nodes=3)        # made, founded, joined, started
    c.nodes[0].server           # a Server as in the walks
    c.front                     # what Client() wants: the balancer
"""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "walk"))

from lib import *   # noqa: E402

CONF = os.path.join(SOURCE, "conf", "haproxy.cfg")


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def read_until(fn, what, seconds):
    """As wait_for, but one that cannot go on without."""
    end = time.monotonic() + seconds
    while True:
        try:
            got = fn()
        except (OSError, http.client.HTTPException, RedisError):
            got = None
        if got:
            return got
        if time.monotonic() > end:
            raise Gone("%s (within %d s)" % (what, seconds))
        select.select([], [], [], 0.05)


# --- Redis

class RedisError(Exception):
    pass


class Redis:
    """One redis-server, and a bare client of it."""

    def __init__(self, number, cluster=True):
        self.number = number
        self.port, self.bus = free_port(), free_port()
        self.dir = os.path.join(os.getcwd(), "redis%d" % number)
        self.cluster = cluster
        self.proc = None
        os.makedirs(self.dir, exist_ok=True)

    def argv(self):
        a = ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1",
             "--dir", self.dir, "--appendonly", "yes", "--appendfsync",
             "always", "--maxmemory-policy", "noeviction", "--save", "",
             "--logfile", os.path.join(self.dir, "log"),
             "--repl-diskless-sync-delay", "0",
             "--repl-timeout", "5", "--repl-ping-replica-period", "1"]
        if self.cluster:
            a += ["--cluster-enabled", "yes", "--cluster-port",
                  str(self.bus), "--cluster-node-timeout", "1000",
                  "--cluster-replica-validity-factor", "0",
                  "--cluster-require-full-coverage", "no"]
        return a

    def start(self):
        self.proc = start(self.argv(), stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL,
                          stdin=subprocess.DEVNULL)
        read_until(lambda: self.call("PING") == b"PONG",
                   "redis %d answers" % self.number, 20)
        return self

    def kill9(self):
        self.proc.kill()
        self.proc.wait()
        self.proc = None

    def signal(self, number):
        os.kill(self.proc.pid, number)

    def call(self, *words, timeout=2):
        out = b"*%d\r\n" % len(words)
        for w in words:
            w = w if isinstance(w, bytes) else str(w).encode()
            out += b"$%d\r\n%s\r\n" % (len(w), w)
        with socket.create_connection(("127.0.0.1", self.port),
                                      timeout) as s:
            s.settimeout(timeout)
            s.sendall(out)
            with s.makefile("rb") as f:
                return self._reply(f)

    def _reply(self, f):
        line = f.readline()
        if not line.endswith(b"\r\n"):
            raise RedisError("the connection ended")
        kind, rest = line[:1], line[1:-2]
        if kind == b"-":
            raise RedisError(rest.decode())
        if kind == b"+":
            return rest
        if kind == b":":
            return int(rest)
        n = int(rest)
        if n < 0:
            return None
        if kind == b"$":
            data = f.read(n + 2)
            return data[:-2]
        return [self._reply(f) for _ in range(n)]

    def role(self):
        return self.call("ROLE")[0].decode()


def redis_cluster(masters=3, replicas=1):
    """Masters with their replicas, all slots covered."""
    if not shutil.which("redis-server"):
        raise Skip("no redis-server")
    all_ = [Redis(i).start() for i in range(masters * (1 + replicas))]
    argv = ["redis-cli", "--cluster", "create"] + \
        ["127.0.0.1:%d" % r.port for r in all_] + \
        ["--cluster-replicas", str(replicas), "--cluster-yes"]
    p = subprocess.run(argv, capture_output=True, text=True, timeout=60)
    if p.returncode:
        raise Gone("the Redis Cluster: " + (p.stdout + p.stderr)[-500:])

    def linked():
        for r in all_:
            role = r.call("ROLE")
            if role[0] == b"slave" and role[3] != b"connected":
                return False
            if role[0] == b"master" and len(role[2]) < replicas:
                return False
            if b"cluster_state:ok" not in r.call("CLUSTER", "INFO"):
                return False
        return True
    read_until(linked, "the Redis Cluster is whole", 30)
    return all_


# --- nodes

class Node:
    """One forumd of several.  Its directory and ports stay through
    restarts."""

    def __init__(self, name, redis, settings):
        self.name = name
        self.data = os.path.join(os.getcwd(), "node-" + name)
        self.door = free_port()
        self.settings = dict(settings, node=name,
                             node_listen="127.0.0.1:%d" % self.door)
        self.redis = redis
        self.server = Server(data=self.data, listen="127.0.0.1:%d" %
                             free_port(), args=self.redis_args(),
                             **self.settings)
        self.server.errlog = os.path.join(os.getcwd(), name + ".err")

    def redis_args(self):
        a = []
        for r in self.redis:
            a += ["--set", "redis=127.0.0.1:%d" % r.port]
        return a

    def start(self):
        self.server.start()
        return self

    def ctl(self, *words, want=0):
        argv = [program("forumctl"), "--data", self.data]
        for k, v in self.server.settings.items():
            argv += ["--set", "%s=%s" % (k, v)]
        p = subprocess.run(argv + self.redis_args() + list(words),
                           capture_output=True, text=True, timeout=120)
        if want is not None:
            equal(p.returncode, want, "%s: forumctl %s (%s)" % (
                self.name, " ".join(words),
                (p.stdout + p.stderr).strip()[-300:]))
        return p

    def running(self):
        return self.server.proc is not None and \
            self.server.proc.poll() is None

    def ask(self, path, timeout=5):
        """Without a kept connection: nodes come and go."""
        c = Client(self.server)
        try:
            return c.get(path, timeout=timeout)
        finally:
            c.close()

    def figures(self):
        out = {}
        for line in self.ask("/metrics").text.splitlines():
            m = re.match(r"forumd_(\w+) (-?[\d.]+)$", line)
            if m:
                out[m.group(1)] = float(m.group(2))
        return out

    def leading(self):
        try:
            return self.figures().get("node_leading") == 1
        except (OSError, http.client.HTTPException):
            return False

    def ready(self):
        try:
            return self.ask("/readyz").status == 200
        except (OSError, http.client.HTTPException):
            return False

    def sequence(self):
        return int(self.figures()["journal_sequence"])


class Front:
    """The balancer, as a server that clients connect to."""

    def __init__(self, nodes):
        self.host, self.port = "127.0.0.1", free_port()
        self.path = os.path.join(os.getcwd(), "haproxy.cfg")
        with open(CONF, encoding="utf-8") as f:
            text = f.read()
        text = re.sub(r"bind \S+", "bind 127.0.0.1:%d" % self.port, text)
        text = re.sub(r"maxconn \d+", "maxconn 1000", text)
        lines = []
        for line in text.splitlines():
            m = re.match(r"(\s+server )(\w+) \S+(.*)", line)
            if m is None:
                lines.append(line)
                continue
            for n in nodes:
                if n.name == m.group(2):
                    lines.append("%s%s %s:%d%s" % (
                        m.group(1), n.name, n.server.host, n.server.port,
                        m.group(3)))
        with open(self.path, "w", encoding="utf-8") as f:
            f.write("\n".join(lines) + "\n")
        if not shutil.which("haproxy"):
            raise Skip("no haproxy")
        self.proc = start(["haproxy", "-db", "-f", self.path],
                          stdout=subprocess.DEVNULL,
                          stderr=open("haproxy.err", "wb"))

    def stop(self):
        end(self.proc)


class Cluster:
    """A forum with staff and one thread, founded on one machine and spread
    to the others by its backup."""

    def __init__(self, nodes=3, masters=3, replicas=1, front=True,
                 **settings):
        self.settings = dict({"redis_replicas": replicas, "lease_ms": 1000,
                              "drain_notice_seconds": 1,
                              "trusted_proxies": "127.0.0.1/32"}, **settings)
        self.redis = redis_cluster(masters, replicas)
        names = "abcdefgh"[:nodes]
        self.nodes = [Node(n, self.redis, self.settings) for n in names]
        first = self.nodes[0]
        self.forum = self.plant(first)
        first.ctl("cluster", "found")
        for n in self.nodes[1:]:
            file = os.path.join(os.getcwd(), "copy-" + n.name)
            first.ctl("backup", file)
            os.makedirs(n.data, exist_ok=True)
            n.ctl("restore", file)
        for n in self.nodes:
            n.start()
        read_until(lambda: all(n.ready() for n in self.nodes),
                   "all nodes are ready", 20)
        self.front = Front(self.nodes) if front else None
        if front:
            read_until(lambda: Client(self.front).get("/readyz").status ==
                       200, "the balancer finds the nodes", 20)

    @staticmethod
    def plant(first):
        """The forum as it was on one machine."""
        f = Forum(data=first.data)
        # One more to post in quantity, whom the house rules publish.
        f.reader = f.staff("rita", "moderator")
        f.server.stop()
        f.anon.close()
        return f

    def leader(self, seconds=10):
        def one():
            for n in self.nodes:
                if n.running() and n.leading():
                    return n
            return None
        return read_until(one, "a node decides", seconds)

    def followers(self):
        lead = self.leader()
        return [n for n in self.nodes if n is not lead]

    def level(self, seconds=30):
        """Waits until all running nodes have applied the same."""
        def same():
            seen = {n.sequence() for n in self.nodes if n.running()}
            return len(seen) == 1 and seen.pop() or None
        return read_until(same, "all nodes have the same sequence", seconds)

    def master(self):
        """The Redis process that holds the forum's keys."""
        for r in self.redis:
            try:
                if r.proc is not None and r.role() == "master" and \
                        r.call("DBSIZE") > 0:
                    return r
            except (OSError, RedisError):
                pass
        return None

    def stop(self):
        for n in self.nodes:
            if n.running():
                n.server.stop()
        if self.front:
            self.front.stop()
        for r in self.redis:
            if r.proc is not None:
                end(r.proc)
                r.proc = None
