"""Tampering by someone who has the database file and the signing key.

Covers: each row of TAMPER is done to a copy of a small forum that an auditor
had seen before; forumd itself (its start check) or forum-audit, with the
state it kept, must notice.  Then a forum's ordinary life, step by step, with
an audit after each: none may raise an alarm.

What nobody can see from outside, and what would help, is the table BEYOND;
both tables are printed.
"""

# timeout: 400

import http.server
import sqlite3
import struct

from lib import *

BEYOND = (
    ("a post answered 201 that never became an entry",
     "the author's receipt: it names the entry, under a signed head"),
    ("an entry cut off again before any head that covers it left the house",
     "a receipt in hand, a witness asked at each commit"),
    ("the record rewritten before anybody kept a head",
     "witnesses; more people who audit, from the first day"),
    ("a second decider who is the first under another name",
     "staff accounts with a person behind each; an outside body for appeals"),
    ("a decision whose reason is a pretext",
     "the appeal; people who read the public record"),
    ("a post that the server never accepted and never counted",
     "posting through a second address, comparing the answers"),
    ("a show for one reader whom no auditor can imitate",
     "that reader's own audit, or --second with the reader's header"),
    ("votes and their scores", "nothing: they are not in the record"),
)


# --- forging: the leaves as they stand, changed, and signed again

class Forge:
    """The record of a stopped forum, for someone who has its key.  Fewer
    than 256 entries, so that one tile holds them all."""

    def __init__(self, data):
        self.data = data
        self.db = sqlite3.connect(os.path.join(data, "forum.db"))
        self.leaf = [bytes(r[0]) for r in self.db.execute(
            "SELECT bytes FROM leaf ORDER BY idx")]
        self.kind = [r[0] for r in self.db.execute(
            "SELECT kind FROM leaf ORDER BY idx")]

    def sql(self, text, *args):
        return self.db.execute(text, args)

    def one(self, text, *args):
        return self.db.execute(text, args).fetchone()[0]

    def find(self, kind, n=0):
        return [i for i, k in enumerate(self.kind) if k == kind][n]

    def change(self, i, key, value):
        lines = self.leaf[i].decode().split("\n")
        lines = [key + " " + value if x.startswith(key + " ") else x
                 for x in lines]
        self.leaf[i] = "\n".join(lines).encode()

    def get(self, i, key):
        return re.search(r"(?m)^%s (.*)$" % key, self.leaf[i].decode())[1]

    def drop(self, i):
        del self.leaf[i], self.kind[i]

    def add(self, kind, *lines):
        date = self.get(len(self.leaf) - 1, "time")
        lines = [x.replace("TODAY", date) for x in lines]
        if not lines[0].startswith("time "):
            lines.insert(0, "time " + date)
        self.leaf.append(("\n".join(("forumd/entry/v1", "kind " + kind) +
                                    tuple(lines)) + "\n").encode())
        self.kind.append(kind)

    def root(self, hashes):
        if len(hashes) == 1:
            return hashes[0]
        k = 1
        while k * 2 < len(hashes):
            k *= 2
        return hashlib.sha256(b"\1" + self.root(hashes[:k]) +
                              self.root(hashes[k:])).digest()

    def note(self):
        with open(os.path.join(self.data, "key")) as f:
            seed = bytes.fromhex(f.read().strip())
        origin = self.one("SELECT value FROM meta WHERE key = 'origin'")
        hashes = [leaf_hash(x) for x in self.leaf]
        root = self.root(hashes)
        text = "%s\n%d\n%s\n" % (origin, len(hashes),
                                 base64.b64encode(root).decode())
        with open("k.der", "wb") as f:
            f.write(bytes.fromhex("302e020100300506032b657004220420") + seed)
        with open("k.txt", "w") as f:
            f.write(text)
        pub = subprocess.run(
            ["openssl", "pkey", "-inform", "DER", "-in", "k.der", "-pubout",
             "-outform", "DER"], capture_output=True, check=True).stdout[-32:]
        sig = subprocess.run(
            ["openssl", "pkeyutl", "-sign", "-keyform", "DER", "-inkey",
             "k.der", "-rawin", "-in", "k.txt"], capture_output=True,
            check=True).stdout
        kid = hashlib.sha256(origin.encode() + b"\n\1" + pub).digest()[:4]
        return origin, root, hashes, "%s\n— %s %s\n" % (
            text, origin, base64.b64encode(kid + sig).decode())

    def sign(self):
        """Leaves, tiles, head and the file heads, as if it had been so."""
        origin, root, hashes, note = self.note()
        old = self.one("SELECT MAX(seq) FROM leaf")
        self.sql("DELETE FROM leaf")
        for i, x in enumerate(self.leaf):
            self.sql("INSERT INTO leaf VALUES (?, ?, ?, NULL, NULL, 0, ?)",
                     i, min(i + 1, old), self.kind[i], x)
        self.sql("DELETE FROM tile")
        self.sql("INSERT INTO tile VALUES (0, 0, 0, ?)", b"".join(hashes))
        self.sql("DELETE FROM head")
        self.sql("INSERT INTO head VALUES (?, ?, ?, 0, ?)", origin,
                 len(hashes), root, note)
        with open(os.path.join(self.data, "heads"), "w") as f:
            f.write("%s %d %s\n" % (origin, len(hashes), root.hex()))

    def close(self):
        self.db.commit()
        self.db.close()


