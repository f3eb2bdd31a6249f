"""Requests that HTTP itself refuses.

Covers: uri_too_long, headers_too_large, body too large, unknown method,
HTTP/2.0 in the request line, an unknown expectation, a body of another type,
methods a path does not take, a header and a body that do not arrive in time;
more connections than allowed; 100-continue; keep-alive goes on after a refusal that leaves the framing
whole.
"""

# alone

from lib import *


def ask(f, data, seconds=10, until=None):
    r = Raw(f.server)
    r.send(data)
    out = r.read(until or rb"\r\n\r\n.*", seconds)
    out += r.read(seconds=0.3) if b"\r\n\r\n" in out else b""
    r.close()
    head, _, body = out.partition(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")
    status = int(lines[0].split()[1]) if lines[0].startswith("HTTP/1.1") \
        else 0
    pairs = [tuple(x.split(": ", 1)) for x in lines[1:] if ": " in x]
    return Response(status, pairs, body)


def walk():
    f = Forum(header_seconds=2, body_seconds=2)
    slow = Raw(f.server)        # sends half a header and never closes
    slow.send(b"GET / HTTP/1.1\r\nHost: x\r\n")
    host = "Host: %s\r\n" % f.server.host
    get = "GET %s HTTP/1.1\r\n" + host + "%s\r\n"
    post = "POST /api/v1/threads/t1/comments HTTP/1.1\r\n" + host + "%s\r\n%s"

    problem(ask(f, (get % ("/" + "a" * 20000, "")).encode()), 414,
            "uri_too_long", "a long address")
    problem(ask(f, (get % ("/", "X-Long: %s\r\n" % ("a" * 70000))).encode()),
            431, "headers_too_large", "long header fields")
    problem(ask(f, (get % ("/", "X-A: b\r\n" * 4000)).encode()), 431,
            "headers_too_large", "many header fields")
    problem(ask(f, ("BREW / HTTP/1.1\r\n" + host + "\r\n").encode()), 501,
            "not_implemented", "an unknown method")
    problem(ask(f, ("GET / HTTP/2.0\r\n" + host + "\r\n").encode()), 505,
            "http_version_unsupported", "HTTP/2.0")
    problem(ask(f, (post % ("Content-Type: application/json\r\nExpect: "
                            "miracles\r\nContent-Length: 2\r\n", "{}"))
                .encode()), 417, "expectation_failed", "an expectation")
    problem(ask(f, (post % ("Content-Type: application/json\r\n"
                            "Content-Length: 99999999\r\n", "{")).encode()),
            413, "body_too_long", "a large body")
    problem(ask(f, b"GET /\r\n\r\n"), 400, "bad_request", "HTTP/0.9")
    r = ask(f, (post % ("Content-Type: application/json\r\nExpect: "
                        "100-continue\r\nContent-Length: 2\r\n", ""))
            .encode(), 3)
    equal(r.status, 100, "100-continue")
    c = f.guest()
    for kind in ("text/xml", "image/png", "multipart/form-data; boundary=x"):
        problem(c.request("POST", "/api/v1/threads/t1/comments", b"<a/>",
                          {"Content-Type": kind}), 415,
                "unsupported_media_type", kind)
    for m, p in (("DELETE", "/api/v1/threads"), ("PUT", "/t/t1"),
                 ("PATCH", "/api/v1/policy"), ("POST", "/healthz")):
        problem(c.request(m, p, b"{}", {"Content-Type": "application/json"}),
                405, "method_not_allowed", "%s %s" % (m, p)) \
            if p.startswith("/api") else \
            equal(c.request(m, p, b"", {}).status, 405, "%s %s" % (m, p))
    equal(c.get("/healthz").status, 200, "the connection goes on")

    # too slow
    r = Raw(f.server)
    r.send(b"GET / HTTP/1.1\r\nHost: x\r\n")
    out = r.read(seconds=8)
    check(out == b"" or out.startswith(b"HTTP/1.1 408"),
          "a header that does not end", out[:100])
    r.close()
    r = ask(f, (post % ("Content-Type: application/json\r\n"
                        "Content-Length: 50\r\n", '{"body":')).encode(), 8)
    problem(r, 408, "request_timeout", "a body that does not arrive")

    check(slow.read(rb"408", 5), "a slow header is told so")

    def gone():
        try:
            slow.send(b"X: y\r\n")
        except OSError:
            return True
        return False
    wait_for(gone, "and its connection given up soon after", 20)
    slow.close()

    # too many
    f.server.settings.update(loops=1, max_connections=1)
    f.server.restart()
    first = Raw(f.server)
    first.send(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
    first.read(rb"ok")
    problem(ask(f, b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"), 503,
            "overloaded", "one connection more than allowed")
    first.close()
    wait_for(f.server.alive, "its place is free again")


run(walk)
