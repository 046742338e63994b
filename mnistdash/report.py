"""One run as one HTML file: it holds all that it shows, opens without a network, and prints."""

import contextlib
import dataclasses
import hashlib
import time
from collections.abc import Callable, Mapping

import numpy as np

from mnistdash import (
    artifacts,
    class_rates,
    confidence,
    datasets,
    evaluation,
    findings,
    labels,
    markup,
    report_charts,
    report_style,
    results,
    store,
    suspects,
    verdicts,
    wording,
)

WORST = 48
PAIRS, OF_A_PAIR = 8, 4
SUSPECT = 24
JUDGED = 48
_NARROW = "\N{NARROW NO-BREAK SPACE}"  # no line of a printed page ends in the middle of a number
_MANY = 30  # classes: a matrix of more has a page that lies
_HOW_DRAWN = "A thin line: the accuracy's 95 % interval (Wilson, 1927); numbers: images."

OnProgress = Callable[[float], None]  # called with the share that is done, 0-1


@dataclasses.dataclass(frozen=True, kw_only=True)
class Contents:
    """What a report tells of.

    `trouble` is what is wrong with the images, `rated` are raters' votes and `said` a person's
    verdicts by index, `hashes` SHA-256 by what they are of, `link` opens the run in a dashboard.
    Where no temperature is known, `unscaled` says why.
    """

    run: store.Run
    dataset: datasets.Dataset
    answers: evaluation.Evaluation
    link: str
    trouble: str | None = None
    scaling: confidence.Scaling | None = None
    unscaled: str = ""
    rated: Mapping[int, labels.Votes] = dataclasses.field(default_factory=dict)
    doubted: suspects.Suspects | None = None
    said: Mapping[int, verdicts.Verdict] = dataclasses.field(default_factory=dict)
    person: str = verdicts.ME
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
    dataset, trouble = results.images(db, run)
    answers = results.answers(db, run)
    scaling, unscaled = None, ""
    try:
        scaling = results.temperature(db, run.id, answers)
    except store.StoreError as error:
        unscaled = str(error)
    known = dataset.sha256 and dataset.pictured
    return Contents(
        run=run,
        dataset=dataset,
        answers=answers,
        link=link,
        trouble=trouble,
        scaling=scaling,
        unscaled=unscaled,
        rated=labels.raters(dataset.x_test, answers.y_true, dataset.class_names),
        doubted=_doubted(db, run, dataset),
        said=db.verdicts(dataset.sha256, verdicts.TEST, person) if known else {},
        person=person,
        hashes=_hashes(db, run, dataset),
    )


def _doubted(
    db: store.Store, run: store.Run, dataset: datasets.Dataset
) -> suspects.Suspects | None:
    name = artifacts.suspects(dataset.sha256)
    if name in run.artifacts:
        with contextlib.suppress(store.StoreError):  # damaged: it can be asked for again
            return results.suspect_labels(db, run.id, name)
    return None


def _hashes(db: store.Store, run: store.Run, dataset: datasets.Dataset) -> dict[str, str]:
    found = {"the images": dataset.sha256}
    if run.has_model:
        with contextlib.suppress(store.StoreError):  # damaged: what there is has no name
            model = db.artifact(run.id, artifacts.MODEL)
            found["the model"] = hashlib.sha256(model).hexdigest()
    return found


def write(told: Contents, on_progress: OnProgress = lambda share: None) -> str:
    """Write the report, 0.05 to 0.2 MB.

    Args:
        told: all that it tells of.
        on_progress: told the share that is done after each part.
    """
    parts = []
    for done, (title, part) in enumerate(_PARTS.items(), start=1):
        if body := part(told):
            parts.append(f"<section><h2>{title}</h2>{body}</section>" if title else body)
        on_progress(done / len(_PARTS))
    kind = ' class="ink"' if told.dataset.ink else ""
    body = "".join(parts).replace(wording.THIN, _NARROW)
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{markup.text(told.run.name)} · mnistdash</title>"
        f"<style>{report_style.CSS}</style></head><body><main{kind}>{body}</main></body></html>"
    )


