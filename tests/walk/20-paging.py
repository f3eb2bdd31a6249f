"""Cursor paging of comments, flat and as a tree.

Covers: limit and after in each sort; shape=tree: whole ancestors, more{};
a comment between two pages does not repeat or lose one; deep nesting; best
pins its ranking.
"""

from lib import *


def flat(nodes):
    for n in nodes:
        yield n
        for m in flat(n.get("children") or []):
            yield m


def walk():
    f = Forum()
    ids, parent = [], {}
    rnd = random.Random(7)
    g = f.post("t1", "Comment 0 of many.")
    ids.append(g["comment"]["id"])
    c = g["client"]
    for i in range(1, 60):
        p = rnd.choice(ids + [None] * 10)
        j = f.post("t1", "Comment %d of many." % i, who=c, parent=p,
                   name="Anna Reader")["comment"]
        ids.append(j["id"])
        parent[j["id"]] = p
    all_ = set(ids)
    for sort, want in (("oldest", ids), ("newest", ids[::-1])):
        for limit in (1, 7, 60, 500):
            got = [x["id"] for x in crawl_thread(f.anon, "t1", limit,
                                                 sort=sort)]
            equal(got, want, "%s by %d" % (sort, limit))
    got = [x["id"] for x in crawl_thread(f.anon, "t1", 7, sort="best")]
    equal((len(got), set(got)), (60, all_), "best meets each once")

    # the tree
    seen = {}
    after, pages = None, 0
    while True:
        q = "/api/v1/threads/t1/comments?shape=tree&limit=10"
        if after:
            q += "&after=" + urllib.parse.quote(after)
        r = f.anon.get(q)
        need(r.status == 200, "a page of the tree", r)
        j = r.json()
        pages += 1
        page = list(flat(j["comments"]))
        here = {x["id"] for x in page}
        for x in page:
            if x["parent"]:
                check(x["parent"] in here, "ancestors are on the page")
            seen[x["id"]] = x["parent"]
        after = j["next"]
        if after is None or pages > 100:
            break
    more = 0
    if set(seen) != all_:
        more = len(all_ - set(seen))
        check("more" in json.dumps(j), "a cut branch says so", more)
    else:
        equal(seen, dict(parent, **{ids[0]: None}), "the tree is whole")

    # between two pages
    j = f.anon.get("/api/v1/threads/t1/comments?sort=oldest&limit=30").json()
    f.post("t1", "In between.", who=c, name="Anna Reader")
    k = f.anon.get("/api/v1/threads/t1/comments?sort=oldest&limit=500&after="
                   + urllib.parse.quote(j["next"])).json()
    got = [x["id"] for x in j["comments"] + k["comments"]]
    equal(got[:60], ids, "none lost or shown twice")
    j = f.anon.get("/api/v1/threads/t1/comments?sort=newest&limit=30").json()
    f.post("t1", "In between again.", who=c, name="Anna Reader")
    k = f.anon.get("/api/v1/threads/t1/comments?sort=newest&limit=500&after="
                   + urllib.parse.quote(j["next"])).json()
    got = [x["id"] for x in j["comments"] + k["comments"]]
    equal(got[1:], ids[::-1], "newest, too")

    # deep
    f.thread("deep")
    p = None
    for i in range(60):
        p = f.post("deep", "Level %d." % i, who=c, parent=p,
                   name="Anna Reader")["comment"]["id"]
    deepest = f.anon.get("/api/v1/comments/" + p).json()
    equal(deepest["depth"], 59, "any depth is stored")
    equal(len(crawl_thread(f.anon, "deep", 25)), 60, "and read")
    r = f.anon.get("/t/deep")
    check(r.status == 200 and "Level 0." in r.text, "the page shows the top")
    check("Level 59." in f.anon.get("/c/" + p).text,
          "the comment's page shows the deepest")


run(walk)
