"""Which workers of a cluster may train, and what becomes of runs that they leave behind."""

import pathlib
import types

import pytest

from mnistdash import cluster, engine, recipes, store, version


class Client:
    """A Dask client of workers that answer as they are told to."""

    def __init__(self, answers: dict[str, object]) -> None:
        self.answers, self.asked = answers, []

    def nthreads(self) -> dict[str, int]:
        """Return the workers that are there."""
        return dict.fromkeys(self.answers, 2)

    def scheduler_info(self, **_: object) -> dict:
        """Return their names."""
        return {"workers": {address: {"name": address.upper()} for address in self.answers}}

    def run(self, _: object, *, workers: list[str], on_error: str) -> dict[str, object]:
        """Ask one of them."""
        assert on_error == "return"
        self.asked += workers
        return {address: self.answers[address] for address in workers}


def remote(client: Client) -> cluster.Cluster:
    """Return a cluster seen through a client."""
    found = cluster.Cluster.__new__(cluster.Cluster)
    found.client, found.refused, found._own, found._known = client, None, {}, {}
    found._present = client.nthreads
    return found


def test_strange_workers_are_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another version and none are said; both are asked again later, and let in when they fit."""
    now = [1000.0]
    monkeypatch.setattr(cluster, "time", types.SimpleNamespace(monotonic=lambda: now[0]))
    client = Client({"a": version.number(), "b": "0.0.9", "c": ModuleNotFoundError("mnistdash")})
    found = remote(client)
    for _ in range(3):
        assert found.workers() == ["a"]
    assert client.asked == ["a", "b", "c"]
    assert f"Worker B has mnistdash 0.0.9, this is {version.number()}." in found.refused
    assert "Worker C has no mnistdash (ModuleNotFoundError)." in found.refused
    client.answers["b"] = version.number()
    del client.answers["c"]
    now[0] += 31
    assert found.workers() == ["a", "b"]
    assert found.refused is None


@pytest.mark.parametrize(("is_own", "moves"), [(True, 0), (False, 2)])
def test_lost_run_goes_on_elsewhere_twice_at_most(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, is_own: bool, moves: int
) -> None:
    """On a cluster it waits again with its checkpoint; on this machine a person decides."""
    monkeypatch.setattr(engine.Engine, "_work", lambda _: None)
    db = store.Store(f"sqlite:///{tmp_path}/runs.sqlite3")
    trainer = engine.Engine(db)
    trainer._cluster = types.SimpleNamespace(is_own=is_own, close=lambda: None)
    run_id = db.enqueue(recipes.Recipe(), "optdigits", name="run").id
    for lost in range(4):
        if not db.start(run_id):
            break
        db.record(run_id, [{"loss": 0.5}], {"checkpoint.npz": b"so far"})
        trainer._close_lost(db.run(run_id), engine.ENDED)
        assert db.run(run_id).status == ("queued" if lost < moves else "failed")
    assert db.run(run_id).status == "failed"
    assert db.run(run_id).reason == engine.ENDED
    trainer.close()


def test_worker_after_a_killed_one_is_warmed_up(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each that comes loads TensorFlow: again where that came to nothing, once where it did."""
    monkeypatch.setattr(engine.Engine, "_work", lambda _: None)
    trainer = engine.Engine(store.Store(f"sqlite:///{tmp_path}/runs.sqlite3"))
    there, asked = ["a"], []

    def submit(_: object, *, pure: bool, workers: list[str]) -> object:
        asked.extend(workers)
        return types.SimpleNamespace(status="error" if workers == ["a"] else "finished")

    client = types.SimpleNamespace(submit=submit)
    trainer._cluster = types.SimpleNamespace(
        client=client, workers=lambda: there, close=lambda: None
    )
    for address in ("a", "a", "b", "b"):
        there[:] = [address]
        trainer._warm_up()
        assert trainer.ready is (address == "b")
    assert asked == ["a", "a", "b"]
    trainer.close()
