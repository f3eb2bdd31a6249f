"""The real thread under the real rules and the shipped abuse model.

Covers: each of the 32 real comments, whole and by paragraph, posted through
the running server as a guest of its own: none is held or removed for what
the model or the word lists think of it. A paragraph too short to have a
language is "not checked", and only that.
"""
import json
import os

from lib import *


def walk():
    path = os.path.join(SHARED, "seeds", "harehills-comments.jsonl")
    if not os.path.exists(path):
        raise Skip("no seeds to read")
    with open(path, encoding="utf-8") as f:
        bodies = [json.loads(line)["body"] for line in f if line.strip()]
    equal(len(bodies), 32, "the thread")
    paragraphs = [p for b in bodies for p in b.split("\n\n") if p.strip()]
    model = os.path.join(SOURCE, "conf", "abuse.model")
    f = Forum(model=model, policy=os.path.join(SOURCE, "conf", "policy.json"))
    f.thread("parts")
    for slug, texts in (("t1", bodies), ("parts", paragraphs)):
        for i, text in enumerate(texts):
            r = Client(f.server, cookies=False).post(
                "/api/v1/threads/%s/comments" % slug,
                {"body": text, "name": "Reader %s" % "ABCDEFGH"[i % 8]})
            j = r.json()
            clause = (j.get("held") or {}).get("clause")
            check(r.status == 201 or (slug == "parts" and len(text) < 12 and
                                      clause == "unchecked"),
                  "%s %d stands" % (slug, i + 1), (r.status, clause))
    equal(f.counts("t1")["visible"], 32, "all 32 are shown")


run(walk)
