"""Links, numbers as typed, pictures and data files as nobody would write them: read or refused."""

import dataclasses
import io
import pathlib
import random
import zipfile
from collections.abc import Callable
from unittest import mock

import numpy as np
from PIL import Image
from streamlit.testing.v1 import app_test

from mnistdash import datasets, engine, ink, recipes
from mnistdash.datasets import adding
from mnistdash.ui import link
from tests.ink import pictures
from tests.pages import conftest as server
from tests.pages import screen
from tests.soak import tally

_KINDS = ("PNG", "JPEG", "WEBP", "BMP", "GIF")
_OPENED = 40  # of so many links one is opened as a page too, and so many values typed into the form
_WORDS = (
    "", "0", "1", "-1", "9", "61", "62", "nan", "NaN", "inf", "-Infinity", "1e9", "1e-400",
    "1e400", "9" * 400, "٣", "²", "0x10", "1_000", "1,000", "10 000", "0,01", "\0", "\r\n",
    "../../etc/passwd", "%00", "<img src=x onerror=alert(1)>", "![](http://example.org/x)",
    "=cmd|' /C calc'!A0", "None", "true", "drawings", "confident", "0.50-0.40", "0.00-1.00",
    "1.99-0.00", "starter-optdigits", "199999", "200000", "flatten", "conv32x3 flatten dense10",
    "dense999999999", "a" * 9_999,
)  # fmt: skip
_LAYER_WORDS = ("conv", "dense", "drop", "pad", "pool", "avg", "bn", "gap", "flatten", "same", "s2")


