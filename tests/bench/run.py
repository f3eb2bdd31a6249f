#!/usr/bin/env python3
"""Measures the server beside its yardsticks on this machine, in turns.

    run.py --build DIR [read] [miss] [post] [mixed] [cluster] [start] ...

read   a cached thread of 100 comments, as JSON and as a page, plain and
       gzip, 32 and 256 connections, one loop: requests per second of server
       CPU beside nginx serving the same bytes from a file
miss   CPU of the first read after a new comment, 100 and 1,000 comments
post   posting at 1, 8 and 64 connections beside plain SQLite: so many
       threads that wait for their commit, and a loop that waits for nobody
mixed  p99 of reads with and without a full load of posting
cluster  posting at one node and at three beside the embedded store, reads of
       one, two and three nodes, how fast a node catches up
ledger entries added per second and the record's share of the writer's time;
       tiles, bundles, proofs and the head beside a cached thread; forum-audit
       from nothing over BENCH_ENTRIES (100,000) entries
start  start to first answer, and resident memory, with BENCH_COMMENTS
       (100,000) comments

Clients run on the same cores, so ratios are by server CPU, not by the clock.
BENCH_SECONDS (4) is the length of one run.  Needs wrk and nginx."""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "walk"))

SECONDS = int(os.environ.get("BENCH_SECONDS", "4"))
ROUNDS = 3
COMMENTS = int(os.environ.get("BENCH_COMMENTS", "100000"))
TICK = os.sysconf("SC_CLK_TCK")


def cpu(pid):
    """Seconds of CPU used by a process, all threads."""
    with open("/proc/%d/stat" % pid) as f:
        p = f.read().rsplit(")", 1)[1].split()
    return (int(p[11]) + int(p[12])) / TICK


def wrk(url, connections, *more, headers=(), seconds=None):
    """One run of wrk: requests, requests per second, p50, p99, errors."""
    argv = ["wrk", "-t1" if connections < 8 else "-t2",
            "-c%d" % connections, "-d%ds" % (seconds or SECONDS),
            "--latency", "--timeout", "20s"]
    for h in headers:
        argv += ["-H", h]
    out = subprocess.run(argv + list(more) + [url], capture_output=True,
                         text=True).stdout
    n = int(re.search(r"(\d+) requests in", out).group(1))

    def ms(name):
        m = re.search(r"%s\s+([\d.]+)(us|ms|s)" % name, out)
        return float(m.group(1)) * {"us": 1e-3, "ms": 1, "s": 1e3}[m.group(2)]
    bad = re.search(r"Non-2xx or 3xx responses: (\d+)", out)
    return {"n": n, "rate": float(re.search(r"Requests/sec:\s+([\d.]+)",
                                            out).group(1)),
            "p50": ms("50%"), "p99": ms("99%"),
            "bad": int(bad.group(1)) if bad else 0}


