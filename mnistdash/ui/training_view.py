"""A training as a person sees it: asked for, waiting, growing, ended."""

import dataclasses
import html
import secrets
import statistics
import time
from collections.abc import Sequence

import streamlit as st

from mnistdash import datasets, evaluation, moment, recipes, store
from mnistdash.ui import apart, recipe_form, reveal, session, state, words
from mnistdash.ui import curves as charts

POLL_SECONDS = 0.7
FIRST_POLL_SECONDS = 0.25  # until the first figures are there; without curves it is cheap
_TROUBLE = "training_trouble"  # session key: why the last press came to nothing, and what it asked
_FRESH = "new_run"  # session key: the run this person asked for last
_ASKED = "training_asked"  # session key: a training was asked for since the page was last shown
_WATCHED = "training_watched"  # session key: runs shown under way here, the oldest first
_AREA = "training-area"  # key of the place of all cards
_LIVE = "training-live"  # key of the card that a press on Train brings into sight
_MAX_WATCHED = 16
_FIRST_FIGURES_SECONDS = 0.6  # the page waits for those of a training just asked for


# --- asking -----------------------------------------------------------------------------------


def train_button(wish: recipe_form.Wish) -> None:
    """Offer to train what the form says, and say how long it takes or why it can't be had."""
    closed = state.open_store().read_only_because
    trouble, delay = (None, None) if closed else _trainer_says()
    start_here, remark = st.columns((1, 3), vertical_alignment="center")
    start_here.button(
        "Train",
        key="train",
        type="primary",
        width="stretch",
        icon=":material/play_arrow:",
        disabled=wish.recipe is None or (closed or trouble) is not None,
        help=closed and words.sentence(closed),
        on_click=start,
    )
    refused, asked = session.get(_TROUBLE, (None, None))
    if asked != wish:  # until then it stays, though a training's end shows the page again
        session.forget(_TROUBLE)
        refused = None
    with remark:
        if said := trouble or refused or wish.trouble or delay:
            st.warning(words.sentence(said), icon=":material/warning:")
        elif wish.recipe is None:
            st.caption(f"Can't be read: {', '.join(wish.unread)}")
        else:
            images = datasets.load(wish.dataset).num_train
            seconds = wish.seeds * recipes.estimated_seconds(wish.recipe, images)
            st.caption(f"about {words.duration(seconds)}")


def _trainer_says() -> tuple[str | None, str | None]:
    """Return why nothing can be trained, and what keeps it waiting; it is warmed up by this."""
    trainer = state.open_engine()
    trainer.visit()
    return trainer.trouble, trainer.remark


def start() -> None:
    """Ask for what the form says now, one training a seed, and send them to the worker.

    A press can overtake the page: what was typed last counts, not what the page last showed.
    """
    wish = recipe_form.wish()
    session.forget(_TROUBLE)
    if wish.recipe is None:
        session.put(_TROUBLE, (wish.sentence, wish))
        return
    request = secrets.token_hex(4) if wish.seeds > 1 else None
    session.forget(_WATCHED)
    try:
        for recipe in _with_seeds(wish):
            run = state.open_store().enqueue(
                recipe, wish.dataset, name=wish.name, trace=wish.trace, request=request
            )
            _send(run.id)
    except (store.StoreError, ValueError) as error:
        session.put(_TROUBLE, (str(error), wish))


def _with_seeds(wish: recipe_form.Wish) -> list[recipes.Recipe]:
    """Return the recipe once for each seed, before the first is asked for."""
    first = wish.recipe.seed
    seeds = range(first, first + wish.seeds)
    return [dataclasses.replace(wish.recipe, seed=seed) for seed in seeds]


def resume(run_id: str) -> None:
    """Let an ended training go on from its last epoch."""
    session.forget(_TROUBLE)
    try:
        state.open_store().requeue(run_id)
    except store.StoreError as error:
        session.put(_TROUBLE, (str(error), recipe_form.wish()))
        return
    _send(run_id)


def _send(run_id: str) -> None:
    """Send a run to the worker, and let the page that follows the click show it first."""
    session.put(_FRESH, run_id)
    session.put(_ASKED, True)
    reveal.ask(_LIVE)
    state.open_engine().submit(run_id)


def resume_button(run: store.Run, place: str) -> None:
    """Offer, in one place of the page, to go on with a training that ended early."""
    if run.resumable:
        st.button(
            f"Resume after epoch {len(run.history)}",
            key=f"resume-{place}-{run.id}",
            icon=":material/play_arrow:",
            on_click=resume,
            args=(run.id,),
        )


