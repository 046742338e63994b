"""How the thresholds of `explain.doubt` were chosen, and what they do.

    MNISTDASH_DATA=../shared/data python tests/benchmarks/doubt.py

Digits: the 500 pen digits, which no starter was trained on. No digits: pieces of clothing, and
scribbles of random curves. The thresholds of probability are the largest that leave 99 % of the
rightly read digits without a doubt, rounded down to a multiple of 0.05; that of ink is the 99 %
quantile of MNIST's training images, rounded to a multiple of 10.
"""

import json

import numpy as np

from mnistdash import classifier, datasets, explain, ink, settings

SCRIBBLES = 500


def main() -> None:
    """Print the quantiles that the thresholds follow, and the share of each kind in doubt."""
    kinds = {"pen digits": _pen_digits(), "scribbles": _scribbles()}
    ink_mass = datasets.load("mnist").x_train.sum(axis=(1, 2)) / 255
    print(f"MNIST's training images: the 99 % quantile of ink is {np.quantile(ink_mass, 0.99):.0f}")
    kinds["clothes"] = (datasets.load("fashion_mnist").x_test[:500], None)
    model = classifier.starter()
    for kind, (images, labels) in kinds.items():
        probs = model.probs(np.concatenate([explain.variants(image) for image in images]))
        probs = probs.reshape(-1, 9, 10)
        answers = probs[:, 0].argmax(axis=1)
        each = np.arange(len(images))
        top, steady = probs[each, 0, answers], probs.mean(axis=1)[each, answers]
        pairs = zip(probs, images, strict=True)
        doubted = np.array([explain.doubt(answer, image) is not None for answer, image in pairs])
        if labels is None:
            print(f"{kind}: in doubt {doubted.mean():.3f} of {len(images)}")
            continue
        right = answers == labels
        print(
            f"{kind}: read rightly {right.mean():.3f} of {len(images)}; of these the 1 % quantile"
            f" of the probability is {np.quantile(top[right], 0.01):.2f}, of its mean over the"
            f" variants {np.quantile(steady[right], 0.01):.2f}"
        )
        print(
            f"{kind}: in doubt {doubted[right].mean():.3f} of the rightly read,"
            f" {doubted[~right].mean():.2f} of the {int((~right).sum())} wrongly read"
        )


def _pen_digits() -> tuple[np.ndarray, np.ndarray]:
    digits = json.loads((settings.data_folder() / "pen_digits_dev.json").read_text())
    images = np.stack([ink.from_strokes(digit["strokes"]) for digit in digits])
    return images, np.array([digit["label"] for digit in digits])


def _scribbles() -> tuple[np.ndarray, None]:
    """Draw smooth curves through 6 to 14 random points."""
    rng = np.random.default_rng(0)
    images = []
    for _ in range(SCRIBBLES):
        corners = rng.uniform(0, 280, (int(rng.integers(6, 15)), 2))
        at = np.linspace(0, len(corners) - 1, 8 * len(corners))
        curve = np.stack([np.interp(at, range(len(corners)), axis) for axis in corners.T], axis=1)
        images.append(ink.from_strokes([[(float(x), float(y)) for x, y in curve]]))
    return np.stack(images), None


if __name__ == "__main__":
    main()
