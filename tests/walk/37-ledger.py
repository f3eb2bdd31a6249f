"""The public record, checked by a program that we did not write.

Covers: tlogverify -strict on a live forum while it is being posted to; its
state over growth and a restart; a receipt offline; the verifier key; head
in every page's foot; one older checkpoint detects a database cut back; from
an old key to the present one, and over to a new log, with nothing kept.
"""

# timeout: 300

from gotools import go_tool
from lib import *


def tlogverify(f, tool, key, log="/ledger", want=0):
    """Reads a whole log under a key, with nothing kept."""
    with open("key", "w") as out:
        out.write(key + "\n")
    p = subprocess.run([tool, "-url", f.server.url + log, "-vkey", "@key",
                        "-strict"], capture_output=True, text=True,
                       timeout=120)
    check((p.returncode == 0) == (want == 0), "tlogverify %s by %s: %s" %
          (log, key[:30], "sound" if want == 0 else "refused"),
          (p.stdout + p.stderr)[-800:])


def proven(f, tool, key, index):
    """An entry under a key, by its own proof; gives its lines."""
    e = f.anon.get("/api/v1/log/%d" % index).json()
    with open("key", "w") as out:
        out.write(key + "\n")
    with open("e.tlog-proof", "w") as out:
        out.write(e["proof"])
    with open("e.leaf", "wb") as out:
        out.write(base64.b64decode(e["leaf"]))
    p = subprocess.run([tool, "-vkey", "@key", "-proof", "e.tlog-proof",
                        "-leaf", "e.leaf"], capture_output=True, text=True)
    equal(p.returncode, 0, "entry %d by its proof: %s" % (index, p.stderr))
    return dict(x.split(" ", 1) for x in
                base64.b64decode(e["leaf"]).decode().splitlines()[1:])


def rotated(f, tool, old):
    """By the entry that the old key signed to the new one."""
    f.server.ctl("key", "rotate")
    new, second = f.anon.get("/ledger/vkey").text.split()
    equal(second, old, "both keys sign")
    f.post("t1", "Under both.")
    settled(f.anon)
    tlogverify(f, tool, old)
    tlogverify(f, tool, new)
    f.server.ctl("key", "retire")
    f.post("t1", "Under the new one.")
    settled(f.anon)
    tlogverify(f, tool, old, want=1)
    row = f.anon.get("/api/v1/log?kind=key.rotated").json()["entries"][0]
    e = proven(f, tool, old, row["log_index"])
    equal((e["old"], e["new"]), (old, new), "the entry names both")
    tlogverify(f, tool, e["new"])
    return new


def begun_anew(f, tool, old):
    """The same database, gone on from: both logs stand by themselves."""
    f.server.stop()
    f.server.ctl("restore", "--new-log")
    f.server.start()
    f.anon.close()
    f.post("t1", "In the new log.")
    keys = f.anon.get("/ledger/vkey").text.split()
    equal(keys[1], old, "the frozen log's key")
    wait_for(lambda: int(f.anon.get("/ledger/2/checkpoint").text
                         .split("\n")[1]) >= 2, "the new head moves", 5)
    tlogverify(f, tool, keys[0], "/ledger/2")
    tlogverify(f, tool, old)


def walk():
    tool = go_tool("tlogverify")
    f = Forum()
    vkey = f.anon.get("/ledger/vkey").text.strip()
    with open("vkey", "w") as out:
        out.write(vkey + "\n")
    origin = checkpoint(f.anon)[0]
    equal(vkey.split("+")[0], origin, "the key's name is the origin")

    def verify(*more):
        p = subprocess.run([tool, "-url", f.server.url + "/ledger", "-vkey",
                            "@vkey", "-strict", "-state", "monitor.cp"] +
                           list(more), capture_output=True, text=True,
                           timeout=120)
        return equal(p.returncode, 0, "tlogverify: %s" %
                     (p.stdout + p.stderr)[-1200:])
    verify()
    g = f.post("t1", "The first one.")
    c = g["client"]
    stop = threading.Event()

    def poster():
        x = Client(f.server, author_key=c.author_key, cookies=False)
        i = 0
        while not stop.is_set() and i < (300 if SMOKE else 1500):
            x.comment("t1", "Posted while verifying, %d." % i,
                      name="Anna Reader")
            i += 1
    t = threading.Thread(target=poster)
    t.start()
    try:
        for _ in range(3):
            verify()
    finally:
        stop.set()
        t.join()
    f.remove(g["comment"]["id"])
    time_was = checkpoint(f.anon)
    wait_for(lambda: checkpoint(f.anon)[1] >= g["receipt"]["log_index"] + 2,
             "the checkpoint moves", 5)
    verify()
    with open("r.tlog-proof", "w") as out:
        out.write(g["receipt"]["proof"])
    with open("leaf.bin", "wb") as out:
        out.write(base64.b64decode(g["receipt"]["leaf"]))
    p = subprocess.run([tool, "-vkey", "@vkey", "-proof", "r.tlog-proof",
                        "-leaf", "leaf.bin"], capture_output=True, text=True)
    equal(p.returncode, 0, "a receipt offline: " + p.stdout + p.stderr)
    with open("leaf.bin", "ab") as out:
        out.write(b"x")
    p = subprocess.run([tool, "-vkey", "@vkey", "-proof", "r.tlog-proof",
                        "-leaf", "leaf.bin"], capture_output=True, text=True)
    check(p.returncode != 0, "a changed leaf does not verify")
    f.server.restart(keep_port=True)
    f.anon.close()
    verify()
    f.server.kill9()
    f.server.start()
    f.anon.close()
    verify()
    for path in ("/", "/t/t1", "/policy", "/log"):
        page = f.anon.get(path).text
        foot = page[page.rfind("<footer"):]
        size = settled(f.anon)
        check(re.search(r"\b%d\b" % size, re.sub(r"[.,\u202f\u00a0]", "",
                                                 foot)),
              "the head stands in the foot of " + path, foot[:600])
    check(time_was[1] <= checkpoint(f.anon)[1], "it never shrinks")

    vkey = rotated(f, tool, vkey)

    # cut back: an older copy of the data with the newer heads file
    f.server.stop()
    shutil.copytree(f.server.data, "older")
    f.server.start()
    f.anon.close()
    f.post("t1", "What the backup does not have.")
    f.server.stop()
    for n in os.listdir(f.server.data):
        if n.startswith(("forum.db", "search.db")):
            os.unlink(os.path.join(f.server.data, n))
    for n in os.listdir("older"):
        if n.startswith(("forum.db", "search.db")):
            shutil.copy(os.path.join("older", n), f.server.data)
    try:
        f.server.start()
    except Gone:
        check(True, "a database cut back does not start")
        f.server.proc = None
        return
    f.anon.close()
    r = f.guest().comment("t1", "Posted onto the older copy.", name="Cut")
    equal(r.status, 503, "posts are refused on a database cut back")
    equal(f.anon.get("/readyz").status, 503, "and readyz says so")
    equal(f.anon.get("/t/t1").status, 200, "reading goes on")
    begun_anew(f, tool, vkey)


run(walk)
