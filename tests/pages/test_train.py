"""The Train page: the form, what it refuses, and trainings under way."""

import dataclasses
import html
import json
import pathlib
import threading

import pytest
from streamlit.testing import v1 as streamlit_testing

from mnistdash import datasets, engine, recipes, store
from mnistdash.ui import recipe_form, state, words
from tests.pages import examples, screen

# --- the form -------------------------------------------------------------------------------


def open_form() -> streamlit_testing.AppTest:
    """Open the Train page with all its fields shown."""
    at = screen.open_page("train")
    at.session_state[recipe_form.FINE] = True
    return at.run()


def test_train_page_without_runs_says_where_to_begin(no_runs: store.Store) -> None:
    """The form is ready and the empty table says what to do."""
    at = screen.open_page("train")
    assert "No runs yet. Choose a preset above and press Train." in screen.text(at)
    assert not screen.button(at, "Train").disabled


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"Layers": "flatten dens128"}, "`dens128` is not a layer"),
        ({"Layers": "dense128"}, "Put `flatten` or `gap` before it"),
        ({"Layers": "conv8x3"}, "Add `flatten` or `gap` at the end"),
        ({"Layers": "pool14 conv8x3 flatten"}, "needs at least 3 x 3 cells"),
        ({"Layers": "flatten dense4096 dense4096"}, "at most 5,000,000 parameters"),
        ({"Layers": ""}, "must end flat"),
        ({"Momentum (sgd)": "0.9"}, "`momentum` belongs to sgd"),
        ({"Keep": "best"}, "need validation images"),
        ({"Layers": "conv512x3 flatten", "Batch size": "4096"}, "MB are allowed"),
    ],
)
def test_invalid_recipe_is_a_sentence_and_no_button(
    db: store.Store, changes: dict[str, str], sentence: str
) -> None:
    """What is wrong with the form is said beside it, and Train can't be pressed."""
    at = open_form()
    for label, value in changes.items():
        screen.box(at, label).set_value(value)
    at.run()
    assert sentence.replace("`", "") in screen.text(at).replace("`", "")
    assert screen.button(at, "Train").disabled
    assert not at.exception


@pytest.mark.parametrize(
    ("label", "typed", "sentence"),
    [
        ("Epochs", "2000", "epochs must be a whole number between 1 and 200. Received: 2000."),
        ("Epochs", "abc", "epochs must be a whole number between 1 and 200. Received: abc."),
        ("Learning rate", "", "learning_rate must be a number between 0.000001 and 10."),
        ("Batch size", "1,000", "1,000 may be 1000 or a number with decimals."),
        ("Seeds", "9", "seeds must be a whole number between 1 and 8. Received: 9."),
        ("Rotation, degrees", "-1", "rotation must be a number between 0 and 45. Received: -1."),
        ("Patience, epochs", "x\0", "patience must be a whole number between 0 and 100."),
        ("Layers", "flatten\0 dense16", "is not a layer"),
    ],
)
def test_what_cannot_be_read_stays_and_is_said_at_its_field(
    db: store.Store, label: str, typed: str, sentence: str
) -> None:
    """The box keeps what was typed, a sentence below says what was expected, Train is off."""
    at = open_form()
    screen.box(at, label).set_value(typed).run()
    assert screen.box(at, label).value == typed
    assert [sentence in html.unescape(each.value) for each in at.html if "alert" in each.value] == [
        True
    ]
    assert screen.button(at, "Train").disabled
    assert f"Can't be read: {label}" in screen.text(at)
    screen.box(at, label).set_value({"Layers": "flatten"}.get(label, "1")).run()
    assert not screen.button(at, "Train").disabled or label == "Patience, epochs"
    assert not at.exception


def test_fields_out_of_sight_count(db: store.Store) -> None:
    """What was typed into a rare field is trained when it is closed, and stands there again."""
    at = open_form()
    screen.box(at, "Rotation, degrees").set_value("12").run()
    at.session_state[recipe_form.FINE] = False
    at.run()
    assert "Rotation, degrees" not in [each.label for each in at.text_input]
    screen.button(at, "Train").click().run()
    assert [run.recipe.rotation for run in db.runs() if run.under_way] == [12.0]
    at.session_state[recipe_form.FINE] = True
    assert screen.box(at.run(), "Rotation, degrees").value == "12"


