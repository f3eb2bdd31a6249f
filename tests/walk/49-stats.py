"""The numbers.

Covers: GET /api/v1/stats/threads/{slug}, /site, /moderation for editors:
from, to, bucket, JSON and CSV; refused to others; /stats in public; CSV
cells cannot be formulas; ?section= adds the threads of a section together,
in the API and on the desk.
"""

from lib import *
from pages import Reader


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
    sections(f)


def sections(f):
    f.thread("s1", section="Local & near")
    f.thread("s2", section="Local & near")
    f.thread("s3", section="Sport")
    for slug in ("s1", "s1", "s2", "s3"):
        cid = f.post(slug, "Words in %s, %s." % (slug, secret()))["comment"][
            "id"]
    f.remove(cid)                       # in s3
    f.remove(f.post("s2", "One more in s2.")["comment"]["id"])
    q = "?section=Local%20%26%20near"
    site = f.editor.get("/api/v1/stats/site" + q).json()
    equal((site["section"], site["totals"]["posted"],
           site["totals"]["removed"]), ("Local & near", 4, 1),
          "two threads together")
    equal(sum(b["posted"] for b in site["series"]), 4, "by bucket")
    mods = f.editor.get("/api/v1/stats/moderation" + q).json()
    equal(mods["totals"]["decisions"], 1, "decisions of the section")
    equal(f.editor.get("/api/v1/stats/moderation?section=Sport").json()[
        "totals"]["decisions"], 1, "and of another")
    for path in ("site", "moderation"):
        problem(f.editor.get("/api/v1/stats/%s?section=None" % path), 422,
                "invalid_field", "no such section", "section")
    x = Reader(f.server)
    x.open("/sign-in")
    x.send(x.form_with("name", "password"), name=f.editor.name,
           password=f.editor.password)
    x.open("/desk")
    x.send(x.form_with("section"), section="Sport")
    check('value="Sport" selected' in x.page.text and
          "section=Sport" in x.page.text and
          "stats.section" not in x.page.text, "the desk of a section",
          x.page.text)


run(walk)
