"""Runs from elsewhere on every page: what they have is offered, what they lack is left out."""

import pathlib
from collections.abc import Iterator

import numpy as np
import pytest
import streamlit as st
from streamlit.testing import v1 as streamlit_testing

from mnistdash import artifacts, datasets, engine, recipes, store
from mnistdash.bringing import answers, files, runs
from mnistdash.ui import run_table, state

REPO = pathlib.Path(__file__).parents[2]
PAGES = ("overview", "confusion", "gallery", "draw", "train", "compare", "data")


class Trainer:
    """An engine without a worker process."""

    trouble: str | None = None
    remark: str | None = None
    ready = True

    def visit(self) -> None:
        """Be there already."""

    def __init__(self, _: store.Store) -> None:
        pass


@pytest.fixture
def kept(home: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[store.Store]:
    """The store that the pages open, with the starters in it, on a server just started."""
    del home
    monkeypatch.setattr(engine, "Engine", Trainer)
    st.cache_resource.clear()
    yield state.open_store()
    st.cache_resource.clear()


def bring(kept: store.Store, name: str, *, alone: bool, model: bool = False) -> store.Run:
    """Bring the optdigits starter's answers, their probabilities only where they are not alone."""
    digits = datasets.load("optdigits")
    probs = kept.probs("starter-optdigits")
    found = answers.read(
        probs.argmax(axis=1) if alone else probs, num_images=500, class_names=digits.class_names
    )
    files_kept = {}
    if model:
        files_kept[artifacts.MODEL] = kept.artifact("starter-optdigits", artifacts.MODEL)
    return kept.run(runs.write(name, digits, found, kept=files_kept, db=kept).id)


def open_page(name: str, **params: str) -> streamlit_testing.AppTest:
    """Follow a link to a page."""
    at = streamlit_testing.AppTest.from_file(REPO / "app.py", default_timeout=30)
    at.query_params.update(params)
    at.run()
    if name != "overview":
        at.switch_page(f"pages/{name}.py").run()
    assert not at.exception
    return at


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("alone", [False, True])
def test_every_page_opens_on_a_brought_run(kept: store.Store, name: str, alone: bool) -> None:
    """With probabilities or with the answers alone, and beside a trained one."""
    run = bring(kept, "from elsewhere", alone=alone)
    at = open_page(name, run=run.id, other="starter-optdigits", index="5", all="1")
    assert not at.error


def test_its_model_answers_on_draw(kept: store.Store) -> None:
    """Draw asks the model that was brought, and Why finds the images that it finds alike."""
    run = bring(kept, "with model", alone=False, model=True)
    at = open_page("draw", run=run.id)
    at.multiselect(key="draw_runs").set_value([run.id]).run()
    next(each for each in at.button if each.label == "Sample").click().run()
    at.toggle(key="why").set_value(True).run()
    assert not at.exception
    assert not at.error
    shown = " ".join(each.value for each in (*at.markdown, *at.caption, *at.subheader))
    assert "of optdigits, labelled" in at.get_by_key("reading").proto.json
    assert "Of all 1297 training images" in shown.replace("\N{THIN SPACE}", "")


@pytest.mark.parametrize("alone", [False, True])
def test_answers_as_csv_can_be_added_again(kept: store.Store, alone: bool) -> None:
    """The file that is downloaded holds the same answers when it is read."""
    run = bring(kept, "there and back", alone=alone)
    text = run_table.answers_csv(run)
    assert text.count("\n") == 501
    digits = datasets.load("optdigits")
    given = files.predictions("answers.csv", text.encode(), digits.class_names)
    found = answers.read(
        given.values,
        num_images=500,
        class_names=digits.class_names,
        confidences=given.confidences,
    )
    probs = kept.probs("starter-optdigits")
    assert found.y_pred.tolist() == probs.argmax(axis=1).tolist()
    if alone:
        assert found.confidence is None
    else:
        assert found.confidence == pytest.approx(probs.max(axis=1), abs=1e-5)


def test_images_without_training_images(kept: store.Store) -> None:
    """Nothing is trained on them and nothing is alike; Data says that there are none."""
    digits = datasets.load("optdigits")
    few = digits.y_test < 3
    name = datasets.keep_arrays(
        (digits.x_test[few], digits.y_test[few]), name="three", class_names=["a", "b", "c"]
    )
    at = open_page("data")
    at.selectbox[0].set_value(name).run()
    assert not at.exception
    assert "**none**" in " ".join(facts.value for facts in at.markdown)
    found = answers.read(digits.y_test[few], num_images=few.sum(), class_names=list("abc"))
    run = kept.run(runs.write("three", datasets.load(name), found, db=kept).id)
    with pytest.raises(store.StoreError, match="no training images"):
        state.load_features(run, datasets.load(name))
    with pytest.raises(ValueError, match="no training images"):
        recipes.check_fits(recipes.Recipe(), 0)


def test_the_form_refuses_in_words(kept: store.Store) -> None:
    """A press without a name or without a file says what is missing."""
    del kept
    at = open_page("train")
    next(each for each in at.button if each.label == "Add a run").click().run()
    next(each for each in at.button if each.label == "Add").click().run()
    assert [each.value for each in at.warning] == ["The run needs a name."]
    next(each for each in at.text_input if each.label == "Name").set_value("x").run()
    next(each for each in at.button if each.label == "Add").click().run()
    assert [each.value for each in at.warning] == ["Choose a file of predictions first."]


def test_probabilities_are_what_was_given(kept: store.Store) -> None:
    """Nothing between the array and the page changes an answer."""
    run = bring(kept, "same", alone=False)
    shown = state.load_evaluation(run.id, run.dataset)
    assert np.array_equal(shown.y_pred, kept.probs("starter-optdigits").argmax(axis=1))
