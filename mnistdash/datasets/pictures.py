"""Pictures in a folder or a ZIP, one folder a class, perhaps below `train` and `test`."""

import contextlib
import dataclasses
import io
import pathlib
import stat
import warnings
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence

import numpy as np
from PIL import Image, ImageOps

from mnistdash import counting
from mnistdash.datasets import conversion, errors, pixels, roles, sniffing

FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "GIF")
ENDINGS = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif")
MAX_BYTES = 10 * 2**20  # of one picture
MAX_PIXELS = 16_000_000  # as for a picture of a digit
_MAX_SCANS = 100  # of a progressive JPEG: each costs a pass over the whole picture
MAX_ENTRIES = 2 * conversion.MAX_IMAGES
_MAX_DEPTH = 6
_JUNK = {"__MACOSX", "Thumbs.db", "desktop.ini"}
_TREE = "one folder a class, such as train/0/1.png"
_DEEP = ("I", "I;16", "I;16B", "I;16L", "I;16N")


@dataclasses.dataclass(frozen=True)
class Entry:
    """A file in a tree: its path below the top, taken apart, and how to get its bytes."""

    parts: tuple[str, ...]
    size: int  # bytes
    read: Callable[[], bytes]


def in_folder(folder: pathlib.Path) -> list[Entry]:
    """List the files of a folder, as `walk`."""
    return [
        Entry(path.relative_to(folder).parts, path.stat().st_size, path.read_bytes)
        for path in walk(folder)
    ]


def walk(folder: pathlib.Path) -> list[pathlib.Path]:
    """Find the files of a folder, at most six folders deep; links to folders are not followed.

    Raises:
        DataError: there are more than 400,000.
    """
    found: list[pathlib.Path] = []
    for path in _walk(folder, _MAX_DEPTH):
        found.append(path)
        if len(found) > MAX_ENTRIES:
            raise _too_many(folder.name)
    return found


def _walk(folder: pathlib.Path, depth: int) -> Iterator[pathlib.Path]:
    with contextlib.suppress(PermissionError):
        for path in sorted(folder.iterdir()):
            if path.name.startswith(".") or path.name in _JUNK:
                continue
            if path.is_file():
                yield path
            elif depth and path.is_dir() and not path.is_symlink():
                yield from _walk(path, depth - 1)


def in_zip(archive: zipfile.ZipFile, source: str) -> list[Entry]:
    """List the files of a ZIP; links in it are passed over, nothing is ever written.

    Raises:
        DataError: it is encrypted, too large when unpacked, or a path in it leads out of it.
    """
    entries = archive.infolist()
    if len(entries) > MAX_ENTRIES:
        raise _too_many(source)
    if sum(entry.file_size for entry in entries) > sniffing.MAX_BYTES:
        raise errors.unusable(source, "unpacked it is larger than 2 GB", expected="at most 2 GB")
    found = []
    for entry in entries:
        path = pathlib.PurePosixPath(entry.filename.replace("\\", "/"))
        if path.is_absolute() or ".." in path.parts or ":" in entry.filename[:2]:
            raise errors.unusable(
                source,
                "a path in it leads out of it",
                expected=_TREE,
                mend="python -m zipfile -c mine.zip train",
            )
        if entry.flag_bits & 1:
            raise errors.unusable(
                source, "it is encrypted", mend=f"unzip -P PASSWORD '{source}' -d folder"
            )
        hidden = any(part.startswith(".") or part in _JUNK for part in path.parts)
        is_link = stat.S_ISLNK(entry.external_attr >> 16)
        if not (entry.is_dir() or hidden or is_link):
            found.append(Entry(path.parts, entry.file_size, lambda e=entry: archive.read(e)))
    return found


def _too_many(source: str) -> errors.DataError:
    return errors.unusable(
        source, f"it holds more than {MAX_ENTRIES:,} files", expected=f"{MAX_ENTRIES:,} at most"
    )


def are_classes(entries: Iterable[Entry]) -> bool:
    """Tell whether pictures lie in folders of classes."""
    return any(len(entry.parts) > 1 and _is_picture(entry) for entry in entries)


def check(entries: Sequence[Entry], source: str) -> None:
    """Look at the names of the files alone.

    Raises:
        DataError: there are no pictures in folders of classes.
    """
    _labelled(entries, source)


