"""The form in which a person makes a recipe, and the table of what it builds.

Numbers are typed as text and read here: what can't be read stays in its box, with a sentence below.
"""

import dataclasses

import streamlit as st

from mnistdash import architecture, datasets, recipes, store, wording
from mnistdash.ui import corrections_view, fields, session, words

CUSTOM = "custom"
_FIRST = "dense-tutorial"
FINE = "fine"  # session key: whether what is rarely changed is shown
_PREFIX = "recipe_"
_PRESET, _IMAGES, _TRACE = "preset", "train_dataset", "trace"  # keys of fields that aren't in it
_KNOWN = "recipe_known"  # session key: the preset chosen, and the layers it is called so for
# The images say how many classes there are; the lists have switches of their own.
_UNTYPED = ("classes", *recipes.LISTS)
_SETTINGS = tuple(name for name in recipes.Recipe.__dataclass_fields__ if name not in _UNTYPED)
_SEEDS = (1, store.MAX_WAITING)
_MAX_DIFFERENCES = 4  # named below the preset, in one line
_HELP = {
    "layers": "Words in order: `pad4` `conv32x3` `pool2` `avg2` `drop.2` `bn` `flatten` `gap`"
    " `dense128`. The last layer, a softmax over the classes, is implied.",
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
    "seeds": "Train this often, each time with the next seed: chance shows as a deviation.",
}
# In the order in which they are read, four in a row.
_FIELDS = ("epochs", "learning_rate", "batch_size", "optimizer", "schedule", "scaling",
           "validation", "seed")  # fmt: skip
_FINE_FIELDS = ("rotation", "shift", "zoom", "shear", "elastic", "thickness", "upstroke",
                "momentum", "keep", "patience")  # fmt: skip
_LABELS = wording.SETTINGS | {"seeds": "Seeds"}
_CHOICES = {
    "scaling": recipes.SCALINGS,
    "optimizer": recipes.OPTIMIZERS,
    "schedule": recipes.SCHEDULES,
    "keep": recipes.KEEPS,
}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Wish:
    """What the form asks for now, or why it can't be had.

    `troubles` has a sentence for each field that can't be read, by the setting's name; `trouble`
    is about the recipe as a whole. `recipe` is `None` if there is either.
    """

    name: str  # what the run will be called
    dataset: str
    recipe: recipes.Recipe | None
    seeds: int
    trace: bool
    troubles: dict[str, str]
    trouble: str | None

    @property
    def sentence(self) -> str | None:
        """Why nothing can be trained, or `None`."""
        return next(iter(self.troubles.values()), self.trouble)

    @property
    def unread(self) -> list[str]:
        """The labels of the fields that can't be read."""
        return [_LABELS[name] for name in self.troubles]


def wish() -> Wish:
    """Read the form as it stands in the session now: not as the page was last shown."""
    _begin()
    values: dict[str, object] = {}
    troubles: dict[str, str] = {}
    for name in (*_SETTINGS, "seeds"):
        typed = session.get(_PREFIX + name)
        try:
            limits = _SEEDS if name == "seeds" else recipes.LIMITS.get(name)
            values[name] = recipes.read_number(name, typed, limits=limits) if limits else typed
        except ValueError as error:
            troubles[name] = str(error)
    try:
        architecture.parse(_layers())
    except ValueError as error:
        troubles["layers"] = str(error)
    dataset = session.get(_IMAGES)
    recipe, trouble = (None, None) if troubles else _recipe(dataset, values)
    return Wish(
        name=session.get(_PRESET),
        dataset=dataset,
        recipe=recipe,
        seeds=values.get("seeds", 1),
        trace=bool(session.get(_TRACE)),
        troubles=troubles,
        trouble=trouble,
    )


