"""Whether a LiteRT model from elsewhere can be trusted with: opened in a process of its own.

A file made to do harm, or merely damaged, can crash LiteRT. It is opened first by
a child process, which may crash, take too long or run out of memory without
harm. What comes back takes raw uint8 images, as every model here does.
"""

import dataclasses
import os
import pathlib
import subprocess
import sys
import tempfile

import numpy as np

from mnistdash import artifacts, classifier
from mnistdash.bringing import answers, graph, scalings

SECONDS = 60.0
MAX_BYTES = 64 * 2**20
SAMPLE = 500  # test images, as many as are answered at once later
_AGREE = 0.97  # of the answers; conversions round, and other models differ by more
_MEMORY = 6 * 2**30  # bytes of addresses


@dataclasses.dataclass(frozen=True, kw_only=True)
class Checked:
    """A model that answers as it should, and what was done with it."""

    model: bytes
    notes: tuple[str, ...]


def read_file(path: pathlib.Path) -> bytes:
    """Read a model's file.

    Raises:
        LogError: it is not there, or too large.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            raise answers.LogError(f"{path.name} is larger than {MAX_BYTES // 2**20} MB.")
        return path.read_bytes()
    except OSError as error:
        raise answers.LogError(f"{path.name} can't be read ({error.strerror}).") from None


def check(model: bytes, images: np.ndarray, labels: np.ndarray, found: answers.Answers) -> Checked:
    """Open a model in a process of its own, and return it as one that takes raw images.

    Args:
        model: the bytes of a LiteRT file.
        images: the test images, uint8 `(n, 28, 28)`.
        labels: of these, uint8 `(n,)`.
        found: what the same model answered to them.

    Raises:
        LogError: it is no model, answers otherwise, crashed, or took too long.
    """
    return verdict(asked(question(model, images, labels, found)))


def question(model: bytes, images: np.ndarray, labels: np.ndarray, found: answers.Answers) -> bytes:
    """Return what `asked` needs, in a form that can be sent; arguments as of `check`."""
    few = np.unique(np.linspace(0, len(images) - 1, SAMPLE).astype(int))
    arrays = {
        "model": np.frombuffer(model, np.uint8),
        "images": images[few],
        "labels": labels[few],
        "y_pred": found.y_pred[few],
        "classes": np.array(found.num_classes),
        "moments": np.array([images.mean(), images.std()]),
    }
    if found.probs is not None:
        arrays["probs"] = found.probs[few]
    return artifacts.write_arrays(arrays)


def asked(about: bytes) -> bytes:
    """Let a child process look at the model of a `question`; return what `verdict` reads."""
    with tempfile.TemporaryDirectory(prefix="mnistdash-") as folder:
        given, answered = pathlib.Path(folder, "asked.npz"), pathlib.Path(folder, "answered.npz")
        given.write_bytes(about)
        home = str(pathlib.Path(__file__).parents[2])  # however this package was found here
        command = [sys.executable, "-c", _CHILD, home, str(given), str(answered)]
        try:
            subprocess.run(command, capture_output=True, timeout=SECONDS, check=True)
            return answered.read_bytes()
        except subprocess.TimeoutExpired:
            return _refused(
                f"The model did not answer {SAMPLE} images within {SECONDS:.0f} s: it was not"
                " taken."
            )
        except (subprocess.CalledProcessError, OSError):
            return _refused(
                "The model crashed the process that looked at it: it is damaged, or needs"
                " operations that LiteRT does not have. It was not taken."
            )


def verdict(answered: bytes) -> Checked:
    """Read what came of a `question`.

    Raises:
        LogError: the model was refused.
    """
    arrays = artifacts.read_arrays(answered)
    if "refused" in arrays:
        raise answers.LogError(str(arrays["refused"]))
    return Checked(
        model=arrays["model"].tobytes(), notes=tuple(arrays["notes"].reshape(-1).tolist())
    )


def _refused(sentence: str) -> bytes:
    return artifacts.write_arrays({"refused": np.array(sentence)})


_CHILD = """
import sys
home, given, answered = sys.argv[1:]
sys.path.insert(0, home)
from mnistdash.bringing import checking
checking.answer(given, answered)
"""


# --- in the other process ---------------------------------------------------------------------


def answer(given: str, answered: str) -> None:
    """Look at the model in a file, and write what came of it into another."""
    _limit_memory()
    about = artifacts.read_arrays(pathlib.Path(given).read_bytes())
    try:
        model, notes = _looked_at(about)
        kept = {"model": np.frombuffer(model, np.uint8), "notes": np.array(notes, str)}
        written = artifacts.write_arrays(kept)
    except ValueError as error:
        written = _refused(str(error))
    pathlib.Path(answered).write_bytes(written)


def _limit_memory() -> None:
    """Let a model that asks for everything fail here, where the system can."""
    if os.name == "posix":
        import resource

        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        most = _MEMORY if hard == resource.RLIM_INFINITY else min(_MEMORY, hard)
        resource.setrlimit(resource.RLIMIT_AS, (most, hard))


def _looked_at(about: dict[str, np.ndarray]) -> tuple[bytes, list[str]]:
    """Return the model as one that takes raw images, and what was said.

    Raises:
        ValueError: it is no such model, or answers otherwise.
    """
    model, notes = about["model"].tobytes(), []
    try:
        ready = classifier.Classifier(model)
    except ValueError:
        model, notes = _prepared(model, about)
        ready = classifier.Classifier(model)
    probs = ready.probs(about["images"])
    _check_answers(probs, about)
    return model, notes


def _check_answers(probs: np.ndarray, about: dict[str, np.ndarray]) -> None:
    y_pred = about["y_pred"]
    _check_classes(probs, about)
    if not np.isfinite(probs).all() or np.abs(probs.sum(axis=1) - 1).max() > 1e-3:
        raise ValueError("The model answers with what are no probabilities.")
    same = int((probs.argmax(axis=1) == y_pred).sum())
    if same < _AGREE * len(y_pred):
        raise ValueError(
            f"The model answers {len(y_pred) - same} of {len(y_pred)} test images otherwise than"
            " the predictions. Expected the model that made them."
        )


def _check_classes(given: np.ndarray, about: dict[str, np.ndarray]) -> None:
    classes = int(about["classes"])
    if given.shape[1] != classes:
        raise ValueError(
            f"The model answers with {given.shape[1]} classes. Expected {classes}, as the images"
            " have."
        )


def _prepared(model: bytes, about: dict[str, np.ndarray]) -> tuple[bytes, list[str]]:
    """Put in front of a model what it expects of images, found by trying."""
    expects = _Expects(model)
    notes = []
    scaling = None
    _check_classes(expects.run(about["images"][:1], scaling), about)
    if expects.floats:
        scaling = _scaling(expects, about)
        notes.append(f"The model expects images scaled: {scaling}; found by trying.")
    given = expects.run(about["images"], scaling)
    found = answers.read(
        given,
        num_images=len(given),
        class_names=[str(c) for c in range(given.shape[1])],
        what="The model's answer",
    )
    logits = found.made_by == "softmax"
    if logits:
        notes.append("The model gives logits: softmax was put behind it.")
    return graph.prepared(model, scaling, expects.shape, softmax=logits), notes


def _scaling(expects: "_Expects", about: dict[str, np.ndarray]) -> scalings.Scaling:
    """Find the scaling with which the model answers as the predictions do."""
    given = about.get("probs")

    def probs(scaling: scalings.Scaling) -> np.ndarray:
        found = expects.run(about["images"], scaling).astype(np.float64)
        powers = np.exp(found - found.max(axis=1, keepdims=True))
        sums = found.sum(axis=1, keepdims=True)
        if found.min() >= 0 and np.abs(sums - 1).max() < 1e-2:
            return found
        return powers / powers.sum(axis=1, keepdims=True)

    candidates = scalings.usual(*about["moments"].tolist())
    if given is None:
        return scalings.best(candidates, probs, about["y_pred"].astype(np.int64))
    return min(candidates, key=lambda each: float(np.abs(probs(each) - given).mean()))


class _Expects:
    """A model as it came: what it expects, and what it answers.

    Raises:
        ValueError: it takes what no image of 28x28 can become.
    """

    def __init__(self, model: bytes) -> None:
        if len(model) > MAX_BYTES or model[4:8] != b"TFL3":
            raise ValueError(
                f"This is no LiteRT model ({len(model):,} bytes). Expected a .tflite file of up to"
                f" {MAX_BYTES // 2**20} MB."
            )
        from ai_edge_litert import interpreter as litert

        try:
            self._interpreter = litert.Interpreter(model_content=model, num_threads=1)
            self._interpreter.allocate_tensors()
            takes = self._interpreter.get_input_details()
            gives = self._interpreter.get_output_details()
        except (ValueError, RuntimeError) as error:
            raise ValueError(f"The model can't be opened: {str(error)[:200]}.") from None
        self.shape = tuple(int(side) for side in takes[0]["shape"][1:]) if takes else ()
        self.floats = bool(takes) and takes[0]["dtype"] == np.float32
        shown = [(d["dtype"].__name__, tuple(map(int, d["shape"]))) for d in (*takes, *gives)]
        fits = len(takes) == len(gives) == 1 and int(np.prod(self.shape)) == graph.SIDE**2
        fits = fits and takes[0]["shape"][0] == 1 and takes[0]["dtype"] in (np.float32, np.uint8)
        fits = fits and len(gives[0]["shape"]) == 2 and gives[0]["dtype"] == np.float32
        if not fits:
            raise ValueError(
                "The model takes or gives something else than images of 28x28 and a number for each"
                f" class. Expected float32 or uint8 (1, 28, 28, 1) in, float32 (1, K) out."
                f" Received: {shown}."
            )

    def run(self, images: np.ndarray, scaling: scalings.Scaling | None) -> np.ndarray:
        """Answer images, uint8 `(m, 28, 28)`, with whatever the model gives, float32 `(m, K)`."""
        batch = images if scaling is None else scaling(images)
        batch = batch.reshape(-1, *self.shape).astype(np.float32 if self.floats else np.uint8)
        place = self._interpreter.get_input_details()[0]["index"]
        try:
            self._interpreter.resize_tensor_input(place, batch.shape)
            self._interpreter.allocate_tensors()
            self._interpreter.set_tensor(place, batch)
            self._interpreter.invoke()
            found = self._interpreter.get_tensor(self._interpreter.get_output_details()[0]["index"])
        except (ValueError, RuntimeError) as error:
            raise ValueError(
                f"The model can't answer {len(images)} images at once ({str(error)[:120]})."
                " Expected one whose first dimension is free: convert it with a batch size of None."
            ) from None
        if len(found) != len(images):
            raise ValueError("The model answers one image at a time. Expected all that are asked.")
        return found
