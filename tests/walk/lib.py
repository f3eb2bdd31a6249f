"""What the walks share: a server of one's own, HTTP clients, assertions.

A walk is a script that talks to the real program over a socket and knows only
the outside contract.  It opens with the list of what it covers, makes its own
server in its own directory, and ends with "server still alive":

    from lib import *

    def walk():
        f = Forum()                     # server, staff, one open thread
        r = f.anon.get("/healthz")
        equal(r.status, 200, "healthz answers")

    run(walk)

A failed check is printed and counted and the walk goes on; an exception ends
it.  Processes are ended by the number that started them, whatever happens.
Only the standard library of Python 3 is used.
"""

import atexit
import base64
import ctypes
import hashlib
import http.client
import json
import os
import random
import re
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import traceback
import urllib.parse

BUILD = os.environ.get("FORUMD_BUILD", "build")
SOURCE = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
SHARED = os.environ.get("FORUMD_SHARED", os.path.join(SOURCE, "..", "shared"))
SMOKE = os.environ.get("WALK_SMOKE", "") not in ("", "0")
START_SECONDS = 60          # for a sanitized server on a busy machine
REPORTS = re.compile(rb"(ERROR: (Address|Leak)Sanitizer|WARNING: ThreadSanitizer"
                     rb"|runtime error: ).*")


# --- checks

class Gone(Exception):
    """The walk cannot go on."""


class Skip(Exception):
    """The walk cannot be done here; the text says why."""


_checks = 0
_failed = 0


def _short(x, n=600):
    s = x if isinstance(x, str) else repr(x)
    return s if len(s) <= n else s[:n] + "... (%d in all)" % len(s)


def _fail(what, lines):
    global _failed
    _failed += 1
    if _failed > 60:
        return
    at = [f for f in traceback.extract_stack()
          if os.path.basename(f.filename) != "lib.py"]
    where = "%s:%d" % (os.path.basename(at[-1].filename), at[-1].lineno) \
        if at else "?"
    print("  not so: %s (%s)" % (what, where))
    for line in lines:
        print("      " + _short(line).replace("\n", "\n      "))
    sys.stdout.flush()


def check(cond, what, seen=None):
    """Counts a check; prints what was expected, and what was seen."""
    global _checks
    _checks += 1
    if not cond:
        _fail(what, [] if seen is None else ["seen: " + _short(seen)])
    return bool(cond)


def equal(got, want, what):
    global _checks
    _checks += 1
    if got == want:
        return True
    _fail(what, ["expected: " + _short(repr(want)),
                 "seen:     " + _short(repr(got))])
    return False


def need(cond, what, seen=None):
    """A check without which the rest makes no sense."""
    if not check(cond, what, seen):
        raise Gone(what)


def has(obj, fields, what):
    """obj is a JSON object with (at least) these fields."""
    if not isinstance(obj, dict):
        return check(False, "%s is an object" % what, obj)
    missing = [f for f in fields.split() if f not in obj]
    return check(not missing, "%s has the fields %s" % (what, fields),
                 "missing: %s; there: %s" % (missing, sorted(obj)))


def problem(r, status, code, what, field=None):
    """r is an RFC 9457 problem with this status and code."""
    provoked.add(code)
    ok = equal(r.status, status, "%s: status" % what)
    kind = r.headers.get("content-type", "").split(";")[0]
    ok &= equal(kind, "application/problem+json", "%s: media type" % what)
    p = r.json_or({})
    ok &= equal(p.get("code"), code, "%s: code (detail: %s)"
                % (what, p.get("detail")))
    ok &= has(p, "type title status detail code", what)
    ok &= equal(p.get("status"), status, "%s: status in the body" % what)
    if field:
        ok &= equal(p.get("field"), field, "%s: field" % what)
    return ok


provoked = set()            # codes that this walk has provoked


