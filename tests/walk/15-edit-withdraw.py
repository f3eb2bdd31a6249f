"""Changing and withdrawing one's own comment.

Covers: PATCH (200, version, edited_at, stale_version, at most five edits,
the window), by the author only; DELETE (200, the mark, the account, replies
stay); not_editable afterwards; entries comment.edited and comment.withdrawn.
"""

from lib import *


def walk():
    f = Forum()
    j = f.post("t1", "First wording of this.")
    c, g = j["comment"], j["client"]
    u = "/api/v1/comments/" + c["id"]
    mine = g.get(u).json()
    check(mine.get("editable_until") or
          mine.get("mine", {}).get("editable_until"),
          "the author sees until when it may be changed", sorted(mine))
    first = c["version"]
    r = g.patch(u, {"body": "Second *wording* of this.",
                    "expected_version": first})
    equal(r.status, 200, "an edit")
    pub = f.anon.get(u).json()
    check(pub["version"] > first, "the version grows", pub["version"])
    check(pub["edited_at"], "edited_at")
    check("<em>wording</em>" in pub["body_html"], "the new text",
          pub["body_html"])
    check("First" not in f.anon.get("/t/t1").text, "the old text is gone")
    problem(g.patch(u, {"body": "Third.", "expected_version": first}), 409,
            "stale_version", "an edit of an older version")
    now = pub["version"]
    stranger = f.post("t1", "Another reader's words.")["client"]
    for who, what in ((f.anon, "anonymous"), (stranger, "another guest"),
                      (f.mod, "a moderator")):
        r = who.patch(u, {"body": "Not mine.", "expected_version": now})
        check(r.status in (401, 403, 404), "%s may not edit" % what, r)
        r = who.delete(u)
        check(r.status in (401, 403, 404), "%s may not withdraw" % what, r)
    for body in ("", None, 4):
        equal(g.patch(u, {"body": body, "expected_version": now}).status,
              422, "an edit to %r" % (body,))
    problem(g.patch(u, {"body": "a" * 10001, "expected_version": now}), 413,
            "body_too_long", "an edit too long")
    for v in range(2, 6):
        equal(f.edit(c["id"], "Wording number %d." % v, g).status, 200,
              "edit %d" % v)
    problem(f.edit(c["id"], "Once too often.", g), 409, "not_editable",
            "the sixth edit")
    f.adds_up(posted=2, visible=2)

    reply = f.post("t1", "An answer to it.", parent=c["id"])["comment"]
    r = g.delete(u)
    equal(r.status, 200, "withdrawn")
    pub = f.anon.get(u).json()
    equal((pub["state"], pub["body_html"]), ("withdrawn", None), "the mark")
    check("number 5" not in json.dumps(pub), "its text is gone")
    equal(f.state(reply["id"]), "visible", "the reply stays")
    page = f.anon.get("/t/t1").text
    check("number 5" not in page and "An answer to it." in page,
          "on the page, too")
    f.adds_up(posted=3, visible=2, withdrawn=1)
    problem(f.edit(c["id"], "Back again.", g), 409, "not_editable",
            "a withdrawn comment")
    r = g.delete(u)
    check(r.status in (200, 409), "withdrawing twice is harmless", r)
    f.adds_up(withdrawn=1)
    kinds = [dict(x)["kind"] for x in leaves(f.anon)]
    equal(kinds.count("comment.edited"), 5, "entries of edits")
    equal(kinds.count("comment.withdrawn"), 1, "entry of the withdrawal")

    # the window
    j = f.post("t1", "Written before the night.")
    f.server.restart_later("+26h")
    j["client"].close()
    problem(f.edit(j["comment"]["id"], "Too late.", j["client"]), 409,
            "edit_window_over", "a day later")


run(walk)
