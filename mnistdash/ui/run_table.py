"""The table of runs: to choose, rename, delete and download."""

import csv
import io
import json
import statistics

import streamlit as st

from mnistdash import datasets, figures, store
from mnistdash.ui import chart, recipe_form, state, training_view, words

_FILES = {
    "model.keras": "Keras model",
    "model.tflite": "LiteRT model",
    "weights.npz": "Weights",
    "probs.npy": "Test probabilities",
}


def run_table(runs: list[store.Run]) -> None:
    """Show all runs, newest first, and what can be done with the chosen one."""
    if not runs:
        st.caption("No runs yet. Choose a preset above and press Train.")
        return
    spreads = _spreads(runs)
    rows = [_row(run, spreads.get(run.request, "")) for run in runs]
    filled = [column for column in rows[0] if any(row[column] != "" for row in rows)]
    event = st.dataframe(
        [{column: row[column] for column in filled} for row in rows],
        hide_index=True,
        key="run-table",
        on_select="rerun",
        selection_mode="single-row",
        column_config={
            **{
                name: st.column_config.TextColumn(name, alignment="right")
                for name in ("accuracy", "errors", "seconds")
            },
            "layers": st.column_config.TextColumn("layers", width="medium"),
        },
        alt="All runs with their accuracy, newest first",
    )
    chosen = event["selection"]["rows"]
    if chosen and chosen[0] < len(runs):
        _actions(runs[chosen[0]])
    else:
        st.caption("Choose a row to show, rename, delete or download that run.")


def _spreads(runs: list[store.Run]) -> dict[str | None, str]:
    """Write mean and deviation of the accuracy of runs that were asked for together."""
    groups: dict[str | None, list[float]] = {}
    for run in runs:
        if run.request and run.test_accuracy is not None:
            groups.setdefault(run.request, []).append(100 * run.test_accuracy)
    return {
        request: f"{statistics.mean(group):.2f} ± {statistics.stdev(group):.2f} % ({len(group)})"
        for request, group in groups.items()
        if len(group) > 1
    }


def _row(run: store.Run, spread: str) -> dict[str, object]:
    return {
        "name": f"★ {run.name}" if run.pinned else run.name,
        "status": run.status,
        "accuracy": "" if run.test_accuracy is None else words.percent(run.test_accuracy),
        "over seeds": spread,
        "errors": "" if run.test_errors is None else words.count(run.test_errors),
        "images": datasets.title(run.dataset),
        "layers": run.recipe.layers if run.recipe else run.reason,
        "seconds": "" if run.seconds is None else f"{run.seconds:.1f}",
        "made (UTC)": words.moment(run.created_at),
        "note": run.note,
    }


def _actions(run: store.Run) -> None:
    if run.reason:
        st.caption(f"{run.name}: {run.reason}")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        _doors(run)
        with st.popover("Name and note", icon=":material/edit:"):
            name = st.text_input("Name", run.name, max_chars=60, key=f"name-{run.id}")
            note = st.text_area("Note", run.note, max_chars=500, key=f"note-{run.id}")
            st.button("Save", key=f"save-{run.id}", on_click=_describe, args=(run.id, name, note))
        with st.popover("Download", icon=":material/download:"):
            _downloads(run)
        with st.popover("Delete", icon=":material/delete:", disabled=run.under_way):
            st.markdown(f"Delete **{run.name}** and all its files?")
            st.button("Delete", key=f"delete-{run.id}", on_click=_delete, args=(run.id,))
    _weights(run)


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
        st.button(
            "Use its settings",
            icon=":material/content_copy:",
            on_click=recipe_form.load,
            args=(run.recipe, run.dataset),
        )
    training_view.resume_button(run, "table")
    st.button(
        "Unpin" if run.pinned else "Pin",
        icon=":material/push_pin:",
        on_click=state.open_store().pin,
        args=(run.id, not run.pinned),
    )


def _weights(run: store.Run) -> None:
    """Show how training moved each layer's weights."""
    try:
        layers = json.loads(state.open_store().artifact(run.id, "histograms.json"))
    except (store.StoreError, ValueError):
        return
    with st.expander("Weights at the start and at the end"):
        chart.show(figures.weight_histograms(layers), key=f"weights-{run.id}")


def _history_csv(run: store.Run) -> str:
    target = io.StringIO()
    columns = ("epoch", "loss", "accuracy", "val_loss", "val_accuracy", "learning_rate", "seconds")
    writer = csv.DictWriter(target, columns, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows({**epoch, "epoch": epoch["epoch"] + 1} for epoch in run.history)
    return target.getvalue()


def _downloads(run: store.Run) -> None:
    names = state.open_store().artifact_names(run.id)
    for name in (name for name in _FILES if name in names):
        st.download_button(
            _FILES[name],
            lambda name=name: state.open_store().artifact(run.id, name),
            file_name=f"{run.id}-{name}",
            key=f"download-{run.id}-{name}",
            on_click="ignore",
        )
    if run.recipe:
        for label, text, ending in (
            ("History", _history_csv(run), "history.csv"),
            ("Recipe", run.recipe.to_json(), "recipe.json"),
        ):
            st.download_button(
                label,
                text,
                file_name=f"{run.id}-{ending}",
                key=f"download-{run.id}-{ending}",
                on_click="ignore",
            )


def _describe(run_id: str, name: str, note: str) -> None:
    if name.strip():
        state.open_store().rename(run_id, name)
    state.open_store().annotate(run_id, note)


def _delete(run_id: str) -> None:
    state.open_store().delete(run_id)
    st.session_state.pop("run-table", None)