def load(f, slug, n, connections=64):
    """Posts n comments as one member, quickly."""
    lua = os.path.abspath("post.lua")
    script(lua, slug, f.reader.bearer)
    left = n
    while left > 0:
        before = f.counts(slug)["posted"]
        if left < 300:
            for i in range(left):
                f.reader.comment(slug, "A comment of some length, number "
                                 "%d. " % i + "It says this and that about "
                                 "the article. " * 9)
            return
        wrk(f.server.url, connections, "-s", lua,
            seconds=max(1, min(30, left // 8000)))
        left = n - f.counts(slug)["posted"]
        if f.counts(slug)["posted"] == before:
            raise SystemExit("bench: nothing is posted")


def script(path, slug, bearer):
    with open(path, "w") as out:
        out.write("""
wrk.method = "POST"
wrk.path = "/api/v1/threads/%s/comments"
wrk.headers["Content-Type"] = "application/json"
wrk.headers["Authorization"] = "Bearer %s"
local words = {}
for w in ([[article city council river market school teacher bridge winter
summer morning evening question answer number street garden window letter
reader writer doctor office driver ticket country village weather minister
budget hospital library station the of and to in a is that for it was on are
as with his they at be this from have or by one had not but what all were
when we there can an your which their said if do will each about how]])
    :gmatch("%%a+") do words[#words + 1] = w end
math.randomseed(tonumber(tostring({}):sub(8), 16) %% 2147483647)
-- Phrases made beforehand: the client must not eat the server's CPU.
local phrases = {}
for p = 1, 1000 do
	local t = {}
	for i = 1, 10 do t[i] = words[math.random(#words)] end
	phrases[p] = table.concat(t, " ")
end
function request()
	local t = {}
	for i = 1, 7 do t[i] = phrases[math.random(#phrases)] end
	return wrk.format(nil, nil, nil, '{"body":"' ..
	    table.concat(t, " ") .. '."}')
end
""" % (slug, bearer))


NGINX = """
daemon off; master_process off; pid nginx.pid; error_log stderr error;
events { worker_connections 1024; }
http {
	access_log off; sendfile on; tcp_nopush on; keepalive_requests 1000000;
	client_body_temp_path tmp; proxy_temp_path tmp; fastcgi_temp_path tmp;
	uwsgi_temp_path tmp; scgi_temp_path tmp;
	open_file_cache max=16; etag on;
	server {
		listen 127.0.0.1:%d;
		root %s;
		location ~ \\.gz$ { add_header Content-Encoding gzip;
		    default_type text/html; }
	}
}
"""


def nginx(lib, files):
    import socket
    root = os.path.abspath("www")
    os.makedirs(os.path.join(root, "tmp"), exist_ok=True)
    for name, data in files.items():
        with open(os.path.join(root, name), "wb") as out:
            out.write(data)
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
    with open("www/nginx.conf", "w") as out:
        out.write(NGINX % (port, root))
    p = lib.start(["/usr/sbin/nginx", "-p", root, "-c",
                   os.path.join(root, "nginx.conf")])
    for _ in range(100):
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            return p, port
        except OSError:
            time.sleep(0.05)
    raise SystemExit("bench: nginx does not start")


def forum(lib, **settings):
    f = lib.Forum(**settings)
    # Staff, whom the house rules publish: many posts by one hand are a flood.
    f.reader = f.staff("rita", "moderator")
    return f


def bench_read(lib):
    f = forum(lib, loops=1)
    load(f, "t1", 100)
    cases = []
    files = {}
    for name, path in (("json", "/api/v1/threads/t1/comments"),
                       ("page", "/t/t1")):
        for enc in ("identity", "gzip"):
            r = f.anon.get(path, {"Accept-Encoding": enc})
            file = name + (".gz" if enc == "gzip" else ".html")
            files[file] = r.body
            cases.append((name, enc, path, file, len(r.body)))
    ng, port = nginx(lib, files)
    print("read: 100 comments, one loop; requests per second of server CPU")
    print("  %-5s %-8s %7s %5s %10s %10s %6s %9s %9s" %
          ("what", "encoding", "bytes", "conn", "forumd", "nginx", "ratio",
           "us/req", "req/s"))
    for name, enc, path, file, size in cases:
        for c in (32, 256):
            got = []
            for pid, url in ((f.server.proc.pid, f.server.url + path),
                             (ng.pid, "http://127.0.0.1:%d/%s" %
                              (port, file))):
                best = 0
                for _ in range(2):
                    a = cpu(pid)
                    w = wrk(url, c, headers=["Accept-Encoding: " + enc])
                    used = cpu(pid) - a
                    if w["bad"]:
                        print("  %d answers were not 2xx" % w["bad"])
                    if w["n"] / used > best:
                        best = w["n"] / used
                        rate = w["rate"]
                got.append((best, rate))
            print("  %-5s %-8s %7d %5d %10.0f %10.0f %6.2f %9.1f %9.0f" %
                  (name, enc, size, c, got[0][0], got[1][0],
                   got[0][0] / got[1][0], 1e6 / got[0][0], got[0][1]))
    lib.end(ng)
    f.server.stop()


def bench_miss(lib):
    f = forum(lib, loops=1)
    print("miss: CPU of the first read after a new comment")
    for n, rounds in ((100, 300), (1000, 100)):
        slug = "m%d" % n
        f.thread(slug)
        load(f, slug, n)
        path = "/api/v1/threads/%s/comments?limit=500&sort=newest" % slug
        page = "/t/" + slug
        for what, url in (("json", path), ("page", page)):
            used = []
            for read in (False, True):
                a = cpu(f.server.proc.pid)
                for i in range(rounds):
                    f.post(slug, "Miss %d %s." % (i, what), who=f.reader)
                    if read:
                        f.anon.get(url)
                used.append(cpu(f.server.proc.pid) - a)
            print("  %5d comments, %s: %.3f ms" %
                  (n, what, 1e3 * (used[1] - used[0]) / rounds))
    f.server.stop()


def raw(lib, db, group, *posters):
    for n in ("", "-wal", "-shm"):
        if os.path.exists("raw.db" + n):
            os.unlink("raw.db" + n)
    shutil.copy(db, "raw.db")
    p = subprocess.run([os.path.join(lib.BUILD, "tests/bench/raw_sqlite"),
                        "raw.db", str(SECONDS), str(group), *posters],
                       capture_output=True, text=True)
    if p.returncode:
        raise SystemExit(p.stderr)
    return float(p.stdout)


def bench_post(lib):
    f = forum(lib)
    load(f, "t1", 20)
    f.server.stop()
    shutil.copy(os.path.join(f.server.data, "forum.db"), "template.db")
    f.server.start()
    f.anon.close()
    lua = os.path.abspath("post.lua")
    script(lua, "t1", f.reader.bearer)
    print("post: comments of about 400 bytes, acknowledged after the sync")
    print("  %5s %9s %9s %6s %9s %6s %8s %8s %9s" %
          ("conn", "forumd/s", "posters/s", "ratio", "loop/s", "ratio",
           "p50 ms", "p99 ms", "CPU us"))
    single = None
    for c in (1, 8, 64):
        best, r, rp, n, used = {"rate": 0}, 0, 0, 0, 0
        # In turns, the best of each: neighbours disturb them by the second.
        for _ in range(ROUNDS):
            a = cpu(f.server.proc.pid)
            w = wrk(f.server.url, c, "-s", lua)
            used += cpu(f.server.proc.pid) - a
            n += w["n"]
            best = max(best, w, key=lambda x: x["rate"])
            r = max(r, raw(lib, "template.db", c))
            rp = max(rp, raw(lib, "template.db", c, "posters"))
        w = best
        single = single or r
        print("  %5d %9.0f %9.0f %6.2f %9.0f %6.2f %8.1f %8.1f %9.0f%s" %
              (c, w["rate"], rp, w["rate"] / rp, r, w["rate"] / r, w["p50"],
               w["p99"], 1e6 * used / n,
               "  (%d not 2xx)" % w["bad"] if w["bad"] else ""))
    print("  at 64 connections %.1f times one commit per comment" %
          (w["rate"] / single))
    seconds = shares(f)
    if seconds.get("writer"):
        print("  the public record took %.0f %% of the writer's time, commits "
              "%.0f %%" % (100 * seconds["ledger"] / seconds["writer"],
                           100 * seconds["commit"] / seconds["writer"]))
    f.server.stop()


def shares(f):
    """Seconds of the writer's thread, in all and of what."""
    return {k: float(v) for k, v in re.findall(
        r"(?m)^\w*?(ledger|commit|writer)_seconds_total ([0-9.e+-]+)",
        f.anon.get("/metrics").text)}


def bench_ledger(lib):
    f = forum(lib, loops=1)
    load(f, "t1", 100)
    size = lib.settled(f.anon)
    lua = os.path.abspath("post.lua")
    script(lua, "t1", f.reader.bearer)
    f.thread("busy")
    script(lua, "busy", f.reader.bearer)
    before = shares(f)
    n, now, took = int(os.environ.get("BENCH_ENTRIES", "100000")), 0, 0
    while now < n:
        began = time.time()
        wrk(f.server.url, 64, "-s", lua)
        took += time.time() - began
        now = lib.settled(f.anon)
    after = shares(f)
    print("ledger: %.0f entries/s added; the record takes %.0f %% of the "
          "writer's time (bound: 20)" %
          ((now - size) / took, 100 * (after["ledger"] - before["ledger"]) /
           (after["writer"] - before["writer"])))
    paths = ("/api/v1/threads/t1/comments?limit=100", "/ledger/tile/0/000",
             "/ledger/tile/entries/000", "/ledger/tile/1/000.p/%d" %
             (now // 256 % 256 or 1), "/api/v1/log/5", "/ledger/checkpoint")
    first = None
    for path in paths:
        size = len(f.anon.get(path).body)
        a = cpu(f.server.proc.pid)
        w = wrk(f.server.url + path, 32)
        used = 1e6 * (cpu(f.server.proc.pid) - a) / w["n"]
        first = first or used
        print("  %-40s %7d bytes %7.1f us of CPU, %.2f of a cached thread's"
              "%s" % (path, size, used, used / first,
                      "  (%d not 2xx)" % w["bad"] if w["bad"] else ""))
    with open("vkey", "w") as out:
        out.write(f.anon.get("/ledger/vkey").text)
    began = time.time()
    p = subprocess.run([lib.program("forum-audit"), "--url", f.server.url,
                        "--vkey", "vkey"], capture_output=True, text=True)
    print("  forum-audit from nothing, %d entries and all comments: %.1f s, "
          "exit %d" % (now, time.time() - began, p.returncode))
    f.server.stop()


def bench_mixed(lib):
    f = forum(lib)
    f.thread("busy")
    load(f, "t1", 100)
    lua = os.path.abspath("post.lua")
    script(lua, "busy", f.reader.bearer)
    url = f.server.url + "/api/v1/threads/t1/comments"
    alone = wrk(url, 32)
    p = lib.start(["nice", "-n", "5", "wrk", "-t1", "-c64", "-d%ds" %
                   (SECONDS + 2), "-s", lua, f.server.url],
                  stdout=subprocess.DEVNULL)
    time.sleep(1)
    busy = wrk(url, 32)
    p.wait()
    print("mixed: p99 of reads %.2f ms alone, %.2f ms under posting: %.1f "
          "times" % (alone["p99"], busy["p99"], busy["p99"] / alone["p99"]))
    f.server.stop()


def rates(runs):
    """Runs of wrk side by side, one a URL: requests a second, each."""
    ps = [subprocess.Popen(["wrk", "-t1", "-c%d" % c, "-d%ds" % SECONDS,
                            "--timeout", "20s"] + list(more) + [url],
                           stdout=subprocess.PIPE, text=True)
          for url, c, more in runs]
    return [float(re.search(r"Requests/sec:\s+([\d.]+)",
                            p.communicate()[0]).group(1)) for p in ps]


def bench_cluster(lib):
    sys.path.insert(0, os.path.join(HERE, "..", "fault"))
    import cluster
    f = forum(lib)
    lua = os.path.abspath("post.lua")
    script(lua, "t1", f.reader.bearer)
    wrk(f.server.url, 64, "-s", lua, seconds=1)
    alone, = rates([(f.server.url, 64, ["-s", lua])])
    f.server.stop()
    c = cluster.Cluster(nodes=3, front=False, loops=1)
    script(lua, "t1", c.forum.reader.bearer)
    lead = c.leader()
    one, = rates([(lead.server.url, 64, ["-s", lua])])
    three = sum(rates([(n.server.url, 21, ["-s", lua]) for n in c.nodes]))
    print("cluster: posts a second, 64 connections: embedded %.0f, over Redis "
          "at one node %.0f (%.2f), at three %.0f (%.2f of one)" %
          (alone, one, one / alone, three, three / one))
    c.level(120)
    path = "/api/v1/threads/t1/comments"
    for n in (1, 2, 3):
        before = sum(cpu(x.server.proc.pid) for x in c.nodes[:n])
        r = sum(rates([(x.server.url + path, 32, []) for x in c.nodes[:n]]))
        used = sum(cpu(x.server.proc.pid) for x in c.nodes[:n]) - before
        print("cluster: reads at %d node%s: %.0f a second, %.0f a second of "
              "their CPU" % (n, "s" if n > 1 else "", r, r * SECONDS / used))
    away = c.followers()[0]
    away.server.stop()
    was = lead.sequence()
    while lead.sequence() - was < COMMENTS // 5:
        rates([(lead.server.url, 64, ["-s", lua])])
    behind = lead.sequence() - was
    began = time.monotonic()
    away.start()
    c.level(600)
    took = time.monotonic() - began
    print("cluster: %d events behind, caught up in %.1f s: %.0f a second" %
          (behind, took, behind / took))
    c.stop()


def bench_sequencer(lib):
    print("sequencer: a batch appended, events of 600 bytes and their text")
    sys.stdout.flush()
    subprocess.run([os.path.join(lib.BUILD, "tests/bench/bench_sequencer"),
                    str(SECONDS / 4)], stderr=subprocess.DEVNULL, check=True)


def bench_start(lib):
    f = forum(lib)
    for i in range(10):
        f.thread("n%d" % i)
    while True:
        posted = sum(f.counts("n%d" % i)["posted"] for i in range(10))
        if posted >= COMMENTS:
            break
        lua = os.path.abspath("post.lua")
        script(lua, "n%d" % (posted * 10 // COMMENTS), f.reader.bearer)
        wrk(f.server.url, 64, "-s", lua, seconds=5)
    for i in range(10):
        f.anon.get("/t/n%d" % i)
        f.anon.get("/api/v1/threads/n%d/comments" % i)
    rss = f.server.rss_kib()
    f.server.stop()
    t = time.monotonic()
    f.server.start()
    ready = time.monotonic() - t
    f.anon.close()
    f.anon.get("/t/n0")
    first = time.monotonic() - t
    size = os.path.getsize(os.path.join(f.server.data, "forum.db"))
    print("start: %d comments (%d MiB): ready after %.0f ms, first page "
          "after %.0f ms; resident %.1f MiB after the load, %.1f MiB after "
          "the start" % (posted, size >> 20, 1e3 * ready, 1e3 * first,
                         rss / 1024, f.server.rss_kib() / 1024))
    f.server.stop()


def asked(fn, rounds=20):
    """Milliseconds of a question, the median of some rounds."""
    took = []
    for i in range(rounds):
        t = time.monotonic()
        r = fn(i)
        took.append(1e3 * (time.monotonic() - t))
        if r.status != 200:
            raise SystemExit("bench: %s" % r)
    return sorted(took)[rounds // 2]


def bench_queue(lib):
    """The moderators' queue with 10,000 items, and a claim."""
    n = int(os.environ.get("BENCH_QUEUE", "10000"))
    f = forum(lib)
    f.thread("h", mode="all_held")
    f.reader = f.staff("rick", "reader")  # staff would be published
    load(f, "h", n)
    items = f.mod.get("/api/v1/review?state=held&limit=25").json()["items"]
    api = asked(lambda i: f.mod.get("/api/v1/review?state=held&limit=25"))
    page = asked(lambda i: f.mod.get("/review?state=held"))
    claim = asked(lambda i: f.mod.post("/api/v1/review/%s/claim" %
                                       items[i]["comment"]["id"], {}))
    print("queue: %d held: 25 items as JSON %.1f ms, the page %.1f ms, a "
          "claim %.1f ms" % (f.counts("h")["held"], api, page, claim))
    f.server.stop()


def bench_pipeline(lib):
    """What moderation costs a comment, stage by stage."""
    p = subprocess.run([os.path.join(lib.BUILD,
                                     "tests/bench/bench_pipeline")],
                       env=dict(os.environ, FORUMD_SOURCE=lib.SOURCE),
                       capture_output=True, text=True)
    for line in p.stdout.splitlines():
        print("pipeline: " + line.replace("\t", " "))
    if p.returncode != 0:
        sys.exit("bench_pipeline: " + p.stderr)


def bench_stats(lib):
    """Figures over all comments; BENCH_STATS says how many there are."""
    n = int(os.environ.get("BENCH_STATS", "100000"))
    f = forum(lib)
    load(f, "t1", n)
    took = {p: asked(lambda i: f.editor.get("/api/v1/stats/" + p))
            for p in ("site", "threads/t1", "moderation")}
    took["desk"] = asked(lambda i: f.editor.get("/desk"))
    print("stats: %d comments: %s" % (f.counts()["posted"], ", ".join(
        "%s %.1f ms" % kv for kv in took.items())))
    f.server.stop()


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--build", required=True)
    ap.add_argument("benches", nargs="*")
    a = ap.parse_args()
    os.environ["FORUMD_BUILD"] = os.path.abspath(a.build)
    import lib
    all_ = {k[6:]: v for k, v in globals().items() if k.startswith("bench_")}
    work = tempfile.mkdtemp(prefix="forumd-bench-")
    os.chdir(work)
    try:
        for name in a.benches or all_:
            sub = os.path.join(work, name)
            os.makedirs(sub)
            os.chdir(sub)
            all_[name](lib)
            sys.stdout.flush()
    finally:
        os.chdir("/")
        lib._end_all()
        shutil.rmtree(work, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
