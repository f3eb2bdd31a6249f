"""A mail server of the walks: a real SMTP peer on loopback that keeps what it
was given, and can be down, refuse a recipient (550) or put one off (451).
"""

import email
import email.policy
import re
import socketserver
import threading


class Peer(socketserver.StreamRequestHandler):
    """One conversation of RFC 5321; what was taken is in server.mails."""

    timeout = 20

    def say(self, line):
        self.wfile.write(line.encode() + b"\r\n")

    def path(self, line, word):
        m = re.fullmatch(r"(?i)%s:<([^<>\s]*)>( .*)?" % word, line)
        return m and m.group(1)

    def handle(self):
        self.say("220 peer.example ESMTP")
        hello = sender = None
        to = []
        while True:
            line = self.rfile.readline(2000).decode("latin-1")
            if not line:
                return
            if not line.endswith("\r\n"):
                self.server.broken.append(line)
                return self.say("500 line")
            line = line[:-2]
            verb = line[:4].upper()
            if verb in ("EHLO", "HELO"):
                hello, sender, to = line[5:], None, []
                if verb == "HELO":
                    self.say("250 peer.example")
                else:
                    self.say("250-peer.example")
                    self.say("250-8BITMIME")
                    self.say("250 SIZE 1000000")
            elif verb == "MAIL":
                sender = self.path(line, "MAIL FROM")
                to = []
                self.say("250 ok" if hello and sender else "503 no")
            elif verb == "RCPT":
                a = self.path(line, "RCPT TO")
                self.server.asked.append(a)
                if not sender or not a:
                    self.say("503 no")
                elif a in self.server.refuse:
                    self.say("550 5.1.1 <%s>: no such user here" % a)
                elif self.server.later.get(a, 0) > 0:
                    self.server.later[a] -= 1
                    self.say("451 4.7.1 <%s>: come again" % a)
                else:
                    to.append(a)
                    self.say("250 ok")
            elif verb == "DATA" and to:
                self.say("354 go on")
                self.data(sender, to)
                sender, to = None, []
            elif verb == "QUIT":
                return self.say("221 bye")
            elif verb in ("RSET", "NOOP"):
                self.say("250 ok")
            else:
                self.say("503 no")

    def data(self, sender, to):
        lines = []
        while True:
            line = self.rfile.readline(2000)
            if line == b".\r\n":
                break
            if not line.endswith(b"\r\n") or len(line) > 1000:
                self.server.broken.append(line)
                return
            lines.append(line[1:] if line.startswith(b".") else line)
        self.server.mails.append((sender, to, b"".join(lines)))
        self.say("250 taken")


class PeerServer(socketserver.ThreadingTCPServer):
    allow_reuse_address = daemon_threads = True


class Smtp:
    def __init__(self):
        self.port = 0
        self.mails, self.asked, self.broken = [], [], []
        self.refuse, self.later = set(), {}
        self.up()

    def up(self):
        self.server = PeerServer(("127.0.0.1", self.port), Peer)
        self.port = self.server.server_address[1]
        for k in ("mails", "asked", "broken", "refuse", "later"):
            setattr(self.server, k, getattr(self, k))
        threading.Thread(target=self.server.serve_forever, args=(0.05,),
                         daemon=True).start()

    def down(self):
        self.server.shutdown()
        self.server.server_close()

    def to(self, address):
        return [email.message_from_bytes(m[2], policy=email.policy.default)
                for m in self.mails if m[1] == [address]]
