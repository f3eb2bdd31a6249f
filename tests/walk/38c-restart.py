"""A record that goes on after a loss.

Covers: an older backup put back is refused each time, with a message that
names the way on; forumctl restore --new-log and its refusals; the old log
frozen at its addresses, the new one at /ledger/2, beginning with
log.restarted, which names the old heads; comments kept and decided on;
receipts of both logs; /ledger/vkey, page foot, /log; rebuild and verify;
forum-audit over the restart, with a head kept from before the loss (no alarm,
but said), one that the new log does not name (alarm), one within the loss;
from scratch with the key of either log; a rotation after it.
"""
import subprocess

from lib import *

sys.path.insert(0, os.path.join(SOURCE, "tests"))
import leaf_check

def audit(f, vkey, state, want=0):
    p = subprocess.run([program("forum-audit"), "--url", f.server.url,
                        "--vkey", vkey, "--state", state, "--json"],
                       capture_output=True, text=True, timeout=120)
    check(p.returncode == want, "forum-audit --vkey %s --state %s: %s" %
          (vkey, state, want), p.stdout + p.stderr)
    return json.loads(p.stdout) if p.stdout.startswith("{") else {}


def size(f, log="/ledger"):
    return int(f.anon.get(log + "/checkpoint").text.split("\n")[1])


def settle(f, least, log="/ledger"):
    """Until the shown head, which moves once a second, covers so many."""
    until = time.time() + 10
    while size(f, log) < least and time.time() < until:
        select.select([], [], [], 0.1)
    check(size(f, log) >= least, "the head moves on to %d" % least)


def save(name, j):
    with open(name, "w") as out:
        json.dump({k: v for k, v in j.items() if k != "client"}, out)


def kept(state, source="state"):
    shutil.copy(source, state)
    os.utime(state, (time.time() - 300,) * 2)


def receipt(name, vkey, want=0):
    p = subprocess.run([program("forum-audit"), "receipt", name, "--vkey",
                        vkey, "--json"], capture_output=True, text=True)
    check(p.returncode == want, "receipt %s by %s" % (name, vkey), p.stdout)


def lose(f):
    """A backup, then comments that it lacks; heads kept on the way."""
    first = f.post("t1", "Before the backup.")
    f.post("t1", "A second one.")
    f.server.ctl("backup", os.path.abspath("old.db"))
    equal(audit(f, "vkey", "state.before")["verdict"], "sound", "before")
    for name in ("within", "last"):
        lost = f.post("t1", "Lost later on, %s." % name)
        n = lost["receipt"]["log_index"] + 1
        settle(f, n)
        audit(f, "vkey", "state." + name)
    save("lost.json", lost)
    save("first.json", first)
    return first, n


def refused(f):
    f.server.stop()
    said = f.server.ctl("restore", os.path.abspath("old.db")).stderr
    check("restore --new-log" in said, "restore names the way on", said)
    for _ in range(2):      # the first start must not forget
        f.server.start()
        f.anon.close()
        r = f.anon.get("/readyz")
        equal(r.status, 503, "no posts")
        check("restore --new-log" in r.text, "saying the way on", r.text)
        equal(f.anon.get("/t/t1").status, 200, "reading goes on")
        f.server.stop()
    f.server.ctl("verify", want=1)
    f.server.ctl("restore", "--new-log", "--cause", "Two words", want=1)
    with open("bad.head", "w") as out:
        out.write("x/ledger\n3\nAAAA\n\n")
    f.server.ctl("restore", "--new-log", "--head", "bad.head", want=1)


def served(f, first, frozen, n):
    """Both logs at their addresses."""
    keys = f.anon.get("/ledger/vkey").text.splitlines()
    origin = open("vkey").read().split("+")[0]
    equal([k.split("+")[0] for k in keys], [origin + "/2", origin],
          "the new log's key first, then the frozen one's")
    equal(keys[1], open("vkey").read().strip(), "which is the one it had")
    with open("vkey2", "w") as out:
        out.write(keys[0] + "\n")
    equal(f.anon.get("/ledger/checkpoint").text, frozen[0],
          "the old head is frozen")
    for path, body in frozen[1].items():
        equal(f.anon.get(path).body, body, path + " stays")
    equal(f.anon.get("/ledger/2/tile/0/000.p/1").status, 200, "its tiles")
    for path in ("/ledger/3/checkpoint", "/ledger/1/checkpoint",
                 "/ledger/2/tile/0/001", "/ledger/x/tile/0/000"):
        equal(f.anon.get(path).status, 404, path)
    start = int(frozen[0].split("\n")[1])
    e = f.anon.get("/api/v1/log/%d" % start).json()
    leaf = base64.b64decode(e["leaf"]).decode()
    equal([x.split(" ")[0] for x in leaf.splitlines()[1:]],
          ["kind", "time", "origin", "policy", "previous", "previous",
           "cause"], "the new log's first entry")
    check("previous %d " % start in leaf and "previous %d " % n in leaf and
          "cause restored-backup" in leaf, "names both heads", leaf)
    page = f.anon.get("/log").text
    check("/ledger/checkpoint" in page and "/ledger/2" in page,
          "/log names both logs")
    check(origin + "/2" in f.anon.get("/").text, "the page's foot")
    equal(f.anon.get("/api/v1/comments/" + first["comment"]["id"]).status,
          200, "comments are kept")


