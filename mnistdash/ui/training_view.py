"""A training as a person sees it: asked for, waiting, growing, ended."""

import dataclasses
import secrets
import time

import streamlit as st

from mnistdash import datasets, evaluation, figures, recipes, store
from mnistdash.ui import state, words

_TROUBLE = "training_trouble"
POLL_SECONDS = 0.7
FIRST_POLL_SECONDS = 0.25  # until the first figures are there; without curves it is cheap
_ASKED = "training_asked"  # session key: a training was asked for since the page was last shown
_FIRST_FIGURES_SECONDS = 0.6  # the page waits for those of a training just asked for


def start(recipe: recipes.Recipe, dataset: str, name: str, *, seeds: int, trace: bool) -> None:
    """Ask for trainings of a recipe, one a seed, and send them to the worker."""
    request = secrets.token_hex(4) if seeds > 1 else None
    try:
        recipes.check_fits(recipe, len(datasets.load(dataset).x_train))
        for seed in range(recipe.seed, recipe.seed + seeds):
            run = state.open_store().enqueue(
                dataclasses.replace(recipe, seed=seed),
                dataset,
                name=name,
                trace=trace,
                request=request,
            )
            _send(run.id)
    except (store.StoreError, datasets.DataError, ValueError) as error:
        st.session_state[_TROUBLE] = str(error)


def resume(run_id: str) -> None:
    """Let an ended training go on from its last epoch."""
    try:
        state.open_store().requeue(run_id)
    except store.StoreError as error:
        st.session_state[_TROUBLE] = str(error)
        return
    _send(run_id)


def _send(run_id: str) -> None:
    """Send a run to the worker, and let the page that follows the click show it first."""
    st.session_state[state.FRESH] = run_id
    st.session_state[_ASKED] = True
    state.open_engine().submit(run_id)


def trouble() -> None:
    """Say once why a training was not taken."""
    sentence = st.session_state.pop(_TROUBLE, None)
    if sentence:
        st.warning(sentence, icon=":material/warning:")


def resume_button(run: store.Run, place: str) -> None:
    """Offer, in one place of the page, to go on with a training that ended early."""
    if run.status in store.RESUMABLE and run.history:
        st.button(
            f"Resume after epoch {len(run.history)}",
            key=f"resume-{place}-{run.id}",
            icon=":material/play_arrow:",
            on_click=resume,
            args=(run.id,),
        )


def watch() -> None:
    """Show the trainings under way, refreshed while there are any, else the one just ended."""
    if st.session_state.pop(_ASKED, False) and state.open_engine().ready:
        _wait_for_figures()
    under_way = _runs_under_way()
    if under_way:
        begun = _begun(under_way)
        st.fragment(_under_way, run_every=POLL_SECONDS if begun else FIRST_POLL_SECONDS)(begun)
        return
    fresh = st.session_state.get(state.FRESH)
    run = state.open_store().run(fresh) if fresh else None
    if run is not None:
        _ended(run)


def _wait_for_figures() -> None:
    """Wait a moment for what a warm worker reports at once: sooner than any later look."""
    given_up = time.monotonic() + _FIRST_FIGURES_SECONDS
    while time.monotonic() < given_up and not _begun(_runs_under_way()):
        time.sleep(0.02)


def _runs_under_way() -> list[store.Run]:
    return [run for run in state.open_store().runs() if run.under_way]


def _begun(runs: list[store.Run]) -> bool:
    return any(run.live.samples for run in runs)


def _under_way(begun: bool) -> None:
    runs = _runs_under_way()
    if not runs:
        st.rerun()
    # Whoever watches sees the end, after a reload and in a second tab too.
    st.session_state[state.FRESH] = runs[-1].id
    for run in sorted(runs, key=lambda run: run.created_at):
        with st.container(border=True, key=f"under-way-{run.id}"):
            _header(run)
            if run.status == "running":
                curves(run)
    if not begun and _begun(runs):
        st.rerun()  # from here on refreshed less often


def _header(run: store.Run) -> None:
    text, stop = st.columns((5, 1), vertical_alignment="center")
    with text:
        st.progress(run.live.fraction, text=f"**{run.name}** · {_stage(run)}")
    stop.button(
        "Stop",
        key=f"stop-{run.id}",
        disabled=run.cancel,
        width="stretch",
        on_click=state.open_store().request_cancel,
        args=(run.id,),
    )


def _stage(run: store.Run) -> str:
    if run.cancel:
        return "stopping"
    if run.status == "queued":
        ahead = state.open_store().ahead(run)
        if ahead:
            return f"waits, {ahead} ahead"
        return "begins" if state.open_engine().ready else "starting TensorFlow"
    if not run.live.samples:
        return "begins" if state.open_engine().ready else "starting TensorFlow"
    if run.live.fraction >= 1:
        return "reads the test images"
    left = run.live.seconds_left
    remaining = f", {words.duration(left)} left" if left is not None else ""
    return f"epoch {run.live.epoch + 1} of {run.live.epochs}{remaining}"


def _ended(run: store.Run) -> None:
    with st.container(border=True):
        if run.finished:
            st.markdown(
                f"**{run.name}** has finished: {words.percent(run.test_accuracy)} of the test"
                f" images, {words.errors(run.test_errors)}, in {words.duration(run.seconds)}."
            )
            published_beside(run)
            st.page_link(
                "pages/overview.py",
                label="See where it fails",
                icon=":material/arrow_forward:",
                query_params={"run": run.id},
            )
        else:
            st.markdown(f"**{run.name}**: {run.reason or run.status}.")
            resume_button(run, "ended")
        curves(run)


def published_beside(run: store.Run) -> None:
    """Set a preset's published accuracy beside the one reached."""
    preset = recipes.PRESETS.get(run.name)
    if preset and preset.published_accuracy and preset.recipe == run.recipe:
        st.caption(f"Published: {words.percent(preset.published_accuracy)}")


def curves(run: store.Run) -> None:
    """Show loss and accuracy over the epochs."""
    if run.recipe is None or not (run.history or run.live.samples):
        return
    since = evaluation.overfitting_since(run.history)
    if since is not None:
        st.caption(
            f"Overfitting since epoch {since + 1}: the loss on the training images goes on falling,"
            " on the validation images it rises."
        )
    epochs = len(run.history) if run.finished else run.recipe.epochs
    validated = any(epoch.get("val_loss") is not None for epoch in run.history)
    for column, metric, place in zip(st.columns(2), ("accuracy", "loss"), (2, 1), strict=True):
        column.markdown(f"{metric.capitalize()}")
        column.plotly_chart(
            figures.learning_curves(
                run.history,
                metric,
                epochs=epochs,
                samples=[(sample[0], sample[place]) for sample in run.live.samples],
                best_epoch=run.best_epoch if validated else None,
            ),
            key=f"curve-{metric}-{run.id}",
            config=figures.CONFIG,
        )