# --- the kinds of tampering: name, what is done, which checks may say so

START = "start check"
LIE = "UPDATE comment SET %s WHERE state = 'removed'"


def t_row(x):
    x.sql("DELETE FROM leaf WHERE idx = ?", x.find("comment.accepted", 1))


def t_edit_leaf(x):
    i = x.find("decision")
    x.change(i, "clause", "other")
    x.sql("UPDATE leaf SET bytes = ? WHERE idx = ?", x.leaf[i], i)


def t_swap_leaf(x):
    a, b = x.find("comment.accepted", 1), x.find("comment.accepted", 2)
    x.sql("UPDATE leaf SET bytes = ? WHERE idx = ?", x.leaf[b], a)
    x.sql("UPDATE leaf SET bytes = ? WHERE idx = ?", x.leaf[a], b)


def t_tile(x):
    t = bytearray(x.one("SELECT bytes FROM tile WHERE level = 0"))
    t[40] ^= 1
    x.sql("UPDATE tile SET bytes = ? WHERE level = 0", bytes(t))


def t_head(x):
    x.sql("UPDATE head SET note = replace(note, '— ', '— x')")


def t_reason(x):
    x.change(x.find("decision"), "clause", "other")
    x.sign()


def t_backdate(x):
    x.change(x.find("decision"), "time", "2001-01-01")
    x.sign()


def t_swap(x):
    a, b = x.find("comment.accepted", 1), x.find("comment.accepted", 2)
    x.leaf[a], x.leaf[b] = x.leaf[b], x.leaf[a]
    x.sign()


def t_drop_with_entry(x):
    i = x.find("comment.accepted", 5)
    x.sql("DELETE FROM comment WHERE log_index = ?", i)
    x.sql("UPDATE thread SET posted = posted - 1, visible = visible - 1")
    x.drop(i)
    x.sign()


def t_insert(x):
    i = x.find("comment.accepted", 3)
    x.leaf.insert(i, x.leaf[i].replace(b"\ncomment ", b"\ncomment x"))
    x.kind.insert(i, "comment.accepted")
    x.sign()


def t_other_text(x):
    x.change(x.find("comment.accepted", 1), "body", "00" * 32)
    x.sign()


def t_tail(x):
    del x.leaf[-3:], x.kind[-3:]
    x.sign()


def t_unmade(x):
    """The decision never was: its entry goes, the comment is back."""
    x.drop(x.find("decision"))
    x.sql(LIE % "state = 'visible', removed_by = NULL, decision = NULL")
    x.sign()


def t_clock(x):
    x.add("comment.withdrawn", "time 2001-01-01",
          "ref %d" % x.find("comment.accepted", 5), "by author")
    x.sign()


def t_never_accepted(x):
    x.add("comment.withdrawn", "ref 0", "by author")
    x.sign()


def decision_like(x, **other):
    """Another decision, made of one that there is."""
    i = x.find("decision")
    text = x.leaf[i].decode()
    for k, v in other.items():
        text = re.sub(r"(?m)^%s .*\n" % k, "%s %s\n" % (k, v) if v else "",
                      text)
    x.leaf.append(text.encode())
    x.kind.append("decision")
    x.sign()


def t_no_reason(x):
    decision_like(x, explanation=None, ref=str(x.find("comment.accepted", 5)))


def t_no_policy(x):
    decision_like(x, policy="ab" * 32,
                  ref=str(x.find("comment.accepted", 5)))


