"""Overview: one run at a glance."""

import streamlit as st

from mnistdash.ui import widgets, words

PAIRS = 5
IMAGES_PER_PAIR = 3
MOST_CONFIDENT = 12

widgets.begin("Overview")
widgets.follow_chosen_image()
run = widgets.require_run()
dataset, answers = widgets.require_results(run)
names = dataset.class_names

st.caption(f"{words.run_title(run)} · `{run.recipe.layers}` · {dataset.title}")
best, worst = widgets.best_and_worst(answers)
widgets.facts(
    {
        "Test accuracy": (words.percent(answers.accuracy), words.interval(*answers.interval)),
        "Errors": (
            words.count(len(answers.errors)),
            f"of {words.count(len(answers))} images",
        ),
        "Best class": (names[best], words.percent(answers.recall[best])),
        "Worst class": (names[worst], words.percent(answers.recall[worst])),
    }
)

pairs = answers.pairs()
if not pairs:
    st.success("Every test image is correct.", icon=":material/check:")
    st.stop()

confusions, confident = st.columns((5, 6), gap="large")
with confusions:
    st.header("Largest confusions")
    for pair in pairs[:PAIRS]:
        door, pictures = st.columns((5, 6), vertical_alignment="center")
        door.page_link(
            "pages/gallery.py",
            label=f"{words.read_as(pair.true_class, pair.pred_class, names)}:"
            f" {words.images(pair.count)}",
            icon=":material/arrow_forward:",
            icon_position="right",
            query_params={
                "run": run.id,
                "true": str(pair.true_class),
                "pred": str(pair.pred_class),
            },
        )
        with pictures:
            widgets.tiles(
                dataset,
                answers,
                answers.select(true_class=pair.true_class, pred_class=pair.pred_class)[
                    :IMAGES_PER_PAIR
                ],
                on_choose=widgets.open_in_gallery,
                key=f"pair-{run.id}-{pair.true_class}-{pair.pred_class}",
                across=IMAGES_PER_PAIR,
                legend=False,
            )

with confident:
    st.header("Most confident errors")
    st.caption("The model was surest of these: often the label or the hand is at fault.")
    widgets.tiles(
        dataset,
        answers,
        answers.select(order="confident")[:MOST_CONFIDENT],
        on_choose=widgets.open_in_gallery,
        key=f"confident-{run.id}",
        tile_px=84,
    )
