"""One run as one HTML file: it holds all that it shows, opens without a network, and prints."""

import base64
import dataclasses
import datetime
import functools
import hashlib
import html
import io
from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np
from PIL import Image

from mnistdash import (
    artifacts,
    class_rates,
    confidence,
    counting,
    datasets,
    evaluation,
    labels,
    report_charts,
    report_style,
    results,
    store,
    verdicts,
)

WORST = 48
PAIRS, OF_A_PAIR = 8, 4
_THIN = "\N{THIN SPACE}"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Contents:
    """What a report tells of.

    `said` are a person's verdicts by index, `hashes` SHA-256 by what they are of, `link` opens the
    run in a dashboard.
    """

    run: store.Run
    dataset: datasets.Dataset
    answers: evaluation.Evaluation
    link: str
    said: Mapping[int, verdicts.Verdict] = dataclasses.field(default_factory=dict)
    hashes: Mapping[str, str] = dataclasses.field(default_factory=dict)


def contents(db: store.Store, run: store.Run, *, person: str, link: str) -> Contents:
    """Gather what a report tells of a finished run.

    Args:
        db: where the run is kept.
        run: a finished one.
        person: whose verdicts are told.
        link: opens the run in a dashboard.

    Raises:
        StoreError: the answers are missing or damaged.
        DataError: the images can't be loaded.
    """
    dataset, _ = results.images(db, run)
    known = bool(dataset.sha256)
    hashes = {"the images": dataset.sha256}
    if run.has_model:
        hashes["the model"] = hashlib.sha256(db.artifact(run.id, artifacts.MODEL)).hexdigest()
    return Contents(
        run=run,
        dataset=dataset,
        answers=results.answers(db, run),
        link=link,
        said=db.verdicts(dataset.sha256, verdicts.TEST, person) if known else {},
        hashes=hashes,
    )


def write(told: Contents, on_progress: Callable[[float], None] = lambda share: None) -> str:
    """Write the report, about 0.2 MB for MNIST.

    Args:
        told: all that it tells of.
        on_progress: told the share that is done, 0-1, after each part.
    """
    parts = []
    for done, (title, part) in enumerate(_PARTS.items(), start=1):
        if body := part(told):
            parts.append(f"<section><h2>{title}</h2>{body}</section>" if title else body)
        on_progress(done / len(_PARTS))
    name = _text(told.run.name)
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{name} · mnistdash</title><style>{report_style.CSS}</style></head>"
        f"<body><main>{''.join(parts)}</main></body></html>"
    )


# --- the parts, in their order --------------------------------------------------------------


def _head(told: Contents) -> str:
    run, answers = told.run, told.answers
    seed = f" · seed {run.recipe.seed}" if run.recipe else ""
    facts = {"Test accuracy": _rate(len(answers) - len(answers.errors), len(answers))}
    rated = labels.raters(told.dataset.x_test, answers.y_true, told.dataset.class_names)
    if rated:
        truth, counted = labels.corrected(answers.y_true, rated)
        right = int((answers.y_pred[counted] == truth).sum())
        facts["With raters' labels"] = _rate(right, len(counted))
    if told.said:
        truth = verdicts.held(answers.y_true, told.said)
        right = int((answers.y_pred == truth).sum())
        facts["If your verdicts on labels hold"] = _rate(right, len(answers))
    facts["Errors"] = (
        f"{_count(len(answers.errors))}<small>of {_count(len(answers))} images</small>"
    )
    figures = "".join(
        f"<div><dt>{name}</dt><dd>{value}</dd></div>" for name, value in facts.items()
    )
    note = f"<p>{_text(run.note)}</p>" if run.note else ""
    return (
        f"<header><h1>{_text(run.name)}{seed}</h1>"
        f"<p>{_text(told.dataset.title)} · {_moment(run.created_at)}</p>{note}"
        f'<dl class="facts">{figures}</dl></header>'
    )


def _settings(told: Contents) -> str:
    run = told.run
    if run.recipe is None:
        return "<p>Its model was made elsewhere: the settings are not known.</p>"
    fields = dataclasses.asdict(run.recipe)
    rows = [
        (name.replace("_", " "), _setting(value))
        for name, value in fields.items()
        if value not in (None, False, 0, 0.0, "") or name == "seed"
    ]
    if run.seconds is not None:
        rows.append(("seconds", f"{run.seconds:.1f}"))
    return _table((), rows)


