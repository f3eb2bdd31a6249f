#!/usr/bin/env python3
"""Runs the walks in order, each in a directory of its own and within a time:

    run.py --build DIR [--keep] [-v] [FILTER ...]

A filter is a part of a walk's file name.  A walk may ask for more time than
the usual by a line "# timeout: SECONDS"; WALK_TIME multiplies it.  With
WALK_TRIES=2 one that failed is tried again alone, and what it said the first
time is printed all the same: a busy machine is told from a fault.  Prints a
verdict for each walk, the output of those that failed, and the totals.  Exit 0
only when none failed."""

import argparse
import concurrent.futures
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
USUAL = 120
KEEP = False


def time_allowed(path, slow):
    with open(path, encoding="utf-8") as f:
        m = re.search(r"(?m)^# timeout: (\d+)", f.read())
    return (int(m.group(1)) if m else USUAL) * (4 if slow else 1) * \
        int(os.environ.get("WALK_TIME", "1"))


def run_one(path, build, workdir, seconds):
    env = dict(os.environ, FORUMD_BUILD=build, PYTHONDONTWRITEBYTECODE="1",
               PYTHONPATH=HERE, PYTHONUNBUFFERED="1")
    env.setdefault("ASAN_OPTIONS", "detect_leaks=1:abort_on_error=0")
    env.setdefault("UBSAN_OPTIONS", "print_stacktrace=1")
    p = subprocess.Popen([sys.executable, "-B", path], cwd=workdir, env=env,
                         stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                         stderr=subprocess.STDOUT, start_new_session=True)
    try:
        out = p.communicate(timeout=seconds)[0]
        rc = p.returncode
    except subprocess.TimeoutExpired:
        os.killpg(p.pid, signal.SIGKILL)
        out = p.communicate()[0] + b"  not ended within %d s\n" % seconds
        rc = 1
    return rc, out.decode("utf-8", "replace")


def alone(name):
    """A walk that says "# alone" is not run beside others."""
    with open(os.path.join(HERE, name), encoding="utf-8") as f:
        return re.search(r"(?m)^# alone$", f.read())


def tries():
    return int(os.environ.get("WALK_TRIES", "1"))


def again(name, out):
    print("FAILED   %-26s once; again" % name[:-3])
    print(out.rstrip("\n"), flush=True)


def run_tried(name, build, top, most, slow):
    """Runs one walk at most so many times: verdict, output, seconds."""
    path, work = os.path.join(HERE, name), os.path.join(top, name[:-3])
    began = time.monotonic()
    for i in range(most):
        shutil.rmtree(work, ignore_errors=True)
        os.mkdir(work)
        rc, out = run_one(path, build, work, time_allowed(path, slow))
        rc = rc if rc in (0, 77) else 1
        if rc != 1:
            break
        if i + 1 < most:
            again(name, out)
    if not KEEP:
        shutil.rmtree(work, ignore_errors=True)
    return rc, out, time.monotonic() - began


def say(name, rc, out, seconds, verbose):
    word = {0: "ok", 1: "FAILED", 77: "skipped"}[rc]
    last = out.strip().splitlines()[-1:] or [""]
    print("%-8s %-26s %5.1f s  %s" % (word, name[:-3], seconds,
                                      last[0].strip()), flush=True)
    if rc == 1 or verbose:
        print(out.rstrip("\n"), flush=True)


def main():
    global KEEP
    ap = argparse.ArgumentParser()
    ap.add_argument("--build", required=True)
    ap.add_argument("--keep", action="store_true",
                    help="keep the walks' directories")
    ap.add_argument("-v", action="store_true", help="print all output")
    ap.add_argument("filters", nargs="*")
    a = ap.parse_args()
    KEEP = a.keep
    build = os.path.abspath(a.build)
    slow = os.environ.get("WALK_SMOKE", "") not in ("", "0")
    walks = sorted(n for n in os.listdir(HERE)
                   if re.match(r"\d\d[a-z]?-.*\.py$", n) and
                   (not a.filters or any(f in n for f in a.filters)))
    top = tempfile.mkdtemp(prefix="forumd-walk-")
    os.environ["WALK_PROVOKED"] = os.path.join(top, "provoked")
    if not a.filters:
        os.environ["WALK_WHOLE"] = "1"
    done = {0: 0, 1: 0, 77: 0}
    jobs = int(os.environ.get("WALK_JOBS", "1"))
    beside = [n for n in walks if jobs > 1 and not alone(n)]
    try:
        with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
            runs = [(n, pool.submit(run_tried, n, build, top, 1, slow))
                    for n in beside]
            for name, run in runs:
                rc, out, seconds = run.result()
                if rc == 1 and tries() > 1:
                    again(name, out)
                    rc, out, seconds = run_tried(name, build, top, 1, slow)
                done[rc] += 1
                say(name, rc, out, seconds, a.v)
        for name in walks:
            if name not in beside:
                rc, out, seconds = run_tried(name, build, top, tries(), slow)
                done[rc] += 1
                say(name, rc, out, seconds, a.v)
    finally:
        if a.keep:
            print("kept: " + top)
        else:
            shutil.rmtree(top, ignore_errors=True)
    print("walk: %d passed, %d failed, %d skipped" %
          (done[0], done[1], done[77]))
    return 1 if done[1] else 0


if __name__ == "__main__":
    sys.exit(main())
