"""The checking programs in Go that stand outside this project."""

from lib import *


def go_tool(name):
    src = os.path.join(SHARED, "verify", name, "main.go")
    if not os.path.exists(src):
        raise Skip("no %s" % src)
    if not shutil.which("go"):
        raise Skip("no Go compiler")
    out = os.path.join(os.environ.get("FORUMD_BUILD", "."), "tests", name)
    if not os.path.exists(out) or \
            os.path.getmtime(out) < os.path.getmtime(src):
        os.makedirs(os.path.dirname(out), exist_ok=True)
        env = dict(os.environ, GO111MODULE="off",
                   GOPATH="/usr/share/gocode", GOFLAGS="",
                   GOCACHE=os.path.join(os.getcwd(), "gocache"))
        p = subprocess.run(["go", "build", "-o", out, src], env=env,
                           capture_output=True, text=True)
        if p.returncode:
            raise Skip("%s does not build: %s" % (name, p.stderr[-300:]))
    return out