def _curves(told: Contents) -> str:
    drawn = report_charts.curves(told.run.history)
    return drawn and f"<p>After each epoch; dashed: on validation images.</p>{drawn}"


def _classes(told: Contents) -> str:
    names = told.dataset.class_names
    rows = []
    for rates in class_rates.class_rates(told.answers.matrix):
        taken = rates.taken_for
        mostly = f"{_text(names[taken.pred_class])} ({taken.count})" if taken else ""
        shares = [_share(each) for each in (rates.precision, rates.recall, rates.f1)]
        figures = (_count(rates.images), _count(rates.right), *shares, mostly)
        rows.append((_text(names[rates.label]), *figures))
    heads = ("class", "images", "correct", "precision", "recall", "F1", "mostly read as")
    return f"<p>With 95 % intervals (Wilson, 1927).</p>{_table(heads, rows)}"


def _matrix(told: Contents) -> str:
    matrix, names = told.answers.matrix, [_text(name) for name in told.dataset.class_names]
    most = max(1, int((matrix - np.diag(matrix.diagonal())).max()))
    rows = []
    for true, counts in enumerate(matrix.tolist()):
        cells = "".join(_cell(count, most, true == pred) for pred, count in enumerate(counts))
        rows.append(f'<tr><th scope="row">{names[true]}</th>{cells}</tr>')
    heads = "".join(f'<th scope="col">{name}</th>' for name in names)
    small = ' class="matrix many"' if len(names) > 12 else ' class="matrix"'
    return (
        "<p>Down: the true class. Across: the class it was read as.</p>"
        f'<div class="wide"><table{small}><tr><td></td>{heads}</tr>{"".join(rows)}</table></div>'
    )


def _pairs(told: Contents) -> str:
    names, found = told.dataset.class_names, []
    for pair in told.answers.pairs()[:PAIRS]:
        chosen = told.answers.select(true_class=pair.true_class, pred_class=pair.pred_class)
        what = f"{_text(names[pair.true_class])} read as {_text(names[pair.pred_class])}"
        tiles = _tiles(told, chosen[:OF_A_PAIR])
        found.append(f"<div><h3>{what}: {counting.of(pair.count, 'image')}</h3>{tiles}</div>")
    return f'<div class="pairs">{"".join(found)}</div>' if found else ""


def _worst(told: Contents) -> str:
    shown = told.answers.select(order="confident")[:WORST]
    if not len(shown):
        return "<p>Every test image is correct.</p>"
    order = "The surest first." if told.answers.has_confidence else "The first by index."
    return f"<p>{order} Index, true class → class read, confidence.</p>{_tiles(told, shown)}"


def _confidence(told: Contents) -> str:
    answers = told.answers
    if not answers.has_confidence:
        return "<p>How sure the answers are is not known.</p>"
    bins = confidence.equal_width(answers.confidence, answers.right)
    error = confidence.calibration_error(bins)
    by_mass = confidence.equal_mass(answers.confidence, answers.right)
    said = (
        f"Expected calibration error {error:.3f} in {confidence.BINS} bins of equal width,"
        f" {confidence.calibration_error(by_mass):.3f} in bins of as many images each."
    )
    if answers.loss is not None:
        said += f" Cross-entropy {answers.loss:.4f}."
    rows = [
        (f"{each.low:.2f}-{each.high:.2f}", _count(each.images), f"{each.confidence:.3f}",
         _percent(each.accuracy))
        for each in bins
    ]  # fmt: skip
    table = _table(("confidence", "images", "mean confidence", "accuracy"), rows)
    return f'<p>{said}</p><div class="beside">{report_charts.reliability(bins)}{table}</div>'


