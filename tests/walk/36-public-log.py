"""The public log of decisions.

Covers: GET /api/v1/log with thread, clause, kind, by and after, newest
first; /log and /log.atom; GET /api/v1/log/{index} with leaf and proof; no
text and no name; paging.
"""

import xml.etree.ElementTree as ET

from lib import *


def walk():
    f = Forum()
    f.thread("t2")
    cl = f.clause()
    words = "A peculiar xylophone in the attic."
    a = f.post("t1", words, name="Xaver Private")["comment"]
    b = f.post("t2", words + " Too.", name="Xaver Private")["comment"]
    da = f.remove(a["id"])
    f.remove(b["id"], who=f.mod2)
    rude = f.guest().comment("t1", REJECTED, name="Rude Reader")
    equal(rude.status, 202, "an automatic removal")
    rows = log_entries(f.anon)
    check(len(rows) >= 3, "three decisions", rows)
    for r in rows:
        has(r, "log_index kind", "a row of the log")
    idx = [r["log_index"] for r in rows]
    equal(idx, sorted(idx, reverse=True), "newest first")
    t1 = log_entries(f.anon, "thread=t1&kind=decision")
    t2 = log_entries(f.anon, "thread=t2&kind=decision")
    equal((len(t1), len(t2)), (2, 1), "by thread and kind")
    equal(len(log_entries(f.anon, "by=automatic&kind=decision")), 1,
          "by automation")
    equal(len(log_entries(f.anon, "by=person&kind=decision")), 2,
          "by people")
    check(len(log_entries(f.anon, "clause=" + cl)) >= 2, "by clause")
    check(f.anon.get("/api/v1/log?by=nobody").status in (400, 422),
          "a wrong filter")
    for p in ("/log", "/log.atom", "/api/v1/log"):
        r = f.anon.get(p)
        equal(r.status, 200, p)
        for s in ("xylophone", "Xaver", "morris", "maud", "pills.example"):
            check(s not in r.text, "%s is not in %s" % (s, p))
    check(cl in f.anon.get("/log").text or "t1" in f.anon.get("/log").text,
          "the page shows decisions")
    ET.fromstring(f.anon.get("/log.atom").body)
    size = settled(f.anon)
    for i in range(size):
        r = f.anon.get("/api/v1/log/%d" % i)
        need(r.status == 200, "entry %d" % i, r)
        j = r.json()
        has(j, "leaf proof", "entry %d" % i)
        leaf = base64.b64decode(j["leaf"])
        at = included(j["proof"], leaf)
        check(isinstance(at, tuple) and at[0] == i, "entry %d is proved" % i,
              at)
        for s in (b"xylophone", b"Xaver", b"morris", b"pills.example"):
            check(s not in leaf, "entry %d holds no %s" % (i, s))
    for bad in (str(size), "-1", "x", "01", "99999999999999999999"):
        check(f.anon.get("/api/v1/log/" + bad).status in (400, 404),
              "entry " + bad)
    seen, after = [], ""
    for _ in range(99):
        j = f.anon.get("/api/v1/log?limit=2" + after).json()
        seen += [x["log_index"] for x in j.get("entries",
                                               j.get("decisions", []))]
        if not j["next"]:
            break
        after = "&after=" + urllib.parse.quote(j["next"])
    equal(seen, idx, "paged by two")


run(walk)