def form() -> Wish:
    """Show every setting, and below a number that can't be read what was expected.

    Its style lays the fields out in four columns, in the order in which they are read.

    Returns:
        What the form asks for.
    """
    current = wish()
    with st.container(key="recipe-form"):
        _preset_and_images()
        _preset_line(current)
        st.text_input(
            _LABELS["layers"],
            key=_PREFIX + "layers",
            help=_HELP["layers"],
            persist_state="session",
        )
        _trouble_at("layers", current.troubles)
        for name in _FIELDS:
            _field(name, current.troubles)
        _fine_fields(current.troubles)
        _field("seeds", current.troubles)
        st.toggle(
            "Keep every epoch's answers to the test images",
            key=_TRACE,
            persist_state="session",
            help="For the slider over epochs on the confusion and gallery pages; 30 kB an epoch.",
        )
        corrections_view.switches(current.dataset)
    return current


def layer_table() -> None:
    """Show every layer with its output shape and parameter count, if the layers can be read."""
    try:
        classes = len(datasets.class_names(session.get(_IMAGES)))
        layers = architecture.parse(session.get(_PREFIX + "layers"), classes)
    except (datasets.DataError, ValueError):
        return
    rows = [
        f"| `{layer.word}` | {architecture.shape_text(layer.output_shape)} |"
        f" {words.count(layer.parameters) if layer.parameters else ''} |"
        for layer in layers
    ]
    head = "| layer | output shape | parameters |\n| :-- | :-- | --: |\n"
    total = f"| | **in all** | **{words.count(sum(layer.parameters for layer in layers))}** |"
    st.markdown(head + "\n".join([*rows, total]))


def load(chosen: recipes.Recipe, dataset: str) -> None:
    """Put a recipe into the form, to change one thing."""
    corrections_view.load(chosen)
    _fill(chosen, dataset)


def _fill(chosen: recipes.Recipe, dataset: str) -> None:
    for name in _SETTINGS:
        session.put(_PREFIX + name, _shown(chosen, name))
    _call(_preset_of(chosen))
    session.put(_IMAGES, dataset)


def _begin() -> None:
    """Fill what is empty, choose images that are on this machine, and follow what was changed.

    Here and not in callbacks of the fields: a press on Train can come with the change itself, and
    its callback run first.
    """
    if not session.has(_PREFIX + "layers"):
        _take_preset(_FIRST)
    preset, layers = session.get(_KNOWN)
    _hold_to_what_can_be_chosen(preset)
    if session.get(_PRESET) != preset:
        _take_preset(session.get(_PRESET))
    elif _layers() != layers:
        _call(_preset_with(_layers()))
    offered = datasets.names()
    if session.get(_IMAGES) not in offered:
        session.put(_IMAGES, offered[0])


def _hold_to_what_can_be_chosen(preset: str) -> None:
    """Leave out what a browser sent that the form does not offer; what is typed may be any text."""
    session.hold_to(_PRESET, lambda it: it in (*recipes.PRESETS, CUSTOM), preset)
    corrections_view.hold_to_what_can_be_chosen()
    session.hold_to(_TRACE, lambda it: isinstance(it, bool), False)
    fallback = recipes.PRESETS.get(preset, recipes.PRESETS[_FIRST]).recipe
    for name in _SETTINGS:
        choices = _CHOICES.get(name)
        fits = choices.__contains__ if choices else _is_text
        session.hold_to(_PREFIX + name, fits, _shown(fallback, name))
    session.hold_to(_PREFIX + "seeds", _is_text, "1")


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _shown(chosen: recipes.Recipe, name: str) -> str:
    """Write a setting as its field shows it."""
    value = getattr(chosen, name)
    return recipes.write_number(value) if name in recipes.LIMITS else value


def _recipe(dataset: str, values: dict[str, object]) -> tuple[recipes.Recipe | None, str | None]:
    """Return the recipe that these settings make, or the sentence that says what is wrong."""
    try:
        classes = len(datasets.class_names(dataset))
        settings = {name: values[name] for name in _SETTINGS}
        settings |= corrections_view.chosen(dataset)
        chosen = recipes.Recipe(**settings, classes=classes)
        dataclasses.replace(chosen, seed=chosen.seed + values["seeds"] - 1)  # the last one too
        recipes.check_fits(chosen, datasets.load(dataset).num_train)
    except (datasets.DataError, store.StoreError, ValueError) as error:
        return None, str(error)
    return chosen, None


