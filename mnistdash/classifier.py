"""A finished run's model as the pages use it: LiteRT, never TensorFlow."""

import functools
import importlib.resources
import io
import re
import threading
import typing
import warnings
import zipfile

import numpy as np

from mnistdash import artifacts

if typing.TYPE_CHECKING:
    from ai_edge_litert import interpreter as litert

KINDS = "digit", "letter", "two digits", "scribble"  # what a drawing may be; a sign is the last
_BATCH = 500  # images at once; larger ones are no faster and cost memory
_LAYERS_BATCH = 100  # where every layer answers: 500 at once took a third longer
ANSWER, LAYERS = "answer", "layers"  # what our models may be asked for: their two signatures
_NAME = re.compile(r"\d+_[a-z0-9.]+")  # of a layer: its place and its word
# Models from before they named their layers name tensors by the operations merged into them:
# `mnistdash_1/2_conv32x3_1/Relu;...`.
_TENSOR_NAME = re.compile(rf"/({_NAME.pattern})")
_MAX_MODEL_BYTES = 64 * 2**20  # five million parameters are 20 MB


class Classifier:
    """Images in, probabilities out; safe to share between threads.

    Args:
        model: the bytes of a LiteRT model that our own trainer wrote.
        threads: how many threads one answer may use.

    Raises:
        ValueError: the bytes are no such model.
    """

    def __init__(self, model: bytes, *, threads: int = 1) -> None:
        self._model = model
        self._lock = threading.Lock()
        self._interpreter = _load(model, threads=threads)
        self._layers: _Layers | None = None  # made at the first use
        self.num_classes = int(self._interpreter.get_output_details()[0]["shape"][1])

    def probs(self, images: np.ndarray) -> np.ndarray:
        """Compute each class's probability.

        Args:
            images: uint8 `(n, 28, 28)`, ink bright, ground 0; n may be 0.

        Returns:
            float32 `(n, K)`, rows sum to 1.

        Raises:
            ValueError: the array has another dtype or shape.
        """
        _check_images(images)
        probs = np.empty((len(images), self.num_classes), np.float32)
        with self._lock:
            for start in range(0, len(images), _BATCH):
                batch = images[start : start + _BATCH]
                probs[start : start + len(batch)] = _run(self._interpreter, batch)
        return probs

    def activations(self, image: np.ndarray) -> dict[str, np.ndarray]:
        """Compute what every layer answers to one image.

        Args:
            image: uint8 `(28, 28)`.

        Returns:
            By layer name as in `network.build`, such as `1_conv32x3`, in the network's order:
            float32 of the layer's output shape. Dropout is missing: it does nothing here. Nothing
            for a model that does not name its layers.

        Raises:
            ValueError: the array has another dtype or shape.
        """
        _check_images(np.asarray(image)[None])
        return {name: found[0] for name, found in self._read_layers(image[None]).items()}

    def features(self, images: np.ndarray) -> np.ndarray:
        """Compute what the last layer receives: images that the model finds alike are close.

        Args:
            images: uint8 `(n, 28, 28)`, n > 0.

        Returns:
            float32 `(n, d)`, the answer of the layer before the last.

        Raises:
            ValueError: the array has another dtype or shape, or the model does not name its layers.
        """
        _check_images(images)
        parts = []
        for start in range(0, len(images), _LAYERS_BATCH):
            outputs = list(self._read_layers(images[start : start + _LAYERS_BATCH]).values())
            if len(outputs) < 2:
                raise ValueError("This model does not tell what its last layer receives.")
            parts.append(outputs[-2].reshape(len(outputs[-2]), -1))
        return np.concatenate(parts)

    def _read_layers(self, images: np.ndarray) -> dict[str, np.ndarray]:
        with self._lock:
            if self._layers is None:
                self._layers = _layers(self._model)
            return self._layers.read(images)


class _Layers(typing.Protocol):
    """Reads what every layer answers to images: by its name, in the network's order."""

    def read(self, images: np.ndarray) -> dict[str, np.ndarray]: ...


def _layers(model: bytes) -> _Layers:
    """Find the best way that a model offers."""
    try:
        return _NamedLayers(model)
    except LookupError:
        pass  # from before our models named their layers, or brought from elsewhere
    try:
        return _LayerTensors(model)
    except (LookupError, TypeError):  # a LiteRT that can't keep all tensors refuses the argument
        return _NoLayers()


class _NamedLayers:
    """A second interpreter that is asked for the signature with every layer's own output."""

    def __init__(self, model: bytes) -> None:
        interpreter = _load(model, threads=1)
        signature = interpreter.get_signature_list()[LAYERS]
        names = signature["outputs"]
        if signature["inputs"] != ["image"] or not all(map(_NAME.fullmatch, names)):
            raise LookupError  # another program's
        self._names = sorted(names, key=lambda name: int(name.split("_")[0]))
        self._ask = interpreter.get_signature_runner(LAYERS)

    def read(self, images: np.ndarray) -> dict[str, np.ndarray]:
        outputs = self._ask(image=images)
        return {name: outputs[name] for name in self._names}


class _NoLayers:
    """Stands for a model that tells its answer and nothing else."""

    def read(self, images: np.ndarray) -> dict[str, np.ndarray]:
        return {}