@pytest.mark.parametrize(
    ("typed", "read"), [("0,01", 0.01), ("1e-3", 0.001), (" .5 ", 0.5), ("10", 10.0)]
)
def test_rate_is_read_as_people_write_it(db: store.Store, typed: str, read: float) -> None:
    """A comma can be a decimal point, and powers of ten can be written."""
    at = screen.open_page("train")
    screen.box(at, "Learning rate").set_value(typed).run()
    screen.button(at, "Train").click().run()
    assert [run.recipe.learning_rate for run in db.runs() if run.under_way] == [read]


def test_train_reads_what_the_form_holds_when_it_is_pressed(db: store.Store) -> None:
    """Typed and pressed before the page has run again: the new values are trained."""
    at = screen.open_page("train")
    screen.box(at, "Epochs").set_value("3")
    screen.box(at, "Layers").set_value("flatten dense16")
    screen.button(at, "Train").click().run()
    waiting = [run for run in db.runs() if run.under_way]
    assert [(run.name, run.recipe.epochs, run.recipe.layers) for run in waiting] == [
        ("custom", 3, "flatten dense16")
    ]


def test_preset_and_press_at_once_train_the_preset(db: store.Store) -> None:
    """A preset chosen in the same breath as Train is what is trained."""
    at = screen.open_page("train")
    at.selectbox(key="preset").set_value("dense-sgd")
    screen.button(at, "Train").click().run()
    waiting = [run for run in db.runs() if run.under_way]
    assert [(run.name, run.recipe.optimizer) for run in waiting] == [("dense-sgd", "sgd")]


@pytest.mark.parametrize(
    ("label", "typed", "sentence"),
    [
        ("Epochs", "2000", "`epochs` must be a whole number between 1 and 200."),
        ("Batch size", "4096", "at most the number of training images, 1297"),
        ("Seed", "-1", "`seed` must be a whole number between 0 and 4294967295."),
        ("Layers", "flatten dens16", "`dens16` is not a layer"),
    ],
)
def test_press_that_overtakes_the_page_is_refused(
    db: store.Store, label: str, typed: str, sentence: str
) -> None:
    """What can't be trained is refused in a sentence even when Train was still on."""
    at = screen.open_page("train")
    screen.box(at, label).set_value(typed)
    screen.button(at, "Train").click().run()
    assert sentence in " ".join(warning.value for warning in at.warning)
    assert not any(run.under_way for run in db.runs())
    assert not at.exception


def test_valid_recipe_shows_its_layers(db: store.Store) -> None:
    """`flatten dense128 dense128` has 118 282 parameters (the article's figure)."""
    at = screen.open_page("train")
    screen.box(at, "Layers").set_value("flatten dense128 dense128").run()
    said = screen.text(at)
    assert "118 282" in said
    assert "softmax" in said
    assert not screen.button(at, "Train").disabled


def test_preset_fills_the_form(db: store.Store) -> None:
    """A preset sets every field, numbers as people write them."""
    at = screen.open_page("train")
    at.selectbox(key="preset").set_value("dense-sgd").run()
    assert screen.box(at, "Layers").value == "flatten dense128 dense128"
    labels = ("Optimizer", "Epochs", "Learning rate", "Validation share", "Batch size")
    assert [screen.box(at, label).value for label in labels] == ["sgd", "3", "0.01", "0", "32"]


