"""The real thread.

The 32 real comments posted through HTTP by guests, none refused. The author
of the one that says that all its author's comments are deleted gets what the
product exists for: a moderator removes one comment with a reason, its author
reads the statement, the thread shows the mark, the log shows the entry, the
account adds up; kill -9, restart, all still there.
"""

from lib import *

# Who answers whom, by the order in the thread: a plausible reading.
PARENT = {5: 4, 7: 3, 8: 1, 13: 12, 15: 14, 16: 10, 18: 17, 22: 21, 23: 21,
          24: 14, 26: 25, 31: 30, 32: 31}
# 30 to 32 are by one hand; 11 is the one the thread is about.
HAND = {31: 30, 32: 30}


def walk():
    path = os.path.join(SHARED, "seeds", "harehills-comments.jsonl")
    if not os.path.exists(path):
        raise Skip("no %s" % path)
    with open(path, encoding="utf-8") as fh:
        rows = [json.loads(x) for x in fh if x.strip()]
    equal(len(rows), 32, "32 comments")
    f = Forum(thread=None)
    f.thread("harehills", title="What happened in Harehills",
             url="https://paper.example/harehills", site="paper.example")
    ids, who, html = {}, {}, {}
    for row in rows:
        n = row["seq"]
        g = who.get(HAND.get(n)) or f.guest()
        r = g.comment("harehills", row["body"],
                      name="Reader %d" % HAND.get(n, n),
                      parent=ids.get(PARENT.get(n)))
        check(r.status in (201, 202), "comment %d is not refused" % n, r)
        if r.status not in (201, 202):
            continue
        j = r.json()
        ids[n] = j["comment"]["id"]
        g.author_key = g.author_key or j.get("author_key")
        who[n] = g
        if r.status == 202:
            print("  comment %d: %s, %s" % (
                n, j["comment"]["state"],
                json.dumps(j.get("held") or j.get("tombstone"))[:160]))
            r = f.decide(ids[n], "approve" if j["comment"]["state"] == "held"
                         else "restore")
            equal(r.status, 200, "a moderator publishes it")
    f.adds_up("harehills", posted=32, visible=32)
    served = crawl_thread(f.anon, "harehills")
    equal([x["id"] for x in served], [ids[r["seq"]] for r in rows],
          "all in their order")
    page = f.anon.get("/t/harehills").text
    for row in rows:
        for word in re.findall(r"[A-Za-z]{9,}", row["body"])[:3]:
            check(word in page, "comment %d: %s is on the page" %
                  (row["seq"], word))

    # the one that says it is always deleted
    cid, g = ids[11], who[11]
    ever = f.counts("harehills")["ever_removed"]
    why = ("The rules ask that comments keep to the article; this one is "
           "about how this page is run, for which there is another address.")
    f.remove(cid, explanation=why)
    pub = f.anon.get("/api/v1/comments/" + cid).json()
    equal(pub["state"], "removed", "removed")
    equal(pub["tombstone"]["explanation"], why, "with its reason")
    page = f.anon.get("/t/harehills").text
    check(why in page and "Normally only see" not in page,
          "the thread shows the mark")
    st = g.get("/api/v1/comments/%s/statement" % cid)
    check(st.status == 200 and why in st.text, "its author reads why")
    check("Normally only see" in g.get("/api/v1/comments/" + cid).text,
          "and what it was about")
    rows_ = log_entries(f.anon, "thread=harehills&kind=decision")
    idx = pub["tombstone"]["log_index"]
    check(idx in [x["log_index"] for x in rows_], "the log shows the entry")
    me = g.get("/api/v1/me").json()
    equal((me["counts"]["posted"], me["counts"]["removed"]), (1, 1),
          "the author's own account")
    f.adds_up("harehills", posted=32, visible=31, removed=1,
              ever_removed=ever + 1)
    was = crawl_thread(f.anon, "harehills")
    f.server.kill9()
    f.server.start()
    for c in (f.anon, f.mod, g):
        c.close()
    equal(crawl_thread(f.anon, "harehills"), was, "all still there")
    f.adds_up("harehills", posted=32, visible=31, removed=1)
    st = g.get("/api/v1/comments/%s/statement" % cid)
    check(why in st.text, "the statement, too")
    f.server.ctl("verify")


run(walk)