class _LayerTensors:
    """A second interpreter that keeps every tensor, those of the layers told by their names."""

    def __init__(self, model: bytes) -> None:
        self._interpreter = _load(model, threads=1, keep=True)
        # Weights carry layer names too; only an answer grows with the number of images.
        blank = np.zeros((2, 28, 28), np.uint8)
        two = self._indices_of_length(blank)
        one = self._indices_of_length(blank[:1])
        names = {d["index"]: d["name"] for d in self._interpreter.get_tensor_details()}
        found = {i: _TENSOR_NAME.search(names[i]) for i in sorted(two & one)}
        self._layers = {match[1]: i for i, match in found.items() if match}
        if not self._layers:
            raise LookupError
        # The last layer's own tensor is before its softmax; the model's answer is behind it.
        last = list(self._layers)[-1]
        self._layers[last] = self._interpreter.get_output_details()[0]["index"]

    def _indices_of_length(self, images: np.ndarray) -> set[int]:
        _run(self._interpreter, images)
        details = self._interpreter.get_tensor_details()
        return {d["index"] for d in details if d["shape"].size and d["shape"][0] == len(images)}

    def read(self, images: np.ndarray) -> dict[str, np.ndarray]:
        _run(self._interpreter, images)
        return {name: self._interpreter.get_tensor(i) for name, i in self._layers.items()}


@functools.cache
def starter() -> Classifier:
    """Read the classifier that ships with the package, trained on MNIST.

    Raises:
        FileNotFoundError: the package was installed without its starter runs.
    """
    archive = importlib.resources.files("mnistdash") / "starter" / "mnist.zip"
    with zipfile.ZipFile(io.BytesIO(archive.read_bytes())) as files:
        return Classifier(files.read(artifacts.MODEL))


def digit_probs(images: np.ndarray) -> np.ndarray:
    """Compute how probable it is that each image shows a digit, whichever; as `kind_probs`.

    Returns:
        float32 `(n,)`, 0-1.
    """
    return kind_probs(images)[:, KINDS.index("digit")]


def kind_probs(images: np.ndarray) -> np.ndarray:
    """Compute how probable it is that each image shows a digit, a letter, two digits or none.

    Args:
        images: uint8 `(n, 28, 28)`, ink bright, ground 0; n may be 0.

    Returns:
        float32 `(n, 4)`, in the order of `KINDS`; rows sum to 1.

    Raises:
        ValueError: the array has another dtype or shape.
        FileNotFoundError: as `starter`.
    """
    return _detector().probs(images)


@functools.cache
def _detector() -> Classifier:
    """Read the model that `python -m mnistdash starter detector` trains."""
    file = importlib.resources.files("mnistdash") / "starter" / "detector.tflite"
    return Classifier(file.read_bytes())


def _load(model: bytes, *, threads: int, keep: bool = False) -> "litert.Interpreter":
    # A TensorFlow Lite file carries this mark; LiteRT itself may crash on anything else.
    if len(model) > _MAX_MODEL_BYTES or bytes(model[4:8]) != b"TFL3":
        raise ValueError(
            f"This is not a LiteRT model ({len(model):,} bytes). Use the `model.tflite` of a"
            " finished run."
        )
    from ai_edge_litert import interpreter as litert  # 0.2 s, so at the first use

    try:
        with warnings.catch_warnings(action="ignore"):  # that keeping all tensors costs memory
            every = {"experimental_preserve_all_tensors": True} if keep else {}
            loaded = litert.Interpreter(model_content=model, num_threads=threads, **every)
        loaded.allocate_tensors()
        takes, gives = loaded.get_input_details(), loaded.get_output_details()
    except (ValueError, RuntimeError) as error:
        raise ValueError(f"This LiteRT model can't be read: {str(error)[:200]}.") from None
    shapes = [tuple(details["shape"]) for details in (*takes, *gives)]
    gives = shapes[1] if len(shapes) == 2 else ()
    ours = shapes[:1] == [(1, 28, 28)] and len(gives) == 2 and gives[0] == 1
    if not ours or gives[1] < 2 or takes[0]["dtype"] != np.uint8:
        raise ValueError(
            "This LiteRT model is not one of ours: expected uint8 (1, 28, 28) in and"
            f" (1, K) out, K classes. Received: {shapes}."
        )
    return loaded


def _run(interpreter: "litert.Interpreter", batch: np.ndarray) -> np.ndarray:
    takes = interpreter.get_input_details()[0]
    if takes["shape"][0] != len(batch):
        interpreter.resize_tensor_input(takes["index"], batch.shape)
        interpreter.allocate_tensors()
    interpreter.set_tensor(takes["index"], batch)
    interpreter.invoke()
    return interpreter.get_tensor(interpreter.get_output_details()[0]["index"])


def _check_images(images: np.ndarray) -> None:
    dtype, shape = getattr(images, "dtype", type(images)), np.shape(images)
    if dtype != np.uint8 or len(shape) != 3 or shape[1:] != (28, 28):
        raise ValueError(
            f"`images` must be uint8 of shape (n, 28, 28). Received: {dtype} of shape {shape}."
        )