# --- watching ---------------------------------------------------------------------------------


def watch() -> None:
    """Show the trainings under way, refreshed while there are any, else the one just ended."""
    if session.take(_ASKED) and state.open_engine().ready:
        _wait_for_figures()
    under_way = _runs_under_way()
    if under_way:
        poll = POLL_SECONDS if _begun(under_way) else FIRST_POLL_SECONDS
        apart.part(_under_way, every=poll, key=_AREA)(_stages(under_way))
        return
    fresh = session.get(_FRESH)
    run = state.open_store().run(fresh) if fresh else None
    if run is not None:
        with st.container(key=_AREA):
            _card(_sisters(run), first=True)


def _wait_for_figures() -> None:
    """Wait a moment for what a warm worker reports at once: sooner than any later look."""
    given_up = time.monotonic() + _FIRST_FIGURES_SECONDS
    while time.monotonic() < given_up and not _begun(_runs_under_way()):
        time.sleep(0.02)
        moment.is_over()


def _runs_under_way() -> list[store.Run]:
    return [run for run in state.open_store().runs() if run.under_way]


def _begun(runs: Sequence[store.Run]) -> bool:
    return any(run.live.samples for run in runs)


def _stages(runs: Sequence[store.Run]) -> list[tuple]:
    """Return what the whole page shows of the runs under way: a change concerns all of it."""
    return [(run.id, run.status, run.cancel, bool(run.live.samples)) for run in runs]


def _sisters(run: store.Run) -> list[store.Run]:
    """Return the runs that were asked for together with one, the first seed first."""
    if not run.request:
        return [run]
    found = [other for other in state.open_store().runs() if other.request == run.request]
    return sorted(found, key=_age)


def _age(run: store.Run) -> tuple[float, int]:
    return run.created_at, run.recipe.seed if run.recipe else 0


def _under_way(shown: list[tuple]) -> None:
    runs = _runs_under_way()
    if _stages(runs) != shown:
        st.rerun()
    # Whoever watches sees the end, after a reload and in a second tab too.
    current = min(runs, key=lambda run: (run.status != "running", run.queued_at or 0, *_age(run)))
    session.put(_FRESH, current.id)
    queue = sorted(runs, key=lambda run: (run is not current, run.queued_at or 0, *_age(run)))
    requests = dict.fromkeys(run.request or run.id for run in queue)
    for place, request in enumerate(requests):
        run = next(run for run in queue if request in (run.request, run.id))
        _card(_sisters(run), first=place == 0)
    _ended_meanwhile(runs)


def _ended_meanwhile(runs: Sequence[store.Run]) -> None:
    """Say how trainings ended that were watched here, while others go on."""
    watched = session.get(_WATCHED, [])
    fresh = [run.id for run in runs if run.id not in watched]
    watched = [*watched, *fresh][-_MAX_WATCHED:]
    session.put(_WATCHED, watched)
    going_on = {run.id for run in runs} | {run.request for run in runs if run.request}
    for run_id in watched:
        run = None if run_id in going_on else state.open_store().run(run_id)
        if run is not None and not run.under_way and run.request not in going_on:
            st.caption(f"{words.plain(words.run_title(run))}: {words.plain(_end(run))}")


# --- one card for all runs of one request -----------------------------------------------------


def _card(runs: Sequence[store.Run], *, first: bool) -> None:
    """Show the runs of one request: the same places before and after the end, so nothing blinks."""
    going_on = [run for run in runs if run.under_way]
    key = _LIVE if first else f"training-waits-{runs[0].id}"
    with st.container(border=True, key=key):
        with st.container(key=f"{key}-head"):
            if going_on:
                _progress(runs, going_on)
            else:
                _result(runs)
            if len(runs) > 1:
                _seeds(runs)
        if first:
            curves(runs, key="training-curves")
            _after(runs, going_on)
            reveal.here(_LIVE)


def _progress(runs: Sequence[store.Run], going_on: Sequence[store.Run]) -> None:
    current = next((run for run in going_on if run.status == "running"), going_on[0])
    ended = len(runs) - len(going_on)
    done = (ended + sum(run.live.fraction for run in going_on)) / len(runs)
    said = _stage(current) if len(runs) == 1 else f"{ended} of {len(runs)} have ended"
    if all(run.cancel for run in going_on):
        said = "stopping"
    text, stop = st.columns((4, 1), vertical_alignment="center")
    with text:
        st.progress(min(1.0, done), text=f"**{words.plain(words.request_title(runs))}** · {said}")
    stop.button(
        "Stop",
        key=f"stop-{runs[0].request or runs[0].id}",
        disabled=all(run.cancel for run in going_on),
        width="stretch",
        on_click=_stop,
        args=(runs[0].id,),
    )


