"""The table of runs: to choose, compare, rename, stop, delete and download."""

import hashlib
from collections.abc import Iterable, Sequence

import streamlit as st

from mnistdash import artifacts, exports, figures, spreadsheet, store
from mnistdash.charts import amounts, drawn
from mnistdash.ui import (
    apart,
    chart,
    curves,
    figure_files,
    recipe_form,
    run_rows,
    runs_grid,
    session,
    state,
    training_view,
    words,
)

_KEY = "run-table"
_SAID = "run_table_said"  # session key: what the last press came to, said once
_POLL_SECONDS = 0.7
_IDLE_POLL_SECONDS = 4.0  # a run may begin elsewhere: in a notebook, by command, in another tab
_LAID_OVER = 8  # runs in one chart of curves
_LISTED = 6  # runs that a question names without scrolling
_FILES = {
    artifacts.KERAS: "Keras model",
    artifacts.MODEL: "LiteRT model",
    artifacts.WEIGHTS: "Weights",
    artifacts.PROBS: "Test probabilities",
    artifacts.ANSWERS: "Answers",
}


def run_table(runs: Sequence[store.Run]) -> None:
    """Show all runs, newest first, and what can be done with the chosen ones."""
    said = session.take(_SAID)
    if said:
        st.warning(words.sentence(said), icon=":material/warning:")
    if runs:
        _table(runs)
    else:
        st.caption("No runs yet. Choose a preset above and press Train.")
    poll = _POLL_SECONDS if any(run.under_way for run in runs) else _IDLE_POLL_SECONDS
    # It draws nothing: its place is the last, where no gap is seen.
    apart.part(_watch, every=poll)(_signature(runs))


def _table(runs: Sequence[store.Run]) -> None:
    ids = runs_grid.runs_grid(
        run_rows.rows(runs), caption="All runs with their accuracy, newest first", key=_KEY
    )
    by_id = {run.id: run for run in runs}
    chosen = [by_id[run_id] for run_id in ids]
    _of_all(runs, chosen)
    if chosen:
        _actions(chosen)
        _details(chosen)


def _watch(shown: tuple[object, ...]) -> None:
    """Run the page again as soon as the table is no longer what the store says.

    The table itself is no part of the fragment: what has not changed is not drawn again.
    """
    try:
        runs = state.open_store().runs()
    except store.StoreError:  # busy, say: the next look will tell
        return
    if _signature(runs) != shown:
        st.rerun()


def _signature(runs: Iterable[store.Run]) -> tuple[object, ...]:
    """Return what of the table can change while trainings are under way."""
    return tuple((r.id, r.name, r.status, r.cancel, r.pinned, r.note) for r in runs)


# --- what can be done -----------------------------------------------------------------------


def _of_all(runs: Sequence[store.Run], chosen: Sequence[store.Run]) -> None:
    """Say what is chosen, and show what concerns all runs."""
    under_way = [run for run in runs if run.under_way]
    with st.container(horizontal=True, vertical_alignment="center"):
        with st.container():
            st.caption(_chosen_sentence(chosen))
        if len(under_way) > 1:  # one has a Stop of its own above
            with st.popover(
                "Stop all", icon=":material/stop_circle:", type="tertiary", key="ask-stop-all"
            ):
                st.markdown(f"Stop these {len(under_way)} trainings?")
                _name_each(under_way)
                _press("Stop them", _stop_named, under_way)
        st.download_button(
            "Download table as CSV",
            lambda: run_rows.csv_text(state.open_store().runs()),
            file_name="runs.csv",
            mime="text/csv",
            icon=":material/table:",
            type="tertiary",
            key="download-table",
            on_click="ignore",
        )


def _chosen_sentence(chosen: Sequence[store.Run]) -> str:
    if not chosen:
        return "Tick runs to show, compare, rename, stop, delete or download them."
    if len(chosen) == 1:
        return words.plain(run_rows.describe(chosen[0]))
    return f"{len(chosen)} runs are chosen."


def _actions(chosen: Sequence[store.Run]) -> None:
    """Show what can be done with the chosen runs.

    All that opens has a key and a fixed place: it stays open, with what is half typed in it, when
    a training ends and the buttons beside it change. What comes and goes stands in a box of its
    own or at the end: the browser shows a page element by element, and one whose place another has
    taken for a moment begins anew.
    """
    with st.container(horizontal=True, vertical_alignment="center", key="run-actions"):
        if len(chosen) == 1:
            run = chosen[0]
            with st.container(horizontal=True, vertical_alignment="center", width="content"):
                _doors(run)
            with st.popover("Name and note", icon=":material/edit:", key=f"edit-{run.id}"):
                _name_and_note(run)
            with st.popover("Download", icon=":material/download:", key=f"files-{run.id}"):
                _downloads(run)
        else:
            _compare(chosen)
        _delete_question([run for run in chosen if not run.under_way])
        under_way = [run for run in chosen if run.under_way]
        if under_way:
            label = "Stop" if len(under_way) == 1 else f"Stop {len(under_way)}"
            _press(label, _stop_chosen, under_way, icon=":material/stop_circle:")


