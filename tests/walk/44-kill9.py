"""kill -9 while being posted to.

Covers: WALK_KILLS times (50; 8 under sanitizers): four posters, kill -9 at a
random moment, restart: every acknowledged comment is there with its text, no
other is there by half, the account adds up and equals the entries of the
record, receipts given before still stand in it.
"""

# alone
# timeout: 300

from lib import *

KILLS = int(os.environ.get("WALK_KILLS", "8" if SMOKE else "50"))


def walk():
    f = Forum()
    acked, sent, lock = {}, set(), threading.Lock()
    receipts = {}
    n = [0]
    rnd = random.Random()

    def poster(stop):
        c = f.guest()
        while not stop.is_set():
            with lock:
                n[0] += 1
                text = "Killed or not, number %d." % n[0]
                sent.add(text)
            try:
                r = c.comment("t1", text, name="Anna Reader")
            except (OSError, http.client.HTTPException):
                return
            if r.status == 201:
                j = r.json()
                with lock:
                    acked[j["comment"]["id"]] = text
                    receipts[j["receipt"]["log_index"]] = \
                        j["receipt"]["leaf"]

    def text_of(c):
        return re.sub(r"<[^>]+>", "", c["body_html"]).strip()
    lost, half = [], []
    for k in range(KILLS):
        stop = threading.Event()
        ts = [threading.Thread(target=poster, args=(stop,))
              for _ in range(4)]
        for t in ts:
            t.start()
        select.select([], [], [], 0.02 + rnd.random() * 0.25)
        f.server.kill9()
        stop.set()
        for t in ts:
            t.join()
        f.server.start()
        f.anon.close()
        if k % 10 == 9 or k == KILLS - 1:
            there = {c["id"]: text_of(c)
                     for c in crawl_thread(f.anon, "t1", 500)}
            lost += [i for i in acked if there.get(i) != acked[i]]
            half += [t for t in there.values() if t not in sent]
            f.adds_up(posted=len(there), visible=len(there))
    equal(lost, [], "no acknowledged comment is lost (%d acknowledged)" %
          len(acked))
    equal(half, [], "none is there by half")
    check(len(acked) > KILLS, "comments were acknowledged", len(acked))
    entries = leaves(f.anon)
    accepted = [i for i, e in enumerate(entries)
                if dict(e)["kind"] == "comment.accepted"]
    equal(len(accepted), f.counts()["posted"], "entries and account agree")
    for i, leaf in list(receipts.items())[::max(len(receipts) // 100, 1)]:
        got = f.anon.get("/api/v1/log/%d" % i).json()["leaf"]
        equal(got, leaf, "the receipt of entry %d stands" % i)
    f.server.ctl("rebuild", "--check")
    f.server.ctl("verify")
    print("  %d kills, %d sent, %d acknowledged, %d there" %
          (KILLS, len(sent), len(acked), len(accepted)))


run(walk)
