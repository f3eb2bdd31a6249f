"""Memory runs out.

Covers: WALK_NOMEM times (300; thousands under make fault) a script of posts,
a report and pages of all kinds, of whose allocations one, chosen at random,
fails, or that one and all after it: the process lives, what was acknowledged
is there, and once there is memory posting works without a hand.
"""

# timeout: 120

import mmap
import struct
from collections import Counter

from lib import *

RUNS = int(os.environ.get("WALK_NOMEM", "300"))
SEED = int(os.environ.get("WALK_SEED", "0")) or int(time.time())
PAGES = ("/t/t1", "/", "/api/v1/threads/t1/comments", "/log", "/t/t1.atom",
         "/api/v1/search?q=text", "/ledger/checkpoint")


class Memory:
    """The numbers that nomem.c maps."""

    def __init__(self):
        cc = shutil.which("cc") or shutil.which("gcc")
        if SMOKE or not cc:
            raise Skip("a sanitizer has its own malloc" if SMOKE else
                       "no C compiler")
        with open("numbers", "wb") as fh:
            fh.write(bytes(32))
        subprocess.run([cc, "-D_GNU_SOURCE", "-O1", "-fno-builtin", "-shared",
                        "-fPIC", "-o", "nomem.so", os.path.join(
                            SOURCE, "tests", "fault", "nomem.c"), "-ldl"],
                       check=True)
        self.env = {"LD_PRELOAD": os.path.abspath("nomem.so"),
                    "NOMEM_FILE": os.path.abspath("numbers")}
        with open("numbers", "r+b") as fh:
            self.map = mmap.mmap(fh.fileno(), 32)

    def fail(self, at, for_good=False):
        self.map[0:32] = struct.pack("4q", 0, 0, for_good, 0)
        self.map[8:16] = struct.pack("q", at)

    def requests(self):
        return struct.unpack("q", self.map[0:8])[0]


def walk():
    print("  seed %d" % SEED)
    rnd = random.Random(SEED)
    memory = Memory()
    f = Forum(env=memory.env)
    m = f.member("Petra Person")
    acked, answers = {}, Counter()

    def ask(fn):
        try:
            r = fn()
        except (OSError, http.client.HTTPException):
            answers["closed"] += 1
            return None
        answers[r.status] += 1
        return r

    def post(c, text, **more):
        r = ask(lambda: c.comment("t1", text, **more))
        if r is None or r.status != 201:
            return None
        cid = r.json()["comment"]["id"]
        acked[cid] = text
        return cid

    def script():
        g = f.guest()
        text = "A text, %s." % secret()
        cid = post(g, text, name="Anna Reader")
        if cid:
            ask(lambda: g.post("/api/v1/comments/%s/flags" % cid, {
                "kind": "rules", "clause": f.clause()}))
        post(m, text + " Again.")
        for p in PAGES:
            ask(lambda: g.get(p))
        ask(lambda: f.mod.get("/review"))
        ask(lambda: m.get("/me"))
        for c in (g, f.mod, m):
            c.close()
    f.clause()
    script()
    memory.fail(1 << 60)
    script()
    total = memory.requests()
    check(total > 1000, "allocations are counted", total)
    answers.clear()
    for i in range(RUNS):
        memory.fail(rnd.randrange(1, total), i % 2 == 1)
        script()
        memory.fail(0)
        need(f.server.proc.poll() is None, "forumd lives on (run %d)" % i,
             f.server.proc.poll())
        f.anon.close()
        need(f.anon.get("/healthz").status == 200, "and answers")
    check(answers[503] + answers["closed"] > RUNS // 4,
          "memory did run out", answers)
    j = f.post("t1", "There is memory again.")
    acked[j["comment"]["id"]] = "There is memory again."
    there = {c["id"]: re.sub(r"<[^>]+>", "", c["body_html"]).strip()
             for c in crawl_thread(f.anon, "t1", 500)}
    equal([i for i in acked if there.get(i) != acked[i]], [],
          "what was acknowledged is there (%d)" % len(acked))
    f.adds_up()
    f.server.ctl("rebuild", "--check")
    f.server.ctl("verify")
    print("  %d allocations a script; answers: %s" % (total, dict(answers)))


run(walk)