def wait_for(fn, what, seconds=15):
    """Asks again until fn() is true: for followers, which may lag."""
    end = time.monotonic() + seconds
    while True:
        got = fn()
        if got:
            check(True, what)
            return got
        if time.monotonic() > end:
            check(False, "%s (within %d s)" % (what, seconds), got)
            return got
        select.select([], [], [], 0.05)


# --- processes

_children = []
_libc = ctypes.CDLL(None, use_errno=True)


def _die_with_parent():
    _libc.prctl(1, signal.SIGKILL)          # PR_SET_PDEATHSIG


def start(argv, **kw):
    """A process that ends when the walk does."""
    p = subprocess.Popen(argv, preexec_fn=_die_with_parent, **kw)
    _children.append(p)
    return p


def end(p, seconds=20):
    """Asks a process to end, then makes it."""
    if p.poll() is None:
        p.terminate()
        try:
            p.wait(seconds)
        except subprocess.TimeoutExpired:
            p.kill()
            p.wait()
    if p in _children:
        _children.remove(p)
    return p.returncode


@atexit.register
def _end_all():
    for p in list(_children):
        if p.poll() is None:
            p.kill()
            p.wait()


def program(name):
    return os.path.join(BUILD, name)


def walk_policy():
    """The house rules with the floods' thresholds out of the way: all guests
    of a walk come from one address and write much the same."""
    path = os.path.join(os.getcwd(), "policy.json")
    if not os.path.exists(path):
        with open(os.path.join(SOURCE, "conf", "policy.json"),
                  encoding="utf-8") as f:
            p = json.load(f)
        for k in p["numbers"]:
            if k.startswith("flood.") and k != "flood.window_minutes" or \
                    k in ("newcomer.links", "record.decisions"):
                p["numbers"][k] = 1000
        # The walks have no model, which alone holds nothing here; what it
        # means by the real rules is a walk of its own.
        last = [r for r in p["rules"] if r["id"] in ("not-checked", "rest")]
        p["rules"] = [r for r in p["rules"]
                      if r["id"] not in ("doubt", "not-checked", "rest")] + \
            [{"id": "no-model", "if": {"stage": "model"},
              "verdict": "publish"}] + last
        with open(path, "w", encoding="utf-8") as f:
            json.dump(p, f)
    return path


# What the house rules remove at once: a link to a host on the denied list.
REJECTED = "Cheap offers of every kind at https://pills.example/now today."


FAKETIME = "/usr/lib/%s-linux-gnu/faketime/libfaketimeMT.so.1" % \
    os.uname().machine


