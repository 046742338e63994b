"""Runs the suite, but for its browser part, under the Python of another Debian.

Debian trixie has Python 3.13. It is made in a temporary folder from the mirror that apt uses here,
what pip needs is taken from the environment (`PIP_*`, proxies, `SSL_CERT_FILE`), and all of it is
removed afterwards. It is run by its name, as root, on a Debian; what follows goes to pytest:

    apt-get install debootstrap
    python tests/other_pythons.py [-k store]
"""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

REPO = pathlib.Path(__file__).parents[1]
SHARED = REPO.parent / "shared"  # images that tests look for beside the repository
SUITE, PACKAGES = "trixie", "python3-venv,ca-certificates,git,postgresql"
# In namespaces of its own: what is mounted and what is started ends with it, so that removing the
# folder can't reach what was only lent to it.
SPACES = ("unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-euc")
ENTER = """
mount --rbind /dev "$1/dev"
mount -t proc proc "$1/proc"
test ! -d "$2" || mount --bind -o ro "$2" "$1/src/shared"
root="$1"
shift 2
exec chroot "$root" sh -euc '
cd /src/mnistdash
python3 -m venv /venv
. /venv/bin/activate
python --version
pip install -q -e ".[test]"
export MNISTDASH_REQUIRE_POSTGRES=1
exec pytest --ignore=tests/browser "$@"
' suite "$@"
"""


def mirror() -> str:
    """Return where apt takes Debian's packages from."""
    command = ["apt-get", "indextargets", "--format", "$(REPO_URI)"]
    asked = [*command, "Created-By: Packages", "Label: Debian"]
    found = subprocess.run(asked, check=True, capture_output=True, text=True).stdout.split()
    if not found:
        raise SystemExit("apt names no mirror of Debian in its sources.")
    return found[0]


def make(root: pathlib.Path) -> None:
    """Make a small Debian with its Python, and the repository's files in it."""
    command = ["debootstrap", "--variant=minbase", f"--include={PACKAGES}", SUITE, str(root)]
    with (root.parent / "debootstrap.log").open("w+") as log:
        if subprocess.run([*command, mirror()], stdout=log, stderr=log, check=False).returncode:
            log.seek(0)
            raise SystemExit(f"debootstrap failed:\n{log.read()[-2000:]}")
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listed, cwd=REPO, check=True, capture_output=True, text=True).stdout
    for name in filter(None, names.split("\0")):
        target = root / "src" / "mnistdash" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(REPO / name, target)
    (root / "src" / "shared").mkdir()
    shutil.copy2("/etc/hosts", root / "etc" / "hosts")
    for name in ("PIP_CERT", "SSL_CERT_FILE"):
        if file := os.environ.get(name):
            (root / file.lstrip("/")).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(file, root / file.lstrip("/"))


def run(root: pathlib.Path, *arguments: str) -> int:
    """Install the project there and run its tests; return what pytest ended with."""
    kept = ("PIP_", "SSL_CERT_FILE", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY")
    environment = {name: os.environ[name] for name in os.environ if name.upper().startswith(kept)}
    environment |= {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", "LANG": "C.UTF-8"}
    command = [*SPACES, ENTER, "enter", str(root), str(SHARED), *arguments]
    return subprocess.run(command, env=environment, check=False).returncode


def main() -> int:
    """Make it, run the suite there, say how it went and remove it."""
    if os.geteuid() != 0 or not shutil.which("debootstrap"):
        raise SystemExit("It needs root and debootstrap: apt-get install debootstrap")
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="mnistdash-python-") as folder:
        root = pathlib.Path(folder) / "root"
        make(root)
        code = run(root, *sys.argv[1:])
    told = "passed" if code == 0 else f"FAILED with {code}"
    print(f"{SUITE}: the suite {told} in {time.monotonic() - begun:.0f} s")
    return code


if __name__ == "__main__":
    sys.exit(main())
