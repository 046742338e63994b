"""How the thresholds of `explain.doubt` and `explain.no_digit` were chosen, and what they do.

    MNISTDASH_DATA=../shared/data python tests/benchmarks/doubt.py

Digits: the 500 pen digits, which no starter was trained on. No digits: letters and signs in three
hands (`tests/letters.json`, made without a look at `mnistdash/outliers.py`, none of them a digit's
twin), printed ones in OpenCV's typeface, scribbles of random curves, crosses, and pieces of
clothing. The thresholds of probability are the largest that leave 99 % of the rightly read digits
without a doubt, rounded down to a multiple of 0.05; that of ink is the 99 % quantile of MNIST's
training images, rounded to a multiple of 10.
"""

import json
import pathlib

import cv2
import numpy as np

from mnistdash import classifier, datasets, explain, ink, settings

SCRIBBLES, CROSSES, CLOTHES = 500, 100, 500
LETTERS = "ACDEFGHJKLMNPQRTUVWXYacdefhijkmnprtuvwxy?&@#%+*=<>$"
FONTS = cv2.FONT_HERSHEY_SIMPLEX, cv2.FONT_HERSHEY_COMPLEX  # a bold and a heavy weight
WRITTEN = pathlib.Path(__file__).parents[1] / "letters.json"


def main() -> None:
    """Print the quantiles that the thresholds follow, and the share of each kind in doubt."""
    ink_mass = datasets.load("mnist").x_train.sum(axis=(1, 2)) / 255
    print(f"MNIST's training images: the 99 % quantile of ink is {np.quantile(ink_mass, 0.99):.0f}")
    images, labels = _pen_digits()
    probs, digit_probs, doubted = _judged(images)
    answers = probs[:, 0].argmax(axis=1)
    each = np.arange(len(images))
    right = answers == labels
    print(f"pen digits: read rightly {right.mean():.3f} of {len(images)}; of these")
    for what, values in (
        ("probability", probs[each, 0, answers]),
        ("mean probability over the variants", probs.mean(axis=1)[each, answers]),
        ("probability of a digit", digit_probs),
    ):
        print(f"  the 1 % quantile of the {what} is {np.quantile(values[right], 0.01):.2f}")
    print(f"  in doubt {doubted[right].mean():.3f}, of the {(~right).sum()} wrongly read", end=" ")
    print(f"{doubted[~right].mean():.2f}")
    clothes = datasets.load("fashion_mnist").x_test[:CLOTHES]
    for kind, others in (
        ("letters and signs", _written()),
        ("printed ones", _printed()),
        ("scribbles", _scribbles()),
        ("crosses", _crosses()),
        ("clothes", clothes),
    ):
        print(f"{kind}: in doubt {_judged(others)[2].mean():.3f} of {len(others)}")


def _judged(images: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the answers to all variants, the probability of a digit, and whether in doubt."""
    probs = classifier.starter().probs(
        np.concatenate([explain.variants(image) for image in images])
    )
    probs = probs.reshape(len(images), -1, 10)
    digit_probs = classifier.digit_probs(images)
    judged = zip(images, digit_probs, probs, strict=True)
    reasons = [
        explain.no_digit(image, digit_prob) or explain.doubt(answers, datasets.DIGITS)
        for image, digit_prob, answers in judged
    ]
    return probs, digit_probs, np.array([reason is not None for reason in reasons])


def _pen_digits() -> tuple[np.ndarray, np.ndarray]:
    digits = json.loads((settings.data_folder() / "pen_digits_dev.json").read_text())
    images = np.stack([ink.from_strokes(digit["strokes"]) for digit in digits])
    return images, np.array([digit["label"] for digit in digits])


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


def _written() -> np.ndarray:
    drawings = json.loads(WRITTEN.read_text())
    return np.stack([ink.from_strokes(drawing["strokes"]) for drawing in drawings])


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
