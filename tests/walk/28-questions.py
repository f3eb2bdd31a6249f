"""Questions put to the authority or the paper.

Covers: question and answers in a comment; GET /api/v1/threads/{slug}/
questions with state, asked_at, waited_seconds, asked_times, answer; only an
official account answers; the answer is marked; pages of the list.
"""

from lib import *


def walk():
    f = Forum()
    q = "So where is the urgent response from the City Council?"
    j = f.post("t1", q, question=True)
    qid = j["comment"]["id"]
    equal(j["comment"]["question"], True, "a question")
    u = "/api/v1/threads/t1/questions"
    rows = f.anon.get(u).json()["questions"]
    equal(len(rows), 1, "one question")
    has(rows[0], "state asked_at waited_seconds asked_times answer",
        "a question")
    equal((rows[0]["state"], rows[0]["answer"]), ("waiting", None),
          "it waits")
    f.post("t1", "Not a question at all.")
    equal(len(f.anon.get(u).json()["questions"]), 1, "only questions")
    r = f.guest().comment("t1", "Here is an answer.", name="Pretender",
                          parent=qid, answers=qid)
    check(r.status in (403, 422), "a guest gives no official answer", r)
    p = f.server.ctl("user", "add", "Council Office", "--role", "reader",
                     "--official", "City Council", "--password-stdin",
                     stdin=secret() + "\n", want=None)
    if check(p.returncode == 0, "forumctl user add --official",
             p.stdout + p.stderr):
        o = Client(f.server, bearer=f.token("Council Office"), cookies=False)
        a = f.post("t1", "The Council answers: on Monday.", who=o,
                   parent=qid, answers=qid)["comment"]
        equal(a["author"]["kind"], "official", "an official account")
        check(a["author"]["badge"], "with its badge", a["author"])
        rows = f.anon.get(u).json()["questions"]
        equal((rows[0]["state"], rows[0]["answer"] and True),
              ("answered", True), "answered")
    # the list pages; what waits grows older in it
    f.thread("t2")
    asked = [f.post("t2", "Question number %d?" % i, question=True)
             ["comment"]["id"] for i in range(5)]
    got, after, pages = [], "", 0
    while after is not None:
        r = f.anon.get("/api/v1/threads/t2/questions?limit=2" + after)
        need(r.status == 200 and "next" in r.json(), "a page of them", r)
        got += [q["comment"]["id"] for q in r.json()["questions"]]
        after = r.json()["next"] and "&after=" + r.json()["next"]
        pages += 1
    equal((got, pages), (asked, 3), "all questions in three pages")
    problem(f.anon.get("/api/v1/threads/t2/questions?limit=0"), 422,
            "invalid_field", "no page without rows", "limit")
    problem(f.anon.get("/api/v1/threads/t2/questions?after=zz"), 422,
            "invalid_field", "no such cursor", "after")
    wait_for(lambda: f.anon.get("/api/v1/threads/t2/questions").json()
             ["questions"][0]["waited_seconds"] > 0, "the wait grows")
    equal(f.anon.get("/api/v1/threads/none/questions").status, 404,
          "no such thread")


run(walk)
