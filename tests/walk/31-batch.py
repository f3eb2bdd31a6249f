"""A spam wave decided at once.

Covers: POST /api/v1/review/batch: every item answers for itself; one entry
in the record names them all; the account; reasons are asked for as ever.
"""

from lib import *


def walk():
    f = Forum()
    cids = [f.post("t1", "Buy watches number %d." % i)["comment"]["id"]
            for i in range(12)]
    u = "/api/v1/review/batch"
    d = {"action": "remove", "clause": f.clause("spam|advert") or f.clause(),
         "explanation": "The same advertisement was posted many times over."}
    problem(f.anon.post(u, dict(d, comments=cids)), 401, "sign_in_required",
            "as nobody")
    problem(f.mod.post(u, dict(d, comments=cids, explanation="")), 422,
            "reason_required", "a batch needs its reason")
    for bad in ([], "x", None, [1]):
        equal(f.mod.post(u, dict(d, comments=bad)).status, 422,
              "comments %r" % (bad,))
    before = settled(f.anon)
    r = f.mod.post(u, dict(d, comments=cids + ["none"]))
    equal(r.status, 200, "the batch")
    items = r.json().get("results", r.json().get("items"))
    equal(len(items or []), 13, "every item answers")
    equal([x.get("status") for x in items], [200] * 12 + [404],
          "for itself")
    equal({f.state(c) for c in cids}, {"removed"}, "all are removed")
    f.adds_up(posted=12, removed=12)
    # The checkpoint moves at most once a second.
    wait_for(lambda: checkpoint(f.anon)[1] > before, "the record grows", 5)
    new = leaves(f.anon)[before:]
    equal([dict(x)["kind"] for x in new], ["batch"], "one entry")
    text = "\n".join("%s %s" % kv for kv in new[0])
    idx = [f.anon.get("/api/v1/comments/" + c).json()["log_index"]
           for c in cids]
    for i in idx:
        check(re.search(r"(?<!\d)%d(?!\d)" % i, text), "it names %d" % i)
    r = f.mod.post(u, dict(d, comments=cids[:2]))
    check(all(x.get("status") == 409 for x in
              r.json().get("results", r.json().get("items"))),
          "a second time each is refused", r)


run(walk)