def _is_picture(entry: Entry) -> bool:
    return entry.parts[-1].lower().endswith(ENDINGS)


@dataclasses.dataclass(frozen=True)
class _Labelled:
    entry: Entry
    split: str
    label: str


def read(
    entries: Sequence[Entry],
    source: str,
    on_progress: conversion.OnProgress = conversion.unheard,
) -> conversion.Raw:
    """Read pictures as 28x28 greys, labelled by the folder they lie in.

    `on_progress` is called with the share of the pictures that are read.

    Raises:
        DataError: there are no class folders, or most pictures can't be read.
    """
    labelled = _labelled(entries, source)
    splits: dict[str, list[_Labelled]] = {"train": [], "test": [], "val": []}
    for picture in labelled:
        splits[picture.split].append(picture)
    notes = []
    others = len(entries) - len(labelled)
    if others:
        notes.append(
            f"{counting.of(others, 'file')} {_became(others)} left out: no"
            f" {counting.form(others, 'picture')} of a class."
        )
    if splits["val"] and not splits["test"]:
        splits["test"] = splits["val"]
        notes.append("The pictures for validation are the test images.")
    elif splits["val"]:
        number = len(splits["val"])
        notes.append(f"{counting.of(number, 'picture')} for validation {_became(number)} left out.")
    seen = _Seen(len(splits["train"]) + len(splits["test"]), on_progress)
    found = {split: _decoded(splits[split], seen) for split in ("train", "test") if splits[split]}
    notes += seen.notes(source)
    if "train" not in found:
        raise errors.unusable(source, "it has test pictures and none to train", expected=_TREE,
            mend="os.rename('test', 'train')",
        )  # fmt: skip
    test = found.get("test", (None, None))
    return conversion.Raw(
        source=source,
        x_train=found["train"][0],
        y_train=found["train"][1],
        x_test=test[0],
        y_test=test[1],
        notes=tuple(notes),
        called={"x_train": "pictures to train", "x_test": "pictures to test",
                "y_train": "folders", "y_test": "folders"},
    )  # fmt: skip


def _are(number: int) -> str:
    return "is" if number == 1 else "are"


def _labelled(entries: Sequence[Entry], source: str) -> list[_Labelled]:
    """Find split and class of each picture: the class is the folder it lies in."""
    found = [entry for entry in entries if _is_picture(entry)]
    if not found:
        inside = {pathlib.PurePath(entry.parts[-1].lower()).suffix for entry in entries}
        listed = ", ".join(sorted(inside - {""})[:4]) or "nothing"
        raise errors.unusable(
            source,
            f"there are no pictures in it, but {listed}",
            expected="PNG, JPEG, WebP, BMP or GIF files, " + _TREE,
            mend=f"python -m zipfile -e '{source}' folder" if source.endswith(".zip") else "",
        )
    inside = [entry for entry in found if len(entry.parts) > 1]
    labelled = [_Labelled(e, _split_of(e.parts[:-2]), e.parts[-2]) for e in inside]
    if not any(roles.of(picture.label).split is None for picture in labelled):
        raise errors.unusable(
            source,
            f"{counting.of(len(found), 'picture')} in it {_are(len(found))} in no folder of a"
            f" class, such as {found[0].parts[-1][:30]}",
            expected=_TREE,
            mend="for name, label in zip(names, y): os.renames(name, f'train/{label}/{name}')",
        )
    return labelled


def _split_of(folders: Sequence[str]) -> str:
    """Return the split that a folder above the class is named after."""
    for folder in folders:
        role = roles.of(folder)
        if role.split and not role.kind:
            return role.split
    return "train"