# --- the parts, in their order --------------------------------------------------------------


def _head(told: Contents) -> str:
    run, answers, names = told.run, told.answers, told.dataset.class_names
    layers = f"<code>{markup.text(run.recipe.layers)}</code> · " if run.recipe else ""
    facts = (
        findings.accuracy(answers)
        | findings.with_raters(answers, told.rated)
        | findings.if_verdicts_hold(answers, told.said)
        | findings.errors(answers, names)
    )
    notes = [markup.text(note) for note in (run.note, told.trouble) if note]
    if told.rated:
        notes.append(markup.text(findings.how_corrected(told.rated)))
    title, images = markup.name(wording.run_title(run)), markup.name(told.dataset.title)
    return (
        f"<header><h1>{title}</h1><p>{layers}{images} · {wording.moment(run.created_at)} UTC</p>"
        f"{markup.facts(facts)}"
        f"{''.join(f'<p>{note}</p>' for note in notes)}</header>"
    )


def _settings(told: Contents) -> str:
    run = told.run
    if run.recipe is None:
        where = "Its model was made elsewhere: the" if run.origin == store.BROUGHT else "The"
        return f"<p>{where} settings are not known.</p>"
    values = {name: getattr(run.recipe, name) for name in wording.SETTINGS}
    rows = [
        (wording.SETTINGS[name], _setting(value))
        for name, value in values.items()
        if value or name == "seed"
    ]
    rows.append(("Parameters", wording.count(run.recipe.parameters)))
    if run.seconds is not None:
        rows.append(("Trained for", wording.duration(run.seconds)))
    return markup.table((), rows)


def _curves(told: Contents) -> str:
    return report_charts.curves(told.run)


def _classes(told: Contents) -> str:
    names = told.dataset.class_names
    rows = []
    for rates in class_rates.class_rates(told.answers.matrix):
        taken = rates.taken_for
        mostly = f"{markup.name(names[taken.pred_class])} ({taken.count})" if taken else ""
        shares = [_share(each) for each in (rates.precision, rates.recall, rates.f1)]
        figures = (wording.count(rates.images), wording.count(rates.right), *shares, mostly)
        rows.append((markup.name(names[rates.label]), *figures))
    heads = ("class", "images", "correct", "precision", "recall", "F1", "mostly read as")
    table = markup.table(heads, rows, "figures")
    return f"<p>In percent, with 95 % intervals (Wilson, 1927).</p>{table}"


def _matrix(told: Contents) -> str:
    matrix, names = told.answers.matrix, told.dataset.class_names
    most = max(1, int((matrix - np.diag(matrix.diagonal())).max()))
    rows = []
    for true, counts in enumerate(matrix.tolist()):
        cells = "".join(_cell(count, most, true == pred) for pred, count in enumerate(counts))
        rows.append(f'<tr><th scope="row">{markup.name(names[true])}</th>{cells}</tr>')
    heads = "".join(f'<th scope="col"><div>{markup.name(name)}</div></th>' for name in names)
    upright = " named" if max(map(len, names)) > 2 else ""
    many = " many" if len(names) > _MANY else ""
    return (
        "<p>Down: the true class. Across: the class it was read as.</p>"
        f'<div class="wide"><table class="matrix{many}{upright}" style="--classes:{len(names)}">'
        f"<thead><tr><td></td>{heads}</tr></thead><tbody>{''.join(rows)}</tbody></table></div>"
    )


def _pairs(told: Contents) -> str:
    names, found = told.dataset.class_names, []
    for pair in told.answers.pairs()[:PAIRS]:
        chosen = told.answers.select(true_class=pair.true_class, pred_class=pair.pred_class)
        true, pred = (markup.name(names[label]) for label in (pair.true_class, pair.pred_class))
        tiles = _tiles(told, chosen[:OF_A_PAIR], told.answers.y_pred)
        found.append(
            f"<div><h3>{true} read as {pred}: {wording.images(pair.count)}</h3>{tiles}</div>"
        )
    return f'<div class="pairs">{"".join(found)}</div>' if found else ""


