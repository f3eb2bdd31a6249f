#!/usr/bin/python3
"""A second reader and writer of the public record's entries, standard library
only, written from the format's description and not from the server's code.

As a module (walks):  parse(bytes, index) -> Leaf, Leaf.encode() -> bytes,
check(entries), commitment(), chain_start(), chain_next(), Bad.
As a program:         leaf_check.py URL   reads all entries of a running
forum (URL/ledger/tile/entries/...), parses each strictly, encodes it again
and compares, and checks what must hold between entries.
Exit 0 sound, 1 not, 2 usage."""
import base64
import datetime
import hashlib
import re
import sys
import urllib.request

FIRST = "forumd/entry/v1"
DECISION = ("action! clause category* keyword* source automated-detection "
            "automated-decision policy!h model ruleset decider! explanation=h")
HELD = ("ref!i version!n clause automated-detection automated-decision "
        "policy!h model")
SANCTION = "kind! until=d clause policy=h decider explanation=h"

# kind: its keys in order. "!" must be there, "*" may be repeated; then the
# form: i index of an earlier entry, n number, h hash, d date, t text.
KINDS = {
    "log.started": "origin! policy!h",
    "log.restarted": "origin! policy!h previous!*t cause!",
    "policy.adopted": "policy!h",
    "thread.opened": "thread! mode!",
    "thread.mode": "thread! mode!",
    "comment.accepted": "thread! comment! parent=i body!h name=h "
                        "author-kind!",
    "comment.edited": "ref!i version!n body!h",
    "comment.held": HELD,
    "comment.published": HELD,
    "decision": "ref!i version=n " + DECISION + " reverses=i",
    "comment.withdrawn": "ref!i by! clause",
    "comment.erased": "ref!i by! clause",
    "explanation.redacted": "ref!i by! clause",
    "appeal.filed": "ref!i grounds=h",
    "appeal.decided": "ref!i grounds=h outcome! decider! explanation=h",
    "flags.decided": "ref!i upheld*t rejected*t",
    "sanction": SANCTION,
    "sanction.ended": SANCTION,
    "batch": "ref!*i " + DECISION.replace("explanation=", "explanation*"),
    "key.rotated": "old! new!",
}
COMMENT_REF = {"comment.edited", "comment.held", "comment.published",
               "decision", "comment.withdrawn", "comment.erased",
               "flags.decided", "batch"}
WORD = re.compile(r"[^\x00-\x20\x7f]+")
TEXT = re.compile(r"[^\x00-\x20\x7f]+( [^\x00-\x20\x7f]+)*")
NUMBER = re.compile(r"0|[1-9][0-9]{0,17}")
HASH = re.compile(r"[0-9a-f]{64}")


class Bad(Exception):
    """What is wrong with an entry or between entries."""


def _row(kind):
    """[(key, must, repeated, form)] of a kind."""
    out = []
    for word in KINDS[kind].split():
        name, flags, form = re.fullmatch(
            r"([a-z-]+)(!?=?\*?)([a-z]?)", word).groups() \
            if re.search(r"[!=*]", word) else (word, "", "")
        out.append((name, "!" in flags, "*" in flags, form))
    return out


ROWS = {kind: _row(kind) for kind in KINDS}


def _date(text):
    if not re.fullmatch(r"\d{4}-\d\d-\d\d", text, re.ASCII):
        raise Bad("not a date: %r" % text)
    try:
        return datetime.date.fromisoformat(text)
    except ValueError:
        raise Bad("not a date: %r" % text) from None


def _value(key, form, value, index):
    if form == "d":
        _date(value)
        return
    want = {"i": NUMBER, "n": NUMBER, "h": HASH, "t": TEXT}.get(form, WORD)
    if not want.fullmatch(value):
        raise Bad("%s: malformed value %r" % (key, value))
    if form == "i" and index is not None and int(value) >= index:
        raise Bad("%s: entry %s is not an earlier one" % (key, value))


class Leaf:
    """kind, date, and pairs [(key, value)] in the table's order."""

    def __init__(self, kind, date, pairs):
        self.kind, self.date, self.pairs = kind, date, pairs

    def get(self, key):
        return next((v for k, v in self.pairs if k == key), None)

    def all(self, key):
        return [v for k, v in self.pairs if k == key]

    def encode(self):
        """The bytes made anew: keys in the table's order, whatever order
        the pairs are in."""
        order = [k for k, _, _, _ in ROWS[self.kind]]
        pairs = sorted(self.pairs, key=lambda p: order.index(p[0]))
        lines = [FIRST, "kind " + self.kind, "time " + self.date.isoformat()]
        lines += [k + " " + v for k, v in pairs]
        return ("\n".join(lines) + "\n").encode()