def goes_on(f, first):
    """Old comments are decided on, new ones come, receipts hold."""
    more = f.post("t1", "After the restart.")
    check(more["receipt"]["log_start"] > 0, "its log begins there")
    save("more.json", more)
    f.remove(first["comment"]["id"])
    receipt("first.json", "vkey")
    receipt("lost.json", "vkey")
    receipt("more.json", "vkey2")
    receipt("more.json", "vkey")
    f.server.ctl("rebuild", "--check")
    f.server.ctl("verify")
    settle(f, more["receipt"]["log_index"] + 2 -
           more["receipt"]["log_start"], "/ledger/2")


def encoded(f):
    """A second reader and encoder, over both logs as one record."""
    old, head = leaf_check.fetch(f.server.url)
    new, _ = leaf_check.fetch(f.server.url, "/ledger/2")
    equal(leaf_check.root(old), head, "the frozen root")
    equal(len(leaf_check.check(old + new)), len(old) + len(new),
          "every entry of both logs reads and follows")
    try:
        leaf_check.check(old[:-1] + new)
        check(False, "a shorter old log is not what is named")
    except leaf_check.Bad:
        pass


def audited(f):
    encoded(f)
    for vkey in ("vkey", "vkey2"):
        j = audit(f, vkey, "state.none." + vkey)
        check(any("new log" in r for r in j["remarks"]),
              "the restart is said", j["remarks"])
        check(j["origin"].endswith("/2"), "the new origin", j["origin"])
    kept("state.a", "state.before")
    audit(f, "vkey", "state.a")
    kept("state.b", "state.last")
    j = audit(f, "vkey", "state.b")
    check(any("named as lost" in r for r in j["remarks"]),
          "a head beyond the backup is named", j["remarks"])
    audit(f, "vkey", "state.b")
    kept("state.c", "state.within")
    j = audit(f, "vkey", "state.c")
    check(any("were lost" in r for r in j["remarks"]), "one between",
          j["remarks"])


def walk():
    f = Forum()
    with open("vkey", "w") as out:
        out.write(f.anon.get("/ledger/vkey").text)
    first, n = lose(f)
    f.server.stop()
    f.server.ctl("restore", "--new-log", want=1)    # nothing is missing
    f.server.start()
    f.anon.close()
    refused(f)
    shutil.copytree(f.server.data, "spare")
    f.server.ctl("restore", "--new-log")
    f.server.start()
    f.anon.close()
    head = f.anon.get("/ledger/checkpoint").text
    w = int(head.split("\n")[1])
    frozen = (head, {p % w: f.anon.get(p % w).body for p in (
        "/ledger/tile/0/000.p/%d", "/ledger/tile/entries/000.p/%d")})
    served(f, first, frozen, n)
    goes_on(f, first)
    served(f, first, frozen, n)
    audited(f)
    shown = f.server.ctl("key", "rotate").stdout
    settle(f, 4, "/ledger/2")
    f.server.ctl("key", "retire")
    kept("state.d", "state.none.vkey")
    audit(f, "vkey", "state.d")
    f.post("t1", "By the new key.")
    audit(f, "vkey2", "state.new")
    check("/ledger/2+" in shown, "its name is the new log's", shown)
    f.server.stop()

    # The same loss, but the operator hides how far it had been signed.
    shutil.copytree("spare", "spare2")
    os.unlink("spare2/heads")
    os.rename(f.server.data, f.server.data + ".honest")
    os.rename("spare2", f.server.data)
    shutil.copy("state.before", "head.before")
    with open("state.within") as s:
        text = s.read()
    with open("head.within", "w") as out:
        out.write(text[text.index(open("vkey").read().split("+")[0] + "\n"):])
    f.server.ctl("restore", "--new-log", "--head", "head.within")
    f.server.start()
    f.anon.close()
    kept("state.e", "state.last")
    j = audit(f, "vkey", "state.e", want=3)
    check("old_head" in j, "both heads are the proof")
    kept("state.f", "state.within")
    audit(f, "vkey", "state.f")


run(walk)