def test_changed_setting_keeps_its_preset_and_can_be_put_back(db: store.Store) -> None:
    """Ten epochs of the tutorial's model are its model still; what differs is said."""
    at = screen.open_page("train")
    at.selectbox(key="train_dataset").set_value("optdigits")
    screen.box(at, "Epochs").set_value("10").run()
    assert at.selectbox(key="preset").value == "dense-tutorial"
    assert "Other than the preset: 10 epochs, images of optdigits" in screen.text(at)
    screen.button(at, "Train").click().run()
    assert "dense-tutorial · seed 0 · 10 epochs · begins" in screen.text(at)
    screen.button(at, "Put back").click().run()
    assert screen.box(at, "Epochs").value == "5"
    assert not at.exception


def test_changed_layers_make_it_custom(db: store.Store) -> None:
    """Other layers are no preset; layers of another preset are that one, changed back the first."""
    at = screen.open_page("train")
    tutorial = screen.box(at, "Layers").value
    for typed, preset in (
        ("flatten dense16", "custom"),
        (f"  {tutorial} ", "dense-tutorial"),
        ("flatten dense512", "dense-wide"),
        ("flatten dens", "custom"),
    ):
        screen.box(at, "Layers").set_value(typed).run()
        assert at.selectbox(key="preset").value == preset
    assert screen.box(at, "Epochs").value == "5"


def test_form_survives_a_change_of_page(db: store.Store) -> None:
    """Settings that were changed are still there after a look at another page."""
    at = screen.open_page("train")
    screen.box(at, "Layers").set_value("flatten dense16")
    screen.box(at, "Epochs").set_value("2").run()
    at.switch_page("pages/overview.py").run()
    at.switch_page("pages/train.py").run()
    assert (screen.box(at, "Layers").value, screen.box(at, "Epochs").value) == (
        "flatten dense16",
        "2",
    )
    assert not at.exception