def t_own_appeal(x):
    i = x.find("decision")
    x.add("appeal.filed", "ref %d" % i, "grounds " + "ab" * 32)
    x.add("appeal.decided", "ref %d" % i, "outcome upheld",
          "decider " + x.get(i, "decider"), "explanation " + "cd" * 32)
    x.sign()


def t_unknown(x):
    x.add("comment.vanished", "ref 3")
    x.sign()


def sql(text):
    return lambda x: x.sql(text)


def t_words(x):
    did = x.one("SELECT id FROM decision ORDER BY num LIMIT 1")
    n = x.sql("UPDATE content SET bytes = CAST('Quite another reason was "
              "given.' AS BLOB) WHERE field = 'explanation' AND ref LIKE "
              "'%' || ? || '%'", did).rowcount
    need(n > 0, "the explanation's row", did)


def t_slip(x):
    cols = [r[1] for r in x.sql("PRAGMA table_info(comment)")]
    row = dict(zip(cols, x.sql("SELECT * FROM comment WHERE state = "
                               "'visible' LIMIT 1").fetchone()))
    row.update(num=900, id="slippedinslipped", log_index=0)
    x.sql("INSERT INTO comment (%s) VALUES (%s)" % (
        ",".join(cols), ",".join("?" * len(cols))), *[row[c] for c in cols])
    x.sql("UPDATE thread SET posted = posted + 1, visible = visible + 1")


def t_key(x):
    with open(os.path.join(x.data, "key"), "w") as f:
        f.write(os.urandom(32).hex() + "\n")


TAMPER = (
    ("a row of the record deleted", t_row, START),
    ("a reason edited in its row", t_edit_leaf, START),
    ("two entries swapped in their rows", t_swap_leaf, START),
    ("a hash tile altered", t_tile, START),
    ("a head's signature altered", t_head, "head"),
    ("a reason edited, all signed again", t_reason, "growth"),
    ("a decision backdated, all signed again", t_backdate, "growth"),
    ("two entries swapped, all signed again", t_swap, "growth"),
    ("a comment dropped with its entry", t_drop_with_entry, "growth"),
    ("an entry slipped in between", t_insert, "growth"),
    ("another text put under a comment's entry", t_other_text, "growth"),
    ("a decision unmade with its entry", t_unmade, "growth"),
    ("the tail cut off and signed again", t_tail, "growth"),
    ("the clock set back", t_clock, "order"),
    ("a withdrawal of what never was accepted", t_never_accepted, "order"),
    ("a removal without explanation", t_no_reason, "reason form"),
    ("a removal under rules never adopted", t_no_policy, "policy"),
    ("an appeal decided by the first decider", t_own_appeal, "appeal"),
    ("an entry of a kind of one's own", t_unknown, "form"),
    ("a count faked", sql("UPDATE thread SET removed = 0, visible = visible "
                          "+ removed"), "counts"),
    ("removals that ever were taken out of the count",
     sql("UPDATE thread SET ever_removed = 0"), "counts"),
    ("a comment dropped, its entry left",
     sql("DELETE FROM comment WHERE num = 6"), "comments"),
    ("a comment slipped in without an entry", t_slip, "comments"),
    ("a tombstone removed", sql(LIE % "state = 'visible', removed_by = NULL"),
     "comments"),
    ("a removal relabelled as withdrawal",
     sql(LIE % "state = 'withdrawn', removed_by = NULL, withdrawn_at = 1"),
     "comments"),
    ("a removal relabelled as erasure",
     sql(LIE % "state = 'erased', removed_by = NULL, erased_by = 'author'"),
     "comments"),
    ("a comment hidden without a decision",
     sql("UPDATE comment SET state = 'held', held_clause = 'other' WHERE "
         "num = 6"), "comments"),
    ("a tombstone in other words", t_words, "tombstones"),
    ("a tombstone with another clause",
     sql("UPDATE decision SET clause = 'other'"), "tombstones"),
    ("a tombstone with another decider",
     sql("UPDATE decision SET decider = 'automatic'"), "tombstones"),
    ("a tombstone under other house rules",
     sql("UPDATE decision SET policy = '%s'" % ("ab" * 32)), "tombstones"),
    ("a thread hidden", sql("DELETE FROM thread WHERE slug = 't2'"),
     "threads"),
    ("the key swapped", t_key, "head"),
)


# --- running

def audit(url, state, *more):
    p = subprocess.run(
        [program("forum-audit"), "--url", url, "--vkey", "vkey", "--state",
         state, "--json"] + list(more), capture_output=True, text=True,
        timeout=120)
    j = json.loads(p.stdout) if p.stdout.startswith("{") else {"checks": []}
    return p.returncode, [c["id"] for c in j["checks"]
                          if c["result"] == "failed"], p.stdout + p.stderr


