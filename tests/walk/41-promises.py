"""Nothing vanishes: a long random history.

Covers: WALK_OPERATIONS (10,000; 600 under sanitizers) random operations:
post, edit, hold, approve, remove, restore, withdraw, erase a member,
restart. After each stretch every thread is crawled as anyone may: each
comment is in its place in the state it should have, posted is the sum of
the others and the number of acceptance entries in the record, and no removal
was laundered into a withdrawal or an erasure.
"""

# timeout: 420

from lib import *

OPERATIONS = int(os.environ.get("WALK_OPERATIONS",
                                "600" if SMOKE else "10000"))
SEED = int(os.environ.get("WALK_SEED", "0")) or int(time.time())


class Row:
    def __init__(self, slug, state, client, member):
        self.slug, self.state = slug, state
        self.client, self.member = client, member
        self.edits = 0
        self.ever = False           # was removed once
        self.withdrawn = False      # its author withdrew it while removed


def walk():
    print("  seed %d, %d operations" % (SEED, OPERATIONS))
    rnd = random.Random(SEED)
    f = Forum(thread=None)
    slugs = {"a": "open", "b": "open", "c": "all_held"}
    for s, mode in slugs.items():
        f.thread(s, mode)
    rows = {}
    order = []
    members, guests = [], []
    done = {}

    def new_member():
        m = f.browser().sign_up("Member %s" % secret())
        members.append(m)
        return m
    for _ in range(5):
        new_member()

    def pick(*states):
        for _ in range(30):
            if not order:
                return None, None
            cid = order[int(len(order) * rnd.random() ** 0.5) - 1] \
                if rnd.random() < 0.8 else rnd.choice(order)
            r = rows[cid]
            if r.state in states and r.client:
                return cid, r
        return None, None

    def post():
        slug = rnd.choice("aabbc")
        member = rnd.random() < 0.4
        if member:
            c = rnd.choice(members)
        elif guests and rnd.random() < 0.9:
            c = rnd.choice(guests)
        else:
            c = f.guest()
        body = "Random words %d %s." % (len(order), rnd.random())
        more = {} if member else {"name": "Guest"}
        cid, _ = pick("visible")
        if cid and rows[cid].slug == slug and rnd.random() < 0.5:
            more["parent"] = cid
        r = c.comment(slug, body, **more)
        need(r.status in (201, 202), "a post", r)
        j = r.json()
        state = j["comment"]["state"]
        equal(r.status, 201 if state == "visible" else 202, "its status")
        if not member and j.get("author_key"):
            c.author_key = j["author_key"]
            guests.append(c)
            if len(guests) > 40:
                guests.pop(0)
        cid = j["comment"]["id"]
        rows[cid] = Row(slug, state, c, c if member else None)
        order.append(cid)

    def edit():
        cid, r = pick("visible", "held")
        if cid is None or r.edits > 4:
            return
        x = f.edit(cid, "Edited words %s." % rnd.random(), r.client)
        if check(x.status in (200, 202), "an edit", x):
            r.edits += 1
            j = x.json()
            r.state = (j.get("comment") or j)["state"]

    def approve():
        cid, r = pick("held")
        if cid and equal(f.decide(cid, "approve").status, 200, "approve"):
            r.state = "visible"

    def remove():
        cid, r = pick("visible", "held")
        if cid and equal(f.decide(cid, "remove").status, 200, "remove"):
            r.state, r.ever = "removed", True

    def restore():
        cid, r = pick("removed")
        if cid is None or r.withdrawn:
            return
        x = f.decide(cid, "restore", who=f.mod2)
        if equal(x.status, 200, "restore"):
            r.state = "visible"

    def withdraw():
        cid, r = pick("visible", "held", "removed")
        if cid is None:
            return
        x = r.client.delete("/api/v1/comments/" + cid)
        if not check(x.status in (200, 409), "withdraw", x):
            return
        if r.state == "removed":
            r.withdrawn = True
        else:
            r.state = "withdrawn"

    def erase():
        if rnd.random() > 0.03:
            return
        m = rnd.choice(members)
        x = m.delete("/api/v1/me", {"password": m.password})
        if not equal(x.status, 200, "erase a member"):
            return
        members.remove(m)
        for r in rows.values():
            if r.member is m:
                r.client = None
                if r.state != "removed":
                    r.state = "erased" if r.state != "withdrawn" \
                        else "withdrawn or erased"
        new_member()

    def restart():
        if rnd.random() < 0.5:
            f.server.kill9()
            f.server.start()
        else:
            f.server.restart()
        for c in [f.anon, f.editor, f.mod, f.mod2, f.admin] + members + \
                guests:
            c.close()
        for r in rows.values():
            if r.client:
                r.client.close()

    def compare():
        served = crawl(f.anon, 500)
        entries = {}
        for e in leaves(f.anon):
            d = dict(e)
            if d["kind"] == "comment.accepted":
                entries[d["thread"]] = entries.get(d["thread"], 0) + 1
        for s in slugs:
            want = [c for c in order if rows[c].slug == s]
            got = [x["id"] for x in served[s]]
            equal(sorted(got), sorted(want),
                  "every comment of %s is in its place" % s)
            bad = []
            tally = {}
            for x in served[s]:
                r = rows.get(x["id"])
                if r and x["state"] not in r.state.split(" or "):
                    bad.append((x["id"], r.state, x["state"]))
                elif r:
                    r.state = x["state"]
                tally[x["state"]] = tally.get(x["state"], 0) + 1
                if (x["state"] == "visible") != (x["body_html"]
                                                 is not None):
                    bad.append((x["id"], "text", x["state"]))
                if x["state"] == "removed" and not x.get("tombstone"):
                    bad.append((x["id"], "no tombstone"))
            equal(bad, [], "states of %s (id, expected, seen)" % s)
            c = f.adds_up(s, posted=len(want))
            for k in ("visible", "held", "removed", "withdrawn", "erased"):
                equal(c[k], tally.get(k, 0), "%s.%s as crawled" % (s, k))
            equal(c["ever_removed"],
                  sum(rows[i].ever for i in want), "%s.ever_removed" % s)
            tid = f.anon.get("/api/v1/threads/" + s).json()["id"]
            equal(entries.get(tid, 0), len(want),
                  "acceptance entries of %s" % s)

    ops = [post] * 40 + [edit] * 12 + [approve] * 10 + [remove] * 12 + \
        [restore] * 6 + [withdraw] * 8 + [erase] * 4
    stretch = max(OPERATIONS // 8, 100)
    for i in range(1, OPERATIONS + 1):
        op = rnd.choice(ops)
        op()
        done[op.__name__] = done.get(op.__name__, 0) + 1
        if i % stretch == 0:
            restart()
            compare()
    compare()
    f.server.ctl("rebuild", "--check")
    f.server.ctl("verify")
    print("  " + ", ".join("%s %d" % kv for kv in sorted(done.items())))


run(walk)
