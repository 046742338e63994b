"""What people have, as what mnistdash reads: every step said in one sentence."""

import dataclasses
from collections.abc import Mapping, Sequence

import numpy as np

from mnistdash.datasets import errors, labels, pixels

MAX_IMAGES = 200_000
_SHARE = 6  # without test images every sixth is set aside, as in MNIST
_SEED = 0


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Raw:
    """Arrays as they were found in a file, of any type and shape, and what was said on the way.

    `called` says how the file calls an array that has another name there.
    """

    source: str
    x_train: np.ndarray
    y_train: np.ndarray
    x_test: np.ndarray | None = None
    y_test: np.ndarray | None = None
    class_names: Sequence[str] | None = None
    notes: tuple[str, ...] = ()
    called: Mapping[str, str] = dataclasses.field(default_factory=dict)

    def name_of(self, array: str) -> str:
        """Return the file's own name of `x_train`, `y_train`, `x_test` or `y_test`."""
        return self.called.get(array, array)


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Converted:
    """Labelled images, split for training and test, and what was done to get them.

    `x_*` are uint8 `(n, 28, 28)`, `y_*` uint8 `(n,)` in 0 to `len(class_names) - 1`, 2 to 62
    classes. `notes` say what was converted, a sentence each; `questions` what is likely a mistake.
    """

    x_train: np.ndarray
    y_train: np.ndarray
    x_test: np.ndarray
    y_test: np.ndarray
    class_names: tuple[str, ...]
    notes: tuple[str, ...] = ()
    questions: tuple[str, ...] = ()


def convert(
    raw: Raw,
    *,
    class_names: Sequence[str] | None = None,
    invert: bool = False,
    transpose: bool = False,
) -> Converted:
    """Turn arrays of any usual form into labelled 28x28 images of training and test.

    Args:
        raw: what was found in a file.
        class_names: names to use in place of the file's own, in order.
        invert: make dark ink on a bright ground bright on dark.
        transpose: swap the rows and columns of each image.

    Raises:
        DataError: something can't be read in one way only.
    """
    found = [part for part in (_labels(raw, "train"), _labels(raw, "test")) if part is not None]
    planes = _planes(raw, [len(part.values) for part in found])
    for split, images, known in zip(("train", "test"), planes, found, strict=False):
        _check_lengths(raw, split, len(images.values), len(known.values))
    named = labels.classes(
        found,
        raw.class_names if class_names is None else class_names,
        source=raw.source,
        key=raw.name_of("y_train"),
    )
    cut = pixels.margins(planes)
    images = [pixels.convert(part, cut, transpose=transpose) for part in planes]
    brought = _said_of_sides(planes, cut)
    transposed = ("Rows and columns were swapped.",) if transpose else ()
    inverted, doubts = _inverted(images, invert)
    notes = [*raw.notes, *_merged([p.notes for p in planes]), *brought, *transposed, *inverted]
    notes += [*_merged([part.notes for part in found]), *named.notes]
    parts = [*zip(images, named.parts, strict=True)]
    if len(parts) == 1:
        parts, said = _split(*parts[0], raw.source)
        notes.append(said)
    (x_train, y_train), (x_test, y_test) = parts
    doubts += [part.scale.question for part in planes]
    doubts += [*_absent(y_train, y_test, named.names), *_twice(x_train, x_test)]
    return Converted(
        x_train=x_train,
        y_train=y_train,
        x_test=x_test,
        y_test=y_test,
        class_names=named.names,
        notes=tuple(dict.fromkeys(notes)),
        questions=tuple(dict.fromkeys(doubt for doubt in doubts if doubt)),
    )


def _labels(raw: Raw, split: str) -> labels.Plain | None:
    """Read the labels of a part; none where the test part is absent or empty."""
    given = raw.y_train if split == "train" else raw.y_test
    if given is None or (split == "test" and (raw.x_test is None or not len(raw.x_test))):
        return None
    return labels.plain(np.asarray(given), source=raw.source, key=raw.name_of(f"y_{split}"))


def _planes(raw: Raw, counts: Sequence[int]) -> list[pixels.Planes]:
    train = pixels.planes(
        np.asarray(raw.x_train), counts[0], source=raw.source, key=raw.name_of("x_train")
    )
    if len(counts) == 1:
        return [train]
    test = pixels.planes(
        np.asarray(raw.x_test),
        counts[1],
        source=raw.source,
        key=raw.name_of("x_test"),
        like=train,
    )
    return [train, test]


def _check_lengths(raw: Raw, split: str, images: int, known: int) -> None:
    key = raw.name_of(f"x_{split}")
    if not images:
        raise errors.unusable(raw.source, f"`{key}` has no images", expected="at least 2")
    if images != known:
        fewer = min(images, known)
        raise errors.unusable(
            raw.source,
            f"`{key}` has {images:,} images and `{raw.name_of(f'y_{split}')}` {known:,} labels",
            expected="a label for each image",
            mend=f"x, y = x[:{fewer}], y[:{fewer}]",
        )
    if images > MAX_IMAGES:
        raise errors.unusable(
            raw.source,
            f"`{key}` has {images:,} images",
            expected=f"at most {MAX_IMAGES:,}",
            mend=f"x, y = x[:{MAX_IMAGES}], y[:{MAX_IMAGES}]",
        )


