"""Runs as files: a run to take away, and the starter runs that the package ships."""

import dataclasses
import importlib.resources
import io
import json
import pathlib
import zipfile

import sqlalchemy as sa

from mnistdash import artifacts as kept_as
from mnistdash.store import database, errors, results, rows, schema, sealing

_SHIPPED = (kept_as.MODEL, kept_as.PROBS, kept_as.WEIGHTS)  # what a starter file holds
_runs, _artifacts, _meta = schema.runs, schema.artifacts, schema.meta


class Archive(results.Results):
    """Runs that leave a store, and those that come with it."""

    def export(self, run_id: str, *, shipped_as: str | None = None) -> bytes:
        """Return a finished run as a ZIP of `run.json`, model, weights and probabilities.

        Args:
            run_id: the run.
            shipped_as: another id for it in the file, as starter runs have.

        Raises:
            StoreError: the run or one of these is not there, or damaged.
        """
        run = self.run(run_id)
        if run is None or run.recipe is None:
            raise errors.StoreError("This run is no longer there, or can't be read.")
        facts = dataclasses.asdict(run) | {
            "id": shipped_as or run.id,
            "recipe": run.recipe.to_json(),
            "artifacts": sorted(_SHIPPED),
        }
        target = io.BytesIO()
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("run.json", rows.to_json(facts))
            for name in _SHIPPED:
                archive.writestr(name, self.artifact(run_id, name))
        return target.getvalue()

    def add_starters(self) -> None:
        """Read the finished runs that the package ships into the store, once."""
        key = sa.select(_meta.c.value).where(_meta.c.key == "starters")
        with self._read() as connection:
            if connection.scalar(key) == _starters_version():
                return
        with self._write() as connection:
            schema.one_at_a_time(connection)
            if connection.scalar(key) == _starters_version():  # another process was first
                return
            for file in _starter_files():
                _insert_starter(connection, file.read_bytes())
            connection.execute(sa.delete(_meta).where(_meta.c.key == "starters"))
            connection.execute(sa.insert(_meta).values(key="starters", value=_starters_version()))


def _starter_files() -> list[pathlib.Path]:
    folder = pathlib.Path(str(importlib.resources.files("mnistdash"))) / "starter"
    return sorted(folder.glob("*.zip"))


def _starters_version() -> str:
    return " ".join(f"{file.name}:{file.stat().st_size}" for file in _starter_files())


def _insert_starter(connection: sa.Connection, data: bytes) -> None:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        facts = json.loads(archive.read("run.json"))
        artifacts = {name: archive.read(name) for name in _SHIPPED}
    row = {key: facts[key] for key in facts if key in _runs.c}
    digits = [str(digit) for digit in range(10)]  # what every starter without names reads
    row |= {"class_names": facts.get("class_names", digits)}
    row |= {key: rows.to_json(row[key]) for key in ("live", "history", "versions", "class_names")}
    row |= _given_by_people(connection, row)
    connection.execute(sa.delete(_artifacts).where(_artifacts.c.run_id == row["id"]))
    connection.execute(sa.delete(_runs).where(_runs.c.id == row["id"]))
    sealing.insert(connection, _runs, **row)
    database.insert_artifacts(connection, row["id"], artifacts)


def _given_by_people(connection: sa.Connection, row: dict[str, object]) -> dict[str, object]:
    """Return what people gave the starter that this one takes the place of, if there is one."""
    old = connection.execute(sa.select(_runs).where(_runs.c.id == row["id"])).mappings().first()
    if old is None or not sealing.is_whole(old):
        return {}
    return {"name": old["name"], "pinned": old["pinned"], "note": old["note"] or row["note"]}