class Server:
    """One forumd in a data directory.  settings become --set name=value."""

    def __init__(self, data=None, listen="127.0.0.1:0", wrap=(), env=None,
                 args=(), **settings):
        self.data = data or os.path.join(os.getcwd(), "data")
        self.listen = listen
        self.wrap = list(wrap) or os.environ.get("WALK_WRAP", "").split()
        self.env = env
        self.args = list(args)
        self.settings = {"limits": "off", "staff_code": "off",
                         "policy": walk_policy(), "model": "none"}
        self.settings.update(settings)
        self.proc = None
        self.host = self.port = None
        self.errlog = os.path.join(os.getcwd(), "forumd.err")

    def argv(self):
        a = self.wrap + [program("forumd"), "--data", self.data,
                         "--listen", self.listen]
        for k, v in self.settings.items():
            a += ["--set", "%s=%s" % (k.replace("__", "."), v)]
        return a + self.args

    def start(self):
        if not os.path.exists(program("forumd")):
            raise Gone("there is no %s yet" % program("forumd"))
        os.makedirs(self.data, exist_ok=True)
        env = dict(os.environ, **(self.env or {}))
        with open(self.errlog, "ab") as err:
            self.proc = start(self.argv(), stdout=subprocess.PIPE,
                              stderr=err, stdin=subprocess.DEVNULL, env=env)
        out = b""
        until = time.monotonic() + START_SECONDS
        fd = self.proc.stdout.fileno()
        while True:
            m = re.search(rb"forumd: ready on http://([^\s/]+):(\d+)\s", out)
            if m:
                break
            left = until - time.monotonic()
            ready = select.select([fd], [], [], max(left, 0))[0]
            chunk = os.read(fd, 4096) if ready else b""
            if not chunk:
                rc = self.proc.poll()
                end(self.proc)
                raise Gone("forumd is not ready (exit %s): %s%s" %
                           (rc, out.decode("utf-8", "replace"),
                            self.errors()[-2000:]))
            out += chunk
        self.host = m.group(1).decode().strip("[]")
        self.port = int(m.group(2))
        threading.Thread(target=self._drain, args=(self.proc.stdout,),
                         daemon=True).start()
        return self

    @staticmethod
    def _drain(pipe):
        while pipe.read(65536):
            pass

    @property
    def url(self):
        return "http://%s:%d" % (self.host, self.port)

    def restart_later(self, offset):
        """The same forum at another time, such as "+26h"."""
        if not os.path.exists(FAKETIME):
            raise Skip("no faketime")
        self.stop()
        self.env = {"LD_PRELOAD": FAKETIME, "FAKETIME": offset,
                    "FAKETIME_DONT_FAKE_MONOTONIC": "1",
                    "FAKETIME_DONT_RESET": "1",
                    "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") +
                    ":verify_asan_link_order=0"}
        return self.start()

    def errors(self):
        try:
            with open(self.errlog, "rb") as f:
                return f.read().decode("utf-8", "replace")
        except FileNotFoundError:
            return ""

    def alive(self):
        if self.proc is None or self.proc.poll() is not None:
            return False
        try:
            c = Client(self)
            return c.get("/healthz").status == 200
        except OSError:
            return False

    def stop(self):
        """SIGTERM drains and the exit code is 0."""
        if self.proc is None:
            return
        if self.proc.poll() is None:
            rc = end(self.proc, 60)
            equal(rc, 0, "forumd ends with 0 after SIGTERM")
        else:
            check(False, "forumd still runs before SIGTERM",
                  "exit %s\n%s" % (self.proc.returncode, self.errors()[-3000:]))
            end(self.proc)
        self.proc = None

    def kill9(self):
        self.proc.kill()
        self.proc.wait()
        if self.proc in _children:
            _children.remove(self.proc)
        self.proc = None

    def restart(self, keep_port=False):
        self.stop()
        if keep_port:
            self.listen = "%s:%d" % (self.host, self.port)
        return self.start()

    def rss_kib(self):
        with open("/proc/%d/status" % self.proc.pid) as f:
            return int(re.search(r"VmRSS:\s+(\d+)", f.read()).group(1))

    def ctl(self, *args, stdin=None, want=0):
        """Runs forumctl on this data directory; returns its output."""
        argv = [program("forumctl"), "--data", self.data] + list(args)
        p = subprocess.run(argv, input=stdin, capture_output=True, text=True,
                           timeout=300, preexec_fn=_die_with_parent)
        if want is not None:
            equal(p.returncode, want, "forumctl %s: exit (%s)" %
                  (" ".join(args), (p.stdout + p.stderr).strip()[-400:]))
        return p


# --- HTTP

class Response:
    def __init__(self, status, headers, body):
        self.status = status
        self.pairs = headers
        self.headers = {}
        for k, v in headers:
            k = k.lower()
            self.headers[k] = self.headers[k] + ", " + v \
                if k in self.headers else v
        self.body = body

    @property
    def text(self):
        return self.body.decode("utf-8")

    def json(self):
        try:
            return json.loads(self.body)
        except ValueError:
            raise Gone("an answer is JSON; seen %d %s: %s" % (
                self.status, self.headers.get("content-type"),
                _short(self.body)))

    def json_or(self, default):
        try:
            v = json.loads(self.body)
            return v if isinstance(v, dict) else default
        except ValueError:
            return default

    def __repr__(self):
        return "%d %s %s" % (self.status, self.headers.get("content-type"),
                             _short(self.body, 400))