class _Seen:
    """What happened to pictures on the way, to be said in one sentence each."""

    def __init__(self, pictures: int, on_progress: conversion.OnProgress) -> None:
        self.pictures = pictures
        self._on_progress = on_progress
        self._done = 0
        self.damaged: list[str] = []
        self.sizes: dict[tuple[int, int], int] = {}
        self.colour = self.turned = self.transparent = self.animated = 0

    def another(self) -> None:
        """Count a picture, and report a hundred times on the way."""
        self._done += 1
        if self._done % max(self.pictures // 100, 1) == 0:
            self._on_progress(self._done / self.pictures)

    def notes(self, source: str) -> list[str]:
        """Return the sentences.

        Raises:
            DataError: more than a tenth of the pictures can't be read.
        """
        bad = len(self.damaged)
        if bad > self.pictures / 10:
            raise errors.unusable(
                source,
                f"{bad:,} of {counting.of(self.pictures, 'picture')} can't be read, such as"
                f" {self.damaged[0][:40]}",
                expected="PNG, JPEG, WebP, BMP or GIF, at most 10 MB and 16 megapixels each",
                mend="for path in paths: Image.open(path).convert('L').save(path)",
            )
        said = []
        if bad:
            said.append(
                f"{counting.of(bad, 'picture')} can't be read and {_became(bad)} left out, such as"
                f" {self.damaged[0][:40]}."
            )
        others = sum(n for size, n in self.sizes.items() if size != (pixels.SIDE, pixels.SIDE))
        if others:
            sizes = [f"{w}x{h}" for w, h in self.sizes if (w, h) != (pixels.SIDE, pixels.SIDE)]
            which = f"{sizes[0]}" if len(sizes) == 1 else f"{len(sizes)} sizes"
            said.append(
                f"{counting.of(others, 'picture')} of {which} {_became(others)} brought to 28x28 by"
                " area, centred on their ground."
            )
        for number, what in (
            (self.colour, "in colour became grey, by how bright each colour looks."),
            (self.turned, "turned upright, as the camera noted."),
            (self.transparent, "with transparent parts laid on a ground that ink stands out from."),
            (self.animated, "of several frames: the first was taken."),
        ):
            said += [f"{counting.of(number, 'picture')} {what}"] if number else []
        return said


def _became(number: int) -> str:
    return "was" if number == 1 else "were"


def _decoded(pictures: Sequence[_Labelled], seen: _Seen) -> tuple[np.ndarray, np.ndarray]:
    """Decode pictures, passing over those that can't be read."""
    images = np.empty((len(pictures), pixels.SIDE, pixels.SIDE), np.uint8)
    known: list[str] = []
    for picture in pictures:
        seen.another()
        try:
            images[len(known)] = _image(picture.entry, seen)
        except Exception:  # hostile pictures make decoders raise anything
            seen.damaged.append("/".join(picture.entry.parts[-2:]))
            continue
        known.append(picture.label)
    return images[: len(known)], np.array(known, str)


def _image(entry: Entry, seen: _Seen) -> np.ndarray:
    """Decode one picture to uint8 `(28, 28)`."""
    if entry.size > MAX_BYTES:
        raise ValueError("bytes")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        data = entry.read()
        if data.startswith(b"\xff\xd8") and data.count(b"\xff\xda") > _MAX_SCANS:
            raise ValueError("scans")
        image = Image.open(io.BytesIO(data), formats=FORMATS)
        width, height = image.size
        if width * height > MAX_PIXELS or min(width, height) < 1:
            raise ValueError("pixels")
        seen.animated += getattr(image, "n_frames", 1) > 1
        seen.sizes[image.size] = seen.sizes.get(image.size, 0) + 1
        if image.format == "JPEG":
            image.draft("L", (4 * pixels.SIDE, 4 * pixels.SIDE))
        if image.format in ("JPEG", "PNG", "WEBP") and image.getexif().get(0x0112, 1) != 1:
            image = ImageOps.exif_transpose(image)
            seen.turned += 1
        return pixels.fitted(_grey(image, seen)[None])[0]


def _grey(image: Image.Image, seen: _Seen) -> np.ndarray:
    """Return a picture's greys, uint8 `(h, w)`."""
    if image.mode in _DEEP:  # Pillow would clip sixteen bits to white
        deep = np.asarray(image).astype(np.float32)
        return np.rint(deep * (255 / 65535 if deep.max() > 255 else 1)).astype(np.uint8)
    if image.has_transparency_data:
        layers = np.asarray(image.convert("RGBA")).astype(np.float32)
        light = layers[..., :3] @ np.array(pixels.LUMINANCE, np.float32)
        opacity = layers[..., 3] / 255
        if opacity.min() < 1:
            seen.transparent += 1
        inside = light[opacity > 0.5]
        ground = 255 if inside.size and inside.mean() < 128 else 0
        return np.rint(light * opacity + (1 - opacity) * ground).clip(0, 255).astype(np.uint8)
    seen.colour += image.mode not in ("L", "1", "LA")
    return np.asarray(image.convert("L"))
