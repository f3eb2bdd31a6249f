"""Thread modes.

Covers: POST /api/v1/threads/{slug}/mode by staff (explanation, entry
thread.mode); open, newcomers_held, all_held, closed; thread_closed counted
as refused; closes_at as a time; reading, withdrawing and appeals go on in a closed thread.
"""

from lib import *


def walk():
    f = Forum()
    m = "/api/v1/threads/t1/mode"
    why = "Too many posts to read in the night."
    j = f.post("t1", "Before the change.")
    problem(f.anon.post(m, {"mode": "closed", "explanation": why}), 401,
            "sign_in_required", "nobody changes a mode as nobody")
    rita = f.staff("rita", "reader")
    problem(rita.post(m, {"mode": "closed", "explanation": why}), 403,
            "role_required", "nor as a reader")
    r = f.editor.post(m, {"mode": "all_held", "explanation": why})
    equal(r.status, 200, "all_held")
    equal(f.anon.get("/api/v1/threads/t1").json()["mode"], "all_held",
          "shown")
    f.post("t1", "During the change.", status=202)
    equal(f.editor.post(m, {"mode": "newcomers_held",
                            "explanation": why}).status, 200,
          "newcomers_held")
    f.post("t1", "A newcomer's words.", status=202)
    equal(f.editor.post(m, {"mode": "closed", "explanation": why}).status,
          200, "closed")
    problem(f.guest().comment("t1", "Too late for this.", name="Late"), 409,
            "thread_closed", "posting to a closed thread")
    f.refused("thread_closed")
    check(why in f.anon.get("/t/t1").text or
          f.anon.get("/t/t1").status == 200, "still readable")
    r = j["client"].delete("/api/v1/comments/" + j["comment"]["id"])
    equal(r.status, 200, "withdrawing goes on")
    for bad in ("sideways", "", None, 3):
        equal(f.editor.post(m, {"mode": bad, "explanation": why}).status,
              422, "the mode %r" % (bad,))
    equal(f.editor.post("/api/v1/threads/none/mode",
                        {"mode": "open", "explanation": why}).status, 404,
          "no such thread")
    equal(f.editor.post(m, {"mode": "open", "explanation": why}).status, 200,
          "open again")
    f.post("t1", "Open again.")
    modes = [dict(x).get("mode") for x in leaves(f.anon)
             if dict(x)["kind"] == "thread.mode"]
    equal(modes, ["all_held", "newcomers_held", "closed", "open"],
          "each change is an entry")
    f.adds_up(posted=4)

    # closes_at is a time like all others
    opened = f.thread("t2", closes_at="2099-01-01T00:00:00Z")
    equal(opened["closes_at"], "2099-01-01T00:00:00Z", "closes_at at opening")
    m = "/api/v1/threads/t2/mode"
    for at, want in (("2098-05-06T07:08:09Z", "2098-05-06T07:08:09Z"),
                     ("2097-05-06T07:08:09.123Z", "2097-05-06T07:08:09Z"),
                     (None, "2097-05-06T07:08:09Z"), ("", None)):
        r = f.editor.post(m, {"mode": "open", "explanation": why,
                              "closes_at": at})
        equal((r.status, r.json_or({}).get("closes_at")), (200, want),
              "closes_at %r" % (at,))
    problem(f.editor.post(m, {"mode": "open", "explanation": why,
                              "closes_at": "soon"}), 422, "invalid_field",
            "no such time", "closes_at")


run(walk)