class Client:
    """One person: cookies with their CSRF token, or a bearer token, or an
    author key; one connection kept open."""

    def __init__(self, server, bearer=None, author_key=None, cookies=True,
                 address=None):
        self.server = server
        self.bearer = bearer
        self.author_key = author_key
        self.jar = {} if cookies else None
        self.csrf = None
        self.address = address
        self.conn = None
        self.id = self.name = self.password = None

    def close(self):
        if self.conn:
            self.conn.close()
            self.conn = None

    def request(self, method, path, body=None, headers=None, timeout=30):
        h = {}
        if self.bearer:
            h["Authorization"] = "Bearer " + self.bearer
        if self.author_key:
            h["X-Author-Key"] = self.author_key
        if self.jar:
            h["Cookie"] = "; ".join("%s=%s" % kv for kv in self.jar.items())
        if self.csrf and self.jar and method not in ("GET", "HEAD"):
            h["X-CSRF-Token"] = self.csrf
        if isinstance(body, (dict, list)):
            body = json.dumps(body).encode()
            h["Content-Type"] = "application/json"
        elif isinstance(body, str):
            body = body.encode()
        for k, v in (headers or {}).items():
            if v is None:
                h.pop(k, None)
            else:
                h[k] = v
        for again in (True, False):
            fresh = self.conn is None
            if fresh:
                src = (self.address, 0) if self.address else None
                self.conn = http.client.HTTPConnection(
                    self.server.host, self.server.port, timeout=timeout,
                    source_address=src)
            self.conn.timeout = timeout
            if self.conn.sock:
                self.conn.sock.settimeout(timeout)
            try:
                self.conn.request(method, path, body, h)
                r = self.conn.getresponse()
                data = r.read()
                break
            except (http.client.RemoteDisconnected, ConnectionResetError,
                    BrokenPipeError, http.client.CannotSendRequest):
                self.close()
                # An idle connection may have been closed at the other end.
                if fresh or not again:
                    raise
            except (OSError, http.client.HTTPException):
                self.close()
                raise
        pairs = r.getheaders()
        if r.will_close:
            self.close()
        if self.jar is not None:
            for k, v in pairs:
                if k.lower() == "set-cookie":
                    self._keep(v)
        return Response(r.status, pairs, data)

    def _keep(self, v):
        name, _, rest = v.partition("=")
        value = rest.split(";")[0]
        old = re.search(r"(?i)max-age=(-?\d+)", v)
        if not value or (old and int(old.group(1)) <= 0):
            self.jar.pop(name.strip(), None)
        else:
            self.jar[name.strip()] = value

    def get(self, path, headers=None, **kw):
        return self.request("GET", path, None, headers, **kw)

    def post(self, path, body=None, headers=None, **kw):
        return self.request("POST", path, {} if body is None else body,
                            headers, **kw)

    def patch(self, path, body, headers=None):
        return self.request("PATCH", path, body, headers)

    def delete(self, path, body=None, headers=None):
        return self.request("DELETE", path, body, headers)

    def form(self, path, fields, headers=None):
        h = {"Content-Type": "application/x-www-form-urlencoded",
             "X-CSRF-Token": None}
        h.update(headers or {})
        return self.request("POST", path, urllib.parse.urlencode(fields), h)

    # What people do.

    def comment(self, slug, body, **more):
        return self.post("/api/v1/threads/%s/comments" % slug,
                         dict(more, body=body))

    def sign_up(self, name, password=None, **more):
        password = password or secret()
        self.csrf_token()
        r = self.post("/api/v1/accounts", dict(more, name=name,
                                               password=password))
        need(r.status == 201, "signing up as %s answers 201" % name, r)
        self.name, self.password = name, password
        if not self.who().get("id"):
            self.sign_in(name, password)
        self.csrf_token()
        return self

    def sign_in(self, name, password):
        self.csrf_token()
        r = self.post("/api/v1/session", {"name": name, "password": password})
        need(r.status in (200, 201), "signing in as %s answers 200" % name, r)
        self.name, self.password = name, password
        self.csrf_token()
        return self

    def who(self):
        """The account that the session belongs to, or an empty object."""
        j = self.get("/api/v1/session").json()
        return j.get("account") or (j if j.get("id") else {})

    def csrf_token(self):
        j = self.get("/api/v1/session").json()
        self.csrf = j.get("csrf")
        a = j.get("account") or j
        self.id = a.get("id")
        return self.csrf


