"""Which mnistdash this is: its version, and in a checkout its commit."""

import functools
import importlib.metadata
import pathlib
import re
import subprocess
import tomllib

_ROOT = pathlib.Path(__file__).parents[1]
_GIT_SECONDS = 5.0  # a checkout on a slow network drive is not waited for


@functools.cache
def text() -> str:
    """Return our version, such as `0.1.0`.

    In a checkout it names the commit, `0.1.0 (9f8935e)`, and whether files that git knows were
    changed since, `0.1.0 (9f8935e+changes)`. Asked once a process: later answers would tell of
    files that this process did not read.
    """
    commit = _commit()
    return f"{number()} ({commit})" if commit else number()


def number() -> str:
    """Read the version of these files: an installation may be of others."""
    try:
        project = tomllib.loads((_ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
        if project["name"] == "mnistdash":
            return str(project["version"])
    except (OSError, ValueError, KeyError, TypeError):
        pass  # installed as a package
    try:
        return importlib.metadata.version("mnistdash")
    except importlib.metadata.PackageNotFoundError:
        return "unknown"


def _commit() -> str | None:
    """Ask git for the commit; `None` outside of a checkout of our own, and without git."""
    if not (_ROOT / ".git").exists():
        return None
    # Without locks: whoever commits at this moment is not refused.
    asked = "git --no-optional-locks describe --always --exclude=* --abbrev=7 --dirty=+changes"
    try:
        told = subprocess.run(
            asked.split(),
            cwd=_ROOT,
            capture_output=True,
            text=True,
            timeout=_GIT_SECONDS,
            check=True,
        ).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return None
    return told if re.fullmatch(r"[0-9a-f]{7,40}(\+changes)?", told) else None
