"""Two runs on the same images: what they were made of, and how they did."""

import streamlit as st

from mnistdash import evaluation, recipes, store
from mnistdash.ui import headline, words


def figures(
    run: store.Run,
    other: store.Run,
    answers: evaluation.Evaluation,
    others_answers: evaluation.Evaluation,
    changes: evaluation.Changes,
) -> None:
    """Show how two runs did, and in a line what one was made of otherwise than the other."""
    title = words.run_title(run)
    headline.facts(
        {
            "Accuracy": (words.percent(answers.accuracy), title),
            "The other's": (words.percent(others_answers.accuracy), "on the same images"),
            "Fixed": (words.count(len(changes.fixed)), "only the other is wrong"),
            "Broken": (words.count(len(changes.broken)), f"only {title} is wrong"),
            "Both are wrong": (words.count(len(changes.both_wrong)), "the hard ones"),
            "By chance alone": (words.p_value(changes.p_value), "McNemar's exact test"),
        }
    )
    if run.recipe and other.recipe:
        points = 100 * (answers.accuracy - others_answers.accuracy)
        more = "no other" if not points else f"{abs(points):.2f} points {_more(points)}"
        st.caption(words.plain(f"{_otherwise(run.recipe, other.recipe)}: accuracy {more}."))


def _more(points: float) -> str:
    return "higher" if points > 0 else "lower"


def _otherwise(recipe: recipes.Recipe, base: recipes.Recipe) -> str:
    """Say how a recipe differs: `Trained with 300 corrections instead of 0 corrections`."""
    here, there = recipes.differences(recipe, base), recipes.differences(base, recipe)
    told = [f"with {new} instead of {old}" for new, old in zip(here, there, strict=True)]
    if recipe.seed != base.seed:
        told.append(f"with seed {recipe.seed} instead of {base.seed}")
    return f"Trained {', '.join(told)}" if told else "Trained by the same recipe"
