"""How near an image was to another answer: small changes of it, and the least that turn the answer.

`ui/nearness.js` makes the same changes in the browser.
"""

import dataclasses
import functools
from collections.abc import Callable, Sequence

import numpy as np

MARGIN = 0.01  # by which another class must be the more probable; a browser's answers round
_CENTRE = 13.5
_PADDED = 33  # two pixels before the image and three behind it
_DRAWS = 4  # uniform numbers in one of noise

Probs = Callable[[np.ndarray], np.ndarray]  # uint8 (n, 28, 28) -> float32 (n, K)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Kind:
    """One way to change an image: from `low` to `high` by whole steps; `neutral` changes nothing.

    The search looks at every `stride`-th step first.
    """

    name: str
    low: float
    high: float
    neutral: float
    step: float
    stride: int

    def value(self, steps: int) -> float:
        """Return the value that lies some steps above the neutral one, or below."""
        return round(self.neutral + steps * self.step, 6)


KINDS = (
    Kind(name="right", low=-8, high=8, neutral=0, step=0.25, stride=2),
    Kind(name="down", low=-8, high=8, neutral=0, step=0.25, stride=2),
    Kind(name="turn", low=-45, high=45, neutral=0, step=0.5, stride=4),
    Kind(name="size", low=50, high=150, neutral=100, step=1, stride=4),
    Kind(name="slant", low=-45, high=45, neutral=0, step=0.5, stride=4),
    Kind(name="thickness", low=-2, high=4, neutral=0, step=0.1, stride=3),
    Kind(name="noise", low=0, high=120, neutral=0, step=1, stride=4),
)
_PLACING = KINDS[:5]  # what only moves ink, all at once


@dataclasses.dataclass(frozen=True, kw_only=True)
class Change:
    """What is done to an image: slanted, sized, turned, moved, then drawn thicker, then noised.

    Raises:
        ValueError: a number is beyond its kind's range.
    """

    right: float = 0  # pixels
    down: float = 0  # pixels
    turn: float = 0  # degrees, clockwise
    size: float = 100  # percent
    slant: float = 0  # degrees, the top to the right
    thickness: float = 0  # pixels that a stroke is wider
    noise: float = 0  # standard deviation in grey levels, 0-255

    def __post_init__(self) -> None:
        for kind in KINDS:
            value = getattr(self, kind.name)
            if not isinstance(value, int | float) or not kind.low <= value <= kind.high:
                raise ValueError(
                    f"`{kind.name}` must be between {kind.low} and {kind.high}."
                    f" Received: {value!r}."
                )


@dataclasses.dataclass(frozen=True, kw_only=True)
class Flip:
    """The smallest change of one kind in one direction that turns an answer into another."""

    kind: Kind
    value: float
    answer: int


def changed(image: np.ndarray, changes: Sequence[Change]) -> np.ndarray:
    """Change an image in several ways.

    Args:
        image: uint8 `(28, 28)`, ink bright.
        changes: n of them.

    Returns:
        uint8 `(n, 28, 28)`; what leaves the frame is lost, and ground comes in.
    """
    values = {
        kind.name: np.array([getattr(change, kind.name) for change in changes], float)
        for kind in KINDS
    }
    drawn = np.repeat(image[np.newaxis].astype(float), len(changes), axis=0)
    # Most changes are of one kind: what a kind leaves alone is passed over, for speed.
    placed = np.any([values[kind.name] != kind.neutral for kind in _PLACING], axis=0)
    drawn[placed] = _placed(image, {name: each[placed] for name, each in values.items()})
    thick = values["thickness"] != 0
    drawn[thick] = _thickened(drawn[thick], values["thickness"][thick] / 2)
    drawn += values["noise"][:, np.newaxis, np.newaxis] * _noise()
    return np.clip(np.floor(drawn + 0.5), 0, 255).astype(np.uint8)


def flips(probs: Probs, image: np.ndarray) -> list[Flip]:
    """Find the smallest change of each kind, in each direction, that turns the answer.

    Another answer may come and go on the way, so that halving the range would miss the first: it is
    looked through in strides, and only the stride before the first turn is halved. What turns the
    answer between two strides that both leave it is missed.

    Args:
        probs: a classifier's `probs`.
        image: uint8 `(28, 28)`, ink bright.

    Returns:
        At most one for each kind and direction, in the order of `KINDS`, the nearer one first.
    """
    before = int(probs(image[np.newaxis])[0].argmax())
    rays = [[(kind, steps) for steps in _strides(kind, way)] for kind in KINDS for way in (-1, 1)]
    said = iter(_turned(probs, image, before, [place for ray in rays for place in ray]))
    brackets = [
        found for ray in rays if (found := _bracket(ray, [next(said) for _ in ray])) is not None
    ]
    while wide := [bracket for bracket in brackets if bracket.wide]:
        middles = [(bracket.kind, bracket.middle) for bracket in wide]
        for bracket, answer in zip(wide, _turned(probs, image, before, middles), strict=True):
            bracket.halve(answer)
    found = [
        Flip(kind=each.kind, value=each.kind.value(each.turns), answer=each.answer)
        for each in brackets
    ]
    return sorted(
        found, key=lambda flip: (KINDS.index(flip.kind), abs(flip.value - flip.kind.neutral))
    )


