"""Sanctions.

Covers: POST /api/v1/members/{id}/sanctions (warn, mute, suspend, ban);
posting is refused with until and statement; signing in, reading, appealing,
exporting go on; the end; entry sanction without a name; appeal.
"""

from lib import *

WHY = "After two warnings the insults went on in several threads today."


def walk():
    f = Forum()
    m = f.browser().sign_up("Ulf Uproar")
    f.post("t1", "Ulf was here.", who=m)
    u = "/api/v1/members/%s/sanctions" % m.id
    until = time.strftime("%Y-%m-%dT%H:%M:%S.250Z",
                          time.gmtime(time.time() + 3 * 86400))
    b = {"kind": "mute", "until": until, "clause": f.clause(),
         "explanation": WHY}
    problem(f.anon.post(u, b), 401, "sign_in_required", "as nobody")
    check(m.post(u, b).status == 403, "as the member")
    problem(f.mod.post(u, dict(b, explanation="")), 422, "reason_required",
            "without a reason")
    for k, v in (("kind", "hang"), ("until", "tomorrow"), ("until", 5),
                 ("clause", "none-such"),
                 ("until", "2020-01-01T00:00:00Z")):
        equal(f.mod.post(u, dict(b, **{k: v})).status, 422,
              "%s %r" % (k, v))
    equal(f.mod.post("/api/v1/members/none/sanctions", b).status, 404,
          "no such member")
    r = f.mod.post(u, dict(b, kind="warn", until=None))
    equal(r.status, 201, "a warning")
    f.post("t1", "A warning does not silence.", who=m)
    r = f.mod.post(u, b)
    equal(r.status, 201, "muted")
    n = f.counts()["posted"]
    r = m.comment("t1", "May I still speak?")
    problem(r, 403, "sanctioned", "muted")
    check("until" in r.text and "statement" in r.text,
          "with until and statement", r)
    equal(f.counts()["posted"], n, "nothing posted")
    wait_for(lambda: f.counts()["refused"].get("sanctioned") == 1, "counted")
    s = m.get("/api/v1/me/sanctions")
    equal(s.status, 200, "one's own sanctions")
    rows = s.json().get("sanctions", [])
    equal(len(rows), 2, "two of them")
    mute = [x for x in rows if x["kind"] == "mute"][0]
    st = m.get("/api/v1/sanctions/%s/statement" % mute["id"])
    equal(st.status, 200, "the statement of a sanction")
    check(WHY in st.text, "with its words")
    letter = m.get("/api/v1/sanctions/%s/statement" % mute["id"],
                   {"Accept": "text/plain"})
    check(letter.headers["content-type"].startswith("text/plain") and
          WHY in letter.text.replace("\n", " "), "as a letter", letter)
    check(WHY in m.get("/api/v1/me/notices").text, "the member is told")
    r = m.post("/api/v1/sanctions/%s/appeal" % mute["id"],
               {"grounds": "I was provoked."})
    equal(r.status, 201, "an appeal against a sanction")
    r = f.mod.post(u, dict(b, kind="ban", until=None))
    equal(r.status, 201, "banned")
    x = f.browser().sign_in("Ulf Uproar", m.password)
    check(x.who(), "a banned member can sign in")
    equal(x.get("/api/v1/me/export").status, 200, "export")
    problem(x.comment("t1", "And now?"), 403, "sanctioned", "banned")
    text = json.dumps(leaves(f.anon))
    check("sanction" in text and "Ulf" not in text and m.id not in text,
          "the entry names nobody")

    # the end
    k = f.browser().sign_up("Karl Quiet")
    f.mod.post("/api/v1/members/%s/sanctions" % k.id, b)
    problem(k.comment("t1", "Muted now?"), 403, "sanctioned", "muted")
    f.server.restart_later("+4d")
    k = f.browser().sign_in("Karl Quiet", k.password)
    equal(k.comment("t1", "Free again, it seems.").status, 201, "it ends")


run(walk)
