"""Verdicts on the pages: kept, counted, filtered, taken to a file and back."""

import json

import pytest
from streamlit.testing import v1 as streamlit_testing

from mnistdash import (
    corrections,
    datasets,
    evaluation,
    store,
    verdicts,
)
from tests.pages import examples, screen

VISITOR = "test@example.com"  # whom `AppTest` says to be logged in


def say(at: streamlit_testing.AppTest, *said: list, key: str = "gallery") -> None:
    """Bring verdicts on tiles from the browser: `[number, index, fault, label, note]` each."""
    states = at._tree.get_widget_states()
    widget = states.widgets.add(id=at.get_by_key(key).proto.id)
    widget.json_value = json.dumps({"verdicts": {"mount": "a1", "said": list(said)}})
    at._run(states)
    assert not at.exception


def judged(at: streamlit_testing.AppTest, key: str = "gallery") -> list[list]:
    """Read the images of some tiles as the browser is told of them."""
    return json.loads(at.get_by_key(key).proto.json)[0]["judged"]["images"]


@pytest.fixture
def errors(db: store.Store, mine: store.Run) -> list[int]:
    """The indices of the 20 errors of "mine"."""
    labels = datasets.load("optdigits").y_test
    return evaluation.Evaluation(labels, db.probs(mine.id)).errors.tolist()


def test_verdicts_are_kept_counted_and_filtered(
    db: store.Store, mine: store.Run, errors: list[int]
) -> None:
    """Three of 20 errors judged, one taken back: two in a sentence, the store and the filters."""
    at = screen.open_page("gallery", run=mine.id)
    image = judged(at)[0]
    first, second, third = errors[:3]
    say(at, [1, first, "model", None, ""], [2, second, "label", 7, "a seven"])
    say(at, [2, second, "label", 7, "a seven"], [3, third, "picture", None, ""])
    say(at, [4, third, "none", None, ""])
    assert "Of 20 errors you judged 2: model 1 (50 %), label 1 (50 %)." in screen.text(at)
    kept = db.verdicts(datasets.load("optdigits").sha256, "test", VISITOR)
    assert {i: (v.fault, v.label, v.note) for i, v in kept.items()} == {
        first: ("model", None, ""),
        second: ("label", 7, "a seven"),
    }
    assert kept[first].image == verdicts.content(datasets.load("optdigits").x_test[first])
    assert image[1] != image[2], "the label offered is the answer, not the label it has"
    for chosen, count in (("judged", 2), ("unjudged", 18), ("label", 1), ("picture", 0)):
        at = screen.open_page("gallery", run=mine.id, verdict=chosen)
        assert f"{count} of 20 errors" in screen.text(at)


def test_verdicts_of_another_person_are_not_mine(mine: store.Run, errors: list[int]) -> None:
    """Whoever is logged in judges; under another name nothing is, under the first one it is."""
    at = screen.open_page("gallery", run=mine.id)
    say(at, [1, errors[0], "model", None, ""])
    at.session_state["verdicts_box"] = True
    at.run()
    at.text_input(key="judge").set_value(" Ann  B ").run()
    assert "judged 1" not in screen.text(at)
    say(at, [2, errors[0], "picture", None, ""])
    assert "picture 1" in screen.text(at)
    at.text_input(key="judge").set_value(VISITOR).run()
    assert "model 1" in screen.text(at)


@pytest.mark.parametrize(
    "forged",
    [[1, 10**6, "model", None, ""], [1, 0, "label", 10, ""], [1, 0, "model", 3, ""],
     [1, 0, "label", None, ""]],
)  # fmt: skip
def test_forged_verdict_changes_nothing(db: store.Store, mine: store.Run, forged: list) -> None:
    """No such image, no such class, a label without its fault: nothing is kept."""
    at = screen.open_page("gallery", run=mine.id)
    say(at, forged)
    assert not db.verdicts(datasets.load("optdigits").sha256, "test", VISITOR)


def test_accuracy_if_verdicts_hold(db: store.Store, mine: store.Run, errors: list[int]) -> None:
    """Two errors whose label should be the answer: 96.40 % instead of 96.00 % of 500."""
    labels = datasets.load("optdigits").y_test
    pred = evaluation.Evaluation(labels, db.probs(mine.id)).y_pred
    at = screen.open_page("overview", run=mine.id)
    assert "If your verdicts hold" not in screen.text(at)
    said = [[n, i, "label", int(pred[i]), ""] for n, i in enumerate(errors[:2], start=1)]
    say(at, *said, key=f"confident-{mine.id}")
    assert "96.40" in screen.text(at)
    assert "2 labels" in screen.text(at)


def test_file_of_verdicts_is_read_back(db: store.Store, mine: store.Run) -> None:
    """What another store exported is here after an import; a file on other images is refused."""
    images = datasets.load("optdigits")
    there = verdicts.Verdict(
        dataset_sha256="b" * 64, split="test", index=4, fault="label", label=2, person=VISITOR,
        image=verdicts.content(images.x_test[4]), note="=a note", judged_at=5.0,
    )  # fmt: skip
    text = verdicts.to_csv([there], images.class_names)
    at = screen.open_page("gallery", run=mine.id)
    at.session_state["verdicts_box"] = True
    at.run()
    at.file_uploader[0].upload("verdicts.csv", text.encode(), "text/csv").run()
    assert "1 verdict of test" in screen.text(at)
    assert db.verdicts(images.sha256, "test", VISITOR)[4].note == "=a note"
    at.file_uploader[0].upload("v.csv", text.replace('"test",4', '"test",5').encode()).run()
    assert "this file is on other images" in screen.text(at)


def test_judged_training_images_are_offered_to_train(db: store.Store) -> None:
    """Of three images one is relabelled, one dropped, one kept: Train learns with two of them.

    With the drawings that were kept too, and as often as asked: the recipe names each.
    """
    digits = datasets.load("optdigits")
    db.judge(
        verdicts.Verdict(
            dataset_sha256=digits.sha256, split="train", index=index, fault=fault, label=label,
            person=VISITOR, image=verdicts.content(digits.x_train[index]), note="", judged_at=5.0,
        )
        for index, fault, label in ((0, "label", 3), (1, "picture", None), (2, "model", None))
    )  # fmt: skip
    examples.keep_drawings(db, (7,))
    at = screen.open_page("train")
    at.selectbox(key="train_dataset").set_value("optdigits").run()
    assert screen.box(at, "And my 1 drawing").value is False
    screen.box(at, "With 2 corrections").set_value(True)
    screen.box(at, "And my 1 drawing").set_value(True).run()
    assert "2 corrections, 1 drawing" in screen.text(at)
    screen.button(at, "Train").click().run()
    (run,) = (run for run in db.runs() if run.under_way)
    names = [corrections.name(image) for image in digits.x_train[:2]]
    assert dict(run.recipe.corrections) == {names[0]: 3, names[1]: None}
    assert [label for _, label in run.recipe.drawings] == [7]


def test_images_without_pictures_are_not_judged(db: store.Store) -> None:
    """Where other images have the name by now, one line says so, and no tile takes a verdict."""
    run = examples.bring(db, "gone", keep="probs", sha256="c" * 64)
    at = screen.open_page("gallery", run=run.id)
    assert "These images can't be judged" in screen.text(at)
    assert json.loads(at.get_by_key("gallery").proto.json)[0]["judged"] is None
