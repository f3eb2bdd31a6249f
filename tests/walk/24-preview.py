"""Preview.

Covers: POST /api/v1/preview: body_html as it would be; advice by clause
only; nothing stored; counts against the posting limit; wrong bodies.
"""

from lib import *


def walk():
    f = Forum()
    g = f.guest()
    text = "Some **bold** words, a <script>alert(1)</script> and\n\n> a quote"
    r = g.post("/api/v1/preview", {"body": text})
    equal(r.status, 200, "preview")
    j = r.json()
    has(j, "body_html advice", "the answer")
    check("<strong>bold</strong>" in j["body_html"], "bold", j["body_html"])
    check("<script" not in j["body_html"], "no raw HTML", j["body_html"])
    equal(j["advice"], [], "nothing to say about it")
    posted = f.post("t1", text, who=g)["comment"]["body_html"]
    equal(posted, j["body_html"], "posted as previewed")
    bad = "You are an idiot, and a piece of filth besides."
    j = g.post("/api/v1/preview", {"body": bad}).json()
    check(j["advice"], "advice on abuse", j)
    for a in j["advice"]:
        check(not (set(a) & {"score", "scores", "stage", "span", "spans"}),
              "by clause only", a)
        check("clause" in a, "with its clause", a)
    equal(f.counts()["posted"], 1, "a preview stores nothing")
    equal(g.post("/api/v1/preview", {"body": REJECTED}).json()["advice"], [],
          "nothing of the link stage")
    for body in ("", None, 5, []):
        equal(g.post("/api/v1/preview", {"body": body}).status, 422,
              "body %r" % (body,))
    problem(g.post("/api/v1/preview", {"body": "a" * 10001}), 413,
            "body_too_long", "too long")
    found = bytes_in_dir(f.server.data, [b"piece of filth besides"])
    equal(found, [], "not on disk either")


run(walk)
