"""The pieces of the page on confidence: charts with doors, the temperature, the threshold."""

import functools
from collections.abc import Sequence

import numpy as np
import streamlit as st

from mnistdash import confidence, datasets, evaluation, findings, store
from mnistdash.charts import described, drawn, sureness
from mnistdash.ui import (
    answers_view,
    columns,
    doors,
    figure_files,
    headline,
    link,
    state,
    words,
)

BELOW = 24  # images shown
_BY_WIDTH, _BY_MASS = "equal width", "equal mass"


def facts(answers: evaluation.Evaluation) -> None:
    """Show how far confidence and accuracy lie apart."""
    headline.facts(findings.accuracy(answers) | _calibration(answers))


def histogram(run: store.Run, dataset: datasets.Dataset, answers: evaluation.Evaluation) -> None:
    """Show how many answers are how confident, correct and wrong ones."""
    st.header(
        "How sure the answers are",
        help="Histogram of confidence, the probability of the class answered.",
    )
    st.caption("How many images are answered how surely: wrong answers belong on the left.")
    logarithmic = st.toggle("Logarithmic counts", True, key="log_counts", persist_state="session")
    bins, chart = _histogram(answers, logarithmic)
    columns.columns(chart, on_choose=functools.partial(_open, bins), key="confidence-histogram")
    whose = figure_files.whose(run, dataset, len(answers))
    _files(chart, "How sure the answers are", whose, f"{run.id}-confidence")


def reliability(run: store.Run, dataset: datasets.Dataset, answers: evaluation.Evaluation) -> None:
    """Show whether answers are as often correct as they are sure."""
    st.header(
        "Reliability",
        help="Accuracy in bins of confidence. Thin lines are 95 % intervals (Wilson, 1927), numbers"
        " above are images. The calibration error is the mean distance between the two. Guo et al.,"
        " On Calibration of Modern Neural Networks, ICML 2017; equal mass: Nguyen and O'Connor,"
        " EMNLP 2015; calibration error: Naeini et al., AAAI 2015.",
    )
    st.caption(findings.RELIABILITY)
    kind = st.segmented_control(
        "Bins",
        (_BY_WIDTH, _BY_MASS),
        default=_BY_WIDTH,
        required=True,
        key="reliability_bins",
        persist_state="session",
        label_visibility="collapsed",
    )
    bins, chart = _reliability(answers, kind)
    columns.columns(chart, on_choose=functools.partial(_open, bins), key="reliability")
    whose = figure_files.whose(run, dataset, len(answers))
    _files(chart, f"Reliability in bins of {kind}", whose, f"{run.id}-reliability")


def threshold(run: store.Run, dataset: datasets.Dataset, answers: evaluation.Evaluation) -> None:
    """Show what answering only above a confidence leaves, and the images just below."""
    st.header(
        "Answer only above …",
        help="A model that may say that it does not know makes fewer errors on the images that it"
        " answers. El-Yaniv and Wiener, On the Foundations of Noise-free Selective Classification,"
        " JMLR 2010.",
    )
    st.caption("The fewer images are answered, the surest first, the more of them are correct.")
    drawn, below = st.columns((6, 5), gap="large")
    with drawn:
        st.slider("Confidence above", 0.0, 1.0, step=0.01, **link.bound("above"))
        answered = answers.confidence > np.float32(link.current().above)
        _what_is_left(answers, answered)
        chart = sureness.coverage_curve(_coverage(answers), len(answers), float(answered.mean()))
        columns.columns(chart, key="coverage", height_px=340)
        whose = figure_files.whose(run, dataset, len(answers))
        _files(
            chart,
            f"Coverage against accuracy, answered above {link.current().above:.2f}",
            whose,
            f"{run.id}-coverage",
        )
    with below:
        _just_below(dataset, answers, np.flatnonzero(~answered))


