"""Two moderators, one item.

Covers: two moderators decide on the same held comment at the same moment,
200 times (1,000 with FORUMD_FULL=1): one gets 200 and the other 409, and the
record holds exactly one decision for each comment.
"""

# alone
# timeout: 300

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from lib import *

ITEMS = 1000 if os.environ.get("FORUMD_FULL") == "1" else 200


def walk():
    f = Forum()
    f.thread("h", mode="all_held")
    ids, versions = [], []
    for i in range(ITEMS):
        j = f.post("h", "Item %d waits, %s." % (i, secret()), status=202)
        ids.append(j["comment"]["id"])
        versions.append(j["comment"]["version"])
        j["client"].close()
    clause = f.clause()
    gate = threading.Barrier(2)
    codes = Counter()
    verdicts = []

    def decides(who):
        """All items in order, each together with the other."""
        out = []
        for n, (cid, version) in enumerate(zip(ids, versions)):
            gate.wait(60)
            r = f.decide(cid, "approve" if n % 2 else "remove", who=who,
                         clause=clause, expected_version=version)
            out.append((r.status, r.json_or({}).get("code")))
        return out

    with ThreadPoolExecutor(2) as pool:
        a, b = pool.map(decides, (f.mod, f.mod2))
    for x, y in zip(a, b):
        verdicts.append(tuple(sorted((x[0], y[0]))))
        codes.update([x[1], y[1]])
    equal(Counter(verdicts), Counter({(200, 409): ITEMS}),
          "one decides, the other is told that it is too late")
    equal(codes, Counter({None: ITEMS, "stale_version": ITEMS}),
          "by the problem's code")
    check(all(0 < sum(r[0] == 200 for r in who) for who in (a, b)),
          "both win now and then", [len(a), len(b)])
    f.adds_up("h", held=0, visible=ITEMS // 2, removed=ITEMS // 2)
    kinds = Counter((dict(e)["kind"], dict(e).get("action"))
                    for e in leaves(f.anon))
    equal((kinds["decision", "remove"], kinds["decision", "approve"]),
          (ITEMS // 2, ITEMS // 2), "the record holds one decision for each")


run(walk)
