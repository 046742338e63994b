"""Kills, flipped bits and fuzz by the thousand: no run is lost, no number wrong, no traceback.

    python -m tests.soak.faults --kills 100 --flips 1500 --fuzz 10000

Kills are spread over worker, nanny, scheduler and the process of the dashboard, at random moments
of real trainings; flips over the database file; fuzz over links, numbers as typed, pictures and
data files. Ends with 1 if anything was lost, wrong, left behind, late or half written.
"""

import argparse
import os
import pathlib
import sys
import tempfile
import time

from tests.soak import flips, fuzz, kills, tally


def main() -> int:
    """Do what the options say and print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--flips", type=int, default=1_500)
    parser.add_argument("--fuzz", type=int, default=10_000)
    again = "seconds until what waits begins after a kill; more on a machine under load"
    parser.add_argument("--again", type=float, default=30.0, help=again)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    counted, begun = tally.Tally(), time.monotonic()
    with tempfile.TemporaryDirectory(prefix="mnistdash-soak-") as name:
        folder = pathlib.Path(name)
        os.environ |= {"MNISTDASH_HOME": str(folder / "home"), "MNISTDASH_DOWNLOAD": "0"}
        flips.soak(counted, folder, asked.flips, asked.seed)
        fuzz.soak(counted, folder, asked.fuzz, asked.seed)
        if asked.kills:  # before the first kill it trains undisturbed
            kills.soak(counted, folder, asked.kills, asked.seed, again=asked.again)
    print(counted.table())
    print(f"{time.monotonic() - begun:.0f} s, seed {asked.seed}")
    return 1 if counted.faults else 0


if __name__ == "__main__":
    sys.exit(main())
