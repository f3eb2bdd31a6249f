"""Every route by every role, and what must not be read at any of them.

Covers: the routes that /openapi.json names, each asked by nobody, a guest
with a key, a member, a moderator, an editor and an admin, and by staff whose
token may only read: what a role may not do is refused and the journal does
not grow, what it may is never refused for its role; no GET writes to the
journal; each route that changes something refuses a session's cookie with no
token, a foreign one, an ended session's, a foreign Origin, a cross-site
fetch; text that is held, removed, withdrawn or erased, the words of a report
and of a staff note are at no address for those who may not read them.
"""

import sqlite3

from lib import *

# The least role, by method and path; what is not named is anyone's.
STAFF = [("", r"/review"), ("", r"/api/v1/review"), ("", r"/api/v1/tone"),
         ("", r"/t/{slug}/mode"), ("", r"/api/v1/threads/{slug}/mode"),
         ("", r"/api/v1/comments/{id}/erase"), ("", r"/api/v1/members/"),
         ("post", r"/api/v1/sanctions/{id}/end$"),
         ("delete", r"/api/v1/sanctions/{id}$")]
EDITOR = [("", r"/desk"), ("", r"/api/v1/stats/"), ("", r"/api/v1/orders"),
          ("", r"/api/v1/escalations"),
          ("", r"/api/v1/quarantine"), ("", r"/api/v1/decisions/"),
          ("post", r"/api/v1/comments/{id}/pi(ck|n)$"),
          ("post", r"/c/{id}/pi(ck|n)$"),
          ("post", r"/api/v1/threads$"), ("post", r"/api/v1/tone$"),
          ("post", r"/review/tone/draw")]
ADMIN = [("post", r"/api/v1/quarantine/"), ("post", r"/desk/quarantine/")]
RANK = ["nobody", "guest", "member", "moderator", "editor", "admin"]
# Need no token of a session: they read, or a secret of their own in the
# address or the body is what they go by.
TOKENLESS = r"/api/v1/counts|/api/v1/mail/|/mail/"
REFUSED = (401, 403, 404)


def least(method, path):
    rank = 0
    for n, rows in ((3, STAFF), (4, EDITOR), (5, ADMIN)):
        for m, p in rows:
            if m in ("", method) and \
                    re.match(p.replace("{", r"\{").replace("}", r"\}"), path):
                rank = n
    return rank


def journal(f):
    db = sqlite3.connect("file:%s?mode=ro" % os.path.join(
        f.server.data, "forum.db"), uri=True)
    try:
        return db.execute("SELECT max(seq) FROM journal").fetchone()[0]
    finally:
        db.close()


class Cast:
    """People, and a comment in each state with words found nowhere else."""

    def __init__(self, f):
        self.f = f
        self.words = {}             # state -> word of the text
        self.ids = {}               # state -> comment id
        self.author = f.member("Ada Author")
        self.other = f.member("Otto Other")
        self.key = f.post("t1", "A guest's own remark.")["client"]
        f.thread("h", mode="all_held")
        for state in ("visible", "held", "removed", "withdrawn", "erased"):
            self._comment(state)
        cid = self.ids["visible"]
        self.words["report"] = secret()
        r = f.guest().post("/api/v1/comments/%s/flags" % cid, {
            "reason": f.clause(), "clause": f.clause(), "kind": "rules",
            "note": "Look at this: " + self.words["report"]})
        need(r.status == 201, "a report", r)
        self.flag = r.json()["flag"]["id"] if "flag" in r.json() \
            else r.json()["id"]
        self.words["note"] = secret()
        r = f.mod.post("/api/v1/review/%s/remarks" % cid,
                       {"text": "Among us: " + self.words["note"]})
        need(r.status in (200, 201), "a staff note", r)
        r = f.mod.post("/api/v1/members/%s/sanctions" % self.author.id, {
            "kind": "warn", "until": None, "clause": f.clause(),
            "explanation": REASON})
        need(r.status == 201, "a warning", r)
        self.sanction = self.author.get("/api/v1/me/sanctions") \
            .json()["sanctions"][0]["id"]

    def _comment(self, state):
        f, w = self.f, secret()
        held = state == "held"
        who = self.author
        if state == "erased":
            who = f.member("Edda Erased")
        j = f.post("h" if held else "t1", "Hidden or not: %s." % w, who=who,
                   status=202 if held else 201)
        cid = j["comment"]["id"]
        self.words[state], self.ids[state] = w, cid
        if state == "removed":
            f.remove(cid)
        elif state == "withdrawn":
            equal(who.delete("/api/v1/comments/" + cid).status, 200,
                  "withdrawn")
        elif state == "erased":
            r = who.delete("/api/v1/me", {"password": who.password})
            check(r.status in (200, 204), "erased", r)

    def path(self, path, state):
        """The route's address, about the comment in this state."""
        cid, f = self.ids[state], self.f
        slug = "h" if state == "held" else "t1"
        if "/sanctions/" in path:
            what = self.sanction
        elif "/flags/{" in path:
            what = self.flag
        elif "/members/{" in path:
            what = self.author.id
        elif "decisions/{" in path:
            what = "7"
        else:
            what = cid
        size = self.size
        for k, v in (("slug", slug), ("comment", cid), ("id", what),
                     ("index", str(size - 1)), ("site", "news.example"),
                     ("log", "1"), ("path", "entries/000.p/%d" % size),
                     ("digest", self.digest), ("token", "x" * 32),
                     ("item", "1")):
            path = path.replace("{%s}" % k, v)
        return path


