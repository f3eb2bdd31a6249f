"""A reader without JavaScript: pages, links, forms, redirects."""

import html.parser
import re
import urllib.parse

from lib import Client, Gone, check


class Form:
    def __init__(self, attrs):
        self.action = attrs.get("action", "")
        self.method = attrs.get("method", "get").lower()
        self.fields = []            # [name, value, kind]
        self.buttons = []           # (name, value, text)

    def names(self):
        return {n for n, _, _ in self.fields}


class _Parser(html.parser.HTMLParser):
    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.forms, self.links, self.text = [], [], []
        self.form = self.area = self.select = self.button = None
        self.link = None
        self.quiet = 0

    def handle_starttag(self, tag, attrs):
        a = {k: v if v is not None else "" for k, v in attrs}
        if tag in ("script", "style", "template"):
            self.quiet += 1
        if tag == "form":
            self.form = Form(a)
            self.forms.append(self.form)
        elif tag == "a" and "href" in a:
            self.link = [a["href"], ""]
            self.links.append(self.link)
        elif self.form is None:
            return
        elif tag == "input":
            kind = a.get("type", "text")
            if kind in ("submit", "image"):
                self.form.buttons.append((a.get("name"), a.get("value"), ""))
            elif kind in ("radio", "checkbox"):
                self.form.fields.append([a.get("name"), a.get("value", "on"),
                                         kind + ("+" if "checked" in a
                                                 else "")])
            elif a.get("name"):
                self.form.fields.append([a["name"], a.get("value", ""),
                                         kind])
        elif tag == "textarea":
            self.area = [a.get("name"), "", "textarea"]
            self.form.fields.append(self.area)
        elif tag == "select":
            self.select = [a.get("name"), None, "select"]
            self.form.fields.append(self.select)
        elif tag == "option" and self.select:
            if self.select[1] is None or "selected" in a:
                self.select[1] = a.get("value", "")
        elif tag == "button" and a.get("type", "submit") == "submit":
            self.button = [a.get("name"), a.get("value"), ""]
            self.form.buttons.append(self.button)

    def handle_endtag(self, tag):
        if tag in ("script", "style", "template"):
            self.quiet -= 1
        if tag == "form":
            self.form = None
        elif tag == "textarea":
            self.area = None
        elif tag == "select":
            self.select = None
        elif tag == "button":
            self.button = None
        elif tag == "a":
            self.link = None

    def handle_data(self, data):
        if self.area is not None:
            self.area[1] += data
        if self.button is not None:
            self.button[2] += data
        if self.link is not None:
            self.link[1] += data
        if not self.quiet:
            self.text.append(data)


class Reader(Client):
    """Reads pages, follows links and redirects, fills in forms."""

    def open(self, path):
        for _ in range(6):
            path = self._local(path)
            self.page = self.get(path)
            self.at = path
            if self.page.status not in (301, 302, 303, 307, 308):
                return self._read()
            path = urllib.parse.urljoin(path, self.page.headers["location"])
        raise Gone("redirects come to an end at " + path)

    def _local(self, path):
        u = urllib.parse.urlsplit(path)
        return (u.path or "/") + ("?" + u.query if u.query else "")

    def _read(self):
        p = _Parser()
        p.feed(self.page.body.decode("utf-8"))
        self.forms, self.links = p.forms, p.links
        self.text = " ".join("".join(p.text).split())
        return self

    def form_with(self, *names, action=None, what=None):
        """The first form that has these fields (and such an action)."""
        for f in self.forms:
            if set(names) <= f.names() and \
                    (action is None or re.search(action, f.action)):
                return f
        raise Gone("%s has a form with %s%s; its forms: %s" % (
            what or self.at, ", ".join(names) or "any field",
            " to " + action if action else "",
            [(f.action, sorted(x for x in f.names() if x))
             for f in self.forms]))

    def link_to(self, pattern):
        for href, text in self.links:
            if re.search(pattern, href):
                return href
        raise Gone("%s links to %s; its links: %s" % (
            self.at, pattern, [h for h, _ in self.links][:60]))

    def send(self, form, button=None, **values):
        """Submits as a browser does, and follows the redirect."""
        out = []
        given = dict(values)
        for name, value, kind in form.fields:
            if not name:
                continue
            if kind.startswith("radio") or kind.startswith("checkbox"):
                if name in values:
                    if value == str(values[name]):
                        out.append((name, value))
                        given.pop(name, None)
                elif kind.endswith("+"):
                    out.append((name, value))
            elif name in values:
                out.append((name, values[name]))
                given.pop(name, None)
            else:
                out.append((name, value or ""))
        check(not given, "the form %s takes %s" % (form.action,
                                                   sorted(given)),
              sorted(str(n) for n in form.names()))
        for name, value, text in form.buttons:
            if name and ((button and button in (name, value)) or
                         (not button and len(form.buttons) == 1)):
                out.append((name, value or ""))
        action = urllib.parse.urljoin(self.at, form.action or self.at)
        if form.method == "get":
            return self.open(action + "?" + urllib.parse.urlencode(out))
        base = "http://%s:%d" % (self.server.host, self.server.port)
        r = self.form(self._local(action), out,
                      {"Origin": base, "Sec-Fetch-Site": "same-origin"})
        self.page, self.at = r, self._local(action)
        self.sent = r
        if r.status in (301, 302, 303, 307, 308):
            check(r.status == 303, "a form answers 303", r.status)
            return self.open(urllib.parse.urljoin(self.at,
                                                  r.headers["location"]))
        return self._read()
