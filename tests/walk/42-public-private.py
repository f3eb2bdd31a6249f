"""Public bytes and private bytes never mix.

Covers: 10,000 interleaved requests by anonymous readers, authors, members
and a moderator, with If-None-Match among them, through a caching nginx that
keeps every answer not marked private: no private byte in a public answer,
and none of another's in a private one.
"""

# timeout: 300

from lib import *

REQUESTS = int(os.environ.get("WALK_REQUESTS", "1500" if SMOKE else "10000"))

NGINX = """
user root; daemon off; worker_processes 1; pid nginx.pid;
error_log error.log error;
events { worker_connections 512; }
http {
	access_log off;
	client_body_temp_path tmp; proxy_temp_path tmp; fastcgi_temp_path tmp;
	uwsgi_temp_path tmp; scgi_temp_path tmp;
	proxy_cache_path cache keys_zone=z:8m;
	map $upstream_http_cache_control $private {
		default 0; ~private 1; ~no-store 1;
	}
	server {
		listen 127.0.0.1:%d;
		location / {
			proxy_pass http://127.0.0.1:%d;
			proxy_set_header Host $http_host;
			proxy_http_version 1.1;
			proxy_set_header Connection "";
			proxy_cache z;
			proxy_ignore_headers Cache-Control;
			proxy_cache_valid 200 404 1s;
			proxy_no_cache $private;
			add_header X-Cache $upstream_cache_status;
		}
	}
}
"""


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Proxy:
    host = "127.0.0.1"

    def __init__(self, server):
        self.port = free_port()
        os.makedirs("nginx/tmp", exist_ok=True)
        with open("nginx/nginx.conf", "w") as out:
            out.write(NGINX % (self.port, server.port))
        here = os.path.abspath("nginx")
        self.proc = start(["nginx", "-p", here, "-e", "stderr", "-c",
                           os.path.join(here, "nginx.conf")],
                          stderr=subprocess.DEVNULL)
        for _ in range(200):
            try:
                socket.create_connection((self.host, self.port)).close()
                return
            except OSError:
                if self.proc.poll() is not None:
                    raise Gone("nginx does not start")
                select.select([], [], [], 0.05)


def walk():
    if not shutil.which("nginx") and not os.path.exists("/usr/sbin/nginx"):
        raise Skip("no nginx")
    os.environ["PATH"] += ":/usr/sbin"
    f = Forum()
    f.thread("h", mode="all_held")
    people = []
    secrets = []
    for i in range(6):
        mark = "Heldsecret%dq" % i
        j = f.post("h", "A %s held." % mark, status=202)
        people.append((j["client"], mark, j["comment"]["id"]))
        secrets.append(mark)
    for i in range(3):
        m = f.browser().sign_up("Member Walker%d" % i)
        mark = "Removedsecret%dq" % i
        cid = f.post("t1", "A %s removed." % mark, who=m)["comment"]["id"]
        f.remove(cid, note_to_author="Notesecret%dq for you." % i)
        people.append((m, mark, cid))
        secrets += [mark, "Notesecret%dq" % i]
    for i in range(10):
        f.post("t1", "Plain words %d." % i)
    proxy = Proxy(f.server)
    anon = Client(proxy, cookies=False)
    mod = Client(proxy, bearer=f.mod.bearer, cookies=False)
    for c, _, _ in people:
        c.server = proxy
        c.close()
    paths = ["/", "/t/t1", "/t/h", "/api/v1/threads", "/api/v1/threads/t1",
             "/api/v1/threads/h/comments", "/api/v1/threads/t1/comments",
             "/t/h.atom", "/t/t1.atom", "/log", "/policy",
             "/api/v1/log", "/api/v1/search?q=secret", "/stats"]
    for _, _, cid in people:
        paths += ["/c/" + cid, "/api/v1/comments/" + cid,
                  "/api/v1/comments/%s/statement" % cid]
    private = ["/me", "/api/v1/me", "/api/v1/me/comments",
               "/api/v1/me/notices", "/api/v1/session"]
    rnd = random.Random(11)
    tags = {}
    kinds = {}
    bad = []
    five = []
    never = [c.author_key for c, _, _ in people if c.author_key] + \
        [v for c, _, _ in people for v in (c.jar or {}).values()] + \
        [f.mod.bearer]
    for i in range(REQUESTS):
        x = rnd.random()
        path = rnd.choice(paths)
        h = {}
        if rnd.random() < 0.3:
            h["Accept-Encoding"] = "identity"
        if path in tags and rnd.random() < 0.4:
            h["If-None-Match"] = rnd.choice(sorted(tags[path]))
        if x < 0.5:
            who, kind, own = anon, "anonymous", None
        elif x < 0.9:
            c, mark, cid = rnd.choice(people)
            who, kind, own = c, "author", mark
            if rnd.random() < 0.3:
                path = rnd.choice(private)
        else:
            who, kind, own = mod, "moderator", None
            if rnd.random() < 0.3:
                path = "/api/v1/review?state=all"
        r = who.get(path, h)
        kinds[(kind, r.status)] = kinds.get((kind, r.status), 0) + 1
        if r.status >= 500:
            five.append((path, r.status))
        text = r.body.decode("utf-8", "replace")
        if r.headers.get("etag"):
            tags.setdefault(path, set()).add(r.headers["etag"])
        if kind == "anonymous":
            bad += [(path, s) for s in secrets if s in text]
            bad += [(path, s) for s in never if s in text]
            bad += [(path, s) for s in ('"mine"', '"editable_until"',
                                        'name="csrf"') if s in text and
                    path.startswith("/api")]
            if "private" in r.headers.get("cache-control", ""):
                bad.append((path, "marked private"))
        elif kind == "author":
            n = own[-2] if own.startswith("Removed") else "-"
            bad += [(path, s) for s in secrets if s in text and s != own
                    and not s.startswith("Notesecret" + n)]
            cc = r.headers.get("cache-control", "")
            if r.status == 200 and "no-store" not in cc:
                bad.append((path, "private view without no-store: " + cc))
        if r.headers.get("x-cache") == "HIT" and kind != "anonymous":
            bad.append((path, "a cached answer for a " + kind))
    equal(five, [], "no 5xx")
    equal(sorted(set(bad)), [], "no private byte in a public answer")
    print("  " + ", ".join("%s %d: %d" % (k + (v,))
                           for k, v in sorted(kinds.items())))
    check(kinds.get(("anonymous", 304), 0) > REQUESTS // 100,
          "If-None-Match was among them", kinds)
    end(proxy.proc)


run(walk)
