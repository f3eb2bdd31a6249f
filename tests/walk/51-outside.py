"""The outside checker, and the day on which it is not there.

Covers: the peer gets one POST for a comment with a valid signature, its text
and language and nothing of who wrote it; no opinion publishes; a finding
holds under its clause; silence, an error and nonsense each hold as "not
checked", and the program goes on answering meanwhile; after some failures
the peer is left alone; down with hundreds queued (1,000 with FORUMD_FULL=1)
and the deadline passed: nothing unchecked is visible, though its clause is
one that time publishes, and each counts as overdue; what was checked is
published by time.
"""

# timeout: 300

import hmac
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from lib import *

MANY = 1000 if os.environ.get("FORUMD_FULL") == "1" else 300
SECRET = "a secret of the two houses"


class Peer(ThreadingHTTPServer):
    """A checker that answers what the walk says."""
    daemon_threads = True
    request_queue_size = 128

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Answer)
        self.asked = []             # (headers, bytes)
        self.say = (204, b"")
        self.free = threading.Event()
        self.free.set()
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def finding(self, clause):
        self.say = (200, json.dumps({"actions": [
            {"action": "FLAG", "reason": clause}]}).encode())

    def handle_error(self, request, client_address):
        pass                        # the asker has hung up


class Answer(BaseHTTPRequestHandler):
    def do_POST(self):
        data = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.asked.append((list(self.headers.items()), data))
        self.server.free.wait(60)
        status, body = self.server.say
        self.send_response(status)
        if status != 204:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


def policy():
    """The walks' house rules, but time publishes what it can, so that only
    the missing check stands between a comment and the public."""
    with open(walk_policy(), encoding="utf-8") as f:
        p = json.load(f)
    p["numbers"]["flood.per_address"] = 10000
    for c in p["clauses"]:
        if c["id"] == "unchecked":
            c["publish_on_timeout"] = True
    path = os.path.join(os.getcwd(), "outside.json")
    with open(path, "w", encoding="utf-8") as f:
        json.dump(p, f)
    return path


_said = [0]


def words():
    """Plain sentences, all different, that nothing but the peer minds."""
    n = _said[0] = _said[0] + 1
    what = ("library bridge school garden station market harbour museum "
            "theatre hospital stadium").split()
    when = ("spring summer autumn winter January March April May August "
            "October").split()
    who = ("council teachers parents neighbours shops drivers walkers "
           "farmers visitors").split()
    return "The %s should open in %s, and the %s would thank us for it." % (
        what[n % 11], when[n % 10], who[n % 9])


def told(f, peer):
    """What the peer is told, and what not."""
    body = "The bypass was promised in the year nineteen ninety."
    j = f.post("t1", body, name="Ottilie Oddname")
    equal(j["comment"]["state"], "visible", "no opinion publishes")
    need(len(peer.asked) == 1, "the peer is asked once", peer.asked)
    headers, data = peer.asked[0]
    h = {k.lower(): v for k, v in headers}
    mac = hmac.new(SECRET.encode(), data, "sha256").hexdigest()
    equal(h.get("x-forum-signature"), "sha256=" + mac, "the signature")
    told = json.loads(data)
    equal(told.get("comment"), {"body": body}, "the text")
    equal(sorted(told), ["action", "comment", "language"],
          "text and language, nothing else")
    equal(told["action"], "NEW", "a new comment")
    allowed = {"host", "accept", "accept-encoding", "content-type",
               "content-length", "x-forum-signature", "user-agent"}
    check(set(h) <= allowed, "no other header", sorted(h))
    raw = repr(headers).encode() + data
    for what, s in (("name", "Ottilie"), ("key", j["author_key"]),
                    ("id", j["comment"]["id"]), ("thread", "t1")):
        check(s.encode() not in raw, "not the author's " + what, raw)
    f.edit(j["comment"]["id"], body + " It was not built.", j["client"])
    equal(json.loads(peer.asked[-1][1])["action"], "EDIT", "an edit, too")


