"""What stands in a row: runs and drawings as values, read from rows that may be damaged."""

import dataclasses
import json
import math
from collections.abc import Sequence

import numpy as np
import sqlalchemy as sa

from mnistdash import artifacts, recipes, verdicts
from mnistdash.store import sealing

UNDER_WAY = ("queued", "running")
STATUSES = (*UNDER_WAY, "finished", "cancelled", "diverged", "failed", "interrupted", "unreadable")
RESUMABLE = ("cancelled", "failed", "interrupted")
TRAINED, BROUGHT = "trained", "brought"
NO_RECIPE = "null"  # JSON, of a run that was brought
_MAX_NAME = 60  # characters
_STEADY_SECONDS = 2.0  # of training, until its pace tells how long it will take


@dataclasses.dataclass(frozen=True, kw_only=True)
class Live:
    """How far a training is: counted from 0, with samples `(epoch, loss, accuracy)` on the way.

    An epoch of a sample is fractional: 1.5 stands for the middle of the second.
    """

    epoch: int = 0
    epochs: int = 1
    step: int = 0
    steps: int = 1
    seconds: float = 0.0
    samples: Sequence[tuple[float, float | None, float | None]] = ()

    @property
    def fraction(self) -> float:
        """The share of all steps that is done."""
        return min(1.0, (self.epoch + self.step / self.steps) / self.epochs)

    @property
    def seconds_left(self) -> float | None:
        """The time left at the pace so far; `None` while that is mostly the start's."""
        if self.seconds < _STEADY_SECONDS or not self.fraction:
            return None
        return self.seconds / self.fraction * (1 - self.fraction)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Run:
    """Answers to labelled images, as the store knows them now.

    Its `origin` is "trained" here by a recipe, or "brought" from elsewhere: then, and where it
    can't be read, `recipe` is `None`. `class_names` has K names, none in a run of an older version
    on images of a person's own. `history` has one dict an epoch with `loss`, `accuracy`,
    `val_loss`, `val_accuracy`, `learning_rate`, `seconds`, each `None` where nobody knows it. Runs
    of one `request` differ in their seed alone; `trace` says that every epoch's answers are kept.
    `artifacts` are the names of what is kept beside the row: a page offers what is there.
    """

    id: str
    origin: str
    name: str
    dataset: str
    dataset_sha256: str | None
    class_names: tuple[str, ...]
    recipe: recipes.Recipe | None
    status: str
    reason: str | None
    note: str
    pinned: bool
    request: str | None
    trace: bool
    created_at: float
    queued_at: float | None
    started_at: float | None
    cancel: bool
    live: Live
    history: tuple[dict, ...]
    seconds: float | None
    best_epoch: int | None
    test_accuracy: float | None
    test_errors: int | None
    test_loss: float | None
    versions: dict[str, str]
    artifacts: frozenset[str]

    @property
    def finished(self) -> bool:
        """Whether there is an answer to every test image."""
        return self.status == "finished"

    @property
    def under_way(self) -> bool:
        """Whether the run waits or trains."""
        return self.status in UNDER_WAY

    @property
    def has_model(self) -> bool:
        """Whether it can answer to other images: drawings, or parts of an image."""
        return artifacts.MODEL in self.artifacts

    @property
    def has_probs(self) -> bool:
        """Whether the probabilities of all classes are known."""
        return artifacts.PROBS in self.artifacts

    @property
    def resumable(self) -> bool:
        """Whether its training can go on where it ended."""
        return self.status in RESUMABLE and artifacts.CHECKPOINT in self.artifacts

    @property
    def classes(self) -> int | None:
        """How many classes it tells apart; `None` where nobody knows."""
        if self.class_names:
            return len(self.class_names)
        return self.recipe.classes if self.recipe else None


@dataclasses.dataclass(frozen=True, kw_only=True)
class Study:
    """How much of what is computed about a run is done, 0-1, or why that ended without a result."""

    share: float
    trouble: str | None


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Drawing:
    """A drawing that a person kept, with its true label and what a run said of it then.

    `image` is uint8 `(28, 28)`, ink bright, as the model saw it; `strokes` are the pen's polylines
    of `(x, y)` points, empty for a picture.
    """

    id: str
    created_at: float
    label: int
    image: np.ndarray
    strokes: list[list[tuple[float, float]]]
    answer: int
    confidence: float
    run_name: str


def clean_name(name: str) -> str:
    """Return what a run is called.

    Raises:
        ValueError: nothing printable is in it.
    """
    printable = "".join(c if c.isprintable() else " " for c in name)
    cleaned = " ".join(printable.split())[:_MAX_NAME].rstrip()
    if not cleaned:
        raise ValueError("A run needs a name of 1 to 60 characters.")
    return cleaned


def to_json(value: object) -> str:
    """Write JSON in which NaN and infinity, which JSON does not know, are null."""
    return json.dumps(_finite(value), allow_nan=False)


def _finite(value: object) -> object:
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return value