def matrix(f, cast, routes):
    """Who may not is refused, and nothing is written."""
    who = {"nobody": f.anon, "guest": cast.key, "member": cast.other,
           "moderator": f.mod, "editor": f.editor, "admin": f.admin}
    reading = {n: Client(f.server, bearer=f.token(a, "--scope", "read"),
                         cookies=False)
               for n, a in (("moderator", "morris"), ("editor", "edith"),
                            ("admin", "ada"))}
    cells = 0
    was = journal(f)
    for method, path in routes:
        want = least(method, path)
        for state in sorted(cast.ids) if "{" in path else ["visible"]:
            at = cast.path(path, state)
            for rank, name in enumerate(RANK):
                if rank >= want:
                    continue
                cells += 1
                r = who[name].request(method.upper(), at, {})
                led = r.status == 303 and \
                    r.headers.get("location", "").startswith("/sign-in")
                check(r.status in REFUSED or led, "%s %s as %s is refused" %
                      (method, at, name), r)
            for name in RANK[want:] if want >= 3 and method != "get" else ():
                cells += 1
                r = reading[name].request(method.upper(), at, {})
                check(r.status in REFUSED, "%s %s with a token that may "
                      "read is refused" % (method, at), r)
    equal(journal(f), was, "nothing of it was written")
    for method, path in routes:
        want = least(method, path)
        if method != "get":
            continue
        for state in sorted(cast.ids) if "{" in path else ["visible"]:
            for name in RANK[want:]:
                cells += 1
                if "/live" in path:
                    continue
                r = who[name].get(cast.path(path, state) +
                                  ("?q=x" if "search" in path else ""))
                check(r.status < 500 and (want < 3 or r.status != 403),
                      "GET %s as %s" % (path, name), r)
    equal(journal(f), was, "no GET writes to the journal")
    return cells


def forgeries(f, cast, routes):
    """What a page of another site could have a browser send."""
    m = cast.other
    old = f.browser().sign_up("Olga Old")
    stale = old.csrf
    old.delete("/api/v1/session")
    b = f.browser().sign_in("morris", f.mod.password)
    was, cells = journal(f), 0
    for method, path in routes:
        if method == "get" or re.match(TOKENLESS, path):
            continue
        at = cast.path(path, "visible")
        for c in (m, b):
            for h, what in (
                    ({"X-CSRF-Token": None}, "no token"),
                    ({"X-CSRF-Token": stale}, "an ended session's token"),
                    ({"Origin": "https://evil.example"}, "a foreign Origin"),
                    ({"Origin": "null"}, "Origin null"),
                    ({"Sec-Fetch-Site": "cross-site"}, "cross-site"),
                    ({"X-CSRF-Token": None, "Content-Type": "text/plain"},
                     "a form of text/plain")):
                cells += 1
                r = c.request(method.upper(), at, {}, h)
                check(r.status in (403, 415) or least(method, path) > 2 and
                      c is m and r.status in REFUSED,
                      "%s %s with %s is refused" % (method, at, what), r)
    equal(journal(f), was, "nothing of it was written")
    check(m.who() and b.who(), "both are still signed in")
    return cells


def hidden(f, cast, routes):
    """Each word at each address, for those who may not read it."""
    secret_to = {"nobody": "held removed withdrawn erased report note",
                 "other": "held removed withdrawn erased report note",
                 "author": "erased report note",
                 "moderator": "erased",
                 "admin": "erased"}
    who = {"nobody": f.anon, "other": cast.other, "author": cast.author,
           "moderator": f.mod, "admin": f.admin}
    seen = set()                # what a moderator read
    paths = set()
    for method, path in routes:
        if method == "get" and "/live" not in path:
            paths |= {cast.path(path, s) for s in cast.ids}
    paths |= {"/api/v1/search?q=" + w for w in cast.words.values()}
    paths |= {"/api/v1/search?q=hidden&author=%s" % cast.author.id,
              "/api/v1/log?thread=t1&limit=200", "/log?thread=t1",
              "/t/t1?sort=newest", "/t/t1?q=hidden",
              "/api/v1/review?tab=held", "/api/v1/review?tab=flagged"}
    paths |= {"/api/v1/threads/%s/comments?shape=%s&sort=%s" % (t, s, o)
              for t in ("t1", "h") for s in ("tree", "flat")
              for o in ("oldest", "newest")}
    paths |= {"/log/%d" % i for i in range(cast.size)}
    found, cells = [], 0
    for name, c in who.items():
        for p in sorted(paths):
            r = c.get(p)
            for state in secret_to[name].split():
                cells += 1
                w = cast.words[state]
                if w.encode() in r.body or w in json.dumps(r.pairs):
                    found.append((name, state, p))
            if name == "moderator":
                seen |= {s for s, w in cast.words.items()
                         if w.encode() in r.body}
        r = c.get("/api/v1/search?q=" + cast.words["visible"])
        check(cast.words["visible"] in r.text, "what is visible is found", r)
    equal(found, [], "hidden words are at no address")
    check({"held", "removed", "withdrawn"} <= seen,
          "whoever decides reads what the public does not", seen)
    return cells


def walk():
    f = Forum()
    cast = Cast(f)
    cast.size = settled(f.anon)
    cast.digest = f.anon.get("/api/v1/policy").json()["digest"]
    routes = [(m, p) for p, ops in f.anon.get("/openapi.json")
              .json()["paths"].items() for m in ops if m != "options"]
    check(len(routes) > 150, "routes are named", len(routes))
    n = matrix(f, cast, routes)
    n += forgeries(f, cast, routes)
    n += hidden(f, cast, routes)
    print("  %d routes, %d cells" % (len(routes), n))


run(walk)