def life(f):
    """A small forum with something of everything in it."""
    f.thread("t2")
    f.post("t2", "In another thread.")
    posts = [f.post("t1", "Words about the matter, %d." % i)
             for i in range(7)]
    ids = [p["comment"]["id"] for p in posts]
    f.edit(ids[0], "Other words about it.", posts[0]["client"])
    f.remove(ids[2])
    posts[3]["client"].delete("/api/v1/comments/" + ids[3])


def tampered(f, row):
    name, act, by = row
    shutil.rmtree("copy", ignore_errors=True)
    shutil.copytree(f.server.data, "copy", ignore=shutil.ignore_patterns(
        "control", "lock"))
    shutil.copy("state", "state.copy")
    os.utime("state.copy", (time.time() - 300,) * 2)
    x = Forge("copy")
    act(x)
    x.close()
    try:
        s = Server(data=os.path.abspath("copy")).start()
    except Gone:
        check(by == START, "%s: forumd does not start" % name)
        return START
    c = Client(s, cookies=False)
    if act == t_key:        # shows with the first head signed by it
        c.comment("t1", "Signed by another key.", name="Anna Reader")
    ready = c.get("/readyz").status
    code, failed, out = audit(s.url, "state.copy")
    end(s.proc)
    s.proc = None
    seen = ([START] if ready != 200 else []) + failed
    check(seen and (ready != 200 or code in (1, 3)),
          "%s is noticed (exit %s)" % (name, code), out[-1500:])
    check(set(by.split()) & set(seen) or by in seen,
          "%s is noticed by %s" % (name, by), seen)
    if by == "growth":
        equal(code, 3, "%s: both signed heads are printed" % name)
    return ", ".join(seen)


class Proxy(http.server.BaseHTTPRequestHandler):
    """A server that shows one reader another forum: `lie` may change an
    answer, given path, headers and body."""
    target = lie = None

    def do_GET(self):
        c = http.client.HTTPConnection(*self.target, timeout=30)
        c.request("GET", self.path)
        r = c.getresponse()
        body = self.lie(self.path, self.headers, r.read())
        self.send_response(r.status)
        self.send_header("Content-Type", r.headers["Content-Type"])
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        c.close()

    def log_message(self, *args):
        pass


def proxy(f, lie):
    kind = type("P", (Proxy,), {"target": (f.server.host, f.server.port),
                                "lie": staticmethod(lie)})
    p = http.server.ThreadingHTTPServer(("127.0.0.1", 0), kind)
    threading.Thread(target=p.serve_forever, daemon=True).start()
    return p, "http://127.0.0.1:%d" % p.server_port


def kinder(path, headers, body):
    """No tombstones."""
    if "/comments?" not in path:
        return body
    j = json.loads(body)
    j["comments"] = [c for c in j["comments"] if c["state"] == "visible"]
    return json.dumps(j).encode()


def split(f, caught):
    p, url = proxy(f, kinder)
    code, failed, out = audit(f.server.url, "state.split", "--second", url)
    check(code == 1 and "second" in failed, "a show at another address",
          out[-900:])
    caught.append(("another show at a second address", ", ".join(failed)))
    p.shutdown()
    p, url = proxy(f, lambda path, headers, body: kinder(path, headers, body)
                   if headers.get("X-Reader") else body)
    code, failed, out = audit(url, "state.split", "--second", "X-Reader: me")
    check(code == 1 and "second" in failed, "a show for some credentials",
          out[-900:])
    caught.append(("another show for who sends credentials",
                   ", ".join(failed)))
    p.shutdown()
    # A second record, signed by the same key, for one address.
    shutil.rmtree("copy", ignore_errors=True)
    shutil.copytree(f.server.data, "copy", ignore=shutil.ignore_patterns(
        "control", "lock"))
    x = Forge("copy")
    x.change(x.find("decision"), "clause", "other")
    note = x.note()[3].encode()
    x.close()
    p, url = proxy(f, lambda path, headers, body: note
                   if path.endswith("/checkpoint") else body)
    code, failed, out = audit(f.server.url, "state.split", "--second", url)
    equal(code, 3, "another record at a second address: " + out[-900:])
    caught.append(("another record at a second address", ", ".join(failed)))
    p.shutdown()


