"""./autogen.sh run: a forum with the seeds.

Covers: the first run makes accounts for each role, with passwords that only
their owner reads, and loads the seeds; the pages named are there; one can
sign in as each; a second run is quick and keeps the data.
"""

# alone

from lib import *
from pages import Reader


def begin():
    p = start(["sh", os.path.join(SOURCE, "seeds", "run.sh"), BUILD,
               os.path.abspath("data"), "127.0.0.1:0"],
              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    out = b""
    until = time.monotonic() + 60
    while b"ready on" not in out and time.monotonic() < until and \
            select.select([p.stdout], [], [], 60)[0]:
        chunk = os.read(p.stdout.fileno(), 4096)
        if not chunk:
            break
        out += chunk
    m = re.search(rb"ready on http://([^:]+):(\d+)", out)
    need(m, "the forum starts", out)
    s = Server()
    s.host, s.port = m.group(1).decode(), int(m.group(2))
    return p, s, out.decode()


def walk():
    p, s, out = begin()
    for page in ("/review", "/desk", "/sign-in"):
        check(page in out, "the address of %s is told" % page, out)
    equal(os.stat("data/accounts").st_mode & 0o777, 0o600,
          "the passwords are their owner's alone")
    with open("data/accounts") as fh:
        people = [x.rstrip("\n").split("\t") for x in fh]
    equal(sorted(x[0] for x in people),
          ["admin", "editor", "moderator", "reader"], "an account a role")
    a = Client(s, cookies=False)
    was = crawl(a)
    check(len(was) >= 5 and sum(map(len, was.values())) >= 50,
          "the seeds are there", {k: len(v) for k, v in was.items()})
    check(any(c["state"] == "removed" for t in was.values() for c in t),
          "a disputed removal among them")
    want = {"reader": "/me", "moderator": "/review", "editor": "/desk",
            "admin": "/desk"}
    for role, name, password in people:
        r = Reader(s)
        r.open("/sign-in")
        r.send(r.form_with("name", "password"), name=name,
               password=password)
        r.open(want[role])
        equal(r.page.status, 200, "%s as %s" % (want[role], name))
    a.close()
    equal(end(p, 30), 0, "it ends with 0")
    began = time.monotonic()
    p, s, out = begin()
    check(time.monotonic() - began < 20, "the second run is quick")
    a = Client(s, cookies=False)
    equal(crawl(a), was, "and keeps the data")
    a.close()
    end(p, 30)


run(walk)