def secret():
    return base64.b32encode(os.urandom(15)).decode().lower()


def idem():
    """A fresh Idempotency-Key of 128 random bits."""
    return os.urandom(16).hex()


class Raw:
    """A bare socket, for bytes that no client library would send."""

    def __init__(self, server, timeout=10):
        self.sock = socket.create_connection((server.host, server.port),
                                             timeout)

    def send(self, data):
        self.sock.sendall(data)

    def read(self, until=None, seconds=10):
        """Reads until the pattern is seen, the end, or the time is over."""
        out = b""
        stop = time.monotonic() + seconds
        while until is None or not re.search(until, out):
            left = stop - time.monotonic()
            if left <= 0 or not select.select([self.sock], [], [], left)[0]:
                break
            try:
                chunk = self.sock.recv(65536)
            except ConnectionError:
                break
            if not chunk:
                break
            out += chunk
        return out

    def close(self):
        self.sock.close()


class Live:
    """A listener of text/event-stream."""

    def __init__(self, server, path, last_id=None, headers=""):
        self.raw = Raw(server)
        h = "GET %s HTTP/1.1\r\nHost: %s\r\nAccept: text/event-stream\r\n" \
            % (path, server.host)
        if last_id is not None:
            h += "Last-Event-ID: %s\r\n" % last_id
        self.raw.send((h + headers + "\r\n").encode())
        self.buf = self.raw.read(rb"\r\n\r\n")
        head, _, rest = self.buf.partition(b"\r\n\r\n")
        self.status = int(head.split()[1]) if head.startswith(b"HTTP/") else 0
        self.head = head.decode("latin-1")
        self.chunked = "transfer-encoding: chunked" in self.head.lower()
        self.pending = rest
        self.text = b""
        self.events = []
        self._take(b"")

    def _take(self, more):
        self.pending += more
        if not self.chunked:
            self.text += self.pending
            self.pending = b""
        while self.chunked:
            line, nl, rest = self.pending.partition(b"\r\n")
            if not nl:
                break
            n = int(line.split(b";")[0], 16)
            if len(rest) < n + 2:
                break
            self.text += rest[:n]
            self.pending = rest[n + 2:]
        while True:
            m = re.search(rb"\r?\n\r?\n", self.text)
            if not m:
                break
            block = self.text[:m.start()].decode("utf-8")
            self.text = self.text[m.end():]
            e = {"event": "message", "data": "", "id": None}
            for line in block.splitlines():
                k, _, v = line.partition(":")
                v = v[1:] if v.startswith(" ") else v
                if k == "data":
                    e["data"] += v
                elif k in e:
                    e[k] = v
            if e["data"]:
                self.events.append(e)

    def wait(self, kind, match="", seconds=10):
        """The next event of this kind whose data hold match."""
        stop = time.monotonic() + seconds
        seen = 0
        while True:
            for i in range(seen, len(self.events)):
                e = self.events[i]
                if e["event"] == kind and match in e["data"]:
                    del self.events[:i + 1]
                    return e
            seen = len(self.events)
            left = stop - time.monotonic()
            if left <= 0 or \
                    not select.select([self.raw.sock], [], [], left)[0]:
                return None
            chunk = self.raw.sock.recv(65536)
            if not chunk:
                return None
            self._take(chunk)

    def close(self):
        self.raw.close()


# --- a forum with people in it

REASON = ("The post makes an accusation against a living person that the "
          "article does not support and that we could not verify.")


