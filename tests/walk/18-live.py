"""Live events of a thread (text/event-stream).

Covers: GET /api/v1/threads/{slug}/live: comment, edited, removed, restored,
counts; ids resumable through Last-Event-ID; a replay is made from the
present state and never resends what is no longer visible; held comments do
not show; many listeners.
"""

from lib import *


def walk():
    f = Forum()
    f.thread("held", mode="all_held")
    live = Live(f.server, "/api/v1/threads/t1/live")
    equal(live.status, 200, "the stream opens")
    check("text/event-stream" in live.head, "its type", live.head)
    first = f.post("t1", "Live number one.")
    e = live.wait("comment", first["comment"]["id"])
    need(e, "a new comment arrives")
    check("Live number one" in e["data"], "with its text", e)
    check("author_key" not in e["data"] and "salt" not in e["data"],
          "without anything private", e)
    check(e["id"], "an id", e)
    start_id = e["id"]
    check(live.wait("counts"), "counts arrive")
    f.edit(first["comment"]["id"], "Live number one, edited.",
           first["client"])
    e = live.wait("edited", first["comment"]["id"])
    check(e and "edited." in e["data"], "an edit arrives", e)
    second = f.post("t1", "Live number two.")
    check(live.wait("comment", second["comment"]["id"]), "the next one")
    f.remove(first["comment"]["id"])
    e = live.wait("removed", first["comment"]["id"])
    check(e and "Live number one" not in e["data"], "a removal arrives", e)
    f.decide(first["comment"]["id"], "restore")
    check(live.wait("restored", first["comment"]["id"]), "a restore arrives")
    f.remove(first["comment"]["id"])
    check(live.wait("removed", first["comment"]["id"]), "removed again")

    again = Live(f.server, "/api/v1/threads/t1/live", last_id=start_id)
    e = again.wait("comment", second["comment"]["id"])
    check(e, "a resumed stream brings what was missed")
    again.wait("nothing", seconds=1)
    text = json.dumps([x["data"] for x in again.events]) + \
        again.text.decode("utf-8", "replace")
    check("Live number one" not in text,
          "a replay never resends what is no longer visible", text)
    again.close()

    h = Live(f.server, "/api/v1/threads/held/live")
    f.post("held", "Nobody may see this.", status=202)
    h.wait("comment", seconds=1)
    check("Nobody may see" not in json.dumps(h.events), "held text stays in",
          h.events)
    h.close()
    for bad in ("x", "-1", "99999999999999999999", "1;DROP"):
        s = Live(f.server, "/api/v1/threads/t1/live", last_id=bad)
        check(s.status in (200, 400, 422), "Last-Event-ID %r" % bad, s.head)
        s.close()
    equal(Live(f.server, "/api/v1/threads/none/live").status, 404,
          "no such thread")
    long = [f.post("t1", "A long one, %d. " % i + "<long> " * 1200)
            ["comment"]["id"] for i in range(10 if SMOKE else 40)]
    late = Live(f.server, "/api/v1/threads/t1/live", last_id=start_id)
    got = sum(1 for c in long if late.wait("comment", c))
    equal(got, len(long), "a long replay arrives whole")
    late.close()
    many = [Live(f.server, "/api/v1/threads/t1/live") for _ in range(200)]
    last = f.post("t1", "To all listeners.")["comment"]["id"]
    until = time.monotonic() + 10
    got = sum(1 for s in many if s.wait(
        "comment", last, max(until - time.monotonic(), 0)))
    equal(got, 200, "200 listeners hear it")
    for s in many:
        s.close()
    equal(f.anon.get("/healthz").status, 200, "and the server goes on")
    live.close()


run(walk)