# --- presets --------------------------------------------------------------------------------


def _preset_and_images() -> None:
    st.selectbox(
        "Preset",
        [*recipes.PRESETS, CUSTOM],
        key=_PRESET,
        persist_state="session",
    )
    st.selectbox(
        "Images",
        datasets.names(),
        format_func=datasets.title,
        key=_IMAGES,
        persist_state="session",
    )


def _preset_line(current: Wish) -> None:
    """Say in one line what differs from the preset, with the way back; else what it reached."""
    preset = recipes.PRESETS.get(current.name)
    with st.container(horizontal=True, vertical_alignment="center", key="preset-line"):
        if preset is None:
            st.caption("Layers of no preset")
            return
        differ = _differences(current, preset)
        if differ is None:
            st.caption("\N{NO-BREAK SPACE}")
        elif differ:
            told = words.plain(", ".join(differ))
            st.caption(f"Other than the preset: {told}", width="content")
            st.button("Put back", key="put-back", type="tertiary", on_click=_put_back)
        else:
            accuracy = preset.published_accuracy
            published = f", published {words.percent(accuracy)}" if accuracy else ""
            st.caption(f"As the preset has it{published}")


def _differences(current: Wish, preset: recipes.Preset) -> list[str] | None:
    """Name what differs from a preset, its images too; `None` while there is no recipe."""
    if current.recipe is None:
        return None
    differ = list(recipes.differences(current.recipe, preset.recipe))
    if current.dataset != preset.dataset:
        differ.append(f"images of {datasets.title(current.dataset)}")
    if len(differ) > _MAX_DIFFERENCES:
        rest = len(differ) - _MAX_DIFFERENCES + 1
        differ = [*differ[: _MAX_DIFFERENCES - 1], f"{rest} more"]
    return differ


def _put_back() -> None:
    corrections_view.load(recipes.PRESETS[_FIRST].recipe)  # no preset has any
    _take_preset(session.get(_PRESET))


def _take_preset(name: str) -> None:
    """Put a preset's settings into the form; custom leaves them as they are."""
    if name != CUSTOM:
        _fill(recipes.PRESETS[name].recipe, recipes.PRESETS[name].dataset)
    _call(name)


def _call(name: str) -> None:
    """Show a preset as the one chosen, and note what it is called so for."""
    if session.get(_PRESET) != name:
        session.put(_PRESET, name)
    session.put(_KNOWN, (name, _layers()))


def _layers() -> str:
    return " ".join(session.get(_PREFIX + "layers").split())


def _preset_of(chosen: recipes.Recipe) -> str:
    """Return the preset that a recipe is, or else whose layers it has."""
    for name, preset in recipes.PRESETS.items():
        if not recipes.differences(chosen, preset.recipe):
            return name
    return _preset_with(chosen.layers)


def _preset_with(layers: str) -> str:
    """Return a preset that has these layers, the chosen one if it does; else custom."""
    found = [name for name, preset in recipes.PRESETS.items() if preset.recipe.layers == layers]
    chosen = session.get(_PRESET)
    return chosen if chosen in found else next(iter(found), CUSTOM)


# --- fields ---------------------------------------------------------------------------------


def _fine_fields(troubles: dict[str, str]) -> None:
    """Show what is rarely changed when it is asked for: closed, it would be half of the page."""
    fine = st.expander("Augmentation, momentum, early stopping", key=FINE, on_change="rerun")
    if fine.open:
        with fine, st.container(key="recipe-fine"):
            for name in _FINE_FIELDS:
                _field(name, troubles)


def _field(name: str, troubles: dict[str, str]) -> None:
    label = _LABELS[name]
    options = {"key": _PREFIX + name, "help": _HELP.get(name), "persist_state": "session"}
    if name in _CHOICES:
        st.selectbox(label, _CHOICES[name], **options)
        return
    st.text_input(label, **options)
    _trouble_at(name, troubles)


def _trouble_at(name: str, troubles: dict[str, str]) -> None:
    """Say below a field why it can't be read."""
    if name in troubles:
        fields.trouble(troubles[name])
