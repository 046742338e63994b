"""What a soak needs of the machine; where that is missing it says so and is skipped."""

import os
import shutil
import sys

from tests import postgres

SKIPPED = 77  # the exit code that Automake and Meson read as "skipped"


def skip_without(*programs: str) -> None:
    """End with `SKIPPED` unless there are root, Postgres and these programs of Debian's packages.

    Args:
        programs: names with their packages, as `ip:iproute2`.
    """
    lacking = [] if os.geteuid() == 0 else ["root"]
    if postgres.programs() is None:
        lacking.append("Postgres (apt-get install postgresql)")
    for program, package in (each.split(":") for each in programs):
        if shutil.which(program) is None:
            lacking.append(f"{program} (apt-get install {package})")
    if lacking:
        print(f"Skipped: this machine lacks {', '.join(lacking)}.", file=sys.stderr)
        sys.exit(SKIPPED)
