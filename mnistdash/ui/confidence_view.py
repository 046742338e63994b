"""The pieces of the page on confidence: charts with doors, the temperature, the threshold."""

import functools

import numpy as np
import streamlit as st

from mnistdash import confidence, datasets, evaluation, store
from mnistdash.ui import (
    answers_view,
    columns,
    confidence_charts,
    doors,
    headline,
    link,
    state,
    words,
)

BELOW = 24  # images shown
_BY_WIDTH, _BY_MASS = "equal width", "equal mass"


def facts(answers: evaluation.Evaluation) -> None:
    """Show how far confidence and accuracy lie apart."""
    sure, right = answers.confidence, answers.right
    mean = float(sure.mean(dtype=np.float64))
    by_width = confidence.calibration_error(confidence.equal_width(sure, right))
    by_mass = confidence.calibration_error(confidence.equal_mass(sure, right))
    headline.facts(
        {
            "Test accuracy": (words.percent(answers.accuracy), words.interval(*answers.interval)),
            "Mean confidence": (words.percent(mean), "of all answers"),
            "Calibration error": (f"{by_width:.3f}", f"{confidence.BINS} bins of equal width"),
            "Calibration error by mass": (
                f"{by_mass:.3f}",
                f"{confidence.BINS} bins of equal mass",
            ),
        }
    )


def histogram(answers: evaluation.Evaluation) -> None:
    """Show how many answers are how confident, correct and wrong ones."""
    st.header(
        "How sure the answers are",
        help="Histogram of confidence, the probability of the class answered.",
    )
    st.caption("How many images are answered how surely: wrong answers belong on the left.")
    logarithmic = st.toggle("Logarithmic counts", True, key="log_counts", persist_state="session")
    bins = confidence.equal_width(
        answers.confidence, answers.right, confidence_charts.HISTOGRAM_BINS
    )
    chart = confidence_charts.histogram(bins, logarithmic=logarithmic)
    columns.columns(chart, on_choose=functools.partial(_open, bins), key="confidence-histogram")


def reliability(answers: evaluation.Evaluation) -> None:
    """Show whether answers are as often correct as they are sure."""
    st.header(
        "Reliability",
        help="Accuracy in bins of confidence. Thin lines are 95 % intervals (Wilson, 1927), numbers"
        " above are images. The calibration error is the mean distance between the two. Guo et al.,"
        " On Calibration of Modern Neural Networks, ICML 2017; equal mass: Nguyen and O'Connor,"
        " EMNLP 2015; calibration error: Naeini et al., AAAI 2015.",
    )
    st.caption("Where accuracy stays below the mark of confidence, the model is too sure.")
    kind = st.segmented_control(
        "Bins",
        (_BY_WIDTH, _BY_MASS),
        default=_BY_WIDTH,
        required=True,
        key="reliability_bins",
        persist_state="session",
        label_visibility="collapsed",
    )
    sure, right = answers.confidence, answers.right
    if kind == _BY_MASS:
        bins = confidence.equal_mass(sure, right)
        chart = confidence_charts.reliability_by_mass(bins)
    else:
        bins = confidence.equal_width(sure, right)
        chart = confidence_charts.reliability_by_width(bins)
    columns.columns(chart, on_choose=functools.partial(_open, bins), key="reliability")


def threshold(dataset: datasets.Dataset, answers: evaluation.Evaluation) -> None:
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
        found = confidence.coverage(answers.confidence, answers.right)
        chart = confidence_charts.coverage_curve(found, len(answers), float(answered.mean()))
        columns.columns(chart, key="coverage", height_px=340)
    with below:
        _just_below(dataset, answers, np.flatnonzero(~answered))


def temperature(run: store.Run, answers: evaluation.Evaluation) -> None:
    """Show what one temperature does to the probabilities, and on which images it was fitted."""
    st.header(
        "Temperature",
        help="All logits are divided by one number, which changes no answer. The number is the one"
        " of the least loss. Guo et al., On Calibration of Modern Neural Networks, ICML 2017.",
    )
    if answers.probs is None:
        st.caption("All probabilities of an image are needed for it: of this run one is known.")
        return
    try:
        found = state.temperature_scaling(run.id, answers)
    except store.StoreError as error:
        st.caption(words.sentence(str(error)))
        return
    if found is None:
        st.caption(f"It takes at least {confidence.FEWEST} images to fit one.")
        return
    st.caption(_how_fitted(found))
    told, drawn = st.columns(2, gap="large")
    with told:
        st.markdown(_before_and_after(found))
    with drawn:
        chart = confidence_charts.reliability_by_width(
            found.after.bins, hint=confidence_charts.READ_ONLY
        )
        columns.columns(chart, key="reliability-after")


def _how_fitted(found: confidence.Scaling) -> str:
    temper = "is too sure" if found.temperature > 1 else "could be surer"
    said = f"Above 1 a model is too sure of its answers; this one {temper}. Fitted on"
    if found.on_validation:
        images = words.images(found.fitted_on, "validation")
        return f"{said} {images}, measured on {words.images(found.measured_on, 'test')}."
    return (
        f"{said} {words.images(found.fitted_on, 'test')}, half of all (seed {confidence.SEED}),"
        f" measured on the other {words.count(found.measured_on)}, as shown here: this run keeps no"
        " answers to validation images."
    )


def _before_and_after(found: confidence.Scaling) -> str:
    rows = (
        ("Loss, nats", "loss", 4),
        ("Calibration error, equal width", "error_by_width", 3),
        ("Calibration error, equal mass", "error_by_mass", 3),
    )
    lines = [
        f"| | as it answers | with temperature {found.temperature:.2f} |",
        "| --- | --: | --: |",
    ]
    for title, name, decimals in rows:
        before, after = (getattr(it, name) for it in (found.before, found.after))
        lines.append(f"| {title} | {before:.{decimals}f} | {after:.{decimals}f} |")
    return "\n".join(lines)


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
