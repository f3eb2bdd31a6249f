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


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--build", required=True)
    ap.add_argument("--keep", action="store_true",
                    help="keep the walks' directories")
    ap.add_argument("-v", action="store_true", help="print all output")
    ap.add_argument("filters", nargs="*")
    a = ap.parse_args()
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
    try:
        for name in walks:
            path = os.path.join(HERE, name)
            work = os.path.join(top, name[:-3])
            os.mkdir(work)
            began = time.monotonic()
            rc, out = run_one(path, build, work, time_allowed(path, slow))
            rc = rc if rc in (0, 77) else 1
            for i in range(1, int(os.environ.get("WALK_TRIES", "1"))):
                if rc != 1:
                    break
                print("FAILED   %-26s once; again" % name[:-3], flush=True)
                print(out.rstrip("\n"), flush=True)
                shutil.rmtree(work, ignore_errors=True)
                os.mkdir(work)
                rc, out = run_one(path, build, work, time_allowed(path, slow))
                rc = rc if rc in (0, 77) else 1
            done[rc] += 1
            word = {0: "ok", 1: "FAILED", 77: "skipped"}[rc]
            last = out.strip().splitlines()[-1:] or [""]
            print("%-8s %-26s %5.1f s  %s" %
                  (word, name[:-3], time.monotonic() - began,
                   last[0].strip()), flush=True)
            if rc == 1 or a.v:
                print(out.rstrip("\n"), flush=True)
            if not a.keep:
                shutil.rmtree(work, ignore_errors=True)
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
