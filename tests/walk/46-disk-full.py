"""The disk is full; the disk is read-only.

Covers: posts answer 503 storage_unavailable with nothing changed, readyz
says so, reading goes on, and recovery needs no hand once there is room;
a file system that turned read-only: the same, and after a restart all that
was acknowledged is there.
"""

# alone
# timeout: 200

from lib import *
from mounts import Disk, private_namespace, sh


def fill(path):
    with open(path, "wb", buffering=0) as f:
        for size in (1 << 20, 1 << 12, 1):
            try:
                while f.write(b"\0" * size):
                    pass
            except OSError:
                pass


def walk():
    private_namespace()
    disk = Disk("disk", 48)
    f = Forum(data=os.path.join(disk.path, "data"))
    acked = [f.post("t1", "Before, %d." % i)["comment"]["id"]
             for i in range(20)]
    stuff = os.path.join(disk.path, "stuff")
    fill(stuff)
    refused = None
    for i in range(4000):
        r = f.guest().comment("t1", "While filling up %d. " % i + "x" * 4000,
                              name="Anna Reader")
        if r.status == 201:
            acked.append(r.json()["comment"]["id"])
            continue
        refused = r
        break
    need(refused is not None, "a full disk is noticed", len(acked))
    problem(refused, 503, "storage_unavailable", "posting to a full disk")
    check(refused.headers.get("retry-after"), "with Retry-After",
          refused.headers)
    for path in ("/healthz", "/t/t1", "/api/v1/threads/t1/comments", "/"):
        equal(f.anon.get(path).status, 200, "reading goes on: " + path)
    r = f.anon.get("/readyz")
    equal(r.status, 503, "readyz says so")
    check(r.json_or({}).get("reason"), "with the reason", r)
    equal(f.counts()["posted"], len(acked), "nothing refused is there")
    os.unlink(stuff)

    def goes():
        r = f.guest().comment("t1", "There is room again.",
                              name="Anna Reader")
        if r.status == 201:
            acked.append(r.json()["comment"]["id"])
        return r.status == 201
    wait_for(goes, "posting goes on by itself once there is room", 15)
    wait_for(lambda: f.anon.get("/readyz").status == 200, "ready again", 15)

    trigger = "/sys/fs/ext4/%s/trigger_fs_error" % disk.device()
    if not os.access(trigger, os.W_OK):
        print("  read-only: skipped, no %s" % trigger)
    else:
        with open(trigger, "w") as out:
            out.write("1")
        try:
            open(os.path.join(disk.path, "x"), "w").close()
            print("  read-only: skipped, the file system took a write")
        except OSError:
            r = f.guest().comment("t1", "Onto a read-only disk.",
                                  name="Anna Reader")
            problem(r, 503, "storage_unavailable",
                    "posting to a read-only disk")
            equal(f.anon.get("/t/t1").status, 200, "reading goes on")
            f.server.kill9()
            disk.unmount()
            disk.mount()
            f.server.start()
            f.anon.close()
    there = {c["id"] for c in crawl_thread(f.anon, "t1", 500)}
    equal([c for c in acked if c not in there], [],
          "all that was acknowledged is there")
    f.adds_up(posted=len(there))
    f.server.ctl("verify")
    f.server.stop()


run(walk)
