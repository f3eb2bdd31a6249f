#!/usr/bin/env python3
"""HTTP framing, from outside: raw requests and the verdict each must get.

Covers:
- every row of ../shared/data/hostile/http/framing-own.jsonl, by its `expect`
- every row of llhttp-requests.jsonl: no crash; rows it wants refused give no
  second accepted answer
- a good request after each row is answered: the server is still alive

usage: 05-http-framing.py [--url http://127.0.0.1:PORT]
Without --url (or FORUMD_URL) a server is started from FORUMD_BUILD.
FORUMD_SHARED, or --shared, names the directory of shared data; without data
or a server it skips with 77.
"""
import argparse
import base64
import json
import os
import re
import socket
import sys
import urllib.parse
import zlib

HERE = os.path.dirname(os.path.abspath(__file__))
REFUSED = {400, 408, 413, 414, 417, 431, 501, 505}
STATUS = re.compile(rb"HTTP/1\.[01] (\d{3}) [^\r\n]*\r\n")
LENGTH = re.compile(rb"\r\nContent-Length: (\d+)\r\n", re.I)


def skip(why):
    print("skipped:", why)
    sys.exit(77)


def raw(row):
    if "raw_b64" in row:
        return base64.b64decode(row["raw_b64"])
    return zlib.decompress(base64.b64decode(row["raw_zlib_b64"]))


def statuses(data):
    """The status of each answer, walking by Content-Length."""
    found = []
    while data:
        line = STATUS.match(data)
        end = data.find(b"\r\n\r\n")
        if line is None or end < 0:
            return found + [0]
        status = int(line.group(1))
        length = LENGTH.search(data, 0, end + 2)
        body = int(length.group(1)) if length else 0
        data = data[end + 4 + body:]
        if status >= 200:
            found.append(status)
    return found


def play(address, data):
    """Sends, says that no more comes, and reads to the end."""
    got = b""
    with socket.create_connection(address, timeout=5) as s:
        try:
            s.sendall(data)
            s.shutdown(socket.SHUT_WR)
        except OSError:
            pass
        try:
            while chunk := s.recv(65536):
                got += chunk
        except socket.timeout:
            return got, False
        except OSError:
            pass
    return got, True


def alive(address, host):
    request = ("GET /healthz HTTP/1.1\r\nHost: %s\r\n"
               "Connection: close\r\n\r\n" % host).encode()
    return len(statuses(play(address, request)[0])) == 1


def verdict(expect, answers):
    """What is wrong with the answers, or None."""
    good = [a for a in answers if a not in REFUSED]
    if 0 in answers:
        return "an answer is malformed"
    if any(500 <= a < 600 and a not in REFUSED for a in answers):
        return "a server error"
    if expect == "reject" and good:
        return "accepted"
    if expect == "one" and len(answers) != 1:
        return "not one answer"
    if expect == "either" and len(good) > 1:
        return "more than one accepted"
    if expect.startswith("ok:") and len(good) != int(expect[3:]):
        return "%d accepted" % len(good)
    return None


def rows(shared, name):
    path = os.path.join(shared, "data", "hostile", "http", name)
    if not os.path.exists(path):
        skip("no " + path)
    with open(path, encoding="ascii") as f:
        return [json.loads(line) for line in f if line.strip()]


def walk(where, table):
    url = urllib.parse.urlsplit(where)
    address = (url.hostname, url.port or 80)
    wrong = played = 0
    for row, expect in table:
        got, closed = play(address, raw(row))
        why = None if expect == "any" else verdict(expect, statuses(got))
        if row["id"].startswith("ll-") and why == "accepted":
            # A good request may stand before the bad one: the last answer
            # must be the refusal, or silence.
            answers = statuses(got)
            why = None if answers[-1] in REFUSED else why
        if why is None and not closed:
            why = "the connection stayed open"
        if why is None and not alive(address, url.netloc):
            why = "the server is gone"
        played += 1
        if why is not None:
            wrong += 1
            print("not ok %s (%s): expect %s, %s; %s" % (
                row["id"], row["name"], expect, why, statuses(got)[:5]))
    print("%d rows, %d wrong; server still alive" % (played, wrong))
    return 1 if wrong else 0


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--url", default=os.environ.get("FORUMD_URL"))
    parser.add_argument("--shared", default=os.environ.get(
        "FORUMD_SHARED", os.path.join(HERE, "..", "..", "..", "shared")))
    args = parser.parse_args()
    table = [(r, r["expect"]) for r in rows(args.shared,
                                            "framing-own.jsonl")]
    table += [(r, "reject" if r["expect"] == "reject" and
               r["mode"] == "request" else "any")
              for r in rows(args.shared, "llhttp-requests.jsonl")]
    if args.url:
        return walk(args.url, table)
    if not os.environ.get("FORUMD_BUILD"):
        skip("no --url and no FORUMD_BUILD")
    import lib
    forum = lib.Forum(staff=False, thread=None)
    try:
        return walk("http://%s:%d" % (forum.server.host, forum.server.port),
                    table)
    finally:
        forum.stop()


if __name__ == "__main__":
    sys.exit(main())
