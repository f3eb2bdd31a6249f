"""forum-audit follows a forum.

Covers: forum-audit --url --vkey --state --json on a sound forum (0), over
growth, after edits, removals, appeals, erasures; receipts offline; a false
receipt and a wrong key (1); usage (2); a record rolled back (3).
"""

# timeout: 200

from lib import *


def audit(f, *more, want=0):
    argv = [program("forum-audit")] + list(more)
    p = subprocess.run(argv, capture_output=True, text=True, timeout=120)
    equal(p.returncode, want, "forum-audit %s: %s" %
          (" ".join(more)[:80], (p.stdout + p.stderr)[-1500:]))
    return p.stdout


def walk():
    need(os.path.exists(program("forum-audit")), "there is a forum-audit")
    f = Forum()
    with open("vkey", "w") as out:
        out.write(f.anon.get("/ledger/vkey").text.strip() + "\n")
    base = ["--url", f.server.url, "--vkey", "vkey", "--state", "state"]
    audit(f, *base)
    first = f.post("t1", "Audited words.")
    for i in range(20):
        j = f.post("t1", "More words, %d." % i)
        cid, g = j["comment"]["id"], j["client"]
        if i % 4 == 0:
            f.remove(cid)
        if i % 8 == 0:
            g.post("/api/v1/comments/%s/appeal" % cid,
                   {"grounds": "No, it was right."})
        if i % 4 == 1:
            f.edit(cid, "Edited, %d." % i, g)
        if i % 4 == 2:
            g.delete("/api/v1/comments/" + cid)
    f.thread("h", mode="all_held")
    f.post("h", "Held words.", status=202)
    wait_for(lambda: checkpoint(f.anon)[1] > first["receipt"]["log_index"]
             + 20, "the checkpoint has moved")
    out = audit(f, *base)
    check(out.strip(), "a report for people")
    j = json.loads(audit(f, *(base + ["--json"])))
    check(isinstance(j, dict), "a report for programs", j)
    with open("receipt.json", "w") as out:
        json.dump(first["receipt"], out)
    with open("r.tlog-proof", "w") as out:
        out.write(first["receipt"]["proof"])
    audit(f, "receipt", "receipt.json", "--vkey", "vkey")
    bad = dict(first["receipt"])
    leaf = bytearray(base64.b64decode(bad["leaf"]))
    leaf[-5] ^= 1
    bad["leaf"] = base64.b64encode(leaf).decode()
    with open("bad.json", "w") as out:
        json.dump(bad, out)
    audit(f, "receipt", "bad.json", "--vkey", "vkey", want=1)
    audit(f, "--nonsense", want=2)
    audit(f, want=2)

    f.server.stop()
    shutil.copytree(f.server.data, "older")
    f.server.start()
    f.anon.close()
    f.post("t1", "Will be rolled back.")
    f.post("t1", "This too.")
    base[1] = f.server.url
    wait_for(lambda: checkpoint(f.anon)[1] > 0, "it serves")
    size = settled(f.anon)
    audit(f, *base)
    f.server.stop()
    # The whole directory rolled back, with the key: a new history grows.
    f.server.data = os.path.abspath("older")
    f.server.start()
    f.anon.close()
    n = 0
    while checkpoint(f.anon)[1] < size + 1 and n < 50:
        f.post("t1", "Another history, %d." % n)
        n += 1
        select.select([], [], [], 0.3)
    base[1] = f.server.url
    out = audit(f, *base, want=3)


run(walk)
