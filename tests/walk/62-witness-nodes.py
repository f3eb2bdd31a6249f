"""Witnesses of a forum on several nodes.

Covers: the node that decides asks the witness, the others show what it was
given; the same cosigned head at each; after a takeover the other node asks.
"""

# alone
# timeout: 120

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "fault"))

from cluster import *   # noqa: E402
from gotools import go_tool   # noqa: E402

SIGNED = "\u2014 witness.example/a "


def walk():
    tool = go_tool("tlogwitness")
    c = Cluster(nodes=2, masters=3, replicas=0, front=False)
    log = c.leader().ask("/ledger/vkey").text.strip()
    port = free_port()
    w = start([tool, "-listen", "127.0.0.1:%d" % port, "-name",
               "witness.example/a", "-seed", "07" * 32, "-state", "state-a",
               "-log", log], stdout=subprocess.PIPE,
              stderr=subprocess.DEVNULL)
    vkey = w.stdout.readline().decode().strip()[5:]
    for n in c.nodes:
        n.server.args += ["--set", "witnesses=%s http://127.0.0.1:%d/" %
                          (vkey, port)]
    for n in c.nodes:
        n.server.stop()
        n.start()
    lead = c.leader()
    other = c.followers()[0]

    def same(n, m, least):
        a, b = n.ask("/ledger/checkpoint").text, \
            m.ask("/ledger/checkpoint").text
        return a == b and SIGNED in a and int(a.split("\n")[1]) >= least

    r = Client(other.server, cookies=False).comment("t1", "Seen by all.",
                                                    name="Anna")
    need(r.status == 201, "posting at the node that follows", r)
    least = r.json()["receipt"]["log_index"] + 1
    wait_for(lambda: same(lead, other, least),
             "both show the same cosigned head", 25)
    lead.server.kill9()
    read_until(other.leading, "the other takes over", 20)
    read_until(other.ready, "and takes posts", 20)
    r = Client(other.server, cookies=False).comment("t1", "Seen again.",
                                                    name="Anna")
    need(r.status == 201, "posting there", r)
    least = r.json()["receipt"]["log_index"] + 1
    wait_for(lambda: same(other, other, least), "it asks the witness", 25)
    lead.start()
    wait_for(lambda: same(lead, other, least),
             "the one that comes back shows the same", 30)
    end(w)
    c.stop()


run(walk)