def run(row: sa.RowMapping, kept: frozenset[str] = frozenset()) -> Run:
    """Read a run's row, with the names of its artifacts; a damaged one says so."""
    facts = {field.name: row.get(field.name) for field in dataclasses.fields(Run)}
    facts["artifacts"] = kept
    try:
        _check_texts(row)
        facts |= {
            "recipe": _recipe(row),
            "class_names": _class_names(row["class_names"]),
            "live": _live(row["live"]),
            "history": _history(row["history"]),
            "versions": {str(k): str(v) for k, v in json.loads(row["versions"] or "{}").items()},
        }
        _check_numbers(row, facts["history"])
        if not sealing.is_whole(row):
            raise ValueError("it is not as it was written")
    except (ValueError, TypeError, AttributeError, ArithmeticError, RecursionError) as error:
        what = str(error)[:200] if isinstance(error, ValueError) else "a value has the wrong type"
        facts |= {"recipe": None, "class_names": (), "live": Live(), "history": (), "versions": {}}
        facts |= {key: str(facts[key]) for key in _TEXTS}
        facts |= dict.fromkeys(_NUMBERS) | {"created_at": _time(row["created_at"])}
        facts |= {"status": "unreadable", "reason": f"Its entry is damaged: {what}"}
    return Run(**facts)


def _recipe(row: sa.RowMapping) -> recipes.Recipe | None:
    if row["origin"] == BROUGHT and row["recipe"] == NO_RECIPE:
        return None
    return recipes.Recipe.from_json(row["recipe"])


def _class_names(text: str | None) -> tuple[str, ...]:
    names = json.loads(text or "[]")
    texts = isinstance(names, list) and all(isinstance(name, str) for name in names)
    if not texts or not (not names or recipes.MIN_CLASSES <= len(names) <= recipes.MAX_CLASSES):
        raise ValueError("its class names are no names")
    return tuple(names)


def drawing(row: sa.RowMapping) -> Drawing | None:
    """Read a drawing's row; `None` for a damaged one, which must not hide the others."""
    try:
        image = np.frombuffer(row["image"], np.uint8).reshape(28, 28)
        strokes = [[(float(x), float(y)) for x, y in s] for s in json.loads(row["strokes"] or "[]")]
        classes = row["label"] in range(10) and row["answer"] in range(10)
        points = np.array([point for stroke in strokes for point in stroke])
        if not (classes and np.isfinite(points).all() and 0 <= row["confidence"] <= 1):
            return None
        if _time(row["created_at"]) != row["created_at"] or not sealing.is_whole(row):
            return None
        facts = {key: row[key] for key in row if key != sealing.SEAL}
        return Drawing(**{**facts, "image": image, "strokes": strokes})
    except (ValueError, TypeError, AttributeError, ArithmeticError, RecursionError):
        return None


def verdict(row: sa.RowMapping) -> verdicts.Verdict | None:
    """Read a verdict's row; `None` for a damaged one, which must not hide the others."""
    try:
        facts = {key: row[key] for key in row if key not in ("id", sealing.SEAL)}
        said = verdicts.Verdict(**facts | {"judged_at": float(row["judged_at"])})
        return said if sealing.is_whole(row) else None
    except (ValueError, TypeError, OverflowError):
        return None


def _live(text: str | None) -> Live:
    live = Live(**json.loads(text or "{}"))
    whole = [live.epoch, live.step, live.epochs - 1, live.steps - 1]
    if not all(type(number) is int and 0 <= number < 10**9 for number in whole):
        raise ValueError("its progress is out of range")
    if not 0 <= live.seconds < 1e9:
        raise ValueError("its progress is out of range")
    for at, loss, accuracy in live.samples:
        if at is None or not all(_is_number_or_none(value) for value in (at, loss, accuracy)):
            raise ValueError("its progress holds what is no number")
    return dataclasses.replace(live, samples=tuple(tuple(sample) for sample in live.samples))


def _history(text: str | None) -> tuple[dict, ...]:
    history = json.loads(text or "[]")
    keys = ("loss", "accuracy", "val_loss", "val_accuracy", "learning_rate", "seconds")
    for epoch in history:
        for key in keys:
            if not _is_number_or_none(epoch.get(key)):
                raise ValueError(f"`{key}` of an epoch is no number")
    return tuple(epoch | {"epoch": number} for number, epoch in enumerate(history))


_NUMBERS = (
    "queued_at",
    "started_at",
    "seconds",
    "best_epoch",
    "test_accuracy",
    "test_errors",
    "test_loss",
)


_TEXTS = ("id", "origin", "name", "dataset", "note")


def _check_texts(row: sa.RowMapping) -> None:
    for key in _TEXTS:  # SQLite keeps what it is given: in a damaged file a text may be bytes
        if not isinstance(row[key], str):
            raise ValueError(f"its `{key}` is no text")


def _check_numbers(row: sa.RowMapping, history: Sequence[dict]) -> None:
    for key in _NUMBERS:
        if not _is_number_or_none(row[key]):
            raise ValueError(f"its `{key}` is no number")
    if _time(row["created_at"]) != row["created_at"]:
        raise ValueError("its `created_at` is no time")
    best = row["best_epoch"]
    if best is not None and best not in range(len(history)):
        raise ValueError("its best epoch is none of its epochs")
    accuracy = row["test_accuracy"]
    if accuracy is not None and not 0 <= accuracy <= 1:
        raise ValueError("its accuracy lies outside 0-1")
    if row["origin"] not in (TRAINED, BROUGHT):
        raise ValueError("its origin is none")
    if row["status"] not in STATUSES or (row["status"] == "finished" and accuracy is None):
        raise ValueError("its status does not fit its results")


def _is_number_or_none(value: object) -> bool:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return value is None or (number and math.isfinite(value))


def _time(value: object) -> float:
    """Return a time that can be written as a date, 0 for what is none."""
    return value if isinstance(value, int | float) and 0 <= value < 1e11 else 0.0
