"""Hostile input through the real server.

Covers: every row of the shared sets json, text, inject, unicode, url, regex,
markdown, xss and html: posted as a comment, and short ones also as a name, a
search, a path or a return address: 4xx, or stored and shown as harmless
markup; never a 5xx; the server alive after each set. Each answer's HTML is
read by a parser of our own that knows which tags and attributes may be.
"""

# alone
# timeout: 420

import html.parser
import zlib
from concurrent.futures import ThreadPoolExecutor

from lib import *

HOSTILE = os.path.join(SHARED, "data", "hostile")
STEP = 10 if SMOKE else 1
TAGS = set("p br em strong del s code pre a ul ol li blockquote h1 h2 h3 h4 "
           "h5 h6 hr bdi span div table thead tbody tr th td".split())
ATTRS = {"a": {"href", "rel", "title"}, "ol": {"start"}, "code": {"class"},
         "th": {"align"}, "td": {"align"}}
COMMON = {"dir", "lang"}


class Judge(html.parser.HTMLParser):
    """Collects what a comment's HTML must not hold."""

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.bad = []
        self.open = []

    def handle_starttag(self, tag, attrs):
        if tag not in TAGS:
            self.bad.append("<%s>" % tag)
        for k, v in attrs:
            if k not in ATTRS.get(tag, set()) | COMMON:
                if not (k == "class" and re.fullmatch(r"[\w -]*", v or "")):
                    self.bad.append("<%s %s=%r>" % (tag, k, v))
            if k == "href":
                s = re.sub(r"[\x00-\x20]", "", v or "").lower()
                if not re.match(r"(https?://|mailto:|#|/(?!/))", s):
                    self.bad.append("href=%r" % v)
            if re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f]", v or ""):
                self.bad.append("control in %s" % k)
        if tag not in ("br", "hr"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.bad.append("</%s> out of place" % tag)

    def handle_comment(self, data):
        self.bad.append("<!--%s-->" % data)

    def handle_decl(self, decl):
        self.bad.append("<!%s>" % decl)

    def handle_pi(self, data):
        self.bad.append("<?%s>" % data)

    def unknown_decl(self, data):
        self.bad.append("<![%s>" % data)


def judged(fragment):
    j = Judge()
    j.feed(fragment)
    j.close()
    if j.open:
        j.bad.append("left open: %s" % j.open)
    if re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f]", fragment):
        j.bad.append("a control character")
    return j.bad


class Page(html.parser.HTMLParser):
    """What no page of ours holds, whoever wrote in it."""

    def __init__(self):
        super().__init__()
        self.bad = []

    def handle_starttag(self, tag, attrs):
        d = dict(attrs)
        for k, v in attrs:
            if k.startswith("on") or k in ("style", "srcdoc"):
                self.bad.append("<%s %s>" % (tag, k))
            if k in ("href", "src", "action", "formaction"):
                s = re.sub(r"[\x00-\x20]", "", v or "").lower()
                if re.match(r"(javascript|data|vbscript|blob):", s):
                    self.bad.append("<%s %s=%r>" % (tag, k, v))
                if k != "href" and re.match(r"(//|https?:)", s):
                    self.bad.append("<%s %s=%r>" % (tag, k, v))
        if tag == "script" and "src" not in d:
            self.bad.append("an inline script")
        if tag in ("iframe", "object", "embed", "base", "math"):
            self.bad.append("<%s>" % tag)


def rows(path):
    p = os.path.join(HOSTILE, path)
    with open(p, encoding="utf-8") as fh:
        all_ = [json.loads(x) for x in fh if x.strip()]
    return all_[::STEP]


def unpack(r):
    if "raw_b64" in r:
        return base64.b64decode(r["raw_b64"])
    return zlib.decompress(base64.b64decode(r["raw_zlib_b64"]))


class Poster:
    """Several keep-alive connections of one guest."""

    def __init__(self, f):
        self.f = f
        self.local = threading.local()
        self.pool = ThreadPoolExecutor(8)
        self.n = 0

    def client(self):
        if not hasattr(self.local, "c"):
            self.local.c = self.f.guest()
        return self.local.c

    def send(self, job):
        c = self.client()
        try:
            return c.request(*job)
        except Exception as e:
            c.close()
            return e

    def all(self, jobs):
        self.n += len(jobs)
        return list(self.pool.map(self.send, jobs))


JSON = {"Content-Type": "application/json"}


def job(slug, **fields):
    # Lone surrogates go out as JSON escapes, as a hostile client sends them.
    return ("POST", "/api/v1/threads/%s/comments" % slug,
            json.dumps(fields).encode(), JSON)


