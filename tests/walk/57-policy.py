"""House rules before they are in force.

Covers: forumctl policy check (the place of what is wrong), try (a new word
list is tried on the texts of past comments and a rule on what was found in
them; nothing is done), adopt (in force, in the record, at /policy by its
digest), beside a running server.
"""

from lib import *


def walk():
    f = Forum()
    with open(walk_policy(), encoding="utf-8") as fh:
        rules = json.load(fh)
    a = f.post("t1", "The zeppelins over the town hall are a nuisance.")
    b = f.post("t1", "Nothing to be said of this one at all.")
    gone = f.post("t1", "Another zeppelin that is taken back.")
    gone["client"].delete("/api/v1/comments/" + gone["comment"]["id"])
    insult = f.post("t1", "You are a bunch of idiots.", status=202)
    a, b = a["comment"]["id"], b["comment"]["id"]
    held = insult["comment"]["id"]

    def write(p):
        with open("new.json", "w", encoding="utf-8") as fh:
            json.dump(p, fh)
        return "new.json"

    # check
    bad = json.loads(json.dumps(rules))
    bad["rules"][3]["clause"] = "no-such"
    p = f.server.ctl("policy", "check", write(bad), want=1)
    check("rules[3].clause" in p.stderr, "what is wrong, and where", p.stderr)
    equal(f.server.ctl("policy", "check", "none.json", want=1).returncode, 1,
          "no such file")
    f.server.ctl("policy", "try", "new.json", want=1)
    f.server.ctl("policy", want=2)

    # try
    digest = f.anon.get("/api/v1/policy").json()["digest"]
    new = json.loads(json.dumps(rules))
    new["lists"].append({"name": "airships", "clause": "off-topic",
                         "language": "", "score": 700,
                         "certainty": "likely", "words": ["zeppelin*"]})
    new["rules"].insert(0, {"id": "airships", "if": {
        "clause": "off-topic", "certainty": ["likely"]}, "verdict": "hold"})
    new["rules"] = [r for r in new["rules"] if r["id"] != "personal-attack"]
    f.server.ctl("policy", "check", write(new))
    before = f.counts(), settled(f.anon)
    out = [json.loads(x) for x in f.server.ctl(
        "--json", "policy", "try", "new.json").stdout.splitlines()]
    want = {x["comment"]: (x["now"], x["then"], x["then_clause"])
            for x in out if "comment" in x}
    equal(want.get(a), ("publish", "hold", "off-topic"),
          "a new word list is tried on past texts")
    equal(want.get(held), ("hold", "publish", ""),
          "and the absence of a rule on what was found")
    check(b not in want, "where nothing changes nothing is told", want)
    equal((out[-1]["comments"], out[-1]["changed"]), (4, len(want)),
          "counted")
    check("zeppelin" not in json.dumps(out), "without their texts")
    text = f.server.ctl("policy", "try", "new.json").stdout
    check("%s publish  -> hold off-topic" % a in text, "as text", text)
    equal((f.counts(), settled(f.anon)), before, "and nothing was done")
    equal(f.anon.get("/api/v1/policy").json()["digest"], digest,
          "nor put in force")

    # adopt
    p = f.server.ctl("policy", "adopt", "new.json", want=1)
    check("Not in force" in p.stderr, "not beside a file of its own",
          p.stderr)
    f.server.settings.pop("policy")
    shutil.copy(walk_policy(), os.path.join(f.server.data, "policy.json"))
    f.server.restart()
    f.server.ctl("policy", "adopt", "new.json")
    got = f.anon.get("/api/v1/policy").json()["digest"]
    check(got != digest, "other rules are in force")
    equal(dict(leaves(f.anon)[-1]), {"kind": "policy.adopted", "time":
          time.strftime("%Y-%m-%d", time.gmtime()), "policy": got},
          "which is an entry of the record")
    equal(f.anon.get("/api/v1/policy/" + digest).status, 200,
          "the old ones as they stood")
    r = f.guest().comment("t1", "More zeppelins still, I say.", name="Zora")
    equal((r.status, r.json()["held"]["clause"]), (202, "off-topic"),
          "the new list holds what comes")
    equal(f.state(a), "visible", "what was there stays")
    check(f.server.alive(), "server still alive")


run(walk)
