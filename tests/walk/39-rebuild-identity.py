"""Projections are a cache.

Covers: forumctl rebuild --check beside a running server and without one,
after all kinds of events, and after half the members were erased; forumctl
verify; backup and restore into another directory show the same threads.
"""

from lib import *


def walk():
    f = Forum()
    f.thread("h", mode="all_held")
    people = [f.browser().sign_up("Member Number%d Somebody" % i)
              for i in range(4)]
    for i in range(24):
        m = people[i % 4]
        cid = f.post("t1", "Words of %d." % i, who=m)["comment"]["id"]
        if i % 6 == 0:
            f.remove(cid)
        if i % 6 == 1:
            f.edit(cid, "Other words %d." % i, m)
        if i % 6 == 2:
            m.delete("/api/v1/comments/" + cid)
        if i % 6 == 3:
            people[(i + 1) % 4].post("/api/v1/comments/%s/vote" % cid,
                                     {"value": 1})
            people[(i + 1) % 4].post("/api/v1/comments/%s/flags" % cid,
                                     {"clause": f.clause()})
        if i % 6 == 4:
            f.remove(cid)
            m.post("/api/v1/comments/%s/appeal" % cid,
                   {"grounds": "Not so."})
    f.post("h", "Held.", status=202, who=people[0])
    f.mod.post("/api/v1/members/%s/sanctions" % people[3].id,
               {"kind": "warn", "clause": f.clause(), "explanation": REASON})
    f.server.ctl("rebuild", "--check")
    was = crawl(f.anon)
    f.server.stop()
    f.server.ctl("rebuild", "--check")
    f.server.ctl("rebuild")
    f.server.ctl("verify")
    f.server.start()
    f.anon.close()
    equal(crawl(f.anon), was, "the same after a rebuild")
    for m in people[:2]:
        m.close()
        r = m.delete("/api/v1/me", {"password": m.password})
        equal(r.status, 200, "half the members are erased")
    f.server.ctl("rebuild", "--check")
    was = crawl(f.anon)
    f.server.stop()
    f.server.ctl("rebuild", "--check")
    f.server.ctl("rebuild")
    f.server.start()
    f.anon.close()
    equal(crawl(f.anon), was, "the same after a rebuild of what was erased")
    f.adds_up("t1", posted=24)

    f.server.ctl("backup", os.path.abspath("copy.backup"))
    check(os.path.getsize("copy.backup") > 0, "a backup")
    f.post("t1", "After the backup.", who=None)
    other = Server(data=os.path.abspath("data2"))
    p = other.ctl("restore", os.path.abspath("copy.backup"), want=None)
    if check(p.returncode == 0, "restore", p.stdout + p.stderr):
        other.start()
        equal(crawl(Client(other)), was, "the restored forum is the same")
        other.ctl("verify")


run(walk)
