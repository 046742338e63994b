"""A dashboard without pages, for a soak to kill: its store, its engine, and its looking after both.

Each line it reads is a run for which somebody has pressed Train.
"""

import contextlib
import sys
import threading
import time

from mnistdash import engine, store

_LOOK_SECONDS = 1.0  # as pages look while somebody watches


def main(url: str) -> None:
    """Serve until the input ends."""
    db = store.Store(url)
    trainer = engine.Engine(db)
    trainer.visit()
    threading.Thread(target=_look_after, args=(db, trainer), daemon=True).start()
    for line in sys.stdin:
        trainer.submit(line.strip())
    trainer.close()


def _look_after(db: store.Store, trainer: engine.Engine) -> None:
    while True:
        with contextlib.suppress(store.StoreError):
            for run_id in db.unattended():
                trainer.submit(run_id)
        time.sleep(_LOOK_SECONDS)


if __name__ == "__main__":
    main(sys.argv[1])
