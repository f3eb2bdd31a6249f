"""Witnesses sign the heads that are shown.

Covers: two witnesses that we did not write; their cosignatures below the
checkpoint, checked by tlogverify; a witness that fails, hangs, forgets, is
down, or signs with another key; posts go on meanwhile; figures.
"""

# timeout: 200

from gotools import go_tool
from lib import *

SEEDS = {"a": "07" * 32, "b": "08" * 32, "other": "09" * 32}


def free_port():
    s = socket.socket()
    s.bind(("127.0.0.1", 0))
    port = s.getsockname()[1]
    s.close()
    return port


class Witness:
    def __init__(self, tool, name, log):
        self.tool, self.name, self.log = tool, name, log
        self.port = free_port()
        self.proc = None
        self.start()

    def start(self, *more, seed=None):
        if self.proc:
            end(self.proc)
        self.proc = start(
            [self.tool, "-listen", "127.0.0.1:%d" % self.port, "-name",
             "witness.example/" + self.name, "-seed",
             SEEDS[seed or self.name], "-state", "state-" + self.name,
             "-log", self.log] + list(more),
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        line = self.proc.stdout.readline().decode().strip()
        need(line.startswith("vkey="), "the witness starts", line)
        if seed is None:
            self.vkey = line[5:]

    def stop(self):
        end(self.proc)
        self.proc = None


def walk():
    tool, verify = go_tool("tlogwitness"), go_tool("tlogverify")
    f = Forum()
    log = f.anon.get("/ledger/vkey").text.strip()
    with open("vkey", "w") as out:
        out.write(log + "\n")
    a, b = Witness(tool, "a", log), Witness(tool, "b", log)
    for w in (a, b):
        f.server.args += ["--set", "witnesses=%s http://127.0.0.1:%d/" %
                          (w.vkey, w.port)]
    f.server.settings["quorum"] = "2"
    f.server.restart(keep_port=True)
    f.anon.close()
    poster = f.guest()

    def signers():
        note = f.anon.get("/ledger/checkpoint").text
        return int(note.split("\n")[1]), {
            n for n in "ab" if "\u2014 witness.example/%s " % n in note}

    def signed(who, what, seconds=20):
        size = int(f.post("t1", what)["receipt"]["log_index"]) + 1
        wait_for(lambda: (lambda s: s[0] >= size and s[1] == who)(signers()),
                 what, seconds)

    signed({"a", "b"}, "Two witnesses have signed.")
    p = subprocess.run([verify, "-url", f.server.url + "/ledger", "-vkey",
                        "@vkey", "-witness", a.vkey, "-witness", b.vkey,
                        "-strict"], capture_output=True,
                       text=True, timeout=120)
    equal(p.returncode, 0, "tlogverify: " + (p.stdout + p.stderr)[-800:])
    check("2 of 2 known witnesses" in p.stdout, "both signatures are good",
          p.stdout)
    m = re.search(r"^forumd_witnessed_size (\d+)$",
                  f.anon.get("/metrics").text, re.M)
    check(m and int(m.group(1)) == signers()[0], "the quorum is counted", m)

    b.stop()
    signed({"a"}, "One witness is down.")
    b.start("-fault", "2")
    signed({"a"}, "It is up and answers 503.")
    signed({"a", "b"}, "It is well again.", 40)
    a.start("-forget")
    shutil.rmtree("state-b")
    b.start()
    signed({"a", "b"}, "Both have forgotten everything.", 40)
    b.start("-delay", "60s")
    signed({"a"}, "One witness hangs.")
    b.start(seed="other")
    signed({"a"}, "One signs with another key.")
    b.start()
    signed({"a", "b"}, "And with its own again.", 40)
    f.server.restart(keep_port=True)
    f.anon.close()
    signed({"a", "b"}, "After a restart.")
    for w in (a, b):
        w.stop()
    signed(set(), "Nobody witnesses, and the record goes on.")
    equal(poster.comment("t1", "Posting goes on.", name="Guest").status, 201,
          "posting goes on")
    f.server.stop()
    f.server.settings["quorum"] = "3"
    try:
        f.server.start()
        check(False, "a quorum of more than there are is refused")
    except Gone:
        check("quorum" in f.server.errors(), "and is told",
              f.server.errors()[-300:])
    f.server.proc = None
    f.server.settings["quorum"] = "0"
    f.server.start()


run(walk)