def honest(f):
    """A forum's ordinary life: after each step no alarm."""
    n = [0]

    def sound(what):
        n[0] += 1
        code, failed, out = audit(f.server.url, "state.honest")
        equal((code, failed), (0, []), "%s raises no alarm: %s" %
              (what, re.findall(r'"findings":(\[".*?\])', out)))

    def api(r, what, *ok):
        check(r.status in (ok or (200, 201)), what, r)
        return r.json_or({})

    why = {"clause": f.clause(), "explanation": REASON}
    sound("the beginning")
    a = f.post("t1", "A first remark.")
    aid = a["comment"]["id"]
    sound("a post")
    f.edit(aid, "A second remark.", a["client"])
    sound("an edit")
    a["client"].delete("/api/v1/comments/" + aid)
    sound("a withdrawal")
    b = f.post("t1", "A remark to be removed.")
    bid = b["comment"]["id"]
    f.remove(bid)
    sound("a removal")
    ap = api(b["client"].post("/api/v1/comments/%s/appeal" % bid, {
        "grounds": "It was right, as the minutes say."}), "an appeal")
    sound("an appeal")
    api(f.decide(bid, "restore", who=f.mod2, appeal=ap["appeal"]["id"],
                 outcome="reversed"), "the appeal decided")
    sound("an appeal that was right")
    c = f.post("t1", "Undone at once.")["comment"]["id"]
    f.remove(c)
    api(f.mod.post("/api/v1/review/%s/undo" % c, {}), "undo")
    sound("a decision undone")
    ids = [f.post("t1", "Buy watches, %d." % i)["comment"]["id"]
           for i in range(3)]
    api(f.mod.post("/api/v1/review/batch", dict(why, comments=ids,
                                                action="remove")), "a batch")
    sound("a batch")
    m = f.browser().sign_up("Ulf Uproar")
    mine = f.post("t1", "Ulf was here.", who=m)["comment"]["id"]
    api(f.mod.post("/api/v1/members/%s/sanctions" % m.id, dict(
        why, kind="warn")), "a warning")
    sound("a sanction")
    api(f.mod.post("/api/v1/comments/%s/flags" % mine, {
        "clause": f.clause()}), "a flag")
    f.remove(mine)
    sound("a flag decided")
    d = f.remove(f.post("t1", "Redacted later.")["comment"]["id"])
    did = (d.get("decision") or d).get("id")
    api(f.admin.post("/api/v1/decisions/%s/redact" % did, {
        "clause": f.clause()}), "a redaction")
    sound("an explanation redacted")
    e = f.post("t1", "Erased under an order.")["comment"]["id"]
    api(f.admin.post("/api/v1/review/%s/erase" % e, dict(why, by="order")),
        "an erasure")
    sound("an erasure")
    mode = "/api/v1/threads/t2/mode"
    f.thread("t2")
    api(f.editor.post(mode, {"mode": "all_held", "explanation": REASON}),
        "all held")
    h = f.post("t2", "Held at first.", status=202)["comment"]["id"]
    sound("a thread held, a comment held")
    api(f.decide(h, "approve"), "an approval")
    sound("an approval")
    api(f.editor.post(mode, {"mode": "closed", "explanation": REASON}),
        "closed")
    sound("a thread closed")
    f.guest().comment("t1", REJECTED, name="Anna Reader")
    sound("a removal by the house rules alone")
    f.server.restart()
    f.anon.close()
    sound("a restart")
    f.server.kill9()
    f.server.start()
    sound("a crash")
    stop = threading.Event()

    def poster():
        while not stop.is_set():
            f.post("t1", "Posted while auditing, %s." % secret())
            stop.wait(0.3)
    t = threading.Thread(target=poster)
    t.start()
    try:
        sound("growth while it is audited")
    finally:
        stop.set()
        t.join()
    rotation(f, sound)
    print("  %d legitimate histories" % n[0])


def signers(f):
    rows = f.anon.get("/ledger/checkpoint").text.strip().split("\n")
    return len([r for r in rows if r.startswith("\u2014")])