class Forum:
    """A server, staff with bearer tokens, and one open thread "t1"."""

    def __init__(self, staff=True, thread="t1", mode="open", **settings):
        self.server = Server(**settings).start()
        self.anon = Client(self.server, cookies=False)
        self.editor = self.mod = self.mod2 = self.admin = None
        if staff:
            self.editor = self.staff("edith", "editor")
            self.mod = self.staff("morris", "moderator")
            self.mod2 = self.staff("maud", "moderator")
            self.admin = self.staff("ada", "admin")
        if thread:
            self.thread(thread, mode)

    def staff(self, name, role):
        """An account made by forumctl, with a bearer token."""
        password = secret()
        p = self.server.ctl("user", "add", name, "--role", role,
                            "--password-stdin", stdin=password + "\n",
                            want=None)
        need(p.returncode == 0, "forumctl user add %s" % name,
             p.stdout + p.stderr)
        c = Client(self.server, bearer=self.token(name), cookies=False)
        c.name, c.password = name, password
        return c

    def token(self, name, *args):
        p = self.server.ctl("token", name, *args, want=None)
        need(p.returncode == 0, "forumctl token %s" % name,
             p.stdout + p.stderr)
        return p.stdout.split()[-1]

    def guest(self):
        return Client(self.server, cookies=False)

    def browser(self):
        return Client(self.server)

    def member(self, name, **more):
        return Client(self.server).sign_up(name, **more)

    def thread(self, slug, mode="open", **more):
        body = {"slug": slug, "title": "A thread about " + slug,
                "url": "https://news.example/articles/" + slug,
                "site": "news.example", "mode": mode}
        r = self.editor.post("/api/v1/threads", dict(body, **more))
        need(r.status == 201, "an editor opens the thread %s" % slug, r)
        return r.json()

    def post(self, slug="t1", body=None, who=None, name="Anna Reader",
             status=201, **more):
        """Posts as a new guest (or as who) and returns the answer's JSON;
        the guest's client stands in its field "client"."""
        c = who or self.guest()
        body = body or "A remark about the article, number %s." % secret()
        if not (c.bearer or c.author_key or c.jar):
            more["name"] = name
        r = c.comment(slug, body, **more)
        need(r.status == status, "posting to %s answers %s" % (slug, status),
             r)
        j = r.json()
        if j.get("author_key") and not c.jar:
            c.author_key = j["author_key"]
        j["client"] = c
        return j

    def version(self, cid, who=None):
        return (who or self.anon).get("/api/v1/comments/" +
                                      cid).json_or({}).get("version", 0)

    def edit(self, cid, body, who, version=None):
        """Changes a comment as its author."""
        return who.patch("/api/v1/comments/" + cid, {
            "body": body,
            "expected_version": version or self.version(cid, who)})

    def state(self, cid, who=None):
        r = (who or self.anon).get("/api/v1/comments/" + cid)
        return r.json().get("state") if r.status == 200 else r.status

    def decide(self, cid, action, who=None, clause=None, explanation=REASON,
               **more):
        c = who or self.mod
        body = dict(more, action=action)
        if action != "approve":
            body["clause"] = clause or self.clause()
            body["explanation"] = explanation
        if "expected_version" not in body:
            body["expected_version"] = self.version(cid)
        return c.post("/api/v1/review/%s/decision" % cid, body)

    def remove(self, cid, **more):
        r = self.decide(cid, "remove", **more)
        need(r.status == 200, "a moderator removes %s" % cid, r)
        return r.json()

    def clause(self, want=None):
        """The id of a clause in force; the first that matches want."""
        if not hasattr(self, "_clauses"):
            self._clauses = self.anon.get("/api/v1/policy").json()["clauses"]
        for c in self._clauses:
            if want is None or re.search(want, c["id"]):
                return c["id"]
        raise Gone("the policy has a clause like %s" % want)

    def counts(self, slug="t1"):
        return self.anon.get("/api/v1/threads/" + slug).json()["counts"]

    def refused(self, code, slug="t1", least=1):
        """Refusals are counted; the figure may be a second old."""
        wait_for(lambda: self.counts(slug)["refused"].get(code, 0) >= least,
                 "refusals with %s are counted" % code, 4)

    def adds_up(self, slug="t1", **want):
        """posted is the sum of the others; and the figures given hold."""
        c = self.counts(slug)
        parts = ("visible", "held", "removed", "withdrawn", "erased")
        equal(sum(c[p] for p in parts), c["posted"],
              "the account of %s adds up: %s" % (slug, c))
        for k, v in want.items():
            equal(c[k], v, "counts.%s of %s" % (k, slug))
        return c

    def restart(self):
        self.server.restart()

    def stop(self):
        self.server.stop()


