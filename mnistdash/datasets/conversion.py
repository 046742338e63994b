"""What people have, as what mnistdash reads: every step said in one sentence."""

import dataclasses
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from mnistdash import counting
from mnistdash.datasets import errors, ground, labels, pixels

MAX_IMAGES = 200_000
_SHARE = 6  # without test images every sixth is set aside, as in MNIST
_SEED = 0
_DIM = 32  # of 255: images without a brighter pixel are almost black
_MORE = "x, y = np.concatenate([x, more_x]), np.concatenate([y, more_y])"
_TRANSPOSED = "Rows and columns were swapped."


OnProgress = Callable[[float], None]  # called with the share of a file that is read, 0-1


def unheard(share: float) -> None:
    """Take no notice of progress."""


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
    classes. `notes` say what was converted, a sentence each; `questions` what is likely a mistake,
    and `offers` what would mend each: `invert`, `classes`, to leave out those without images, or
    nothing.
    """

    x_train: np.ndarray
    y_train: np.ndarray
    x_test: np.ndarray
    y_test: np.ndarray
    class_names: tuple[str, ...]
    notes: tuple[str, ...] = ()
    questions: tuple[str, ...] = ()
    offers: tuple[str, ...] = ()


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
    transposed = (_TRANSPOSED,) if transpose else ()
    inverted = ground.invert(images) if invert else ()
    notes = [*raw.notes, *_merged([p.notes for p in planes]), *brought, *transposed, *inverted]
    notes += [*_merged([part.notes for part in found]), *named.notes]
    parts = [*zip(images, named.parts, strict=True)]
    if len(parts) == 1:
        parts, said = _split(*parts[0], raw.source)
        notes.append(said)
    return _looked_at(parts, named.names, notes, look_at_ground=not invert)


def changed(
    before: Converted, *, invert: bool = False, transpose: bool = False, fewer: bool = False
) -> Converted:
    """Return converted images with something mended that was seen only once they were there.

    Args:
        before: the images.
        invert: as in `convert`.
        transpose: as in `convert`.
        fewer: leave out the classes without images.
    """
    images = [before.x_train, before.x_test]
    if transpose:
        images = [np.ascontiguousarray(part.swapaxes(1, 2)) for part in images]
    said = [*(ground.invert(images) if invert else ()), *((_TRANSPOSED,) if transpose else ())]
    known, names = [before.y_train, before.y_test], before.class_names
    if fewer:
        there = np.unique(np.concatenate(known))
        absent = [name for label, name in enumerate(names) if label not in there]
        known = [np.searchsorted(there, part).astype(np.uint8) for part in known]
        names = tuple(names[label] for label in there)
        said.append(f"Classes without images were left out: {_listed(absent)}.")
    parts = [*zip(images, known, strict=True)]
    return _looked_at(parts, names, [*before.notes, *said], look_at_ground=not invert)


def _looked_at(
    parts: Sequence[tuple[np.ndarray, np.ndarray]],
    names: tuple[str, ...],
    notes: Sequence[str],
    *,
    look_at_ground: bool,
) -> Converted:
    """Put the parts together, and say what in them is likely a mistake."""
    (x_train, y_train), (x_test, y_test) = parts
    doubts = ground.doubts((x_train, x_test)) if look_at_ground else []
    doubts += [(said, "") for said in _dim((x_train, x_test))]
    doubts += [*_absent(y_train, y_test, names)]
    doubts += [(said, "") for said in _twice(x_train, x_test)]
    return Converted(
        x_train=x_train,
        y_train=y_train,
        x_test=x_test,
        y_test=y_test,
        class_names=names,
        notes=tuple(dict.fromkeys(notes)),
        questions=tuple(said for said, _ in doubts),
        offers=tuple(offer for _, offer in doubts),
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
        raise errors.unusable(
            raw.source, f"`{key}` has no images", expected="at least 2", mend=_MORE
        )
    if images != known:
        fewer = min(images, known)
        raise errors.unusable(
            raw.source,
            f"`{key}` has {counting.of(images, 'image')} and `{raw.name_of(f'y_{split}')}`"
            f" {counting.of(known, 'label')}",
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


def _split(
    images: np.ndarray, known: np.ndarray, source: str
) -> tuple[list[tuple[np.ndarray, np.ndarray]], str]:
    """Set a sixth of every class aside, always the same; at least one image stays in each part."""
    if len(images) < 2:
        raise errors.unusable(source, "it has 1 image", expected="at least 2", mend=_MORE)
    random = np.random.default_rng(_SEED)
    aside = np.zeros(len(images), bool)
    for label in np.unique(known):
        of_class = random.permutation(np.flatnonzero(known == label))
        share = max(round(len(of_class) / _SHARE), 1 if len(of_class) > 1 else 0)
        aside[of_class[:share]] = True
    if not aside.any():  # one image a class
        aside[random.integers(len(images))] = True
    note = (
        f"There were no test images: a sixth of each class, {aside.sum():,} of"
        f" {counting.of(len(images), 'image')}, was set aside for the test."
    )
    return [(images[~aside], known[~aside]), (images[aside], known[aside])], note


def _dim(images: Sequence[np.ndarray]) -> list[str]:
    """Say that no pixel is bright, where none is."""
    high = max(int(part.max(initial=0)) for part in images)
    dim = f"The brightest pixel is {high} of 255: the images are almost black."
    return [dim] if high < _DIM else []


def _absent(y_train: np.ndarray, y_test: np.ndarray, names: Sequence[str]) -> list[tuple[str, str]]:
    """Say which classes a part lacks, and what mends it if there are more names than labels."""
    counts = [np.bincount(part, minlength=len(names)) for part in (y_train, y_test)]
    nowhere = [name for name, n in zip(names, counts[0] + counts[1], strict=True) if not n]
    said = []
    if nowhere:
        offer = "classes" if len(names) - len(nowhere) >= labels.MIN_CLASSES else ""
        said.append(
            (f"There are {len(names)} class names, but no images of {_listed(nowhere)}.", offer)
        )
    for part, other, what in ((counts[0], counts[1], "training"), (counts[1], counts[0], "test")):
        absent = [name for name, n, m in zip(names, part, other, strict=True) if not n and m]
        if absent:
            said.append((f"There are no {what} images of {_listed(absent)}.", ""))
    return said


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(names[:8])
    return f"{shown} and {counting.of(len(names) - 8, 'more class')}" if len(names) > 8 else shown


def _twice(x_train: np.ndarray, x_test: np.ndarray) -> list[str]:
    """Count the test images that are training images too, byte for byte."""
    seen = {hash(image.tobytes()) for image in x_train}
    twice = sum(hash(image.tobytes()) in seen for image in x_test)
    if not twice:
        return []
    are = "image is a training image" if twice == 1 else "images are training images"
    return [f"{twice:,} test {are} too: the accuracy on them says little."]
