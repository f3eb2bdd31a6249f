"""Idempotency-Key.

Covers: the same key and body give the first answer and create nothing, also
at the same time and after a restart; another body is 422; scope is the
credential; an anonymous first post needs 22 characters; never an author key
again; lengths; other POSTs.
"""

from lib import *


def walk():
    f = Forum()
    k = idem()
    g = f.guest()
    h = {"Idempotency-Key": k}
    u = "/api/v1/threads/t1/comments"
    b = {"body": "Only once, please.", "name": "Anna Reader"}
    r1 = g.post(u, b, h)
    equal(r1.status, 201, "first")
    r2 = g.post(u, b, h)
    equal(r2.status, 201, "again: the first answer")
    equal(r2.json()["comment"]["id"], r1.json()["comment"]["id"],
          "the same comment")
    check(r1.json().get("author_key"), "the key with the first answer")
    check(not r2.json().get("author_key"), "and never again", r2)
    equal(f.counts()["posted"], 1, "created once")
    problem(g.post(u, dict(b, body="Something else."), h), 422,
            "idempotency_mismatch", "another body")
    for bad in ("short", "x" * 65, "x" * 21):
        r = f.guest().post(u, b, {"Idempotency-Key": bad})
        equal(r.status, 422 if r.status == 422 else 400,
              "an anonymous key of %d" % len(bad))
    equal(f.counts()["posted"], 1, "nothing more")
    m = f.staff("rita", "reader")
    n = f.staff("rosa", "reader")
    h = {"Idempotency-Key": "12345678"}
    a = m.post(u, {"body": "Rita's words."}, h)
    c = n.post(u, {"body": "Rosa's words."}, h)
    equal((a.status, c.status), (201, 201), "the key is one's own")
    got = []

    def one():
        x = Client(f.server, bearer=m.bearer, cookies=False)
        got.append(x.post(u, {"body": "A storm."},
                          {"Idempotency-Key": "storm-" + k}))
    ts = [threading.Thread(target=one) for _ in range(12)]
    for t in ts:
        t.start()
    for t in ts:
        t.join()
    equal({r.status for r in got}, {201}, "twelve at once")
    equal(len({r.json()["comment"]["id"] for r in got}), 1, "one comment")
    f.server.restart(keep_port=True)
    for x in (g, m, f.anon):
        x.close()
    r = m.post(u, {"body": "Rita's words."}, h)
    equal(r.json_or({}).get("comment", {}).get("id"),
          a.json()["comment"]["id"], "also after a restart")
    f.adds_up(posted=4)
    key = r1.json()["author_key"]
    w = Client(f.server, author_key=key, cookies=False)
    cid = r1.json()["comment"]["id"]
    h = {"Idempotency-Key": idem()}
    fl = {"clause": f.clause(), "note": "Look at this."}
    x = m.post("/api/v1/comments/%s/flags" % cid, fl, h)
    y = m.post("/api/v1/comments/%s/flags" % cid, fl, h)
    equal((x.status, y.status), (201, 201), "a flag twice by key")
    equal(x.json()["flag"]["id"], y.json()["flag"]["id"], "one flag")
    files = bytes_in_dir(f.server.data, [key.encode(), k.encode()])
    equal(files, [], "only digests are kept")
    w.close()


run(walk)
