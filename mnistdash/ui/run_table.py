"""The table of runs: to choose, rename, delete and download."""

import streamlit as st

from mnistdash import datasets, store
from mnistdash.ui import recipe_form, state, words

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
    event = st.dataframe(
        [_row(run) for run in runs],
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
    rows = event["selection"]["rows"]
    if rows and rows[0] < len(runs):
        _actions(runs[rows[0]])
    else:
        st.caption("Choose a row to show, rename, delete or download that run.")


def _row(run: store.Run) -> dict[str, object]:
    return {
        "name": run.name,
        "status": run.status,
        "accuracy": "" if run.test_accuracy is None else words.percent(run.test_accuracy),
        "errors": "" if run.test_errors is None else words.count(run.test_errors),
        "images": datasets.title(run.dataset),
        "layers": run.recipe.layers if run.recipe else run.reason,
        "seconds": "" if run.seconds is None else f"{run.seconds:.1f}",
        "made (UTC)": words.moment(run.created_at),
    }


def _actions(run: store.Run) -> None:
    if run.reason:
        st.caption(f"{run.name}: {run.reason}")
    with st.container(horizontal=True, vertical_alignment="bottom"):
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
        with st.popover("Rename", icon=":material/edit:"):
            name = st.text_input("New name", run.name, max_chars=60, key=f"name-{run.id}")
            st.button("Rename", key=f"rename-{run.id}", on_click=_rename, args=(run.id, name))
        with st.popover("Download", icon=":material/download:"):
            _downloads(run)
        with st.popover("Delete", icon=":material/delete:", disabled=run.under_way):
            st.markdown(f"Delete **{run.name}** and all its files?")
            st.button("Delete", key=f"delete-{run.id}", on_click=_delete, args=(run.id,))


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
        st.download_button(
            "Recipe",
            run.recipe.to_json(),
            file_name=f"{run.id}-recipe.json",
            key=f"download-{run.id}-recipe",
            on_click="ignore",
        )


def _rename(run_id: str, name: str) -> None:
    if name.strip():
        state.open_store().rename(run_id, name)


def _delete(run_id: str) -> None:
    state.open_store().delete(run_id)
    st.session_state.pop("run-table", None)
