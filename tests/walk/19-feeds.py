"""Atom feeds of visible comments.

Covers: /t/{slug}.atom and /site/{site}.atom: well-formed, only visible
comments, text escaped, stable ids, ETag; unknown ones 404.
"""

import xml.etree.ElementTree as ET

from lib import *

A = "{http://www.w3.org/2005/Atom}"


def feed(f, path):
    r = f.anon.get(path)
    need(r.status == 200, path, r)
    check(r.headers["content-type"].startswith("application/atom+xml"),
          "type of " + path, r.headers["content-type"])
    root = ET.fromstring(r.body)
    equal(root.tag, A + "feed", "an Atom feed")
    for tag in ("id", "title", "updated"):
        check(root.find(A + tag) is not None, "the feed has " + tag)
    return root.findall(A + "entry"), r


def walk():
    f = Forum()
    f.thread("t2", site="other.example", url="https://other.example/2")
    f.post("t1", "Feed <b>me</b> & \"you\" ]]> \u00e4 \U0001f600.",
           name="Ann O'B")
    gone = f.post("t1", "This one will go.")["comment"]["id"]
    f.post("t2", "On the other site.")
    entries, _ = feed(f, "/t/t1.atom")
    equal(len(entries), 2, "two entries")
    for e in entries:
        for tag in ("id", "title", "updated", "author"):
            check(e.find(A + tag) is not None, "an entry has " + tag)
    ids = {e.find(A + "id").text for e in entries}
    equal(len(ids), 2, "ids differ")
    check(any("Ann O'B" == e.find(A + "author").find(A + "name").text
              for e in entries), "names survive")
    f.remove(gone)
    entries, r = feed(f, "/t/t1.atom")
    equal(len(entries), 1, "a removed comment leaves the feed")
    check("This one will go" not in r.text, "with its text")
    entries, r = feed(f, "/site/news.example.atom")
    equal(len(entries), 1, "the site's feed")
    check("other site" not in r.text, "holds that site only")
    tag = r.headers.get("etag")
    check(tag, "an ETag")
    equal(f.anon.get("/site/news.example.atom",
                     {"If-None-Match": tag}).status, 304, "304")
    equal(f.anon.get("/t/none.atom").status, 404, "no such thread")


run(walk)
