"""What a run's answers come to, in figures and sentences: the same on pages and in reports."""

from collections.abc import Mapping, Sequence

import numpy as np

from mnistdash import confidence, evaluation, labels, suspects, verdicts, wording

Facts = dict[str, tuple[str, str]]  # a value and a small remark, by what is told

RATERS = (
    "Five people saw each image whose label an algorithm doubted. C. Northcutt, A. Athalye,"
    " J. Mueller, Pervasive Label Errors in Test Sets Destabilize Machine Learning Benchmarks, 2021"
)
RELIABILITY = "Where accuracy stays below the mark of confidence, the model is too sure."
TEMPERATURE = (
    "All logits are divided by one number, which changes no answer. The number is the one"
    " of the least loss. Guo et al., On Calibration of Modern Neural Networks, ICML 2017."
)


def accuracy(answers: evaluation.Evaluation) -> Facts:
    """Return the accuracy as labelled."""
    interval = wording.interval(*answers.interval)
    return {"Test accuracy": (wording.percent(answers.accuracy), interval)}


def with_raters(answers: evaluation.Evaluation, rated: Mapping[int, labels.Votes]) -> Facts:
    """Return the accuracy with raters' labels; nothing where they rated none.

    Args:
        answers: of one run.
        rated: as of `labels.raters`.
    """
    if not rated:
        return {}
    truth, counted = labels.corrected(answers.y_true, rated)
    right = int((answers.y_pred[counted] == truth).sum())
    interval = wording.interval(*evaluation.wilson(right, len(counted)))
    return {"With raters' labels": (wording.percent(right / len(counted)), interval)}


def how_corrected(rated: Mapping[int, labels.Votes]) -> str:
    """Say in a sentence what the accuracy with raters' labels counts."""
    agreed = sum(votes.agreed is not None for votes in rated.values())
    return (
        f"Of {wording.number_of(len(rated), 'label')} that raters did not confirm, {agreed} count"
        f" there as what most of them said; {len(rated) - agreed} without an agreed label are left"
        " out."
    )


def if_verdicts_hold(answers: evaluation.Evaluation, said: Mapping[int, verdicts.Verdict]) -> Facts:
    """Return the accuracy if a person's verdicts on labels hold; nothing where there are none.

    Args:
        answers: of one run.
        said: verdicts by index.
    """
    changed = {index: verdict for index, verdict in said.items() if verdict.label is not None}
    if not changed:
        return {}
    right = answers.y_pred == verdicts.held(answers.y_true, changed)
    number = wording.number_of(len(changed), "label")
    return {"If your verdicts hold": (wording.percent(right.mean()), number)}


def errors(answers: evaluation.Evaluation, names: Sequence[str]) -> Facts:
    """Return how many errors there are, and of which classes.

    Args:
        answers: of one run.
        names: of its K classes.
    """
    best, worst = answers.best_and_worst
    return {
        "Errors": (wording.count(len(answers.errors)), f"of {wording.images(len(answers))}"),
        "Best class": (names[best], wording.percent(answers.recall[best])),
        "Worst class": (names[worst], wording.percent(answers.recall[worst])),
    }


def calibration(answers: evaluation.Evaluation) -> Facts:
    """Return how far confidence, which must be known, and accuracy lie apart."""
    sure, right = answers.confidence, answers.right
    mean = float(sure.mean(dtype=np.float64))
    by_width = confidence.calibration_error(confidence.equal_width(sure, right))
    by_mass = confidence.calibration_error(confidence.equal_mass(sure, right))
    bins = confidence.BINS
    return {
        "Mean confidence": (wording.percent(mean), "of all answers"),
        "Calibration error": (f"{by_width:.3f}", f"{bins} bins of equal width"),
        "Calibration error by mass": (f"{by_mass:.3f}", f"{bins} bins of equal mass"),
    }


def how_fitted(found: confidence.Scaling) -> str:
    """Say what a temperature tells, and on which images it was fitted and measured."""
    temper = "is too sure" if found.temperature > 1 else "could be surer"
    said = f"Above 1 a model is too sure of its answers; this one {temper}. Fitted on"
    if found.on_validation:
        images = wording.images(found.fitted_on, "validation")
        return f"{said} {images}, measured on {wording.images(found.measured_on, 'test')}."
    return (
        f"{said} {wording.images(found.fitted_on, 'test')}, half of all (seed {confidence.SEED}),"
        f" measured on the other {wording.count(found.measured_on)}, as shown here: this run keeps"
        " no answers to validation images."
    )


def before_and_after(found: confidence.Scaling) -> list[tuple[str, str, str]]:
    """Return what a temperature does as a table: its heads, then each measure before and after."""
    rows = [("", "as it answers", f"with temperature {found.temperature:.2f}")]
    for title, name, decimals in (
        ("Loss, nats", "loss", 4),
        ("Calibration error, equal width", "error_by_width", 3),
        ("Calibration error, equal mass", "error_by_mass", 3),
    ):
        before, after = (getattr(quality, name) for quality in (found.before, found.after))
        rows.append((title, f"{before:.{decimals}f}", f"{after:.{decimals}f}"))
    return rows


def judged(
    answers: evaluation.Evaluation, said: Mapping[int, verdicts.Verdict], person: str = "you"
) -> str:
    """Say how many errors a person judged, and whose fault they are.

    Args:
        answers: of one run.
        said: the person's verdicts by index.
        person: who judged.
    """
    counted = verdicts.counts(said, answers.errors)
    number = sum(counted.values())
    more = len(said) - number
    told = f"Of {wording.errors(len(answers.errors))} {person} judged {wording.count(number)}"
    if number:
        told += ": " + ", ".join(
            f"{fault} {wording.count(each)} ({100 * each / number:.0f}{wording.THIN}%)"
            for fault, each in counted.items()
        )
    return f"{told}; {wording.count(more)} more are correct here." if more else f"{told}."


def worth(found: suspects.Judged, who: str) -> str:
    """Say how often those that judged labels agree with them, and what that makes of the rest.

    Args:
        found: what is thought of the labels.
        who: judged them.
    """
    count = int(np.count_nonzero(found.contradicted))
    read = f"{who} read {wording.percent(found.agreement)} of these images as labelled"
    if not count:
        return f"{read}: they contradict no label."
    whose = "most" if found.mostly_own_errors else "some"
    contradicted = wording.number_of(count, "contradicted label")
    return f"{read}: of {contradicted}, {whose} are their own errors."


def doubted(found: suspects.Judged, who: str) -> str:
    """Say what judges are worth, and how many labels are wrong by confident learning.

    Args:
        found: what is thought of the labels.
        who: judged them.
    """
    wrong = wording.count(int(np.count_nonzero(found.confident)))
    return f"{worth(found, who)} Confident learning takes {wrong} to be wrong."
