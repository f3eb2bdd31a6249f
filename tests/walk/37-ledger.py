"""The public record, checked by a program that we did not write.

Covers: tlogverify -strict on a live forum while it is being posted to; its
state over growth and a restart; a receipt offline; the verifier key; head
in every page's foot; one older checkpoint detects a database cut back.
"""

# timeout: 300

from gotools import go_tool
from lib import *


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


run(walk)
