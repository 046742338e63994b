"""Headline figures in a row."""

from collections.abc import Sequence

import streamlit as st

from mnistdash import evaluation
from mnistdash.ui import words


def facts(pairs: dict[str, tuple[str, str]]) -> None:
    """Show headline figures in a row: a label, a value, and a small remark each.

    As Markdown, which Streamlit has at hand when a page comes; for HTML it loads another script, a
    fifth of a second of the first page.
    """
    lines = (
        f"- {_inside(label)}  \n  **{_inside(value)}** *{_inside(remark)}*"
        for label, (value, remark) in pairs.items()
    )
    with st.container(key="facts"):
        st.markdown("\n".join(lines))


def errors(
    answers: evaluation.Evaluation, class_names: Sequence[str]
) -> dict[str, tuple[str, str]]:
    """Return the figures of a run's errors for `facts`: how many, and of which classes.

    Args:
        answers: of the run.
        class_names: K names.
    """
    best, worst = answers.best_and_worst
    return {
        "Errors": (words.count(len(answers.errors)), f"of {words.images(len(answers))}"),
        "Best class": (class_names[best], words.percent(answers.recall[best])),
        "Worst class": (class_names[worst], words.percent(answers.recall[worst])),
    }


def _inside(text: str) -> str:
    """Write text as it is, inside a line: none of what it begins with begins a list there."""
    return words.plain(f"x{text}")[1:]