def parse(data, index=None):
    """Reads the entry at index strictly; raises Bad."""
    if len(data) > 65535:
        raise Bad("longer than 65535 bytes")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        raise Bad("not UTF-8") from None
    lines = text.split("\n")
    if lines.pop() != "" or len(lines) < 3 or lines[0] != FIRST:
        raise Bad("not an entry of this format")
    split = [line.partition(" ") for line in lines[1:]]
    if any(not sep for _, sep, _ in split):
        raise Bad("a line is not key and value")
    pairs = [(key, value) for key, _, value in split]
    if pairs[0][0] != "kind" or pairs[0][1] not in ROWS:
        raise Bad("unknown kind: %r" % (pairs[0],))
    if pairs[1][0] != "time":
        raise Bad("no date")
    leaf = Leaf(pairs[0][1], _date(pairs[1][1]), pairs[2:])
    row, at = ROWS[leaf.kind], 0
    for key, value in leaf.pairs:
        found = [i for i in range(at, len(row)) if row[i][0] == key]
        if not found:
            raise Bad("%s: %s is unknown, repeated or out of order" %
                      (leaf.kind, key))
        _value(key, row[found[0]][3], value, index)
        at = found[0] + (0 if row[found[0]][2] else 1)
    for key, must, _, _ in row:
        if must and leaf.get(key) is None:
            raise Bad("%s without %s" % (leaf.kind, key))
    if leaf.encode() != data:
        raise Bad("encoded again it has other bytes")
    return leaf


def check(entries):
    """Parses all entries and checks what must hold between them: dates that
    never go back, a start that comes first, another only where a log was
    begun anew and names the head of the one before, refs of the right kind,
    house rules adopted before. Returns the leaves; raises Bad."""
    leaves, policies, begin = [], set(), 0
    for i, data in enumerate(entries):
        try:
            leaf = parse(data, i)
            if i > 0 and leaf.kind == "log.restarted":
                head = "%d %s" % (i - begin, root(entries[begin:i]).hex())
                if leaf.all("previous")[0] != head:
                    raise Bad("it goes on from another head")
                begin = i
            _between(leaf, leaves, policies)
        except Bad as e:
            raise Bad("entry %d: %s" % (i, e)) from None
        if leaf.kind in ("log.started", "log.restarted", "policy.adopted"):
            policies.add(leaf.get("policy"))
        leaves.append(leaf)
    return leaves


def _between(leaf, before, policies):
    start = leaf.kind in ("log.started", "log.restarted")
    if start != (not before) and leaf.kind != "log.restarted":
        raise Bad("the record's start is not its first entry")
    if before and leaf.date < before[-1].date:
        raise Bad("dated before the entry in front of it")
    refs = leaf.all("ref") if leaf.kind in COMMENT_REF else []
    if any(before[int(r)].kind != "comment.accepted" for r in refs):
        raise Bad("%s names what is no accepted comment" % leaf.kind)
    policy = leaf.get("policy")
    if policy and not start and leaf.kind != "policy.adopted" and \
            policy not in policies:
        raise Bad("house rules that were not adopted before")


def commitment(salt, field, data):
    """Of one content field, in hex."""
    return hashlib.sha256(b"forumd/content/v1\n" + salt + field.encode() +
                          b"\n" + data).hexdigest()


def chain_start(journal_id):
    return hashlib.sha256(b"forumd/journal/v1\n" + journal_id).digest()


def chain_next(chain, event):
    return hashlib.sha256(b"\x02" + chain + event).digest()


def check_chain(journal_id, rows):
    """rows: (event bytes, chain) in order, as they lie in a journal."""
    chain = chain_start(journal_id)
    for n, (event, stored) in enumerate(rows, 1):
        chain = chain_next(chain, event)
        if chain != stored:
            raise Bad("event %d: the chain is another" % n)
    return chain


def root(entries):
    """The tree's root (RFC 6962)."""
    level = [hashlib.sha256(b"\0" + e).digest() for e in entries]
    if not level:
        return hashlib.sha256(b"").digest()
    while len(level) > 1:
        level = [hashlib.sha256(b"\1" + level[i] + level[i + 1]).digest()
                 if i + 1 < len(level) else level[i]
                 for i in range(0, len(level), 2)]
    return level[0]


def _path(n):
    text = "%03d" % (n % 1000)
    while n >= 1000:
        n //= 1000
        text = "x%03d/%s" % (n % 1000, text)
    return text


def _bundle(data, width):
    out = []
    for _ in range(width):
        size = int.from_bytes(data[:2], "big")
        if len(data) < 2 + size:
            raise Bad("an entry bundle ends early")
        out.append(data[2:2 + size])
        data = data[2 + size:]
    if data:
        raise Bad("an entry bundle has bytes behind its end")
    return out


def fetch(url, log="/ledger"):
    """All entries of a log, under its newest head: entries, root. The
    head's signature is not checked here (forum-audit does)."""
    def get(path):
        with urllib.request.urlopen(url.rstrip("/") + log + "/" + path,
                                    timeout=30) as answer:
            return answer.read()
    head = get("checkpoint").decode().split("\n")
    size, want = int(head[1]), base64.b64decode(head[2])
    entries = []
    for n in range((size + 255) // 256):
        width = min(256, size - 256 * n)
        part = "" if width == 256 else ".p/%d" % width
        entries += _bundle(get("tile/entries/" + _path(n) + part), width)
    return entries, want


def main():
    if len(sys.argv) != 2 or sys.argv[1].startswith("-"):
        print(__doc__, file=sys.stderr)
        return 2
    try:
        entries, want = fetch(sys.argv[1])
        if root(entries) != want:
            raise Bad("the entries do not give the head's root")
        leaves = check(entries)
    except (Bad, OSError) as e:
        print("FAIL %s" % e)
        return 1
    kinds = sorted({leaf.kind for leaf in leaves})
    print("ok   %d entries, %d kinds: %s" % (len(leaves), len(kinds),
                                             " ".join(kinds)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
