"""How the thresholds of `explain.doubt` and `explain.no_digit` were chosen, and what they do.

    MNISTDASH_DATA=../shared/data python tests/benchmarks/doubt.py

The thresholds of probability are the largest that leave 99 % of the correct pen digits of four
writers without a doubt each, drawn as they are, bent, and by way of a picture, rounded down to a
multiple of 0.05, as other hands lie farther off; no model learnt from these.
The figures are of others: digits of six more writers, of whom nothing was learnt or chosen, real
letters of writers that the detector did not learn from, those left out that are some digit's twin,
pairs of MNIST's test digits, letters printed in OpenCV's typefaces, scribbles of random curves,
crosses, and pieces of clothing.
"""

import collections

import cv2
import numpy as np

from mnistdash import classifier, datasets, explain, hands, ink, outliers

SCRIBBLES, CROSSES, CLOTHES, PAIRS = 500, 100, 500, 500
LETTERS = "ACDEFGHJKLMNPQRTUVWXYacdefhijkmnprtuvwxy?&@#%+*=<>$"
FONTS = cv2.FONT_HERSHEY_SIMPLEX, cv2.FONT_HERSHEY_COMPLEX  # a bold and a heavy weight


def main() -> None:
    """Print the quantiles that the thresholds follow, and the share of each kind in doubt."""
    ink_mass = datasets.load("mnist").x_train.sum(axis=(1, 2)) / 255
    print(f"MNIST's training images hold {ink_mass.min():.1f} full pixels or more;", end=" ")
    print(f"the 99 % quantile is {np.quantile(ink_mass, 0.99):.0f}")
    rng = np.random.default_rng(5)
    digits, labels = hands.pen_digits(hands.CHOOSING)
    bent = [hands.varied(strokes, rng) for strokes in digits]
    _digits("choosing", np.stack([ink.from_strokes(strokes) for strokes in digits]), labels)
    _digits("choosing, bent", np.stack([ink.from_strokes(strokes) for strokes in bent]), labels)
    pictured = np.stack([hands.pictured(strokes, rng) for strokes in digits])
    _digits("choosing, by way of a picture", pictured, labels)
    digits, labels = hands.pen_digits(hands.REPORTING)
    _digits("reporting", np.stack([ink.from_strokes(strokes) for strokes in digits]), labels)
    letters = datasets.load("letters")
    twins = [label for label, name in enumerate(letters.class_names) if name in outliers.TWINS]
    mnist = datasets.load("mnist")
    for kind, others in (
        ("letters of other writers", letters.x_test[~np.isin(letters.y_test, twins)]),
        ("pairs of digits", outliers.pairs(PAIRS, mnist.x_test, mnist.y_test, rng)),
        ("printed letters", _printed()),
        ("scribbles", _scribbles()),
        ("crosses", _crosses()),
        ("clothes", datasets.load("fashion_mnist").x_test[:CLOTHES]),
    ):
        reasons = _judged(others)[2]
        print(f"{kind}: in doubt {np.mean([r is not None for r in reasons]):.3f} of {len(others)}")
        _print_reasons(reasons)


def _digits(who: str, images: np.ndarray, labels: np.ndarray) -> None:
    probs, kinds, reasons = _judged(images)
    doubted = np.array([reason is not None for reason in reasons])
    answers = probs[:, 0].argmax(axis=1)
    right = answers == labels
    each = np.arange(len(images))
    print(f"pen digits, {who}: read correctly {right.mean():.4f} of {len(images)}; of these")
    for what, values in (
        ("probability", probs[each, 0, answers]),
        ("mean probability over the variants", probs.mean(axis=1)[each, answers]),
        ("probability of a digit", kinds[:, 0]),
    ):
        print(f"  the 1 % quantile of the {what} is {np.quantile(values[right], 0.01):.2f}")
    print(f"  in doubt {doubted[right].mean():.4f}, of the {(~right).sum()} wrongly read", end=" ")
    print(f"{doubted[~right].mean():.2f}")
    for label in range(10):
        mine = labels == label
        wrong = collections.Counter(answers[mine & ~right].tolist())
        said = ", ".join(f"{count} as {answer}" for answer, count in wrong.most_common())
        print(f"  {label}: {right[mine].mean():.3f} of {mine.sum()}; {said or 'none wrong'}")


def _print_reasons(reasons: list[str | None]) -> None:
    """Print the reasons given, those of two digits and of likenesses counted together."""
    short = ("".join(c for c in reason if not c.isdigit()) for reason in reasons if reason)
    for reason, count in collections.Counter(short).most_common(5):
        print(f"  {count / len(reasons):.3f} {reason}")


def _judged(images: np.ndarray) -> tuple[np.ndarray, np.ndarray, list[str | None]]:
    """Return the answers to all variants, the probabilities of each kind, and the reasons."""
    read = classifier.starter().probs
    probs = read(np.concatenate([explain.variants(image) for image in images]))
    probs = probs.reshape(len(images), -1, 10)
    kinds = classifier.kind_probs(images)
    reasons = [
        explain.no_digit(image, kind, read) or explain.doubt(answers, datasets.DIGITS)
        for image, kind, answers in zip(images, kinds, probs, strict=True)
    ]
    return probs, kinds, reasons


def _scribbles() -> np.ndarray:
    """Draw smooth curves through 6 to 14 random points."""
    rng = np.random.default_rng(0)
    images = []
    for _ in range(SCRIBBLES):
        corners = rng.uniform(0, 280, (int(rng.integers(6, 15)), 2))
        at = np.linspace(0, len(corners) - 1, 8 * len(corners))
        curve = np.stack([np.interp(at, range(len(corners)), axis) for axis in corners.T], axis=1)
        images.append(ink.from_strokes([[(float(x), float(y)) for x, y in curve]]))
    return np.stack(images)


def _printed() -> np.ndarray:
    rng = np.random.default_rng(1)
    images = []
    for font in FONTS:
        for letter in LETTERS:
            sheet = np.zeros((280, 280), np.uint8)
            cv2.putText(sheet, letter, (60, 200), font, 6, 255, 12)
            turn = cv2.getRotationMatrix2D((140, 140), rng.uniform(-10, 10), 1)
            sheet = 255 - cv2.warpAffine(sheet, turn, (280, 280))
            images.append(ink.from_canvas(cv2.imencode(".png", sheet)[1].tobytes(), (280, 280)))
    return np.stack(images)


def _crosses() -> np.ndarray:
    """Draw two lines through the middle, upright or not, ends and middle moved a little."""
    rng = np.random.default_rng(2)
    images = []
    for upright in rng.random(CROSSES) < 0.5:
        ends = ((0, -90), (90, 0)) if upright else ((-80, -80), (80, -80))
        lines = [np.array([end, (0, 0), (-end[0], -end[1])]) for end in ends]
        moved = [line + rng.normal(0, 12, line.shape) for line in lines]
        images.append(ink.from_strokes([[(float(x), float(y)) for x, y in m] for m in moved]))
    return np.stack(images)


if __name__ == "__main__":
    main()