def _worst(told: Contents) -> str:
    answers = told.answers
    shown = answers.select(order="confident")[:WORST]
    if not len(shown):
        return "<p>Every test image is correct.</p>"
    of = f"{len(shown)} of {wording.errors(len(answers.errors))}"
    order = "the surest" if answers.has_confidence else "those of the lowest index"
    sure = ", confidence" if answers.has_confidence else ""
    flag = " ⚑: raters did not confirm the label." if told.rated else ""
    said = f"{of}, {order} first: index, true class → class it was read as{sure}.{flag}"
    return f"<p>{said}</p>{_tiles(told, shown, answers.y_pred)}"


def _confidence(told: Contents) -> str:
    answers = told.answers
    if not answers.has_confidence:
        return "<p>How sure these answers are is not known.</p>"
    bins = confidence.equal_width(answers.confidence, answers.right)
    facts = findings.calibration(answers)
    if answers.loss is not None:
        facts["Loss"] = (f"{answers.loss:.4f}", "cross-entropy, nats")
    rows = [
        (f"{each.low:.2f}-{each.high:.2f}", wording.count(each.images),
         wording.count(each.images - each.right), f"{each.confidence:.3f}",
         wording.percent(each.accuracy))
        for each in bins
    ]  # fmt: skip
    table = markup.table(
        ("confidence", "images", "wrong", "mean confidence", "accuracy"), rows, "figures"
    )
    return (
        f"{markup.facts(facts)}<h3>Reliability</h3><p>{findings.RELIABILITY} {_HOW_DRAWN}</p>"
        f'<div class="beside">{report_charts.reliability(bins)}{table}</div>{_temperature(told)}'
    )


def _temperature(told: Contents) -> str:
    if told.scaling is None:
        return f"<h3>Temperature</h3><p>{markup.text(told.unscaled)}</p>" if told.unscaled else ""
    heads, *rows = findings.before_and_after(told.scaling)
    drawn = "".join(
        f"<div><h4>{title.capitalize()}</h4>{report_charts.reliability(quality.bins)}</div>"
        for title, quality in zip(heads[1:], (told.scaling.before, told.scaling.after), strict=True)
    )
    return (
        f"<h3>Temperature</h3><p>{findings.how_fitted(told.scaling)} {findings.TEMPERATURE}</p>"
        f'{markup.table(heads, rows, "figures whole")}<div class="beside">{drawn}</div>'
    )


def _labels(told: Contents) -> str:
    return "".join((_raters(told), _suspects(told), _verdicts(told)))


def _raters(told: Contents) -> str:
    if not told.rated:
        return ""
    names = told.dataset.class_names
    rows = [
        (f"#{index}", _picture(told, index), markup.name(names[votes.label]),
         "" if votes.suggested is None else markup.name(names[votes.suggested]),
         f"{votes.for_label}/{votes.for_suggested}/{votes.for_neither}",
         markup.name(names[told.answers.y_pred[index]]))
        for index, votes in told.rated.items()
    ]  # fmt: skip
    heads = ("image", "", "label", "suggested", "votes: label/suggested/neither", "read as")
    return (
        f"<h3>What raters said</h3><p>{findings.RATERS}.</p>{markup.table(heads, rows, 'pictured')}"
    )


def _suspects(told: Contents) -> str:
    if told.doubted is None:
        return ""
    found = told.doubted.test
    ranked = found.ranked()
    shown = ranked[found.suspect[ranked]][:SUSPECT]
    own = ["this run"] * (told.answers.probs is not None)
    networks = ["five networks that did not learn from them"] * (told.doubted.judges is not None)
    by = " and ".join(own + networks).capitalize()
    order = f"The {len(shown)} most suspect, each label → what is more probable."
    return (
        f"<h3>Suspect labels</h3><p>{findings.doubted(found, by)} {order}</p>"
        f"{_tiles(told, shown, found.likely, sure=False)}"
    )