def held(f, clause, what):
    """Posts; the comment is held under the clause. Returns its id."""
    text = words()
    g = f.guest()
    r = g.comment("t1", text, name="Anna Reader")
    g.close()
    equal(r.status, 202, what + ": held")
    j = r.json()
    cid = j["comment"]["id"]
    equal(j.get("held", {}).get("clause"), clause, what + ": the clause")
    other = f.guest()
    check(text not in other.get("/api/v1/comments/" + cid).text,
          what + ": not shown")
    other.close()
    return cid


def unchecked(f, what):
    cid = held(f, "unchecked", what)
    queue = f.mod.get("/api/v1/review?state=held&limit=100&sort=newest")
    it = [i for i in queue.json()["items"] if i["comment"]["id"] == cid]
    need(it, what + ": in the queue")
    found = [x for x in it[0]["findings"] if x["stage"] == "outside"]
    equal([x["certainty"] for x in found], ["not_checked"],
          what + ": the moderator sees that it was not checked")
    return cid


def slow(f, peer):
    """A silent peer costs its deadline and nobody else's time."""
    peer.free.clear()
    with ThreadPoolExecutor(1) as pool:
        waits = pool.submit(unchecked, f, "silence")
        n = len(peer.asked)
        wait_for(lambda: len(peer.asked) > n or waits.done(), "asked")
        equal(Client(f.server).get("/t/t1").status, 200,
              "others read meanwhile")
        waits.result()
    peer.free.set()


def walk():
    peer = Peer()
    f = Forum(policy=policy(), outside_secret=SECRET,
              model=os.path.join(SOURCE, "conf", "abuse.model"),
              outside_deadline_ms=1500,
              outside_url="http://127.0.0.1:%d/check" % peer.server_port)
    told(f, peer)
    peer.finding("spam")
    held(f, "spam", "a finding")
    peer.finding("repeat-flood")
    checked = held(f, "repeat-flood", "another finding")
    peer.finding("No Clause Of Ours")
    odd = held(f, "unchecked", "an unknown reason")

    # Each failure is followed by an answer: the breaker stays shut.
    for what, say in (("an error", (500, b"{}")),
                      ("no JSON", (200, b"<html>")),
                      ("half of an answer", (200, b'{"actions":[')),
                      ("an array", (200, b"[]")),
                      ("nothing", (200, b"")),
                      ("too much", (200, b" " * 200000))):
        peer.say = say
        unchecked(f, what)
        peer.say = (204, b"")
        f.post("t1", words())
    slow(f, peer)
    f.post("t1", words())

    # Down: the first few are asked, then it is left alone.
    peer.say = (503, b"")
    with ThreadPoolExecutor(4) as pool:
        def one(i):
            return held(f, "unchecked", "down %d" % i)
        n = len(peer.asked)
        lost = [one(0) for i in range(5)]
        equal(len(peer.asked) - n, 5, "asked until the breaker opens")
        lost.append(one(0))
        equal(len(peer.asked) - n, 5, "then left alone")
        peer.shutdown()
        peer.server_close()
        lost += list(pool.map(one, range(MANY)))
    public = f.adds_up("t1")
    waiting = public["held"]
    check(waiting >= MANY, "hundreds wait", public)
    equal(public["overdue"], 0, "none overdue yet")

    f.server.restart_later("+26h")
    for c in (f.mod, f.editor, f.anon):
        c.close()
    # Two had an answer and a clause that lets time publish; spam's does not.
    waiting -= 2
    wait_for(lambda: f.counts()["overdue"] == waiting,
             "each counts as overdue", 60)
    for cid in (checked, odd):
        equal(f.state(cid), "visible",
              "what was checked is published by time")
    f.adds_up("t1", held=waiting, overdue=waiting)
    seen = {c["id"]: c["state"] for c in crawl_thread(f.anon, "t1")}
    equal([c for c in lost if seen.get(c, "held") != "held"], [],
          "nothing unchecked is visible")
    r = f.editor.get("/api/v1/review?state=overdue&limit=1").json()
    equal(r["counts"]["overdue"], waiting, "the queue names them")


run(walk)