def temperature(run: store.Run, dataset: datasets.Dataset, answers: evaluation.Evaluation) -> None:
    """Show what one temperature does to the probabilities, and on which images it was fitted."""
    st.header("Temperature", help=findings.TEMPERATURE)
    try:
        found = state.temperature_scaling(run.id, answers)
    except store.StoreError as error:
        st.caption(words.sentence(str(error)))
        return
    st.caption(findings.how_fitted(found))
    told, drawn = st.columns(2, gap="large")
    with told:
        st.markdown(_table(findings.before_and_after(found)))
    with drawn:
        chart = sureness.reliability_by_width(found.after.bins, hint=sureness.READ_ONLY)
        columns.columns(chart, key="reliability-after")
        whose = figure_files.whose(run, dataset, found.measured_on)
        title = f"Reliability with temperature {found.temperature:.2f}"
        _files(chart, title, whose, f"{run.id}-reliability-after")


# --- computed once for a run's answers ------------------------------------------------------

_calibration = functools.lru_cache(maxsize=16)(findings.calibration)


@functools.lru_cache(maxsize=16)
def _histogram(
    answers: evaluation.Evaluation, logarithmic: bool
) -> tuple[list[confidence.Bin], described.Chart]:
    bins = confidence.equal_width(answers.confidence, answers.right, sureness.HISTOGRAM_BINS)
    return bins, sureness.histogram(bins, logarithmic=logarithmic)


@functools.lru_cache(maxsize=16)
def _reliability(
    answers: evaluation.Evaluation, kind: str
) -> tuple[list[confidence.Bin], described.Chart]:
    if kind == _BY_MASS:
        bins = confidence.equal_mass(answers.confidence, answers.right)
        return bins, sureness.reliability_by_mass(bins)
    bins = confidence.equal_width(answers.confidence, answers.right)
    return bins, sureness.reliability_by_width(bins)


@functools.lru_cache(maxsize=16)
def _coverage(answers: evaluation.Evaluation) -> confidence.Coverage:
    return confidence.coverage(answers.confidence, answers.right)


# --- pieces -----------------------------------------------------------------------------------


def _files(chart: described.Chart, title: str, whose: str, name: str) -> None:
    figure_files.offer(
        lambda: [drawn.panel(chart)], title=title, of=whose, name=name, key=f"take-{name}"
    )


def _table(rows: Sequence[Sequence[str]]) -> str:
    """Write a table whose first row are its heads, and whose other columns are figures."""
    head, *lines = (f"| {' | '.join(row)} |" for row in rows)
    return "\n".join((head, f"| --- |{' --: |' * (len(rows[0]) - 1)}", *lines))


def _what_is_left(answers: evaluation.Evaluation, answered: np.ndarray) -> None:
    total, right = int(answered.sum()), int((answered & answers.right).sum())
    if not total:
        st.caption("No image is answered.")
        return
    accuracy = words.interval(*evaluation.wilson(right, total))
    st.markdown(
        f"**{words.percent(total / len(answers))}** of the images answered,"
        f" **{words.percent(right / total)}** of them correctly ({accuracy}):"
        f" **{words.count(total - right)}** of {words.errors(len(answers.errors))} left"
    )


def _just_below(
    dataset: datasets.Dataset, answers: evaluation.Evaluation, left_out: np.ndarray
) -> None:
    if not len(left_out):
        st.caption("Every image is answered: none is below.")
        return
    nearest = answers.ordered(left_out, "doubtful")[::-1][:BELOW]
    st.markdown(f"**{words.images(len(left_out))}** not answered, the surest of them first")
    answers_view.tiles(dataset, answers, nearest, on_choose=doors.open_image, key="just-below")
    most = float(answers.confidence[left_out].max())
    st.page_link(
        "pages/gallery.py",
        label="All that is not answered",
        icon=":material/arrow_forward:",
        query_params=doors.params(conf=(0.0, most), all=True),
    )


def _open(bins: list[confidence.Bin], place: int) -> None:
    doors.open_images(conf=(bins[place].least, bins[place].most), all=True)
