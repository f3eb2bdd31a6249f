"""The power fails.

Covers: WALK_CUTS times (20; 3 under sanitizers): the data directory on an
ext4 file system of its own, posters, the shutdown ioctl at a random moment,
kill -9, unmount, mount, start: nothing acknowledged is lost, and the record
is whole. Skipped with the reason where loop mounts are refused.
"""

# alone
# timeout: 300

from lib import *
from mounts import Disk, private_namespace

CUTS = int(os.environ.get("WALK_CUTS", "3" if SMOKE else "20"))


def walk():
    private_namespace()
    if not shutil.which("xfs_io", path=os.environ["PATH"] + ":/usr/sbin"):
        raise Skip("no xfs_io")
    disk = Disk("disk", 512)    # rebuild --check works on a copy
    f = Forum(data=os.path.join(disk.path, "data"))
    acked = {}
    rnd = random.Random()
    lost = []
    lock = threading.Lock()
    n = [0]

    def poster(stop):
        c = f.guest()
        while not stop.is_set():
            with lock:
                n[0] += 1
                text = "Lights on, number %d." % n[0]
            try:
                r = c.comment("t1", text, name="Anna Reader")
            except (OSError, http.client.HTTPException):
                return
            if r.status == 201:
                with lock:
                    acked[r.json()["comment"]["id"]] = text
            else:
                return
    for k in range(CUTS):
        stop = threading.Event()
        ts = [threading.Thread(target=poster, args=(stop,))
              for _ in range(4)]
        for t in ts:
            t.start()
        select.select([], [], [], 0.2 + rnd.random() * 0.6)
        with lock:
            disk.cut_power()
        stop.set()
        f.server.kill9()
        for t in ts:
            t.join()
        disk.unmount()
        disk.mount()
        f.server.start()
        f.anon.close()
        there = {c["id"] for c in crawl_thread(f.anon, "t1", 500)}
        lost += [i for i in acked if i not in there]
        f.adds_up(posted=len(there))
    equal(lost, [], "nothing acknowledged is lost (%d acknowledged)" %
          len(acked))
    check(len(acked) > CUTS, "comments were acknowledged", len(acked))
    equal(sum(dict(e)["kind"] == "comment.accepted" for e in leaves(f.anon)),
          f.counts()["posted"], "entries and account agree")
    f.server.ctl("rebuild", "--check")
    f.server.ctl("verify")
    f.server.stop()
    print("  %d power cuts, %d acknowledged, %d lost" %
          (CUTS, len(acked), len(lost)))


run(walk)
