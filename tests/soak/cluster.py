"""A Dask cluster of three machines with a Postgres: network namespaces that only a bridge joins.

    python -m tests.soak.cluster

It needs root, `ip` (Debian's iproute2) and Postgres, without which it is skipped with 77; it ends
with 1 unless all holds, and prints what it measured: five seeds spread over two workers, one
training a worker whatever its threads; a worker killed with its nanny, whose run goes on elsewhere;
workers without mnistdash and of another version refused by name; a stranger without certificates
refused; images that only the database has.
"""

import contextlib
import os
import pathlib
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator

import dask
import distributed
import numpy as np
import psutil

from mnistdash import artifacts, datasets, engine, recipes, store, version
from tests import postgres
from tests.soak import needs, tally

BRIDGE, NET = "mnistdash0", "10.77.0"
MACHINES = {"scheduler": 2, "one": 3, "two": 4, "stranger": 5, "older": 6}
SHORT = recipes.Recipe(layers="flatten dense16", epochs=3)
LONG = recipes.Recipe(layers="flatten dense64 drop.2 dense64", batch_size=1, epochs=20)
OLDER = "from mnistdash import version\nversion.number = lambda: '0.0.9'\n"
PATIENCE = 120.0  # seconds


def main() -> int:
    """Measure all of it and print it."""
    needs.skip_without("ip:iproute2")
    with contextlib.ExitStack() as stack:
        folder = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="soak-")))
        folder.chmod(0o755)
        stack.enter_context(_machines())
        (folder / "postgres").mkdir()
        database = stack.enter_context(postgres.cluster(folder / "postgres", host=f"{NET}.1"))
        variables = _variables(folder)
        os.environ |= variables | {"MNISTDASH_SCHEDULER": f"tls://{NET}.2:8786"}
        os.environ["MNISTDASH_HOME"] = str(folder)
        dask.config.refresh()  # it was read before there were certificates
        started = {}
        for name in MACHINES:
            started[name] = _start(stack, name, folder, variables)
            if name == "scheduler":
                _wait(_answers)
        os.environ["MNISTDASH_DATABASE_URL"] = database.url
        db = store.Store(database.url)
        store.share_images(db)
        trainer = engine.Engine(db)
        stack.callback(trainer.close)
        _wait(lambda: trainer.ready)
        held = [_spread(db, trainer), _moved(db, trainer, started), _shared(db, trainer)]
        older = f"older has mnistdash 0.0.9, this is {version.number()}"
        for said in ("stranger has no mnistdash", older):  # they may come later than the others
            _wait(lambda said=said: said in (trainer.remark or ""))
            held.append(tally.told("refused by name", trainer.remark, said))
        held.append(tally.told("without certificates", _unknown_client(), "refused"))
    return 0 if all(held) else 1


def _spread(db: store.Store, trainer: engine.Engine) -> bool:
    """Five seeds are trained two at a time, one on each worker."""
    runs = [_ask(db, trainer, recipes.Recipe(**vars(SHORT) | {"seed": s})) for s in range(5)]
    most = 0

    def ended() -> bool:
        nonlocal most
        now = [db.run(run_id).status for run_id in runs]
        most = max(most, now.count("running"))
        return all(status == "finished" for status in now)

    seconds = _wait(ended)
    return tally.told("five seeds", f"{seconds:.1f} s, {most} at once", "2 at once")


def _moved(db: store.Store, trainer: engine.Engine, started: dict[str, psutil.Process]) -> bool:
    """A killed worker's run goes on from its last epoch on the other one, to the same weights."""
    undisturbed = _ask(db, trainer, LONG)
    _wait(lambda: db.run(undisturbed).finished)
    weights = db.artifact(undisturbed, artifacts.WEIGHTS)
    run_id = _ask(db, trainer, LONG)
    _wait(lambda: len(db.run(run_id).history) >= 3)
    processing = trainer._cluster.client.processing
    (busy,) = (address for address, keys in processing().items() if keys)
    name = "one" if f"{NET}.{MACHINES['one']}:" in busy else "two"
    for process in (started[name], *started[name].children(recursive=True)):
        process.kill()
    before = len(db.run(run_id).history)
    seconds = _wait(
        lambda: (
            len(db.run(run_id).history) > before
            and any(keys for address, keys in processing().items() if address != busy)
        )
    )
    _wait(lambda: db.run(run_id).finished)
    same = db.artifact(run_id, artifacts.WEIGHTS) == weights
    said = f"{seconds:.1f} s after epoch {before}, {'the same' if same else 'other'} weights"
    return tally.told("killed worker's run goes on", said, "the same") and seconds < 35