def walk():
    if not os.path.isdir(HOSTILE):
        raise Skip("no %s" % HOSTILE)
    f = Forum()
    p = Poster(f)

    def alive(what):
        if not f.server.alive():
            raise Gone("the server is alive after " + what)
        check(True, "alive after " + what)

    def told(name, jobs, ids, ok=(201, 202)):
        answers = p.all(jobs)
        wrong, harm = [], []
        for i, r in zip(ids, answers):
            if isinstance(r, Exception):
                wrong.append((i, repr(r)))
                continue
            if r.status not in ok and not 400 <= r.status < 500:
                wrong.append((i, r.status))
            if r.status in (201, 202):
                h = r.json()["comment"].get("body_html")
                bad = judged(h) if h else []
                if bad:
                    harm.append((i, bad, h[:200]))
        equal(wrong[:10], [], "%s: 4xx or stored (%d wrong)" %
              (name, len(wrong)))
        equal(harm[:5], [], "%s: harmless markup (%d not)" %
              (name, len(harm)))
        alive(name)
        return answers

    # JSON bodies: raw, as they are
    u = "/api/v1/threads/t1/comments"
    set_ = rows("json/jsontestsuite.jsonl")
    got = told("jsontestsuite", [("POST", u, unpack(r), JSON) for r in set_],
               [r["id"] for r in set_], ok=())
    bad = [(r["id"], g.status) for r, g in zip(set_, got)
           if r["expect"] == "reject" and not isinstance(g, Exception) and
           g.status not in (400, 413, 422)]
    equal(bad, [], "jsontestsuite: refused")
    set_ = rows("json/own-api-bodies.jsonl")
    jobs = [("POST", u, (r["text"] if "text" in r else r["prefix"] +
                         r["unit"] * r["count"] + r["suffix"])
             .encode("utf-8", "surrogatepass"), JSON) for r in set_]
    got = told("own-api-bodies", jobs, [r["id"] for r in set_])
    for r, g in zip(set_, got):
        if isinstance(g, Exception):
            continue
        if r["expect"] == "reject":
            check(400 <= g.status < 500, "%s %s is refused" %
                  (r["id"], r["name"]), g)
        elif g.status in (201, 202):
            c = g.json()["comment"]
            check(c["author"]["kind"] == "guest" and c["author"]["badge"] is
                  None and c["score"] == 0, "%s gives no privilege" % r["id"],
                  c)

    # invalid UTF-8 and controls
    set_ = rows("unicode/invalid-utf8-own.jsonl")
    jobs = [("POST", u, b'{"name":"Uni","body":"' + unpack(r).replace(
        b"\\", b"\\\\").replace(b'"', b'\\"') + b'"}', JSON) for r in set_]
    told("invalid-utf8", jobs, [r["id"] for r in set_])
    for path in ("/api/v1/search?q=%ff%fe", "/t/%ff", "/api/v1/comments/%c0",
                 "/%00", "/t/a%00b", "/api/v1/search?q=%00"):
        r = f.anon.get(path)
        check(r.status < 500, "path %s" % path, r)

    # text of all kinds
    sets = [("text/blns.jsonl", "text"), ("xss/dompurify.jsonl", "payload"),
            ("xss/h5sc.jsonl", "payload"),
            ("xss/markdown-own.jsonl", "payload"),
            ("xss/payloads-all-the-things.jsonl", "payload"),
            ("xss/payloadbox.jsonl", "payload"),
            ("inject/sql.jsonl", "payload"),
            ("inject/nosql-template.jsonl", "payload"),
            ("inject/own-csv-log-mail.jsonl", "payload"),
            ("inject/crlf.jsonl", "payload"), ("inject/path.jsonl", "payload"),
            ("url/wpt-urltestdata.jsonl", "input"),
            ("url/open-redirect.jsonl", "payload"),
            ("unicode/text-own.jsonl", "text"),
            ("html/html5lib-tokenizer.jsonl", "input"),
            ("markdown/regressions.jsonl", "markdown")]
    shown = []
    for n, (path, key) in enumerate(sets):
        set_ = rows(path)
        slug = "s%d" % n
        f.thread(slug)
        shown.append(slug)
        told(path, [job(slug, name="Hostile", body=r[key]) for r in set_],
             [r["id"] for r in set_])
        if n in (2, 3, 11):
            told(path + " as links",
                 [job(slug, name="Hostile", body="[a](%s) <%s>" %
                      (r[key], r[key])) for r in set_],
                 [r["id"] for r in set_])
        if n < 10:
            short = [r for r in set_ if 0 < len(r[key]) < 200][:400]
            told(path + " as a name",
                 [job(slug, name=r[key], body="A name of my own.")
                  for r in short], [r["id"] for r in short])
            jobs = [("GET", "/api/v1/search?q=" + urllib.parse.quote(
                r[key].encode("utf-8", "surrogatepass")), None, None)
                for r in short]
            told(path + " as a search", jobs, [r["id"] for r in short],
                 ok=(200,))

    # look-alike names of reserved words
    set_ = [r for r in rows("unicode/text-own.jsonl")
            if r["class"] == "username-lookalike"]
    for name in ("alice", "bob", "carol"):
        f.staff(name, "reader")
    f.thread("names")
    got = told("look-alikes", [job("names", name=r["text"], body="Hello you.")
                               for r in set_], [r["id"] for r in set_])
    free = [r["id"] for r, g in zip(set_, got) if
            not isinstance(g, Exception) and g.status in (201, 202)]
    equal(free, [], "no name that looks like a reserved one (%d of %d)" %
          (len(free), len(set_)))
    only = [r for r in rows("unicode/text-own.jsonl") if
            r["rule"].startswith("a body of only this is empty")]
    got = p.all([job("names", name="Empty", body=r["text"]) for r in only])
    equal([r["id"] for r, g in zip(only, got) if g.status != 422], [],
          "a body of invisible characters only is empty")

    # paths
    set_ = rows("inject/path.jsonl")
    for prefix in ("/", "/static/", "/t/"):
        jobs = []
        for r in set_:
            s = r["payload"].replace("{FILE}", "etc/passwd")
            jobs.append(("GET", prefix + urllib.parse.quote(
                s, safe="/%\\.;:?#&=+@!$'()*,~"), None, None))
        got = told("paths below " + prefix, jobs, [r["id"] for r in set_],
                   ok=(200, 301, 302, 303, 308))
        leak = [r["id"] for r, g in zip(set_, got)
                if not isinstance(g, Exception) and b"root:" in g.body]
        equal(leak, [], "no file of the machine below " + prefix)
    set_ = rows("url/open-redirect.jsonl") + rows("inject/crlf.jsonl")
    b = f.browser()
    b.csrf_token()
    for r in set_:
        v = r["payload"]
        for q in ("return", "next", "back", "to"):
            x = b.get("/sign-in?%s=%s" % (q, urllib.parse.quote(v)))
            loc = x.headers.get("location", "")
            check(x.status < 500 and "hostile.test" not in
                  urllib.parse.urlsplit(loc).netloc and
                  not re.match(r"[/\\]{2}", loc) and
                  "crlf" not in x.headers.get("set-cookie", ""),
                  "%s leads away" % r["id"], x)

    # slow ones: the size limit in the time of an ordinary comment
    set_ = rows("markdown/pathological-recipes.jsonl")
    f.thread("slow")
    jobs = []
    for r in set_:
        unit = r["unit"] or " "
        k = max((9990 - len(r["prefix"]) - len(r["suffix"])) // len(unit), 1)
        jobs.append(job("slow", name="Slow", body=(
            r["prefix"] + unit * k + r["suffix"])[:10000]))
    told("pathological recipes", jobs, [r["id"] for r in set_])
    set_ = rows("regex/own-filters.jsonl")
    jobs = []
    for r in set_:
        s = r["subject"]
        t = s if isinstance(s, str) else \
            s.get("prefix", "") + s.get("unit", "") * s.get("count", 1) + \
            s.get("suffix", "")
        jobs.append(job("slow", name="Slow", body=t[:10000] or "x"))
        jobs.append(job("slow", name="Slow", body=r["pattern"] or "x"))
    told("filter patterns and subjects", jobs,
         [r["id"] for r in set_ for _ in (0, 1)])

    # as pages
    for slug in shown + ["slow", "names"]:
        for path in ("/t/%s" % slug, "/t/%s.atom" % slug):
            r = f.anon.get(path, timeout=60)
            equal(r.status, 200, path)
            if path.endswith(".atom"):
                import xml.etree.ElementTree as ET
                try:
                    ET.fromstring(r.body)
                except ET.ParseError as e:
                    check(False, path + " is well-formed", str(e))
                continue
            g = Page()
            g.feed(r.text)
            equal(sorted(set(g.bad))[:5], [], "the page %s" % path)
    r = f.mod.get("/review?state=all")
    if r.status == 200:
        g = Page()
        g.feed(r.text)
        equal(sorted(set(g.bad))[:5], [], "the moderators' page")
    for slug in shown:
        f.adds_up(slug)
    print("  %d requests" % p.n)


run(walk)