def _merged(said: Sequence[Sequence[str]]) -> list[str]:
    """Put the sentences of both parts together; those of one part alone name it."""
    if len(said) == 1 or list(said[0]) == list(said[1]):
        return list(said[0])
    train, test = said
    notes = [note if note in test else f"Training: {note}" for note in train]
    return notes + [f"Test: {note}" for note in test if note not in train]


def _said_of_sides(planes: Sequence[pixels.Planes], cut: tuple[int, int]) -> list[str]:
    """Say how images of other sides were brought to 28x28."""
    notes = []
    for part in planes:
        height, width = part.values.shape[1:3]
        if (height, width) == (pixels.SIDE, pixels.SIDE):
            continue
        how = "brought to 28x28 by area, centred on their ground"
        if any(cut):
            how = "cut to 28x28: the pixels around were empty"
        notes.append(f"Images of {height}x{width} pixels were {how}.")
    return list(dict.fromkeys(notes))


def _inverted(images: list[np.ndarray], invert: bool) -> tuple[list[str], list[str]]:
    """Invert in place in the list what should be; return notes and doubts."""
    bright = [pixels.bright(part) for part in images]
    parts = ("training ", "test ") if len(images) == 2 else ("",)
    most = [2 * count > len(part) for count, part in zip(bright, images, strict=True)]
    if invert:
        chosen = [at for at in range(len(images)) if most[at] or not any(most)]
        for at in chosen:
            images[at] = 255 - images[at]
        which = "and ".join(parts[at] for at in chosen)
        return [f"The {which}images were inverted: dark became bright."], []
    doubts = []
    if any(most):
        which = "and ".join(parts[at] for at in range(len(images)) if most[at])
        doubts.append(
            f"The {which}images have a bright ground; models here expect bright ink on a dark"
            " one. Add them with `--invert` to invert them."
        )
    for at, (count, part) in enumerate(zip(bright, images, strict=True)):
        if len(part) // 10 < min(count, len(part) - count):
            doubts.append(
                f"{count:,} of {len(part):,} {parts[at]}images have a bright ground, the others a"
                " dark one."
            )
    return [], doubts


def _split(
    images: np.ndarray, known: np.ndarray, source: str
) -> tuple[list[tuple[np.ndarray, np.ndarray]], str]:
    """Set a sixth of every class aside, always the same; at least one image stays in each part."""
    if len(images) < 2:
        raise errors.unusable(source, "it has 1 image", expected="at least 2, one of them to test")
    random = np.random.default_rng(_SEED)
    aside = np.zeros(len(images), bool)
    for label in np.unique(known):
        of_class = random.permutation(np.flatnonzero(known == label))
        share = max(round(len(of_class) / _SHARE), 1 if len(of_class) > 1 else 0)
        aside[of_class[:share]] = True
    if not aside.any():  # one image a class
        aside[random.integers(len(images))] = True
    note = (
        f"There were no test images: a sixth of each class, {aside.sum():,} of {len(images):,}"
        " images, was set aside for the test."
    )
    return [(images[~aside], known[~aside]), (images[aside], known[aside])], note


def _absent(y_train: np.ndarray, y_test: np.ndarray, names: Sequence[str]) -> list[str]:
    """Say which classes a part lacks, and whether the labels hold fewer classes than names."""
    counts = [np.bincount(part, minlength=len(names)) for part in (y_train, y_test)]
    nowhere = [name for name, n in zip(names, counts[0] + counts[1], strict=True) if not n]
    said = []
    if nowhere:
        said.append(
            f"There are {len(names)} class names, but no images of {_listed(nowhere)}. If these"
            " are no classes, name those that are with `--classes`."
        )
    for part, other, what in ((counts[0], counts[1], "training"), (counts[1], counts[0], "test")):
        absent = [name for name, n, m in zip(names, part, other, strict=True) if not n and m]
        if absent:
            said.append(f"There are no {what} images of {_listed(absent)}.")
    return said


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(names[:8])
    return f"{shown} and {len(names) - 8} more classes" if len(names) > 8 else shown


def _twice(x_train: np.ndarray, x_test: np.ndarray) -> list[str]:
    """Count the test images that are training images too, byte for byte."""
    seen = {hash(image.tobytes()) for image in x_train}
    twice = sum(hash(image.tobytes()) in seen for image in x_test)
    if not twice:
        return []
    are = "image is a training image" if twice == 1 else "images are training images"
    return [f"{twice:,} test {are} too: the accuracy on them says little."]