def _stop(run_id: str) -> None:
    """Stop a run and all that were asked for together with it, those that wait first."""
    run = state.open_store().run(run_id)
    together = [] if run is None else [each for each in _sisters(run) if each.under_way]
    for each in sorted(together, key=lambda each: each.status != "queued"):
        state.open_store().request_cancel(each.id)


def _stage(run: store.Run) -> str:
    if run.cancel:
        return "stopping"
    if run.origin == store.BROUGHT and not run.live.samples and not run.history:
        return "trains elsewhere, begins"
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


def _end(run: store.Run) -> str:
    if run.finished:
        return f"{words.percent(run.test_accuracy)}, {words.errors(run.test_errors)}"
    return words.ending(run)


def _seeds(runs: Sequence[store.Run]) -> None:
    """Write one line a seed: how far it is, or how it ended."""
    lines = [
        f"seed {run.recipe.seed if run.recipe else '?'}:"
        f" {_stage(run) if run.under_way else _end(run)}"
        for run in runs
    ]
    items = "".join(f"<li>{html.escape(line)}</li>" for line in lines)
    st.html(f'<ul class="seeds">{items}</ul>')


def _result(runs: Sequence[store.Run]) -> None:
    """Say how the runs of one request ended."""
    name = words.plain(words.request_title(runs))
    finished = [run for run in runs if run.finished]
    if len(runs) > 1:
        st.markdown(f"**{name}**: {spread(finished)}")
    elif finished:
        run = finished[0]
        took = "" if run.seconds is None else f", in {words.duration(run.seconds)}"
        st.markdown(
            f"**{name}** has finished: {words.percent(run.test_accuracy)} of the test"
            f" images, {words.errors(run.test_errors)}{took}."
        )
    else:
        st.markdown(f"**{name}**: {words.plain(_end(runs[0]))}")
    if len(finished) == 1 and finished[0].origin == store.BROUGHT and finished[0].reason:
        st.caption(words.sentence(finished[0].reason))  # how it ended, and what was found
    if finished:
        published_beside(finished[0])


def spread(finished: Sequence[store.Run]) -> str:
    """Write the mean accuracy of finished runs with its standard deviation over the seeds."""
    accuracies = [100 * run.test_accuracy for run in finished]
    if not accuracies:
        return "none has finished."
    if len(accuracies) == 1:
        return f"one has finished, with {words.percent(accuracies[0] / 100)}."
    mean, deviation = statistics.mean(accuracies), statistics.stdev(accuracies)
    both = f"{mean:.2f}\N{NO-BREAK SPACE}±\N{NO-BREAK SPACE}{deviation:.2f}{words.THIN}%"
    return f"{both} of the test images, mean and standard deviation of {len(accuracies)} seeds."


def _after(runs: Sequence[store.Run], going_on: Sequence[store.Run]) -> None:
    """Show where to go from runs that have ended."""
    if going_on:
        return
    finished = [run for run in runs if run.finished]
    if finished:
        st.page_link(
            "pages/overview.py",
            label="See where it fails",
            icon=":material/arrow_forward:",
            query_params={"run": finished[0].id},
        )
    for run in runs:
        resume_button(run, "ended")


def published_beside(run: store.Run) -> None:
    """Set a preset's published accuracy beside the one reached on the same images."""
    preset = recipes.PRESETS.get(run.name)
    if not (preset and preset.published_accuracy and run.recipe):
        return
    if preset.dataset == run.dataset and not recipes.differences(run.recipe, preset.recipe):
        st.caption(f"Published: {words.percent(preset.published_accuracy)}")


def curves(runs: Sequence[store.Run], *, key: str = "curves") -> None:
    """Show loss and accuracy over the epochs, and since when one run learns by heart."""
    charts.curves(runs, key=key)
    since = evaluation.overfitting_since(runs[0].history) if len(runs) == 1 else None
    if since is not None:
        st.caption(
            f"Overfitting since epoch {since + 1}: the loss on the training images goes on falling,"
            " on the validation images it rises."
        )