def rotation(f, sound):
    """A new key, by way of every place where it may be interrupted."""
    kept = f.post("t1", "Kept from before.")
    first = f.anon.get("/ledger/vkey").text
    f.server.stop()
    key = os.path.join(f.server.data, "key")
    os.link(key, key + ".old")
    f.server.start()
    sound("a rotation that ended before it began")
    f.server.ctl("key", "retire", want=1)
    shown = f.server.ctl("key", "rotate").stdout
    for name in ("key", "key.old"):
        equal(os.stat(os.path.join(f.server.data, name)).st_mode & 0o777,
              0o600, "mode of " + name)
    f.server.ctl("key", "rotate", want=1)
    both = f.anon.get("/ledger/vkey").text.splitlines()
    equal(both[1:], first.split(), "the old key is the second of two")
    check(both[0] != both[1] and both[0] in shown, "another key", shown)
    settled(f.anon)
    equal(signers(f), 2, "both sign")
    sound("a key rotated while the server runs")
    f.server.restart()
    f.anon.close()
    equal([dict(x)["kind"] for x in leaves(f.anon)].count("key.rotated"), 1,
          "one entry")
    f.post("t1", "Signed by both.")
    settled(f.anon)
    equal(signers(f), 2, "both sign after a restart")
    f.server.ctl("key", "retire")
    check(not os.path.exists(key + ".old"), "the old key is gone")
    equal(f.anon.get("/ledger/vkey").text.splitlines(), both[:1],
          "the new key alone is shown")
    f.post("t1", "Signed by the new key alone.")
    settled(f.anon)
    equal(signers(f), 1, "one signs")
    sound("the old key retired, a journalist's saved key")
    f.server.stop()
    f.server.ctl("key", "rotate")
    f.server.start()
    f.anon.close()
    equal([dict(x)["kind"] for x in leaves(f.anon)].count("key.rotated"), 2,
          "a rotation without a server")
    sound("a second rotation")
    f.server.ctl("key", "retire")
    code, failed, out = audit(f.server.url, "state.none")
    check(code == 0, "the oldest key alone, with nothing kept, leads to the "
          "present one", out[-1500:])
    check("2 signed changes lead" in out, "which is said", out[-1500:])
    receipts(f, kept)


def receipts(f, kept):
    """One from before both changes of key, and a rotation's own proof."""
    with open("kept.json", "w") as out:
        json.dump({k: v for k, v in kept.items() if k != "client"}, out)
    with open("now", "w") as out:
        out.write(f.anon.get("/ledger/vkey").text)

    def receipt(key, *more):
        p = subprocess.run([program("forum-audit"), "receipt", "kept.json",
                            "--vkey", key, "--json"] + list(more),
                           capture_output=True, text=True, timeout=60)
        return p.returncode, json.loads(p.stdout)
    code, j = receipt("vkey")
    check(code == 0 and not j["key_changed"],
          "an old receipt holds under the key of its time", j)
    equal(kept["receipt"]["vkey"], open("vkey").read().strip(),
          "which it names")
    equal(receipt("now")[0], 1, "not under the present key alone")
    code, j = receipt("now", "--url", f.server.url)
    check(code == 0 and j["key_changed"] and
          j["signed_by"] == kept["receipt"]["vkey"],
          "but by the chain of keys that the record names", j)
    equal(f.anon.get("/api/v1/log/%d" % kept["receipt"]["log_index"])
          .json()["vkey"], kept["receipt"]["vkey"],
          "the entry names the key of its time ever after")
    rows = f.anon.get("/api/v1/log?kind=key.rotated").json()["entries"]
    e = f.anon.get("/api/v1/log/%d" % rows[-1]["log_index"]).json()
    with open("rotated.json", "w") as out:
        json.dump(e, out)
    p = subprocess.run([program("forum-audit"), "receipt", "rotated.json",
                        "--vkey", "vkey"], capture_output=True, text=True)
    check(p.returncode == 0, "the rotation's entry is signed by the old key",
          p.stdout)


def walk():
    need(shutil.which("openssl"), "there is openssl")
    f = Forum()
    with open("vkey", "w") as out:
        out.write(f.anon.get("/ledger/vkey").text)
    life(f)
    settled(f.anon)
    code, failed, out = audit(f.server.url, "state")
    need(code == 0, "sound before", out[-1500:])
    caught = []
    split(f, caught)
    f.server.stop()
    for row in TAMPER:
        caught.append((row[0], tampered(f, row)))
    print("  %-52s %s" % ("tampering", "noticed by"))
    for name, by in caught:
        print("  %-52s %s" % (name, by))
    print("  %-52s %s" % ("not detectable", "what would help"))
    for what, helps in BEYOND:
        print("  %s\n      %s" % (what, helps))
    shutil.rmtree("copy", ignore_errors=True)
    g = Forum(data=os.path.abspath("data2"))
    with open("vkey", "w") as out:
        out.write(g.anon.get("/ledger/vkey").text)
    honest(g)


run(walk)