def _labels(told: Contents) -> str:
    names, answers = told.dataset.class_names, told.answers
    rated = labels.raters(told.dataset.x_test, answers.y_true, names)
    parts = []
    if rated:
        rows = [
            (f"#{index}", _text(names[votes.label]),
             "" if votes.suggested is None else _text(names[votes.suggested]),
             f"{votes.for_label}/{votes.for_suggested}/{votes.for_neither}",
             _text(names[answers.y_pred[index]]))
            for index, votes in rated.items()
        ]  # fmt: skip
        heads = ("image", "label", "suggested", "votes: label/suggested/neither", "read as")
        source = "Northcutt, Athalye, Mueller, 2021"
        parts.append(f"<p>Labels that raters did not confirm ({source}).</p>{_table(heads, rows)}")
    if told.said:
        counts = verdicts.counts(told.said, answers.errors)
        judged = ", ".join(f"{fault} {count}" for fault, count in counts.items())
        parts.append(
            f"<p>Of {_count(len(answers.errors))} errors {_count(sum(counts.values()))}"
            f" were judged{': ' if judged else ''}{judged}.</p>"
        )
    return "".join(parts)


def _made(told: Contents) -> str:
    rows = [(_text(name), _text(found)) for name, found in told.run.versions.items()]
    rows.append(("run", _text(told.run.id)))
    hashes = {f"SHA-256 of {what}": found for what, found in told.hashes.items() if found}
    rows += [(_text(name), f"<code>{_text(found)}</code>") for name, found in hashes.items()]
    rows.append(("link", f'<a href="{_text(told.link)}">{_text(told.link)}</a>'))
    return _table((), rows)


_PARTS: dict[str, Callable[[Contents], str]] = {
    "": _head,
    "Settings": _settings,
    "Curves": _curves,
    "Class by class": _classes,
    "Confusion": _matrix,
    "Largest confusions": _pairs,
    "Errors": _worst,
    "Confidence": _confidence,
    "Labels and verdicts": _labels,
    "Made with": _made,
}


# --- what they are made of ------------------------------------------------------------------


def _tiles(told: Contents, indices: np.ndarray) -> str:
    answers, names = told.answers, told.dataset.class_names
    made = []
    for index in indices.tolist():
        true, pred = (names[labelled[index]] for labelled in (answers.y_true, answers.y_pred))
        sure = f" {answers.confidence[index]:.2f}" if answers.has_confidence else ""
        alt = _text(f"Image {index}: {true} read as {pred}")
        image = _png(told.dataset.x_test[index], told.dataset.ink)
        made.append(
            f'<figure><img src="{image}" alt="{alt}"><figcaption>#{index}<br>'
            f"{_text(true)} → {_text(pred)}{sure}</figcaption></figure>"
        )
    return f'<div class="tiles">{"".join(made)}</div>'


def _png(image: np.ndarray, ink: bool) -> str:
    """Write an image, uint8 `(28, 28)`, as an address of its own: strokes as ink on paper."""
    target = io.BytesIO()
    Image.fromarray(255 - image if ink else image).save(target, "PNG", optimize=True)
    return f"data:image/png;base64,{base64.b64encode(target.getvalue()).decode()}"


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Write a table; the first cell of a row names it."""
    head = "".join(f'<th scope="col">{name}</th>' for name in heads)
    lines = "".join(
        f'<tr><th scope="row">{first}</th>{"".join(f"<td>{cell}</td>" for cell in rest)}</tr>'
        for first, *rest in rows
    )
    return f'<div class="wide"><table>{f"<tr>{head}</tr>" if head else ""}{lines}</table></div>'


def _cell(count: int, most: int, diagonal: bool) -> str:
    if diagonal:
        return f'<td class="diagonal">{count or ""}</td>'
    shade = f' style="background:rgba(234,88,12,{0.1 + 0.6 * count / most:.2f})"' if count else ""
    return f"<td{shade}>{count or ''}</td>"


def _setting(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return _text(f"{value:g}" if isinstance(value, float) else str(value))


def _rate(right: int, images: int) -> str:
    low, high = evaluation.wilson(right, images)
    return f"{_percent(right / images)}<small>{100 * low:.2f}-{_percent(high)}</small>"


def _share(rate: class_rates.Rate | None) -> str:
    if rate is None:
        return ""
    return f"{_percent(rate.value)} <small>{100 * rate.low:.1f}-{100 * rate.high:.1f}</small>"


def _percent(fraction: float) -> str:
    return f"{100 * fraction:.2f}{_THIN}%"


def _count(number: int) -> str:
    return f"{number:,}".replace(",", _THIN)


def _moment(timestamp: float) -> str:
    return datetime.datetime.fromtimestamp(timestamp, datetime.UTC).strftime("%Y-%m-%d")


_text = functools.partial(html.escape, quote=True)
