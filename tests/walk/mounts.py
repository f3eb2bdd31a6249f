"""File systems of one's own for the walks about disks.

The walk is started again in a mount namespace, so that whatever happens the
mounts are gone with it. Needs root; where mounting is refused the walk is
skipped and says why."""

import os
import subprocess
import sys

from lib import Skip


def private_namespace():
    if os.environ.get("WALK_NAMESPACE"):
        return
    p = subprocess.run(["unshare", "-m", "true"], capture_output=True,
                       text=True)
    if p.returncode:
        raise Skip("no mount namespace: " + p.stderr.strip())
    os.environ["WALK_NAMESPACE"] = "1"
    os.execvp("unshare", ["unshare", "-m", "--propagation", "private",
                          sys.executable, "-B"] + sys.argv)


def sh(*argv):
    p = subprocess.run(argv, capture_output=True, text=True)
    if p.returncode:
        raise Skip("%s: %s" % (" ".join(argv), p.stderr.strip()))
    return p.stdout.strip()


class Disk:
    """An ext4 file system in a file, mounted at path."""

    def __init__(self, path, mib=128):
        self.path = os.path.abspath(path)
        self.image = self.path + ".img"
        os.makedirs(self.path, exist_ok=True)
        with open(self.image, "wb") as f:
            f.truncate(mib * 1024 * 1024)
        os.environ["PATH"] += ":/usr/sbin:/sbin"
        sh("mkfs.ext4", "-q", "-F", self.image)
        self.mount()

    def mount(self):
        sh("mount", "-o", "loop,errors=remount-ro", self.image, self.path)

    def unmount(self):
        sh("umount", self.path)

    def cut_power(self):
        """What is not yet on the disk is gone, as when the power fails."""
        sh("xfs_io", "-x", "-c", "shutdown", self.path)

    def device(self):
        return os.path.basename(sh("findmnt", "-n", "-o", "SOURCE",
                                   self.path))
