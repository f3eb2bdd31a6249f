"""E-mail, with a real SMTP peer on loopback.

Covers: without smtp_url no mail and /me says so; an address set by form:
nothing but the confirmation arrives; a link of another, changed or removed
address is not good; confirmed by page: statement of reasons with clause,
reason and deadline in the reader's language; held and replies only as
chosen, with a one-click end (RFC 8058); outcome of an appeal; a notice of
illegality without an account: receipt, outcome, outcome of its appeal;
headers that nobody can inject into; nothing that others wrote; a mail server
that is down, puts off (451) or refuses (550); each mail once across
restarts; a new mail.db begins at the present; erasure, and a byte search for
the addresses in every file under the data directory.
"""

from lib import *
from smtp import Smtp

MAIL = "rita.reader+forum@post.example"
OTHER = "otto.other@post.example"
NINA = "nina@notice.example"
GONE = "gone@nowhere.example"
SECRET = "The heron stood in the ditch behind the old weighbridge."


def text(m):
    return " ".join(m.get_content().split())


def link(m, path):
    g = re.search(r"http://forum\.example(%s\S+)" % path, m.get_content())
    return g and g.group(1)


def state(c):
    return c.get("/api/v1/me/email").json()["email"]["state"]


def walk():
    smtp = Smtp()
    f = Forum(host="forum.example", site_title="Die Z\u00fcrcher \"Stimme\"")
    s = f.server
    m = f.browser().sign_up("Rita Reader", email=MAIL, language="ro")
    check("sends no e-mail" in m.get("/me?tab=account").text,
          "without a mail server /me says so")
    equal(m.get("/api/v1/me").json()["email"]["available"], False,
          "and the API")
    equal(m.post("/api/v1/me/email", {"email": MAIL}).status, 422,
          "no address is taken")
    check('name="email"' not in f.browser().get("/sign-up").text,
          "nor asked for when signing up")
    s.settings.update(smtp_url="smtp://127.0.0.1:%d" % smtp.port,
                      smtp_from="forum@forum.example")

    def restart():
        s.restart(keep_port=True)
        for c in (f.anon, f.mod, f.mod2, f.admin, f.editor, m):
            c.close()
    restart()
    check('name="email"' in f.browser().get("/sign-up").text,
          "one may be given when signing up")

    # What cannot stand in a header is no address.
    for bad in ("a@b\r\nBcc: x@y.example", "a@b\nX: y", "a b@c", "a@b@c",
                "\"x\"@y", "<a@b>", "a@b, c@d", "@", "a" * 251 + "@b.c", 5):
        r = m.post("/api/v1/me/email", {"email": bad})
        problem(r, 422, "invalid_field", "address %r" % bad, "email")
    r = m.form("/me/email", {"email": "x@y\r\nTo: z@z", "csrf": m.csrf})
    equal(r.status, 422, "nor by form")

    # Given, to be confirmed: nothing else arrives.
    r = m.form("/me/email", {"email": MAIL, "csrf": m.csrf})
    equal(r.status, 303, "an address by form")
    wait_for(lambda: len(smtp.to(MAIL)) == 1, "the confirmation arrives")
    first = smtp.to(MAIL)[0]
    equal(smtp.mails[0][0], "forum@forum.example", "the envelope's sender")
    equal(first["From"].addresses[0].display_name, s.settings["site_title"],
          "the sender's name")
    equal([a.addr_spec for a in first["To"].addresses], [MAIL], "To")
    equal(first["Subject"], "Confirma\u021bi-v\u0103 adresa",
          "in the reader's language")
    equal((first["Content-Language"], first.get_content_type(),
           first["Auto-Submitted"]), ("ro", "text/plain", "auto-generated"),
          "headers")
    check(first["List-Unsubscribe"] is None and first["Message-ID"] and
          first["Date"], "a message's id and date")
    old = link(first, "/mail/confirm/")
    need(old, "the link", first.get_content())
    page = m.get("/me?tab=account&lang=en").text
    check("A link was mailed" in page and MAIL in page, "/me says so")
    equal(state(m), "unconfirmed", "state")
    cid = f.post("t1", SECRET, who=m)["comment"]["id"]
    f.remove(cid)

    # Another address: the first one's link is dead.
    equal(m.post("/api/v1/me/email", {"email": OTHER}).status, 202, "another")
    wait_for(lambda: smtp.to(OTHER), "its confirmation")
    equal(len(smtp.to(MAIL)), 1, "nothing but the confirmation was sent")
    equal(f.browser().get(old).status, 404, "the first link is not good")
    wrong = old[:-1] + ("0" if old[-1] != "0" else "1")
    equal(f.browser().get(wrong).status, 404, "nor a made-up one")
    m.post("/api/v1/me/email", {"email": MAIL})
    wait_for(lambda: len(smtp.to(MAIL)) == 2, "and back")
    b = f.browser()                         # another browser, not signed in
    good = link(smtp.to(MAIL)[1], "/mail/confirm/")
    page = b.get(good)
    equal(page.status, 200, "the link opens a page")
    equal(state(m), "unconfirmed",
          "opening it does nothing")
    csrf = re.search(r'name="csrf" value="([^"]+)"', page.text).group(1)
    equal(b.form(good, {"csrf": csrf}).status, 200, "confirmed by button")
    equal(state(m), "confirmed", "state")
    equal(b.get(link(smtp.to(OTHER)[0], "/mail/confirm/")).status, 404,
          "the other's link is dead, too")

    # A statement of reasons.
    cid = f.post("t1", SECRET + " Twice.", who=m)["comment"]["id"]
    f.remove(cid, note_to_author="Between us.")
    wait_for(lambda: len(smtp.to(MAIL)) == 3, "the statement arrives")
    st = smtp.to(MAIL)[2]
    equal(st["Subject"], "O decizie despre comentariul dumneavoastr\u0103",
          "subject")
    t = text(st)
    letter = m.get("/api/v1/comments/%s/statement?lang=ro" % cid,
                   {"Accept": "text/plain"}).text
    for x in ("Expunerea de motive", REASON, "Between us.",
              "Pute\u021bi contesta gratuit", "2022/2065"):
        check(x in t and x in " ".join(letter.split()), "it says %r" % x, t)
    check(re.search(r"\u00cenainte|\u00eenainte de \d+ \w+ 20\d\d", t),
          "the deadline", t)
    equal(link(st, "/c/"), "/c/%s/statement" % cid, "the way to appeal")
    check(SECRET not in t and "heron" not in t, "the text is not in it")
    check(st["List-Unsubscribe"] is None, "one does not unsubscribe from it")
    check(link(st, "/me"), "but finds the settings")

    # Held and replies.
    f.thread("slow", mode="all_held")
    mine = f.post("t1", "Answer me.", who=m)["comment"]["id"]
    f.post("t1", "Secretive words of a stranger.", parent=mine)
    h = f.post("slow", "Wait for it.", who=m, status=202)["comment"]["id"]
    wait_for(lambda: len(smtp.to(MAIL)) == 4, "a comment waits")
    equal(smtp.to(MAIL)[3]["Subject"],
          "Comentariul dumneavoastr\u0103 a\u0219teapt\u0103 un moderator",
          "and replies are not told unless asked for")
    stop = smtp.to(MAIL)[3]["List-Unsubscribe"]
    check(stop and smtp.to(MAIL)[3]["List-Unsubscribe-Post"] ==
          "List-Unsubscribe=One-Click", "one click ends it", stop)
    r = m.patch("/api/v1/me/email", {"held": True, "replies": True})
    equal(r.json()["email"]["replies"], True, "replies, too")
    f.post("t1", "Secretive words, again.", parent=mine)
    wait_for(lambda: len(smtp.to(MAIL)) == 5, "a reply")
    t = text(smtp.to(MAIL)[4])
    check("Secretive" not in t and "/c/" in t, "a link, not the words", t)
    path = stop.strip("<>")[len("http://forum.example"):]
    r = f.anon.request("POST", path, "List-Unsubscribe=One-Click", {
        "Content-Type": "application/x-www-form-urlencoded"})
    equal(r.status, 200, "one click, without cookie or form")
    e = m.get("/api/v1/me").json()["email"]
    equal((e["state"], e["held"], e["replies"]), ("confirmed", False, False),
          "only what is owed is left")
    f.post("t1", "Secretive words, a third time.", parent=mine)
    f.decide(h, "approve")

    # An appeal's outcome.
    r = m.post("/api/v1/comments/%s/appeal" % cid, {"grounds": "It did."})
    need(r.status == 201, "an appeal", r)
    r = f.decide(cid, "restore", who=f.mod2, appeal=r.json()["appeal"]["id"],
                 outcome="reversed")
    need(r.status == 200, "decided by another", r)
    wait_for(lambda: len(smtp.to(MAIL)) == 6, "the outcome arrives")
    equal(smtp.to(MAIL)[5]["Subject"],
          "Contesta\u021bia dumneavoastr\u0103 a fost solu\u021bionat\u0103",
          "as owed")

    # A notice of illegality, without an account.
    x = f.post("t1", "An unlawful remark.")["comment"]["id"]
    ask = {"clause": f.clause(), "legal_ground": "Section 4A",
           "explanation": "Spam: buy at https://pills.example now",
           "good_faith": True, "name": "Nina\r\nBcc: x@y", "email": NINA}
    problem(f.guest().post("/api/v1/comments/%s/flags" % x,
                           dict(ask, email="n@n\r\nBcc: x@y")), 422,
            "invalid_field", "an address that is none", "email")
    r = f.guest().post("/api/v1/comments/%s/flags" % x, ask,
                       {"Accept-Language": "cs"})
    equal(r.status, 201, "a notice")
    flag = r.json()["flag"]
    wait_for(lambda: len(smtp.to(NINA)) == 1, "its receipt")
    n = smtp.to(NINA)[0]
    equal(n["Subject"], "Va\u0161e ozn\u00e1men\u00ed jsme p\u0159ijali",
          "in its language")
    check("pills" not in n.get_content() and n["Bcc"] is None,
          "nothing out of the notice", n.get_content())
    check(flag["key"] in n.get_content(), "with the key to it")
    f.decide(x, "approve")
    wait_for(lambda: len(smtp.to(NINA)) == 2, "its outcome")
    t = text(smtp.to(NINA)[1])
    check("odvolat zdarma" in t and "20" in t, "with the redress", t)
    at = link(smtp.to(NINA)[1], "/flags/")
    b = f.browser()
    equal(b.get(at[:-1] + "x").status, 404, "not with another key")
    page = b.get(at + "&lang=cs")
    check(page.status == 200 and "jak je" in page.text, "the page", page)
    csrf = re.search(r'name="csrf" value="([^"]+)"', page.text).group(1)
    r = b.form(at.split("?")[0] + "/appeal", {
        "key": flag["key"], "grounds": "Look again.", "csrf": csrf})
    equal((r.status, r.headers.get("location")), (303, at),
          "an appeal against inaction by form")
    check('name="grounds"' not in b.get(at).text, "once")
    r = f.anon.get("/api/v1/flags/%s?key=%s" % (flag["id"], flag["key"]))
    r = f.decide(x, "remove", who=f.mod2, outcome="reversed",
                 appeal=r.json()["appeal"]["id"])
    need(r.status == 200, "reversed", r)
    wait_for(lambda: len(smtp.to(NINA)) >= 3, "the appeal's outcome")

    # A mail server that is down, and one that puts off.
    before = len(smtp.to(MAIL))
    smtp.down()
    a = f.post("t1", "Removed while down.", who=m)["comment"]["id"]
    f.remove(a)
    equal(f.anon.get("/readyz").status, 200, "the forum is not concerned")
    restart()
    smtp.later[MAIL] = 1
    smtp.up()
    wait_for(lambda: len(smtp.to(MAIL)) == before + 1,
             "told when it answers again, also after a 451", 60)
    equal(smtp.later[MAIL], 0, "it had been put off")
    restart()
    a = f.post("t1", "Removed after restarts.", who=m)["comment"]["id"]
    f.remove(a)
    wait_for(lambda: len(smtp.to(MAIL)) == before + 2, "and on")
    ids = [x["Message-ID"] for x in smtp.to(MAIL) + smtp.to(NINA)]
    equal(len(set(ids)), len(ids), "no mail twice")

    # A recipient who is not there.
    smtp.refuse.add(GONE)
    g = f.browser().sign_up("Gerd Gone", email=GONE)
    wait_for(lambda: state(g) ==
             "refused", "a refused address is marked")
    check("refused it" in g.get("/me?tab=account").text, "and shown at /me")
    asked = smtp.asked.count(GONE)
    f.remove(f.post("t1", "Nobody hears of it.", who=g)["comment"]["id"])

    # A new file begins at the present.
    s.stop()
    for end in ("", "-wal", "-shm"):
        if os.path.exists(s.data + "/mail.db" + end):
            os.unlink(s.data + "/mail.db" + end)
    count = len(smtp.mails)
    s.start()
    for c in (f.anon, f.mod, f.mod2, f.admin, f.editor, m, g):
        c.server, c.conn = s, None
    f.remove(f.post("t1", "The first after it.", who=m)["comment"]["id"])
    wait_for(lambda: len(smtp.mails) == count + 1, "goes on from now")
    equal(smtp.asked.count(GONE), asked, "nobody asks for it again")

    # Editors are told at once of what an authority may have to be told.
    desk = "desk@paper.example"
    equal(f.editor.post("/api/v1/me/email", {"email": desk}).status, 202,
          "the editor's address")
    wait_for(lambda: smtp.to(desk), "its confirmation")
    good = link(smtp.to(desk)[0], "/mail/confirm/")
    b = f.browser()
    csrf = re.search(r'name="csrf" value="([^"]+)"', b.get(good).text)
    equal(b.form(good, {"csrf": csrf.group(1)}).status, 200, "confirmed")
    cid = f.post("t1", "I am going to hurt a named person.")["comment"]["id"]
    f.remove(cid, clause="threat",
             explanation="It announces an attack on a named person.")
    wait_for(lambda: len(smtp.to(desk)) == 2, "an escalation is mailed")
    st = smtp.to(desk)[1]
    check(link(st, "/desk/") == "/desk/grave" and "hurt" not in text(st),
          "with the way to the desk and without the text", text(st))

    # Erasure.
    equal(m.post("/api/v1/me/email", {"email": OTHER}).status, 202,
          "an address replaced")
    equal(g.delete("/api/v1/me/email").status, 200, "one removed")
    wait_for(lambda: len(smtp.to(OTHER)) == 2, "confirmation")
    last = link(smtp.to(OTHER)[1], "/mail/confirm/")
    r = m.delete("/api/v1/me", {"password": m.password})
    need(r.status == 200, "erasure", r)
    equal(f.browser().get(last).status, 404, "the link ends with the account")
    needles = {x.encode() for x in (MAIL, OTHER, GONE, "post.example",
                                    "rita.reader", "nowhere.example")}
    wait_for(lambda: not bytes_in_dir(s.data, needles),
             "no address in any file while running", 20)
    equal([x for x in smtp.broken], [], "every line was well-formed")
    s.stop()
    equal(bytes_in_dir(s.data, needles), [], "nor after the stop")
    check(not any(x.decode() in s.errors() for x in needles),
          "nor in the log", s.errors()[-500:])
    s.ctl("rebuild", "--check")
    s.ctl("verify")
    s.start()


run(walk)