@dataclasses.dataclass(kw_only=True)
class _Bracket:
    """Steps that leave an answer, and steps beyond them that turn it into `answer`."""

    kind: Kind
    leaves: int
    turns: int
    answer: int

    @property
    def wide(self) -> bool:
        return abs(self.turns - self.leaves) > 1

    @property
    def middle(self) -> int:
        return (self.turns + self.leaves) // 2

    def halve(self, answer: int | None) -> None:
        """Take the half in which the answer turns, given what the middle makes of it."""
        if answer is None:
            self.leaves = self.middle
        else:
            self.turns, self.answer = self.middle, answer


def _strides(kind: Kind, way: int) -> list[int]:
    """Return the steps to look at in one direction, 1 or -1, the end of the range among them."""
    end = round(abs((kind.high if way > 0 else kind.low) - kind.neutral) / kind.step)
    if not end:
        return []
    return [way * steps for steps in (*range(kind.stride, end, kind.stride), end)]


def _bracket(ray: Sequence[tuple[Kind, int]], answers: Sequence[int | None]) -> _Bracket | None:
    """Find the first stride that turns the answer; `None` where none does."""
    leaves = 0
    for (kind, steps), answer in zip(ray, answers, strict=True):
        if answer is not None:
            return _Bracket(kind=kind, leaves=leaves, turns=steps, answer=answer)
        leaves = steps
    return None


def _turned(
    probs: Probs, image: np.ndarray, before: int, places: Sequence[tuple[Kind, int]]
) -> list[int | None]:
    """Return what an image is read as after each change alone; `None` where that is as before."""
    changes = [Change(**{kind.name: kind.value(steps)}) for kind, steps in places]
    found = probs(changed(image, changes))
    turned = found.max(axis=1) - found[:, before] > MARGIN
    return [
        int(answer) if turns else None
        for answer, turns in zip(found.argmax(axis=1), turned, strict=True)
    ]


def _placed(image: np.ndarray, values: dict[str, np.ndarray]) -> np.ndarray:
    """Slant, size, turn and move an image about its centre, bilinear, float `(n, 28, 28)`."""
    values = {name: each[:, np.newaxis, np.newaxis] for name, each in values.items()}
    turn, slant = np.radians(values["turn"]), np.tan(np.radians(values["slant"]))
    rows, columns = np.ogrid[:28, :28]
    right = columns - _CENTRE - values["right"]
    down = rows - _CENTRE - values["down"]
    size = values["size"] / 100
    y = (down * np.cos(turn) - right * np.sin(turn)) / size
    x = (right * np.cos(turn) + down * np.sin(turn)) / size + slant * y
    # Beyond the ground around the frame there is nothing but ground.
    x, y = (np.clip(place + _CENTRE, -2, 29) for place in (x, y))
    left, top = np.floor(x).astype(int), np.floor(y).astype(int)
    padded = np.zeros((_PADDED, _PADDED))
    padded[2:30, 2:30] = image
    corner = (top + 2) * _PADDED + left + 2
    read, a, b = padded.ravel(), x - left, y - top
    above = (1 - a) * read[corner] + a * read[corner + 1]
    below = (1 - a) * read[corner + _PADDED] + a * read[corner + _PADDED + 1]
    return (1 - b) * above + b * below


def _thickened(images: np.ndarray, reach: np.ndarray) -> np.ndarray:
    """Let strokes grow by a reach of -1 to 2 pixels on each side, between whole ones blended.

    Args:
        images: float `(n, 28, 28)`.
        reach: float `(n,)`.
    """
    once = _spread(images, np.maximum, square=False)
    # A cross and a square in turn: nearly a disc.
    levels = np.stack(
        [
            _spread(images, np.minimum, square=False),
            images,
            once,
            _spread(once, np.maximum, square=True),
        ]
    )
    whole = np.minimum(np.floor(reach), 1).astype(int)
    part, each = (reach - whole)[:, np.newaxis, np.newaxis], np.arange(len(images))
    return (1 - part) * levels[whole + 1, each] + part * levels[whole + 2, each]


def _spread(images: np.ndarray, best: Callable, *, square: bool) -> np.ndarray:
    """Replace every pixel by the best of itself and its 4 neighbours, or 8 in a square."""
    padded = np.pad(images, ((0, 0), (1, 1), (1, 1)))
    near = [
        padded[:, 1 + y : 29 + y, 1 + x : 29 + x]
        for y in (-1, 0, 1)
        for x in (-1, 0, 1)
        if square or not (x and y)
    ]
    return functools.reduce(best, near)


@functools.cache
def _noise() -> np.ndarray:
    """Draw the one pattern of noise, nearly normal, float `(28, 28)`: the same in the browser."""
    mixed = np.arange(1, 28 * 28 * _DRAWS + 1, dtype=np.uint32) * np.uint32(2_654_435_761)
    for _ in range(2):
        mixed = (mixed ^ (mixed >> np.uint32(16))) * np.uint32(0x45D9F3B)
    drawn = (mixed ^ (mixed >> np.uint32(16))) / 2**32
    return (drawn.reshape(28, 28, _DRAWS).sum(axis=2) - _DRAWS / 2) * np.sqrt(12 / _DRAWS)
