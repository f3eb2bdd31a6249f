"""E-mail from several nodes.

Covers: the node that decides sends, the others do not; a link opened at
another node; the node that decides is killed: another takes over, sends what
comes, and what was told in the minute before at most once more; a refused
address is marked at all nodes.
"""

# alone
# timeout: 120

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "fault"))

from cluster import *   # noqa: E402
from smtp import Smtp   # noqa: E402

MAIL, GONE = "rita@post.example", "gone@nowhere.example"


def at(node, who):
    return Client(node.server, bearer=who.bearer, cookies=False)


def state(node, who):
    return at(node, who).get("/api/v1/me/email").json()["email"]["state"]


def removed(c, node, words):
    """The reader posts at a node, a moderator removes it there."""
    f = c.forum
    r = at(node, f.reader).post("/api/v1/threads/t1/comments",
                                {"body": words})
    need(r.status in (201, 202), "posting at node " + node.name, r)
    cid = r.json()["comment"]["id"]
    wait_for(lambda: at(node, f.mod).get("/api/v1/comments/" + cid).status ==
             200, "it is there")
    version = at(node, f.mod).get("/api/v1/comments/" + cid).json()["version"]
    r = at(node, f.mod).post("/api/v1/review/%s/decision" % cid, {
        "action": "remove", "clause": "off-topic", "explanation": REASON,
        "expected_version": version})
    need(r.status == 200, "removed", r)
    return cid


def walk():
    smtp = Smtp()
    c = Cluster(nodes=2, masters=3, replicas=0, front=False,
                smtp_url="smtp://127.0.0.1:%d" % smtp.port,
                smtp_from="forum@forum.example",
                base_url="http://forum.example/")
    other = c.followers()[0]
    lead = c.leader()
    who = c.forum.reader
    r = at(other, who).post("/api/v1/me/email", {"email": MAIL})
    equal(r.status, 202, "an address at the node that follows")
    wait_for(lambda: len(smtp.to(MAIL)) == 1, "one confirmation")
    token = re.search(r"/mail/confirm/(\S+)",
                      smtp.to(MAIL)[0].get_content()).group(1)
    r = Client(other.server, cookies=False).post("/api/v1/mail/confirm",
                                                 {"token": token})
    equal(r.status, 200, "confirmed there")
    cid = removed(c, other, "About the weather, at a node that follows.")
    wait_for(lambda: len(smtp.to(MAIL)) == 2, "one statement")
    check(cid in smtp.to(MAIL)[1].get_content(), "of that comment")
    c.level()
    equal(len(smtp.to(MAIL)), 2, "sent by one node alone")

    lead.server.kill9()
    read_until(other.leading, "the other takes over", 20)
    read_until(other.ready, "and takes posts", 20)
    cid = removed(c, other, "About the weather, under the other node.")
    wait_for(lambda: [m for m in smtp.to(MAIL) if cid in m.get_content()],
             "told by the node that took over", 30)
    ids = [m["Message-ID"] for m in smtp.to(MAIL)]
    check(max(ids.count(x) for x in ids) <= 2 and len(set(ids)) == 3,
          "nothing more than once again", ids)

    lead.server.start()
    read_until(lead.ready, "the first is back", 30)
    smtp.refuse.add(GONE)
    r = at(lead, who).post("/api/v1/me/email", {"email": GONE})
    equal(r.status, 202, "an address that is none")
    for n in c.nodes:
        wait_for(lambda: state(n, who) == "refused", "refused is said at "
                 "node " + n.name, 30)
    c.stop()


run(walk)
