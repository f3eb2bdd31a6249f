"""A guest posts.

Covers: 201 with comment, receipt and author key (once); the fields of a
comment; Markdown; replies and depth; the receipt checked by our own
arithmetic (leaf, commitment, inclusion) and refetched by its author only;
wrong bodies and limits; refused{} in the account; author ids per thread;
no key in a later answer.
"""

from lib import *

FIELDS = ("id thread parent depth author body_html language created_at "
          "edited_at version state labels question answers score replies "
          "log_index")


def walk():
    f = Forum()
    g = f.guest()
    text = "I *agree* with the article, and add a [source](https://a.example/)."
    r = g.comment("t1", text, name="Anna Reader")
    need(r.status == 201, "a guest's comment is published", r)
    j = r.json()
    has(j, "comment receipt author_key", "the answer")
    c = j["comment"]
    has(c, FIELDS, "a comment")
    equal((c["state"], c["parent"], c["depth"], c["score"], c["replies"],
           c["edited_at"]), ("visible", None, 0, 0, 0, None),
          "a first comment")
    check(isinstance(c["version"], int) and c["version"] > 0, "version",
          c["version"])
    has(c["author"], "id name kind badge", "its author")
    equal((c["author"]["name"], c["author"]["kind"]), ("Anna Reader",
                                                       "guest"), "author")
    h = c["body_html"]
    check("<em>agree</em>" in h, "emphasis", h)
    check('href="https://a.example/"' in h, "link", h)
    for rel in ("nofollow", "ugc", "noopener"):
        check(rel in h, "rel " + rel, h)
    key = j["author_key"]
    check(len(key) >= 22, "an author key of 128 bits or more", key)
    check("author_key" not in json.dumps(c) and key not in json.dumps(c),
          "no key inside the comment")

    # the receipt
    rec = j["receipt"]
    has(rec, "log_index leaf salt proof", "the receipt")
    leaf = base64.b64decode(rec["leaf"])
    salt = base64.b64decode(rec["salt"])
    equal(len(salt), 32, "salt of 32 bytes")
    at = included(rec["proof"], leaf)
    check(isinstance(at, tuple), "the receipt's proof holds", at)
    equal(at[0], rec["log_index"], "index in the proof")
    equal(c["log_index"], rec["log_index"], "index in the comment")
    kv = dict(parse_leaf(leaf))
    equal(kv["kind"], "comment.accepted", "the leaf's kind")
    equal(kv["comment"], c["id"], "the leaf names the comment")
    equal(kv["body"], commitment(salt, "body", text.encode()),
          "salt and text give the commitment")
    g.author_key = key
    r = g.get("/api/v1/comments/%s/receipt" % c["id"])
    equal(r.status, 200, "the author fetches the receipt again")
    equal((r.json().get("leaf"), r.json().get("salt")),
          (rec["leaf"], rec["salt"]), "the same leaf and salt")
    equal(f.anon.get("/api/v1/comments/%s/receipt" % c["id"]).status, 404,
          "nobody else gets the salt")
    equal(f.mod.get("/api/v1/comments/%s/receipt" % c["id"]).status, 404,
          "not even a moderator")

    # read by all
    r = f.anon.get("/api/v1/comments/" + c["id"])
    equal(r.status, 200, "read by anyone")
    pub = r.json()
    equal(pub["body_html"], h, "the same text")
    check("body" not in pub and "mine" not in pub,
          "no private field in the public view", sorted(pub))
    check(h in f.anon.get("/t/t1").text or "agree</em>" in
          f.anon.get("/t/t1").text, "on the thread's page")
    equal(f.anon.get("/c/" + c["id"]).status, 200, "page of one comment")

    # a second by the same guest, a reply
    r = g.comment("t1", "A second thought.", name="Anna Reader",
                  parent=c["id"])
    equal(r.status, 201, "a reply")
    j2 = r.json()
    check(not j2.get("author_key"), "the key is given once", j2)
    c2 = j2["comment"]
    equal((c2["parent"], c2["depth"]), (c["id"], 1), "parent and depth")
    equal(c2["author"]["id"], c["author"]["id"], "the same author id")
    f.thread("t2")
    r = g.comment("t2", "Elsewhere.", name="Anna Reader")
    equal(r.status, 201, "in another thread")
    check(r.json()["comment"]["author"]["id"] != c["author"]["id"],
          "a guest's author id is per thread")
    equal(f.anon.get("/api/v1/comments/" + c["id"]).json()["replies"], 1,
          "replies are counted")

    # what is refused, and leaves nothing behind
    n = f.counts()["posted"]
    u = "/api/v1/threads/t1/comments"
    x = f.guest()
    js = {"Content-Type": "application/json"}
    problem(x.request("POST", u, b"{", js), 400, "bad_json", "half an object")
    equal(x.request("POST", u, b"", js).status, 422, "no body")
    problem(x.request("POST", u, b'{"body":"a","body":"b","name":"N"}', js),
            400, "bad_json", "a key twice")
    problem(x.request("POST", u, b'{"body":"\xff\xfe","name":"N"}', js),
            400, "bad_json", "not UTF-8")
    check(x.request("POST", u, b"[]", js).status in (400, 422), "an array")
    for body in ("", "   \n\t ", 7, None, ["a"], {"a": 1}):
        r = x.comment("t1", body, name="Nora")
        equal(r.status, 422, "body %r" % (body,))
        equal(r.json_or({}).get("field"), "body", "field for %r" % (body,))
    problem(x.comment("t1", "a" * 10001, name="Nora"), 413, "body_too_long",
            "10,001 characters")
    r = x.comment("t1", "\u00e4" * 10000, name="Nora")
    equal(r.status, 201, "10,000 characters are characters, not bytes")
    for name in ("", 3, "x" * 500, "a\nb", None):
        r = x.comment("t1", "Some text here.", name=name)
        equal(r.status, 422, "name %r" % (name,))
        equal(r.json_or({}).get("field"), "name", "field for %r" % (name,))
    r = x.comment("t1", "Some text here.", name="Nora", parent="nothere")
    check(r.status in (404, 422), "no such parent", r)
    other = f.post("t2")["comment"]["id"]
    r = x.comment("t1", "Some text here.", name="Nora", parent=other)
    equal(r.status, 422, "a parent in another thread")
    problem(x.comment("none", "Some text here.", name="Nora"), 404,
            "not_found", "no such thread")
    problem(x.comment("t1", "Hello all of you.", name="Edith"), 422,
            "name_taken", "a staff member's name")
    for name in ("m\u043erris", "MORRIS", "rnorris", "morr\u0131s"):
        equal(x.comment("t1", "Hello all of you.", name=name).status, 422,
              "a name confusable with a staff member's: %r" % name)
    f.adds_up(posted=n + 1)
    f.refused("body_too_long")
    bad = Client(f.server, author_key="A" * 43, cookies=False)
    check(bad.comment("t1", "With a wrong key.", name="Zoe").status in
          (201, 401), "an unknown author key is nobody's")


run(walk)
