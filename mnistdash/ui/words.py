"""How numbers, names and answers are written on screen."""

import functools
import re
from collections.abc import Iterable, Mapping, Sequence

from mnistdash import datasets, store, wording
from mnistdash.charts import described

_JOINER = "\N{WORD JOINER}"

# What a report writes too is written below the pages.
THIN = wording.THIN
percent, interval, count = wording.percent, wording.interval, wording.count
number_of, images, errors = wording.number_of, wording.images, wording.errors
middle = described.shortened
duration, moment, run_title = wording.duration, wording.moment, wording.run_title


def run_label(run: store.Run) -> str:
    """Write a finished run as `dense-tutorial · seed 1 · 98.13 % · MNIST`."""
    title = middle(run_title(run), 40)
    return f"{title} · {percent(run.test_accuracy)} · {datasets.title(run.dataset)}"


def ending(run: store.Run) -> str:
    """Say in one sentence how a run ended that has no results."""
    said = (run.reason or run.status).rstrip(".")
    return f"{said[:1].upper()}{said[1:]}."


def request_title(runs: Sequence[store.Run]) -> str:
    """Tell runs that were asked for together, as `dense-tutorial · seeds 0-2 · 10 epochs`.

    One run is told by its `run_title`.
    """
    if len(runs) == 1:
        return run_title(runs[0])
    first = runs[0]
    if first.recipe is None:
        return f"{first.name} · {len(runs)} runs"
    seeds = sorted({run.recipe.seed for run in runs if run.recipe})
    told = f"seeds {ranges(seeds)}" if len(seeds) > 1 else f"{len(runs)} runs"
    rest = run_title(first).removeprefix(f"{first.name} · seed {first.recipe.seed}")
    return f"{first.name} · {told}{rest}"


def ranges(numbers: Iterable[int]) -> str:
    """Write `0-2, 5` for 0, 1, 2, 5, in ascending order."""
    found: list[list[int]] = []
    for number in numbers:
        if found and number == found[-1][1] + 1:
            found[-1][1] = number
        else:
            found.append([number, number])
    return ", ".join(f"{low}" if low == high else f"{low}-{high}" for low, high in found)


@functools.lru_cache(maxsize=512)  # a run of a page shows most names again
def plain(text: str) -> str:
    """Write text so that Markdown shows it as it is: names and reasons are other people's.

    What looks like an address would become a link, a word between colons a symbol, and `->` an
    arrow, with or without marks: an unseen joiner in it tells it from one. Source:
    mdast-util-gfm-autolink-literal, remark-emoji and Streamlit's own Markdown, which read what
    marks have become already.
    """
    joined = re.sub(r"(?i)(www)(?=\.)|(https?:)(?=//)|(?=@)", rf"\1\2{_JOINER}", text)
    joined = re.sub(r":(?=[\w+-]+:|material/)", f":{_JOINER}", joined)
    joined = re.sub(r"(?<!\S)([<>~-])(?=(?:->|[->=])(?!\S))", rf"\1{_JOINER}", joined)
    marked = re.sub(r"([\\`*_\[\]<>$:~&!|#])", r"\\\1", joined)
    return re.sub(r"^(\d*)([-+.)])", r"\1\\\2", marked)  # a list begins so


def versions(found: Mapping[str, str]) -> str:
    """Write versions as `mnistdash 0.1.0 (9f8935e), tensorflow 2.21.0`."""
    return ", ".join(f"{name} {version}" for name, version in found.items())


def sentence(text: str) -> str:
    """Write a sentence as `plain` does, but for the lines of code that it quotes in backticks."""
    parts = text.split("`")
    if len(parts) % 2 == 0:  # a backtick of somebody else's
        return plain(text)
    return "".join(
        f"`{part}`" if at % 2 and part.strip() else plain(part) for at, part in enumerate(parts)
    )


def p_value(probability: float) -> str:
    """Write a p-value as `p = 0.034`, the smallest as `p < 0.001`."""
    return f"p = {probability:.3f}" if probability >= 0.001 else "p < 0.001"


def read_as(true_class: int, pred_class: int, class_names: tuple[str, ...]) -> str:
    """Write `4 read as 9`."""
    return f"{class_names[true_class]} read as {class_names[pred_class]}"


def alt(
    index: int,
    true_class: int,
    pred_class: int,
    prob: float | None,
    names: tuple[str, ...],
    *remarks: str,
) -> str:
    """Describe a test image and its answer, of a probability if known, to who can't see it."""
    said = "correct" if true_class == pred_class else f"read as {names[pred_class]}"
    sure = () if prob is None else (f"probability {prob:.2f}",)
    return ", ".join((f"Image {index}: {names[true_class]} {said}", *sure, *remarks))
