"""The form in which a person makes a recipe, and the table of what it builds."""

import streamlit as st

from mnistdash import datasets, recipes, store
from mnistdash.ui import words

CUSTOM = "custom"
_PREFIX = "recipe_"
_SETTINGS = tuple(recipes.Recipe.__dataclass_fields__)
_HELP = {
    "layers": "Words in order: `pad4` `conv32x3` `pool2` `avg2` `drop.2` `bn` `flatten` `gap`"
    " `dense128`. The last layer, ten classes with softmax, is implied.",
    "scaling": "unit: x/255. centred: x/128-0.5. standardised: less the mean of all training"
    " pixels, divided by their standard deviation.",
    "elastic": "A smooth random deformation after Simard; the standard deviation of each cell's"
    " displacement.",
    "thickness": "Strokes are widened or thinned by up to this much on each side.",
    "upstroke": "For digits: draw an upstroke on this share of the ones, as most of Europe does.",
    "validation": "The share of the training images that is held back to watch for overfitting.",
    "keep": "The weights kept: of the last epoch, or of the one with the lowest validation loss.",
    "patience": "Stop after this many epochs without a lower validation loss; 0 never does.",
    "schedule": "cosine falls to 0 over the training; step divides by 10 after half and after"
    " three quarters of the epochs.",
    "seed": "The same recipe with the same seed gives the same weights.",
}


def preset_and_data() -> tuple[str, str]:
    """Let a person choose a preset and a data set.

    Returns:
        The preset's name, or `custom` once a setting was changed, and the data set's name.
    """
    if _PREFIX + "layers" not in st.session_state:
        _take_preset("dense-tutorial")
    left, right = st.columns(2)
    left.selectbox(
        "Preset",
        [*recipes.PRESETS, CUSTOM],
        format_func=_preset_label,
        key="preset",
        persist_state="session",
        on_change=lambda: _take_preset(st.session_state["preset"]),
    )
    offered = list(datasets.names())
    if st.session_state.get("train_dataset") not in offered:
        st.session_state["train_dataset"] = offered[0]
    right.selectbox(
        "Images",
        offered,
        format_func=datasets.title,
        key="train_dataset",
        persist_state="session",
    )
    return st.session_state["preset"], st.session_state["train_dataset"]


def recipe(dataset: str) -> recipes.Recipe | str:
    """Show every setting.

    Args:
        dataset: the data set to train on; the recipe must fit its number of images.

    Returns:
        The recipe, or the sentence that says what is wrong with it.
    """
    _box("Layers", "layers", st.text_input)
    columns = st.columns(4)
    with columns[0]:
        _choice("Scaling", "scaling", recipes.SCALINGS)
        _number("Epochs", "epochs", step=1)
    with columns[1]:
        _choice("Optimizer", "optimizer", recipes.OPTIMIZERS)
        _number("Batch size", "batch_size", step=1)
    with columns[2]:
        _number("Learning rate", "learning_rate", step=0.001, format="%.6g")
        _number("Validation share", "validation", step=0.05)
    with columns[3]:
        _choice("Schedule", "schedule", recipes.SCHEDULES)
        _number("Seed", "seed", step=1)
    with st.expander("Augmentation, momentum, early stopping"):
        _fine_settings()
    settings = {name: st.session_state[_PREFIX + name] for name in _SETTINGS}
    try:
        chosen = recipes.Recipe(**settings)
        recipes.check_fits(chosen, len(datasets.load(dataset).x_train))
    except (datasets.DataError, ValueError) as error:
        return str(error)
    return chosen


def request_options() -> dict[str, object]:
    """Show how often to train, and whether to keep every epoch's answers.

    Returns:
        `seeds`, 1-8, and `trace`.
    """
    seeds, trace = st.columns((1, 3), vertical_alignment="bottom")
    seeds.number_input(
        "Seeds",
        1,
        store.MAX_WAITING,
        key="seeds",
        persist_state="session",
        help="Train this often, each time with the next seed: chance shows as a deviation.",
    )
    trace.toggle(
        "Keep every epoch's answers to the test images",
        key="trace",
        persist_state="session",
        help="For the slider over epochs on the confusion and gallery pages; 30 kB an epoch.",
    )
    return {"seeds": st.session_state["seeds"], "trace": st.session_state["trace"]}


def layer_table(chosen: recipes.Recipe) -> None:
    """Show every layer with its output shape and parameter count."""
    rows = [
        f"| `{layer.word}` | {recipes.shape_text(layer.output_shape)} |"
        f" {words.count(layer.parameters) if layer.parameters else ''} |"
        for layer in chosen.table
    ]
    head = "| layer | output shape | parameters |\n| :-- | :-- | --: |\n"
    total = f"| | **in all** | **{words.count(chosen.parameters)}** |"
    st.markdown(head + "\n".join([*rows, total]))


def load(chosen: recipes.Recipe, dataset: str) -> None:
    """Put a recipe into the form, to change one thing."""
    for name in _SETTINGS:
        st.session_state[_PREFIX + name] = getattr(chosen, name)
    st.session_state["preset"] = _preset_of(chosen)
    st.session_state["train_dataset"] = dataset


def _fine_settings() -> None:
    columns = st.columns(4)
    with columns[0]:
        _number("Rotation, degrees", "rotation", step=1.0)
        _number("Elastic, cells", "elastic", step=0.1)
        _number("Momentum (sgd)", "momentum", step=0.1)
    with columns[1]:
        _number("Shift, share of the side", "shift", step=0.01)
        _number("Stroke thickness, cells", "thickness", step=0.1)
        _choice("Keep", "keep", recipes.KEEPS)
    with columns[2]:
        _number("Zoom, share", "zoom", step=0.01)
        _number("Patience, epochs", "patience", step=1)
    with columns[3]:
        _number("Shear, degrees", "shear", step=1.0)
        _number("Upstrokes on ones, share", "upstroke", step=0.1)


def _take_preset(name: str) -> None:
    if name == CUSTOM:
        return
    preset = recipes.PRESETS[name]
    load(preset.recipe, preset.dataset)
    st.session_state["preset"] = name


def _preset_of(chosen: recipes.Recipe) -> str:
    found = (name for name, preset in recipes.PRESETS.items() if preset.recipe == chosen)
    return next(found, CUSTOM)


def _preset_label(name: str) -> str:
    if name == CUSTOM:
        return "custom"
    published = recipes.PRESETS[name].published_accuracy
    return name if published is None else f"{name}, published {words.percent(published)}"


def _customised() -> None:
    settings = {name: st.session_state[_PREFIX + name] for name in _SETTINGS}
    try:
        st.session_state["preset"] = _preset_of(recipes.Recipe(**settings))
    except ValueError:
        st.session_state["preset"] = CUSTOM


def _box(label: str, name: str, widget: object, **options: object) -> None:
    widget(
        label,
        key=_PREFIX + name,
        help=_HELP.get(name),
        persist_state="session",
        on_change=_customised,
        **options,
    )


def _choice(label: str, name: str, choices: tuple[str, ...]) -> None:
    _box(label, name, st.selectbox, options=choices)


def _number(label: str, name: str, **options: object) -> None:
    low, high = recipes.LIMITS[name]
    _box(label, name, st.number_input, min_value=low, max_value=high, **options)