def _shared(db: store.Store, trainer: engine.Engine) -> bool:
    """Images that no machine has a file of come from the database."""
    rng = np.random.default_rng(0)
    images = rng.integers(0, 255, (60, 28, 28), np.uint8)
    labels = (np.arange(60) % 3).astype(np.uint8)
    arrays = (images, labels, images[:30], labels[:30])
    name = datasets.keep_arrays(arrays, name="soak", class_names=("a", "b", "c"))
    run_id = _ask(db, trainer, recipes.Recipe(**vars(SHORT) | {"classes": 3}), name)
    _wait(lambda: not db.run(run_id).under_way)
    return tally.told("images of the database", db.run(run_id).status, "finished")


def _unknown_client() -> str:
    """Try to connect as somebody without certificates."""
    try:
        distributed.Client(
            f"tls://{NET}.2:8786", timeout=5, security=distributed.Security.temporary()
        )
    except (OSError, TimeoutError) as error:
        return f"refused ({type(error).__name__})"
    return "let in"


def _answers() -> bool:
    """Whether the scheduler listens."""
    with contextlib.suppress(OSError), socket.create_connection((f"{NET}.2", 8786), timeout=1):
        return True
    return False


def _ask(
    db: store.Store, trainer: engine.Engine, recipe: recipes.Recipe, dataset: str = "optdigits"
) -> str:
    run = db.enqueue(recipe, dataset, name="soak")
    trainer.submit(run.id)
    return run.id


def _wait(condition: Callable[[], bool]) -> float:
    begun = time.monotonic()
    while not condition():
        if time.monotonic() - begun > PATIENCE:
            raise TimeoutError("waited too long")
        time.sleep(0.05)
    return time.monotonic() - begun


# --- the machines ----------------------------------------------------------------------------


@contextlib.contextmanager
def _machines() -> Iterator[None]:
    """Make a bridge and a network namespace for each machine, and remove them."""
    try:
        _ip(f"link add {BRIDGE} type bridge", f"addr add {NET}.1/24 dev {BRIDGE}")
        _ip(f"link set {BRIDGE} up")
        for name, number in MACHINES.items():
            space, inside = f"mnistdash-{name}", f"-n mnistdash-{name}"
            _ip(
                f"netns add {space}",
                f"link add md{number} type veth peer name eth0 netns {space}",
                f"link set md{number} master {BRIDGE} up",
                f"{inside} addr add {NET}.{number}/24 dev eth0",
                f"{inside} link set eth0 up",
                f"{inside} link set lo up",
            )
        yield
    finally:
        for name in MACHINES:
            subprocess.run(["ip", "netns", "delete", f"mnistdash-{name}"], check=False)
        subprocess.run(["ip", "link", "delete", BRIDGE], check=False)


def _ip(*commands: str) -> None:
    for command in commands:
        subprocess.run(["ip", *command.split()], check=True)


def _variables(folder: pathlib.Path) -> dict[str, str]:
    """Make certificates, and write where Dask's configuration finds them."""
    security = distributed.Security.temporary()
    found = {"DASK_DISTRIBUTED__COMM__REQUIRE_ENCRYPTION": "True"}
    for field, variable in (("tls_ca_file", "CA_FILE"), *(
        (f"tls_{role}_{kind}", f"{role.upper()}__{kind.upper()}")
        for role in ("scheduler", "worker", "client") for kind in ("cert", "key")
    )):  # fmt: skip
        file = folder / f"{field}.pem"
        file.write_text(getattr(security, field))
        file.chmod(0o600)
        found[f"DASK_DISTRIBUTED__COMM__TLS__{variable}"] = str(file)
    return found


def _start(
    stack: contextlib.ExitStack, name: str, folder: pathlib.Path, variables: dict[str, str]
) -> psutil.Process:
    """Start what a machine runs: the stranger has no mnistdash, the older one another version."""
    home = folder / name
    home.mkdir()
    environment = dict(os.environ) | variables | {"MNISTDASH_HOME": str(home)}
    if name == "stranger":
        (home / "mnistdash.py").write_text("raise ModuleNotFoundError('No module mnistdash')\n")
        environment["PYTHONPATH"] = str(home)
    address = f"tls://{NET}.{MACHINES[name]}"
    if name == "scheduler":
        part = ["scheduler", "--host", address, "--port", "8786", "--no-dashboard"]
    else:
        threads = "2" if name == "one" else "1"
        part = ["worker", f"tls://{NET}.2:8786", "--host", address, "--nthreads", threads]
        part += ["--name", name, "--no-dashboard"]
    if name == "older":
        (home / "older.py").write_text(OLDER)
        part += ["--preload", str(home / "older.py")]
    command = ["ip", "netns", "exec", f"mnistdash-{name}", sys.executable, "-m"]
    command += [f"distributed.cli.dask_{part[0]}", *part[1:]]
    process = subprocess.Popen(command, env=environment, cwd=home, stderr=subprocess.DEVNULL)
    found = psutil.Process(process.pid)

    def end() -> None:
        with contextlib.suppress(psutil.NoSuchProcess):
            for each in (*found.children(recursive=True), found):
                each.kill()
        process.wait()

    stack.callback(end)
    return found


if __name__ == "__main__":
    sys.exit(main())