def _verdicts(told: Contents) -> str:
    if not told.said:
        return ""
    names, answers = told.dataset.class_names, told.answers
    rows = []
    for index, verdict in sorted(told.said.items())[:JUDGED]:
        true, pred = (
            markup.name(names[known[index]]) for known in (answers.y_true, answers.y_pred)
        )
        said = markup.text(verdict.fault)
        if verdict.label is not None:
            said += f": {markup.name(names[verdict.label])}"
        rows.append(
            (f"#{index}", _picture(told, index), true, pred, said, markup.text(verdict.note))
        )
    who = "you" if told.person == verdicts.ME else told.person
    more = len(told.said) - len(rows)
    rest = f"<p>And {wording.number_of(more, 'other verdict')}.</p>" if more else ""
    heads = ("image", "", "label", "read as", "verdict", "note")
    return (
        f"<h3>Verdicts</h3><p>{markup.text(findings.judged(answers, told.said, who))}</p>"
        f"{markup.table(heads, rows, 'pictured')}{rest}"
    )


def _made(told: Contents) -> str:
    rows = [(markup.text(name), markup.text(found)) for name, found in told.run.versions.items()]
    rows.append(("run", markup.text(told.run.id)))
    rows.append(("report", f"{wording.moment(time.time())} UTC"))
    hashes = ((what, found) for what, found in told.hashes.items() if found)
    rows += [(f"SHA-256 of {what}", f"<code>{markup.text(found)}</code>") for what, found in hashes]
    link = markup.text(told.link)
    rows.append(("link", f'<a href="{link}">{link}</a>'))
    return markup.table((), rows)


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


def _tiles(told: Contents, indices: np.ndarray, other: np.ndarray, *, sure: bool = True) -> str:
    """Write images as tiles.

    Args:
        told: whose test images.
        indices: of the images, in order, int64 `(k,)`.
        other: what stands beside each label, uint8 `(n,)`.
        sure: whether the confidence is told, where it is known.
    """
    answers, names = told.answers, told.dataset.class_names
    made = []
    for index in indices.tolist():
        true, beside = (markup.name(names[known[index]]) for known in (answers.y_true, other))
        prob = f" {answers.confidence[index]:.2f}" if sure and answers.has_confidence else ""
        flag = " ⚑" if index in told.rated else ""
        made.append(
            f"<figure>{_picture(told, index)}<figcaption>#{index}{flag}<br>{true} → {beside}{prob}"
            "</figcaption></figure>"
        )
    return f'<div class="tiles">{"".join(made)}</div>'


def _picture(told: Contents, index: int) -> str:
    """Write a test image; nothing where its pictures are not here."""
    if not told.dataset.pictured:
        return ""
    names, answers = told.dataset.class_names, told.answers
    true, pred = (names[known[index]] for known in (answers.y_true, answers.y_pred))
    said = "correct" if true == pred else f"read as {pred}"
    address = markup.picture(told.dataset.x_test[index], told.dataset.ink)
    alt = markup.text(f"Image {index}: {true} {said}")
    return f'<img src="{address}" alt="{alt}">'


def _cell(count: int, most: int, diagonal: bool) -> str:
    if diagonal:
        return f'<td class="diagonal">{count or ""}</td>'
    if not count:
        return "<td></td>"
    return f'<td class="wrong" style="--share:{0.1 + 0.6 * count / most:.2f}">{count}</td>'


def _setting(value: object) -> str:
    if isinstance(value, tuple):
        return wording.images(len(value))
    return markup.text(f"{value:g}" if isinstance(value, float) else str(value))


def _share(rate: class_rates.Rate | None) -> str:
    if rate is None:
        return ""
    low, high = 100 * rate.low, 100 * rate.high
    return f"{100 * rate.value:.2f} <small>{low:.2f}-{high:.2f}</small>"
