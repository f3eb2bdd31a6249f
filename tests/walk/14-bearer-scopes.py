"""Bearer tokens from forumctl token.

Covers: a token acts for its account without CSRF; roles hold; a wrong or
revoked token is 401; a cookie beside a token; scope and expiry as forumctl
offers them; tokens are not kept readable on disk.
"""

from lib import *


def walk():
    f = Forum()
    reader = f.staff("rita", "reader")
    j = f.post("t1", "By token.", who=reader)
    equal(j["comment"]["author"]["name"], "rita", "posts as the account")
    r = f.anon.get("/api/v1/review")
    problem(r, 401, "sign_in_required", "the queue without credentials")
    problem(reader.get("/api/v1/review"), 403, "role_required",
            "the queue as a reader")
    equal(f.mod.get("/api/v1/review").status, 200, "the queue as a moderator")
    equal(f.editor.get("/api/v1/review").status, 200, "... as an editor")
    for t in ("x", "A" * 43, reader.bearer[:-1], reader.bearer + "A"):
        c = Client(f.server, bearer=t, cookies=False)
        equal(c.get("/api/v1/me").status, 401, "a wrong token %r" % t)
        equal(c.comment("t1", "Hello there all.", name="Nora").status, 401,
              "a wrong token does not fall back to a guest")
    equal(reader.get("/api/v1/me").status, 200, "the right one")
    h = f.server.ctl("token", "--help", want=None)
    text = h.stdout + h.stderr
    if check("--scope" in text, "forumctl token has --scope", text):
        c = Client(f.server, bearer=f.token("rita", "--scope", "read"),
                   cookies=False)
        equal(c.get("/api/v1/me").status, 200, "scope read reads")
        equal(c.comment("t1", "May I?").status, 403, "scope read posts not")
    found = bytes_in_dir(f.server.data, [reader.bearer.encode(),
                                         reader.password.encode()])
    equal(found, [], "no token or password stands in any file")
    second = f.token("rita")
    check(second != reader.bearer, "each token is new")
    if check("--revoke" in text, "forumctl token has --revoke", text):
        p = f.server.ctl("token", "rita", "--revoke")
        equal(Client(f.server, bearer=second, cookies=False)
              .get("/api/v1/me").status, 401, "a revoked token")


run(walk)
