"""Changes of an image by numbers checked by hand, and the least that turn an answer."""

import numpy as np
import pytest

from mnistdash import nearness

# An upright bar three pixels wide, about the middle.
BAR = np.zeros((28, 28), np.uint8)
BAR[8:20, 13:16] = 200


def one(**change: float) -> np.ndarray:
    """Change the bar in one way."""
    return nearness.changed(BAR, [nearness.Change(**change)])[0]


def test_no_change_is_none() -> None:
    """Whatever the image, every pixel stays, also beside changes of the same call."""
    image = np.random.default_rng(0).integers(0, 256, (28, 28)).astype(np.uint8)
    found = nearness.changed(image, [nearness.Change(turn=9), nearness.Change()])
    assert (found[1] == image).all()
    assert (found[0] != image).any()


def test_moves() -> None:
    """Two pixels right and one up, and by half a pixel: 100 at both edges; ground comes in."""
    assert (one(right=2, down=-1) == np.roll(BAR, (-1, 2), (0, 1))).all()
    assert one(right=0.5)[10, 12:18].tolist() == [0, 100, 200, 200, 100, 0]
    assert one(right=8)[10].sum() == 600
    assert nearness.changed(BAR[:, ::-1] * 0 + 255, [nearness.Change(right=8)])[0, 5, 7] == 0


def test_turns_sizes_and_slants() -> None:
    """A dot above the middle comes to the right by a quarter turn's half; a bar grows and leans."""
    dot = np.zeros((28, 28), np.uint8)
    dot[4, 14] = 255
    rows, columns = np.nonzero(nearness.changed(dot, [nearness.Change(turn=45)])[0])
    assert columns.mean() == pytest.approx(13.5 + (9.5 + 0.5) / np.sqrt(2), abs=0.6)
    assert rows.mean() == pytest.approx(13.5 - (9.5 - 0.5) / np.sqrt(2), abs=0.6)
    assert (one(size=50) > 100).any(axis=1).sum() == 6
    leaning = one(slant=45)
    assert leaning[9].argmax() - leaning[18].argmax() == 9


def test_strokes_grow_and_shrink() -> None:
    """Two pixels wider is one more on each side; one is half of it; two thinner leaves the core."""
    assert one(thickness=2)[10, 11:18].tolist() == [0, 200, 200, 200, 200, 200, 0]
    assert one(thickness=1)[10, 11:18].tolist() == [0, 100, 200, 200, 200, 100, 0]
    assert one(thickness=4)[10, 10:19].tolist() == [0] + [200] * 7 + [0]
    assert one(thickness=-2)[10, 12:17].tolist() == [0, 0, 200, 0, 0]


def test_noise_has_its_deviation() -> None:
    """On a grey of 128 noise of 20 deviates by 20, about 0, and the same way each time."""
    grey = np.full((28, 28), 128, np.uint8)
    noised = nearness.changed(grey, [nearness.Change(noise=20)] * 2)
    assert (noised[0] == noised[1]).all()
    assert noised[0].std() == pytest.approx(20, abs=1)
    assert noised[0].mean() == pytest.approx(128, abs=1)


@pytest.mark.parametrize("change", [{"turn": 46}, {"size": float("nan")}, {"noise": "1"}])
def test_what_is_beyond_the_range_is_refused(change: dict) -> None:
    """A sentence names the change."""
    with pytest.raises(ValueError, match=f"`{next(iter(change))}` must be between"):
        nearness.Change(**change)


def read(images: np.ndarray) -> np.ndarray:
    """Read 1 where the ink's middle is 2.6 to 4 px or 6 px right of the bar's, else 0."""
    ink = images.reshape(len(images), -1).astype(float)
    right = ink @ np.tile(np.arange(28), 28) / np.maximum(ink.sum(1), 1) - 14
    one = ((right > 2.6) & (right < 4.1)) | (right > 5.9)
    return np.stack([~one, one], axis=1).astype(np.float32)


def test_least_change_is_found() -> None:
    """The bar turns 2.75 px to the right, the first step beyond 2.6, though at 4.25 it turns back.

    To the left nothing does.
    """
    found = [flip for flip in nearness.flips(read, BAR) if flip.kind.name == "right"]
    assert [(flip.value, flip.answer) for flip in found] == [(2.75, 1)]


def test_each_flip_turns_and_the_step_before_does_not() -> None:
    """Of a reader of ink, thick and enlarged bars and noise turn, each at its first step."""

    def by_ink(images: np.ndarray) -> np.ndarray:
        much = images.sum(axis=(1, 2)) > 1.3 * BAR.sum()
        return np.stack([~much, much], axis=1).astype(np.float32)

    found = nearness.flips(by_ink, BAR)
    assert [flip.kind.name for flip in found] == ["size", "thickness", "noise"]
    for flip in found:
        name, before = flip.kind.name, flip.value - flip.kind.step
        turned = nearness.changed(
            BAR,
            [nearness.Change(**{name: flip.value}), nearness.Change(**{name: round(before, 6)})],
        )
        assert by_ink(turned).argmax(axis=1).tolist() == [1, 0]


def test_nothing_turns() -> None:
    """A model that always says the same has no flip."""
    assert (
        nearness.flips(lambda images: np.tile(np.float32([0.9, 0.1]), (len(images), 1)), BAR) == []
    )
