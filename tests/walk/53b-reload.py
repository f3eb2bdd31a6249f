"""SIGHUP reads settings, house rules and certificate again.

Covers: a setting that a running server can change shows at once, one that
waits for a restart is named in the log and left alone; a file with a mistake,
rules with a mistake and a certificate that does not fit change nothing, not
even the sound part beside them; forumctl's reload by the control socket; open
connections and sessions live through it.
"""

from lib import *


def walk():
    path = os.path.join(os.getcwd(), "forumd.conf")
    rules = os.path.join(os.getcwd(), "rules.json")
    shutil.copy(walk_policy(), rules)

    def conf(**values):
        with open(path, "w") as f:
            for k, v in values.items():
                f.write("%s = %s\n" % (k, v))
    conf(site_title="The Morning Paper", session_hours=720)
    f = Forum(args=["--conf", path], policy=rules)
    member = f.member("Petra")

    def title():
        return re.search(r"<title>(.*?)</title>",
                         f.anon.get("/").text).group(1)

    def hup(said):
        """Asks for a reload and waits until the log says how it went."""
        before = len(f.server.errors())
        f.server.proc.send_signal(signal.SIGHUP)
        return wait_for(lambda: re.search(said, f.server.errors()[before:])
                        and f.server.errors()[before:],
                        "the log says: %s" % said)
    check("The Morning Paper" in title(), "the title is the file's", title())

    conf(site_title="The Evening Paper", session_hours=720, loops=1)
    said = hup("reloaded")
    check("The Evening Paper" in title(), "the new title shows", title())
    check(re.search(r"wait for a restart: loops\b", said or ""),
          "the log names what waits", said)
    equal(member.who().get("id"), member.id, "a session lives through it")

    conf(site_title="The Night Paper", session_hours="never")
    said = hup("reload refused")
    check("forumd.conf:2" in (said or ""), "the error names the line", said)
    check("The Evening Paper" in title(), "nothing has changed", title())

    conf(site_title="The Night Paper", session_hours=720)
    was = f.anon.get("/api/v1/policy").json()["digest"]
    with open(rules) as fd:
        sound = fd.read()
    with open(rules, "w") as fd:
        fd.write(sound[:len(sound) // 2])
    hup("reload refused")
    check("The Evening Paper" in title(),
          "broken rules hold the settings back too", title())
    equal(f.anon.get("/api/v1/policy").json()["digest"], was,
          "the rules in force are the former ones")
    f.post("t1", "Posted under the rules that stay.")

    p = json.loads(sound)
    p["clauses"][0]["title"]["en"] = "A clause with another name"
    with open(rules, "w") as fd:
        json.dump(p, fd)
    hup("reloaded")
    check("The Night Paper" in title(), "what waited is taken over", title())
    check(f.anon.get("/api/v1/policy").json()["digest"] != was,
          "the new rules are in force")


run(walk)
