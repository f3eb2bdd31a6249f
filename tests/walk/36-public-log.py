"""The public log of decisions.

Covers: GET /api/v1/log with thread, clause, kind, by and after, newest
first; /log and /log.atom; GET /api/v1/log/{index} with leaf and proof; no
text and no name; paging; the form of filters, by days too, in every language;
an entry's page: its steps, and its commands run as they are printed; a
comment's page names its entries.
"""

import html

import xml.etree.ElementTree as ET

from lib import *


def commands(f, i, tamper=None):
    """Runs what an entry's page prints; gives exit, output."""
    page = f.anon.get("/log/%d" % i).text
    sh = html.unescape(page.split("data-check>")[1].split("</pre>")[0])
    with tempfile.TemporaryDirectory() as d:
        p = subprocess.run(["/bin/sh", "-e", "-c", tamper(sh) if tamper
                            else sh], cwd=d, capture_output=True, text=True,
                           timeout=60)
    return p.returncode, p.stdout.split("\n"), page


def entry_pages(f):
    size = settled(f.anon)
    for i in sorted({0, 1, 2, size // 2, size - 2, size - 1}):
        code, out, page = commands(f, i)
        e = f.anon.get("/api/v1/log/%d" % i).json()
        equal(code, 0, "the commands of entry %d" % i)
        equal("\n".join(out[:-4]) + "\n",
              base64.b64decode(e["leaf"]).decode(), "print the entry")
        equal(out[-4], out[-3], "lead to the signed root")
        check("Verified Successfully" in out[-2], "check the signature", out)
        steps = e["proof"].split("\n\n")[0].split("\n")[2:]
        equal(page.count("<strong>"), 1 + 2 * len(steps),
              "a row for each step, the outcome so far marked")
        check(out[-3] in page and all(x in page for x in steps),
              "with the hashes of the proof")

    def other(sh):      # another byte in the entry
        a = sh.split(" ", 2)
        raw = bytearray(base64.b64decode(a[1]))
        raw[-3] ^= 1
        return " ".join([a[0], base64.b64encode(raw).decode(), a[2]])
    code, out, _ = commands(f, 2, other)
    check(out[-4] != out[-3], "an altered entry leads elsewhere", out)
    code, out, _ = commands(f, 2, lambda sh: sh.replace(
        "rawin -in text", "rawin -in entry"))
    check(code != 0, "another text is not signed", out)


def filters(f):
    page = f.anon.get("/log?kind=decision&by=person&from=2020-01-01").text
    for name in ("kind", "clause", "by", "thread", "from", "to"):
        check('name="%s"' % name in page, "a field " + name)
    check('method="get"' in page and 'value="decision" selected' in page and
          'value="2020-01-01"' in page, "the form keeps what was asked")
    feed = re.search(r'href="(/log\.atom[^"]*)"', page).group(1)
    equal(feed.replace("&amp;", "&"),
          "/log.atom?kind=decision&by=person&from=2020-01-01",
          "the feed is of the same entries")
    check('href="/log.atom"' in f.anon.get("/log").text, "of all of them")
    everything = len(log_entries(f.anon))
    equal(len(log_entries(f.anon, "from=&to=&kind=&by=&clause=&thread=")),
          everything, "empty fields are none")
    equal(len(log_entries(f.anon, "from=2020-01-01&to=2099-12-31")),
          everything, "all days")
    equal(log_entries(f.anon, "to=2020-01-01"), [], "before it began")
    equal(log_entries(f.anon, "from=2099-01-01"), [], "days to come")
    equal(log_entries(f.anon, "from=2099-01-01&by=person"), [],
          "with another filter")
    today = log_entries(f.anon)[0]["date"][:10]
    equal(len(log_entries(f.anon, "from=%s&to=%s" % (today, today))),
          everything, "one day, its end in it")
    equal(f.anon.get("/log?from=yesterday").status, 422, "no day")
    for lang, word in (("en", "Removed"), ("cs", "Odstraněno"),
                       ("sk", "Odstránené"), ("pl", "Usunięto"),
                       ("ro", "Eliminat")):
        page = f.anon.get("/log?lang=" + lang).text
        check(word in page and "entry." not in page and ">remove<" not in
              page, "kinds in " + lang)


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
    equal(len(log_entries(f.anon, "by=automatic,person&kind=decision")), 3,
          "decisions by either")
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
    filters(f)
    entry_pages(f)
    page = f.anon.get("/c/" + a["id"]).text
    for e in log_entries(f.anon, "thread=t1&kind=comment.accepted"):
        if e["comment"] == a["id"]:
            check('href="/log/%d"' % e["log_index"] in page,
                  "a comment's page names its acceptance")
    check('href="/log/%d"' % da["log_index"] in page if "log_index" in da
          else "/log/" in page, "and its decision")


run(walk)
