"""How many runs of pages a server does, and how long a press waits, with many visitors at once.

    MNISTDASH_DATA=../shared/data python tests/benchmarks/visitors.py [--visitors N]
        [--seconds S] [--app PATH [--python PATH]]

Each visitor presses something on any page every 3 to 10 seconds; then each presses again as soon as
its page has come. They ask without a browser, from one process on the same machine, which takes its
share of it. With another checkout both are measured one after the other.
"""

import argparse
import asyncio
import contextlib
import os
import pathlib
import platform
import random
import sys
import tempfile
import time
from collections.abc import Callable

import numpy as np
import server
import visiting

# Those that every version has; Train starts a worker.
PAGES = ("", "confusion", "gallery", "compare", "draw", "data")
PAUSE_SECONDS = (3, 10)


def main() -> None:
    """Print both figures of each checkout."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--visitors", type=int, default=100)
    parser.add_argument("--seconds", type=int, default=40)
    parser.add_argument("--app", type=pathlib.Path, help="another checkout, to compare with")
    parser.add_argument("--python", default=sys.executable, help="of its environment")
    chosen = parser.parse_args()
    print(
        f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()},", end=""
    )
    print(f" load at the start {os.getloadavg()[0]:.1f}, {chosen.visitors} visitors")
    checkouts = [("ours", server.REPO, sys.executable)]
    if chosen.app:
        checkouts.append(("other", chosen.app.resolve(), chosen.python))
    for whose, folder, python in checkouts:
        with tempfile.TemporaryDirectory() as home:
            os.environ |= {"MNISTDASH_HOME": home, "PYTHONPATH": str(folder)}
            os.environ["MNISTDASH_DOWNLOAD"] = "0"
            command = server.streamlit(folder / "app.py", python)
            with server.serving(command, folder=folder) as (url, _):
                server.wait(url)
                asyncio.run(_measure(whose, url, chosen.visitors, chosen.seconds))


async def _measure(whose: str, url: str, visitors: int, seconds: int) -> None:
    async with contextlib.AsyncExitStack() as stack:
        visits = []
        for _ in range(visitors):
            visits.append(await stack.enter_async_context(visiting.visit(url)))
        for name in PAGES:  # what is read once is read by now
            visits[0].go_to(name)
            await visits[0].run()
        for what, pause in (
            ("every 3 to 10 s", lambda chance: chance.uniform(*PAUSE_SECONDS)),
            ("at once again", lambda chance: 0.0),
        ):
            end = time.monotonic() + seconds
            waits = await asyncio.gather(
                *(_press(visit, seed, end, pause) for seed, visit in enumerate(visits))
            )
            times = np.concatenate(waits)
            print(
                f"{whose}, {what}: {len(times) / seconds:.1f} runs a second; a press waits"
                f" {np.median(times):.2f} s at the median, 95 % at most"
                f" {np.quantile(times, 0.95):.2f} s",
                flush=True,
            )


async def _press(
    visit: visiting.Visit, seed: int, end: float, pause: Callable[[random.Random], float]
) -> list[float]:
    """Press until the end, and return how long each press waited, in seconds."""
    chance, waits = random.Random(seed), []
    while True:
        await asyncio.sleep(pause(chance))
        began = time.monotonic()
        if began > end:
            return waits
        visit.go_to(chance.choice(PAGES))
        await visit.run()
        waits.append(time.monotonic() - began)


if __name__ == "__main__":
    main()