def soak(counted: tally.Tally, folder: pathlib.Path, count: int, seed: int) -> None:
    """Try a quarter of the count on each: links, values, pictures and data files."""
    rng = random.Random(seed)
    each = count // 4
    for _ in range(each):
        _link(counted, rng)
        _value(counted, rng)
    _pages(counted, rng, each // _OPENED)
    samples = [pictures.saved(_drawn(), kind) for kind in _KINDS]
    for _ in range(each):
        _picture(counted, rng, samples)
    files = _data_files(folder)
    for _ in range(each):
        _data_file(counted, rng, folder, files)


# --- links ------------------------------------------------------------------------------------


def _link(counted: tally.Tally, rng: random.Random) -> None:
    params = _params(rng)
    with counted.trying("link", params):
        view = link.View.parse(params)
        if link.View.parse(view.params()) != view:
            counted.fault("link", "wrong number", f"{params} is shown as {view}")
        for name, text in view.params().items():
            if name in params and name != "run" and text != params[name] and text.isdecimal():
                same = params[name].isascii() and int(params[name]) == int(text)
                if not same:
                    counted.fault("link", "wrong number", f"{name}={params[name]!r} is {text}")


def _params(rng: random.Random) -> dict[str, str]:
    names = [field.name for field in dataclasses.fields(link.View)]
    chosen = rng.sample(names, rng.randrange(1, len(names)))
    return {name: _text(rng) for name in chosen}


def _text(rng: random.Random) -> str:
    """Write a word of the list, often with a character changed, or anything at all."""
    word = rng.choice(_WORDS)
    if rng.random() < 0.3:
        return str(rng.randrange(-10, 300))
    if rng.random() < 0.3 and word:
        at = rng.randrange(len(word))
        return word[:at] + chr(rng.randrange(0xD800)) + word[at + 1 :]
    if rng.random() < 0.2:
        return "".join(chr(rng.randrange(0xD800)) for _ in range(rng.randrange(60)))
    return word


# --- values -----------------------------------------------------------------------------------


def _value(counted: tally.Tally, rng: random.Random) -> None:
    name, text = rng.choice(list(recipes.LIMITS)), _text(rng)
    with counted.trying("value", (name, text), ValueError):
        number = recipes.read_number(name, text)
        low, high = recipes.LIMITS[name]
        if not low <= number <= high:
            counted.fault("value", "wrong number", f"{name}={text!r} is {number}")
        if recipes.read_number(name, recipes.write_number(number)) != number:
            counted.fault("value", "wrong number", f"{name}={number!r} is not read as written")
    forged = {
        field.name: _thing(rng) for field in rng.sample(dataclasses.fields(recipes.Recipe), 2)
    }
    with counted.trying("recipe", forged, ValueError):
        recipe = recipes.Recipe(**forged)
        if recipes.Recipe.from_json(recipe.to_json()) != recipe:
            counted.fault("recipe", "wrong number", f"{recipe}")


def _thing(rng: random.Random) -> object:
    """Return anything that a forged message may hold."""
    layers = " ".join(
        rng.choice(_LAYER_WORDS) + rng.choice(("", "3", "32x3", ".4", "128", "-1", "99999999"))
        for _ in range(rng.randrange(6))
    )
    plain = (None, True, -1, 0, 1, 2**64, 10**400, -0.0, 1e-300, 1e30, float("nan"), float("inf"))
    return rng.choice((*plain, [], {}, b"", layers, layers, _text(rng)))


def _pages(counted: tally.Tally, rng: random.Random, count: int) -> None:
    """Open forged links as pages, and type into the form."""
    datasets.forget()
    with (
        mock.patch.object(app_test, "PagesManager", server.Pages),
        mock.patch.object(engine, "Engine", server.Trainer),
    ):
        for _ in range(count):
            name, params = rng.choice(screen.PAGES), _params(rng)
            with counted.trying("page of a link", (name, params)):
                at = screen.open_page(name, **params)
                known = link.View.parse(at.query_params)
                assert at.query_params.keys() <= known.params().keys() | {"run"}
        for _ in range(count):
            at = screen.open_page("train")
            label, text = rng.choice([each.label for each in at.text_input]), _text(rng)
            with counted.trying("value in the form", (label, text)):
                screen.box(at, label).set_value(text).run()
                assert not at.exception


# --- files ------------------------------------------------------------------------------------


def _damaged(rng: random.Random, data: bytes) -> bytes:
    """Cut a file, repeat or drop a piece of it, or change some of its bytes."""
    data, at = bytearray(data), rng.randrange(len(data))
    how = rng.randrange(5)
    if how == 0:
        return bytes(data[:at])
    if how == 1:
        return bytes(data[:at] + data[at + rng.randrange(1, 64) :])
    if how == 2:
        return bytes(data[:at] + data[at : at + 64] * rng.randrange(1, 9) + data[at:])
    for _ in range(rng.choice((1, 2, 8, 64))):
        # Headers are where the trouble is.
        place = rng.randrange(min(len(data), 64 if rng.random() < 0.5 else len(data)))
        data[place] = rng.choice((0, 255, rng.randrange(256)))
    return bytes(data)


def _drawn() -> np.ndarray:
    return pictures.page([[(0, 0), (30, 0), (10, 50)]], side=90, pen=7, at=(30, 20))


def _picture(counted: tally.Tally, rng: random.Random, samples: list[bytes]) -> None:
    data = _damaged(rng, rng.choice(samples))
    with counted.trying("picture", data[:80], ValueError):
        for digit in ink.read_picture(data).digits:
            if digit.image.shape != (28, 28) or digit.image.dtype != np.uint8:
                counted.fault("picture", "wrong number", f"{digit.image.shape}")


def _data_files(folder: pathlib.Path) -> dict[str, bytes]:
    """Write a small data set in each of the forms that are read."""
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (40, 28, 28), np.uint8)
    images[:, :4] = images[:, -4:] = 0
    labels = (np.arange(40) % 4).astype(np.uint8)
    rows = [f"{label}," + ",".join(map(str, image.ravel())) for label, image in
            zip(labels[:12], images[:12], strict=True)]  # fmt: skip
    found = {"table.csv": "\n".join(rows).encode()}
    for name, save in (("arrays.npz", np.savez_compressed), ("plain.npz", np.savez)):
        found[name] = _written(lambda stream, save=save: save(stream, x=images, y=labels))
    found["pictures.zip"] = _written(lambda stream: _zip(stream, images, labels))
    return found


def _written(write: Callable[[io.BytesIO], None]) -> bytes:
    target = io.BytesIO()
    write(target)
    return target.getvalue()


def _zip(stream: io.BytesIO, images: np.ndarray, labels: np.ndarray) -> None:
    with zipfile.ZipFile(stream, "w") as archive:
        for number, (image, label) in enumerate(zip(images, labels, strict=True)):
            picture = pictures.saved(Image.fromarray(image))
            archive.writestr(f"{'abcd'[label]}/{number}.png", picture)


def _data_file(
    counted: tally.Tally, rng: random.Random, folder: pathlib.Path, files: dict[str, bytes]
) -> None:
    name = rng.choice(list(files))
    data = _damaged(rng, files[name])
    path = folder / name
    path.write_bytes(data)
    with counted.trying("data file", (name, data[:60]), datasets.DataError):
        images = adding.converted([path])
        if images.x_test.dtype != np.uint8 or images.x_test.shape[1:] != (28, 28):
            counted.fault("data file", "wrong number", f"{name}: {images.x_test.shape}")