def _doors(run: store.Run) -> None:
    """Show where one can go with a run, and how to pin it."""
    if run.finished:
        st.page_link(
            "pages/overview.py",
            label="Show",
            icon=":material/visibility:",
            query_params={"run": run.id},
        )
    if run.recipe:
        _press("Use its settings", _use_settings, [run], icon=":material/content_copy:")
    training_view.resume_button(run, "table")
    if run.pinned:
        _press("Unpin", _unpin, [run], icon=":material/push_pin:")
    else:
        _press("Pin", _pin, [run], icon=":material/push_pin:")


def _compare(chosen: Sequence[store.Run]) -> None:
    """Show the way to the comparison of two runs, or why there is none."""
    reason = not_compared_because(chosen)
    icon = ":material/compare_arrows:"
    if reason:  # a page link that is off still takes the focus and still has its address
        st.button("Compare", icon=icon, help=reason, disabled=True)
        return
    st.page_link(
        "pages/compare.py",
        label="Compare",
        icon=icon,
        query_params={"run": chosen[0].id, "other": chosen[1].id},
    )


def not_compared_because(chosen: Sequence[store.Run]) -> str | None:
    """Say why these runs can't be compared, `None` where they can."""
    if len(chosen) != 2:
        return f"Two runs can be compared; {len(chosen)} are chosen."
    if not all(run.finished for run in chosen):
        return "Both runs have to be finished."
    if chosen[0].dataset != chosen[1].dataset:
        return "Both runs have to be of the same images."
    sums = {run.dataset_sha256 for run in chosen} - {None}
    return None if len(sums) < 2 else "The images were not the same for both runs."


def _delete_question(runs: Sequence[store.Run]) -> None:
    """Ask whether to delete these runs, naming each; a training has to be stopped first."""
    with st.popover(
        "Delete" if len(runs) < 2 else f"Delete {len(runs)}",
        icon=":material/delete:",
        disabled=not runs,
        help=None if runs else "It is under way: stop it first.",
        key=f"ask-delete-{_digest(runs)}",
    ):
        if len(runs) == 1:
            st.text(f"Delete {run_rows.describe(runs[0])}? All its files go with it.")
        else:
            st.text(f"Delete these {len(runs)} runs and all their files?")
            _name_each(runs)
        _press("Delete", _delete_chosen, runs, type="primary")


def _name_each(runs: Sequence[store.Run]) -> None:
    with st.container(height="content" if len(runs) <= _LISTED else 160, border=False):
        st.text("\n".join(f"• {run_rows.describe(run)}" for run in runs))


def _press(label: str, callback: object, runs: Sequence[store.Run], **options: object) -> None:
    """Show a button that acts on the runs it names.

    Its key holds their ids: a press on a button that has left the screen since, because other runs
    are chosen now, reaches no other run's button.
    """
    ids = tuple(run.id for run in runs)
    key = f"{callback.__name__}-{_digest(runs)}"
    st.button(label, key=key, on_click=callback, args=(ids,), **options)


def _digest(runs: Iterable[store.Run]) -> str:
    return hashlib.sha256(" ".join(run.id for run in runs).encode()).hexdigest()[:12]


# --- what a press does ----------------------------------------------------------------------


def _still_chosen(named: Sequence[str]) -> list[store.Run]:
    """Return those of the runs a button named that are chosen now and still there."""
    ids = runs_grid.chosen(_KEY, named)
    return [run for run in map(state.open_store().run, ids) if run is not None]


def _delete_chosen(named: Sequence[str]) -> None:
    try:
        for run in _still_chosen(named):
            if not run.under_way:
                state.open_store().delete(run.id)
    except store.StoreError as error:
        session.put(_SAID, str(error))


def _stop_chosen(named: Sequence[str]) -> None:
    _stop_named(runs_grid.chosen(_KEY, named))


def _stop_named(named: Sequence[str]) -> None:
    try:
        for run in map(state.open_store().run, named):
            if run is not None and run.under_way:
                state.open_store().request_cancel(run.id)
    except store.StoreError as error:
        session.put(_SAID, str(error))


