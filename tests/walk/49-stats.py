"""The numbers.

Covers: GET /api/v1/stats/threads/{slug}, /site, /moderation for editors:
from, to, bucket, JSON and CSV; refused to others; /stats in public; CSV
cells cannot be formulas.
"""

from lib import *


def walk():
    f = Forum()
    f.thread("formula", title="=cmd|'/C calc'!A0")
    for i in range(12):
        cid = f.post("t1", "Counted words, number %d." % i)["comment"]["id"]
        if i % 4 == 0:
            f.remove(cid)
    f.post("formula", "In the other thread.")
    for path in ("/api/v1/stats/threads/t1", "/api/v1/stats/site",
                 "/api/v1/stats/moderation"):
        problem(f.anon.get(path), 401, "sign_in_required", path)
        problem(f.mod.get(path), 403, "role_required", path)
        for b in ("hour", "day", "week", "month"):
            r = f.editor.get(path + "?bucket=" + b)
            equal(r.status, 200, "%s by %s" % (path, b))
            check(isinstance(r.json(), dict), "%s is an object" % path)
        r = f.editor.get(path + "?bucket=century")
        check(r.status in (400, 422), "no such bucket", r)
        r = f.editor.get(path + "?from=yesterday")
        check(r.status in (400, 422), "no such time", r)
        r = f.editor.get(path, {"Accept": "text/csv"})
        equal((r.status, r.headers.get("content-type", "")[:8]),
              (200, "text/csv"), "%s as CSV" % path)
        for line in r.text.splitlines():
            for cell in re.findall(r'(?:^|,)("?[^,"]*)', line):
                c = cell.lstrip('"')
                check(not re.match(r"[=+@]|-[^0-9.]", c),
                      "a cell is no formula", cell)
    text = f.editor.get("/api/v1/stats/threads/t1").text
    check("12" in text and "3" in text, "posted and removed", text)
    equal(f.editor.get("/api/v1/stats/threads/none").status, 404,
          "no such thread")
    equal(f.anon.get("/stats").status, 200, "/stats is public")
    mods = f.editor.get("/api/v1/stats/moderation").text
    check("median" in mods and "p90" in mods, "times to a decision", mods)


run(walk)