def test_training_images_are_not_read_to_count_them(
    db: store.Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page knows how many there are, and leaves them where they are."""

    def refuse(_: datasets.Dataset) -> None:
        pytest.fail("the page read training images")

    monkeypatch.setattr(datasets.Dataset, "x_train", property(refuse))
    monkeypatch.setattr(datasets.Dataset, "num_train", 1297)
    at = screen.open_page("train")
    screen.button(at, "Train").click().run()
    assert any(run.under_way for run in db.runs())


def test_seed_beyond_the_last_is_refused(db: store.Store) -> None:
    """The largest seed can be trained once, not twice."""
    at = screen.open_page("train")
    screen.box(at, "Seed").set_value(str(2**32 - 1)).run()
    assert not screen.button(at, "Train").disabled
    screen.box(at, "Seeds").set_value("2").run()
    assert screen.button(at, "Train").disabled
    assert "`seed` must be a whole number" in screen.text(at)


def test_batch_larger_than_the_images_is_refused(db: store.Store) -> None:
    """A batch of 4096 doesn't fit the 1297 training images of optdigits, and that is said."""
    at = screen.open_page("train")
    screen.box(at, "Batch size").set_value("4096").run()
    assert screen.button(at, "Train").disabled
    assert "at most the number of training images, 1297" in screen.text(at)
    assert not any(run.under_way for run in db.runs())


# --- trainings under way --------------------------------------------------------------------


def test_published_figure_stands_beside_its_own_images_only(
    db: store.Store, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """97.59 % was published for MNIST: nothing is said of it while optdigits is chosen."""
    at = screen.open_page("train")
    assert at.selectbox(key="train_dataset").value == "optdigits"
    assert "published" not in screen.text(at)
    assert "images of optdigits" in screen.text(at)
    preset = recipes.PRESETS["dense-tutorial"].recipe
    finish(db, [db.enqueue(preset, "optdigits", name="dense-tutorial")])
    at.session_state["new_run"] = db.runs()[0].id
    assert "Published" not in screen.text(at.run())
    for_mnist = db.enqueue(dataclasses.replace(preset, seed=3), "mnist", name="dense-tutorial")
    finish(db, [for_mnist])
    at.session_state["new_run"] = for_mnist.id
    assert "Published: 97.59 %" in screen.text(at.run())


def finish(
    db: store.Store, waiting: list[store.Run], accuracies: tuple[float, ...] = (0.96,)
) -> None:
    """Let waiting runs end with these accuracies of 500 images, without any training."""
    for run, accuracy in zip(waiting, accuracies, strict=True):
        assert db.start(run.id)
        db.finish(
            run.id,
            status="finished",
            history=[{"loss": 0.5, "accuracy": 0.9, "val_loss": None, "val_accuracy": None}],
            seconds=1.0,
            test_accuracy=accuracy,
            test_errors=round(500 * (1 - accuracy)),
        )


def test_seeds_are_one_card_with_their_deviation(db: store.Store) -> None:
    """Three seeds: one title, a line and one Stop; 96, 97 and 98 % end as 97.00 ± 1.00 %."""
    at = screen.open_page("train")
    screen.box(at, "Seeds").set_value("3").run()
    screen.button(at, "Train").click().run()
    said = screen.text(at)
    assert said.count("dense-tutorial · seeds 0-2 · 0 of 3 have ended") == 1
    assert "seed 0: begins" in said
    assert "seed 2: waits, 2 ahead" in said
    assert len([each for each in at.button if each.label == "Stop"]) == 1
    waiting = sorted((r for r in db.runs() if r.under_way), key=lambda r: r.recipe.seed)
    finish(db, waiting, (0.96, 0.97, 0.98))
    said = screen.text(at.run())
    assert "dense-tutorial · seeds 0-2: 97.00 ± 1.00 % of the test images" in said
    for seed in range(3):
        assert f"seed {seed}: {96 + seed}.00 %, {20 - 5 * seed} errors" in said
    assert not at.exception


def test_one_stop_ends_all_seeds(db: store.Store) -> None:
    """Stop on three seeds that wait leaves none of them waiting, and says how each ended."""
    at = screen.open_page("train")
    screen.box(at, "Seeds").set_value("3").run()
    screen.button(at, "Train").click().run()
    screen.button(at, "Stop").click().run()
    assert not any(run.under_way for run in db.runs())
    assert screen.text(at).count("Stopped before it began") == 3


def test_stop_of_a_running_training_is_said_at_once(db: store.Store) -> None:
    """The page that follows Stop says that it stops, and offers no second Stop."""
    run = db.enqueue(examples.TINY, "optdigits", name="busy")
    db.start(run.id)
    at = screen.open_page("train")
    screen.button(at, "Stop").click().run()
    assert "busy · seed 0 · stopping" in screen.text(at)
    assert screen.button(at, "Stop").disabled
    db.finish(run.id, status="cancelled", reason="Stopped")
    assert "busy · seed 0: Stopped." in screen.text(at.run())


def test_names_are_plain_text(db: store.Store) -> None:
    """A run's name that looks like Markdown is shown as it is, and nothing is fetched for it."""
    run = db.enqueue(examples.TINY, "optdigits", name="![](http://x/y) :red[*b*]")
    at = screen.open_page("train")
    (bar,) = [each for each in at.get("progress") if "ahead" in each.proto.text or "begins" in
              each.proto.text]  # fmt: skip
    assert words.plain("![](http://x/y) :red[*b*]") in bar.proto.text
    db.request_cancel(run.id)


def test_train_asks_for_one_run(db: store.Store) -> None:
    """Pressing Train twice in one session and once in another asks for one training."""
    at = screen.open_page("train")
    screen.button(at, "Train").click().run()
    screen.button(at, "Train").click().run()
    other = screen.open_page("train")
    screen.button(other, "Train").click().run()
    waiting = [run for run in db.runs() if run.under_way]
    assert [(run.name, run.dataset) for run in waiting] == [("dense-tutorial", "optdigits")]
    assert not at.exception
    assert not other.exception


def test_who_waits_is_told_how_many_are_ahead(db: store.Store) -> None:
    """Two trainings: the first begins, the second waits with one ahead."""
    at = screen.open_page("train")
    screen.button(at, "Train").click().run()
    screen.box(at, "Seed").set_value("7").run()
    screen.button(at, "Train").click().run()
    said = screen.text(at)
    assert "dense-tutorial · seed 0 · begins" in said
    assert "dense-tutorial · seed 7 · waits" in said
    assert "waits, 1 ahead" in said


def test_ninth_waiting_training_is_refused(db: store.Store) -> None:
    """Eight may wait beside the one that runs; the next is told so until it is changed."""
    first = db.enqueue(examples.TINY, "optdigits", name="running")
    db.start(first.id)
    for seed in range(1, 9):
        db.enqueue(dataclasses.replace(examples.TINY, seed=seed), "optdigits", name="waiting")
    at = screen.open_page("train")
    screen.button(at, "Train").click().run()
    for _ in range(2):  # a training's end shows the page again
        assert "8 trainings wait already. Try again when one has ended." in screen.text(at)
        at.run()
    screen.box(at, "Seed").set_value("5").run()
    assert "wait already" not in screen.text(at)
    assert len(db.runs()) == 2 + 9
    assert not at.exception


def test_stop_cancels_a_waiting_run(db: store.Store) -> None:
    """Stop on a run that waits ends it at once, and the page says so."""
    at = screen.open_page("train")
    screen.button(at, "Train").click().run()
    screen.button(at, "Stop").click().run()
    assert [run.status for run in db.runs() if "starter" not in run.id] == ["cancelled"]
    assert "Stopped before it began" in screen.text(at)
    assert not at.exception


def test_running_training_shows_its_progress(db: store.Store) -> None:
    """A run in the middle of its second epoch is shown so on any page and with curves here."""
    run = db.enqueue(examples.TINY, "optdigits", name="busy")
    db.start(run.id)
    samples = [(0.5, 1.2, 0.5), (1.0, 0.9, 0.7), (1.5, 0.8, 0.8)]
    db.report(
        run.id, store.Live(epoch=1, epochs=2, step=5, steps=10, seconds=30.0, samples=samples)
    )
    at = screen.open_page("train")
    assert "busy · seed 0 · epoch 2 of 2, 10 s left" in screen.text(at)
    charts = json.loads(at.get_by_key("training-curves").proto.json)[0]["charts"]
    assert [len(line["points"]) for chart in charts for line in chart["lines"]] == [3, 3]
    assert "Training busy" in screen.text(screen.open_page("overview"))


def test_first_figures_are_on_the_page_that_follows_the_click(
    db: store.Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker that reports a fifth of a second after the click is seen without another look."""

    def report(run_id: str) -> None:
        db.start(run_id)
        db.report(run_id, store.Live(epochs=5, steps=10, samples=[(0.0, None, None)]))

    def submit(trainer: engine.Engine, run_id: str) -> None:
        threading.Timer(0.2, report, (run_id,)).start()

    monkeypatch.setattr(engine.Engine, "submit", submit)
    at = screen.open_page("train")
    screen.button(at, "Train").click().run()
    assert "epoch 1 of 5" in screen.text(at)


def test_trainer_that_did_not_start_is_said(
    db: store.Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a worker the page gives the reason, offers no training, and still lists runs."""
    monkeypatch.setattr(
        engine.Engine, "trouble", "The trainer did not start (OSError); see the log."
    )
    at = screen.open_page("train")
    assert "The trainer did not start (OSError); see the log." in screen.text(at)
    assert screen.button(at, "Train").disabled
    assert len(screen.table(at)) == 2


def test_visit_of_train_lets_the_worker_come(db: store.Store) -> None:
    """Whoever reads errors does not pay for it."""
    screen.open_page("overview")
    assert state.open_engine().visits == 0
    screen.open_page("train")
    assert state.open_engine().visits > 0


def test_run_of_a_dashboard_that_is_gone_goes_on(
    db: store.Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What waits, and nobody speaks for, is sent to this server's worker by any page."""
    waits = db.enqueue(recipes.Recipe(), "optdigits", name="left behind")
    screen.open_page("overview")
    assert state.open_engine().submitted == []
    monkeypatch.setattr(store.runs, "UNATTENDED_SECONDS", 0.0)
    screen.open_page("overview")
    assert set(state.open_engine().submitted) == {waits.id}