def crawl_thread(client, slug, limit=100, shape="flat", sort="oldest"):
    """All comments of a thread by following the cursor."""
    out = []
    after = None
    for _ in range(100000):
        q = {"limit": limit, "shape": shape, "sort": sort}
        if after:
            q["after"] = after
        r = client.get("/api/v1/threads/%s/comments?%s" %
                       (slug, urllib.parse.urlencode(q)))
        need(r.status == 200, "a page of comments of %s" % slug, r)
        j = r.json()
        out += j["comments"]
        after = j["next"]
        if after is None:
            return out
    raise Gone("the cursor of %s comes to an end" % slug)


def crawl(client, limit=100):
    """{slug: [comments]} of all threads, read as anyone may."""
    slugs = []
    after = None
    while True:
        q = {"limit": limit}
        if after:
            q["after"] = after
        j = client.get("/api/v1/threads?" + urllib.parse.urlencode(q)).json()
        slugs += [t["slug"] for t in j["threads"]]
        after = j["next"]
        if after is None:
            break
    return {s: crawl_thread(client, s, limit) for s in slugs}


def log_entries(client, query=""):
    """All rows of the public log, newest first."""
    out = []
    after = None
    while True:
        q = "limit=200" + ("&" + query if query else "")
        if after:
            q += "&after=" + urllib.parse.quote(after)
        j = client.get("/api/v1/log?" + q).json()
        rows = j.get("entries", j.get("decisions", []))
        out += rows
        after = j.get("next")
        if not after:
            return out


def checkpoint(client):
    """(origin, size, root) of the signed head."""
    r = client.get("/ledger/checkpoint")
    need(r.status == 200, "the ledger has a checkpoint", r)
    lines = r.text.split("\n")
    return lines[0], int(lines[1]), lines[2]


def settled(client):
    """The size of the record once the checkpoint, which moves at most once a
    second, has caught up."""
    size = -1
    while size != checkpoint(client)[1]:
        size = checkpoint(client)[1]
        select.select([], [], [], 1.1)
    return size