def _pin(named: Sequence[str]) -> None:
    _set_pinned(named, pinned=True)


def _unpin(named: Sequence[str]) -> None:
    _set_pinned(named, pinned=False)


def _set_pinned(named: Sequence[str], *, pinned: bool) -> None:
    try:
        for run in _still_chosen(named):
            state.open_store().pin(run.id, pinned)
    except store.StoreError as error:
        session.put(_SAID, str(error))


def _use_settings(named: Sequence[str]) -> None:
    for run in _still_chosen(named):
        if run.recipe:
            recipe_form.load(run.recipe, run.dataset)


def _describe(run_id: str) -> None:
    """Write the name and the note that stand in the form now."""
    typed = session.get(f"name-{run_id}"), session.get(f"note-{run_id}")
    name, note = map(store.clean_text, typed)
    try:
        state.open_store().annotate(run_id, note)
        state.open_store().rename(run_id, name)
    except (store.StoreError, ValueError) as error:
        session.put(_SAID, str(error))
        return
    if len(name) + len(note) < sum(len(text.replace("\r\n", "\n")) for text in typed):
        session.put(_SAID, "Characters that can't be shown were left out.")


# --- one run --------------------------------------------------------------------------------


def _details(chosen: Sequence[store.Run]) -> None:
    """Show what one run ended with, and the curves of all that are chosen."""
    if len(chosen) == 1:
        run = chosen[0]
        layers = run.recipe.layers if run.recipe else ""
        st.caption(words.plain(" · ".join(part for part in (layers, run.reason, run.note) if part)))
    trained = [run for run in chosen if run.history]
    if len(trained) > _LAID_OVER:
        st.caption(f"The curves of the first {_LAID_OVER} of {len(trained)} runs.")
    if trained:
        curves.curves(trained[:_LAID_OVER], key="chosen-curves")
    if len(chosen) == 1:
        _weights(chosen[0])
        if run.versions:
            st.caption(f"Made with {words.plain(words.versions(run.versions))}.")


def _name_and_note(run: store.Run) -> None:
    # A form sends all its fields with the press, those still being typed in too.
    with st.form(f"describe-{run.id}", border=False):
        st.text_input("Name", run.name, max_chars=60, key=f"name-{run.id}")
        st.text_area("Note", run.note, max_chars=500, key=f"note-{run.id}")
        st.form_submit_button("Save", on_click=_describe, args=(run.id,))


def _weights(run: store.Run) -> None:
    """Show how training moved each layer's weights."""
    try:
        layers = state.open_store().histograms(run.id)
    except store.StoreError:
        return
    with st.expander("Weights at the start and at the end"):
        st.caption(
            "How many weights of each layer have which value: a layer whose two curves lie on each"
            " other has hardly learned."
        )
        chart.show(figures.weight_histograms(layers), key=f"weights-{run.id}")
        figure_files.offer(
            lambda: [
                drawn.panel(each, width=300, height=240) for each in amounts.of_weights(layers)
            ],
            title="Weights at the start and at the end of the training",
            of=words.run_title(run),
            name=f"{run.id}-weights",
            across=3,
            key="take-weights",
        )


def _downloads(run: store.Run) -> None:
    for name in (name for name in _FILES if name in run.artifacts):
        st.download_button(
            _FILES[name],
            lambda name=name: state.open_store().artifact(run.id, name),
            file_name=f"{run.id}-{name}",
            key=f"download-{run.id}-{name}",
            on_click="ignore",
        )
    made = {}
    if run.finished:
        made["Answers as CSV", "answers.csv"] = lambda: answers_csv(run)
    if run.history:
        made["History", "history.csv"] = history_csv(run)
    if run.recipe:
        made["Recipe", "recipe.json"] = run.recipe.to_json()
    for (label, ending), text in made.items():
        st.download_button(
            label,
            text,
            file_name=f"{run.id}-{ending}",
            key=f"download-{run.id}-{ending}",
            on_click="ignore",
        )


def answers_csv(run: store.Run) -> str:
    """Write what a run answered to each test image as CSV, classes by their names.

    In the form that `python -m mnistdash add` reads.
    """
    return exports.answers_csv(state.load_evaluation(run.id, run.dataset), state.class_names(run))


def history_csv(run: store.Run) -> str:
    """Write what each epoch ended with as CSV, epochs counted from 1."""
    columns = ("epoch", "loss", "accuracy", "val_loss", "val_accuracy", "learning_rate", "seconds")
    epochs = ({**epoch, "epoch": epoch["epoch"] + 1} for epoch in run.history)
    return spreadsheet.text(columns, ([epoch.get(name) for name in columns] for epoch in epochs))