def leaves(client):
    """Every public entry as a list of (key, value) pairs, by index."""
    size = settled(client)
    out = []
    for n in range((size + 255) // 256):
        w = min(256, size - n * 256)
        path = "/ledger/tile/entries/" + tile_name(n) + \
            (".p/%d" % w if w < 256 else "")
        r = client.get(path)
        need(r.status == 200, "the bundle %s" % path, r)
        data = r.body
        if r.headers.get("content-encoding") == "gzip":
            import gzip
            data = gzip.decompress(data)
        while data:
            k = int.from_bytes(data[:2], "big")
            out.append(parse_leaf(data[2:2 + k]))
            data = data[2 + k:]
    equal(len(out), size, "the bundles hold every entry of the checkpoint")
    return out


def tile_name(n):
    s = "%03d" % (n % 1000)
    while n >= 1000:
        n //= 1000
        s = "x%03d/%s" % (n % 1000, s)
    return s


def parse_leaf(data):
    lines = data.decode("utf-8").split("\n")
    if lines[0] != "forumd/entry/v1" or lines[-1] != "":
        raise Gone("an entry's form: %r" % data)
    return [tuple(x.split(" ", 1)) for x in lines[1:-1]]


def leaf_hash(data):
    return hashlib.sha256(b"\0" + data).digest()


def included(proof, leaf):
    """Checks a c2sp.org/tlog-proof@v1 text against the leaf's bytes, by
    RFC 9162 2.1.3.2; returns (index, size) or a sentence what is wrong."""
    head, _, note = proof.partition("\n\n")
    lines = head.split("\n")
    if lines[0] != "c2sp.org/tlog-proof@v1":
        return "first line: " + lines[0]
    rest = [x for x in lines[1:] if not x.startswith("extra ")]
    if not rest or not rest[0].startswith("index "):
        return "no index line"
    index = int(rest[0][6:])
    path = [base64.b64decode(x, validate=True) for x in rest[1:]]
    text = note.split("\n")
    size, root = int(text[1]), base64.b64decode(text[2])
    if index >= size:
        return "index %d not below size %d" % (index, size)
    fn, sn, r = index, size - 1, leaf_hash(leaf)
    for p in path:
        if sn == 0:
            return "proof too long"
        if fn & 1 or fn == sn:
            r = hashlib.sha256(b"\1" + p + r).digest()
            while not fn & 1 and fn:
                fn >>= 1
                sn >>= 1
        else:
            r = hashlib.sha256(b"\1" + r + p).digest()
        fn >>= 1
        sn >>= 1
    if sn or r != root:
        return "root differs"
    return index, size


def commitment(salt, field, data):
    """The salted commitment of a content field, in hex."""
    return hashlib.sha256(b"forumd/content/v1\n" + salt + field.encode() +
                          b"\n" + data).hexdigest()


def bytes_in_dir(path, needles):
    """[(file, needle)] for each needle found in any file below path."""
    found = []
    for base, _, names in os.walk(path):
        for n in names:
            p = os.path.join(base, n)
            if not os.path.isfile(p):
                continue
            with open(p, "rb") as f:
                data = f.read()
            for s in needles:
                if s in data:
                    found.append((os.path.relpath(p, path), s))
    return found


# --- the frame of a walk

def run(fn):
    """Runs the walk and ends the process with its verdict: 0, 1, or 77 for
    skipped."""
    servers = []
    plain = Server.start

    def noted(self):
        r = plain(self)
        if self not in servers:
            servers.append(self)
        return r
    Server.start = noted
    skipped = None
    try:
        fn()
        for s in servers:
            if s.proc:
                check(s.alive(), "server still alive")
                s.stop()
    except Skip as e:
        skipped = str(e)
    except Gone as e:
        if not _failed:
            _fail(str(e), [])
        print("  the walk ends here")
    except Exception:
        _fail("the walk runs to its end", [traceback.format_exc()])
    finally:
        for s in servers:
            if s.proc and s.proc.poll() is None:
                try:
                    s.stop()
                except Exception:
                    pass
            elif s.proc:
                check(False, "forumd has not ended by itself",
                      "exit %s" % s.proc.returncode)
    reported = set()
    for s in servers:
        if s.errlog not in reported and os.path.exists(s.errlog):
            reported.add(s.errlog)
            with open(s.errlog, "rb") as f:
                err = f.read()
            m = REPORTS.search(err)
            check(not m, "no sanitizer report",
                  m and err[m.start():m.start() + 3000].decode("utf-8",
                                                               "replace"))
    if _failed and servers:
        tail = servers[0].errors()[-1500:]
        if tail:
            print("  forumd said last:\n      " + tail.replace("\n",
                                                               "\n      "))
    note = os.environ.get("WALK_PROVOKED")
    if note:
        with open(note, "a") as f:
            f.write("".join(c + "\n" for c in sorted(provoked)))
    if skipped is not None and not _failed:
        print("  skipped: " + skipped)
        sys.exit(77)
    print("  %d checks, %d failed" % (_checks, _failed))
    sys.stdout.flush()
    sys.exit(1 if _failed else 0)
