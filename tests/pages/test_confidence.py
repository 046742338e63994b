"""The Confidence page, and that it counts what other pages and the report count."""

import json
import pathlib
import re

import numpy as np
import pytest
from streamlit.testing import v1 as streamlit_testing

from mnistdash import confidence, evaluation, report, store, verdicts
from mnistdash.ui import link, state
from tests.pages import examples, screen


def columns(at: streamlit_testing.AppTest, key: str) -> list[dict]:
    """Read the columns of a chart as they are sent to the browser."""
    return json.loads(at.get_by_key(key).proto.json)[0]["columns"]


def test_page_states_how_far_confidence_and_accuracy_lie_apart(mine: store.Run) -> None:
    """480 of 500 are right with 0.91, 20 wrong with 0.64: mean 0.8992, error by hand.

    By width: (480 * |1 - 0.91| + 20 * |0 - 0.64|) / 500 = 0.112.
    """
    at = screen.open_page("confidence", run=mine.id)
    said = screen.text(at)
    assert "96.00 % 93.90-97.40 %" in said
    assert "89.92 %" in said
    assert "0.112 15 bins of equal width" in said
    assert "Fitted on 250 test images, half of all (seed 0), measured on the other 250" in said
    assert [column["note"] for column in columns(at, "reliability")] == ["20", "480"]


def test_threshold_tells_what_is_answered_and_shows_what_is_just_below(mine: store.Run) -> None:
    """Above 0.90 the 480 right ones are; above 0.95 none; the 20 wrong ones are below."""
    at = screen.open_page("confidence", run=mine.id)
    said = screen.text(at)
    assert "96.00 % of the images answered, 100.00 % of them correctly" in said
    assert "0 of 20 errors left" in said
    assert len(screen.tiles(at, "just-below")) == 20
    at.slider(key="above").set_value(0.95).run()
    assert "No image is answered" in screen.text(at)
    assert at.query_params["above"] == "0.95"
    at.slider(key="above").set_value(0.0).run()
    assert "Every image is answered" in screen.text(at)


def test_temperature_names_the_images_it_was_fitted_on(db: store.Store) -> None:
    """A run that keeps its answers to 200 validation images needs no test image for it."""
    made = examples.bring(db, "forest", keep="probs", validation=200)
    said = screen.text(screen.open_page("confidence", run=made.id))
    assert "Fitted on 200 validation images, measured on 500 test images" in said


@pytest.mark.parametrize(
    ("keep", "said", "charts"),
    [
        ("probs", "Fitted on", True),
        ("sure", "All probabilities of an image are needed", True),
        ("answers", "How sure these answers are is not known", False),
    ],
)
def test_what_a_run_lacks_is_one_quiet_line(
    db: store.Store, keep: str, said: str, *, charts: bool
) -> None:
    """Of an answer and its confidence all but the temperature is shown; of bare answers nothing."""
    at = screen.open_page("confidence", run=examples.bring(db, "forest", keep=keep).id)
    assert said in screen.text(at)
    assert bool(len(at.get("slider"))) is charts


@pytest.fixture(params=["starter", "letters"])
def shown(
    request: pytest.FixtureRequest,
    tmp_path: pathlib.Path,
    monkeypatch: pytest.MonkeyPatch,
    db: store.Store,
) -> tuple[store.Run, evaluation.Evaluation]:
    """The starter, or a brought run on images of 26 classes that is often wrong; its answers."""
    if request.param == "starter":
        run = db.run("starter-optdigits")
        return run, state.load_evaluation(run.id, run.dataset)
    like = examples.few_or_many(tmp_path, monkeypatch, db, examples.LETTERS)
    y_true = state.load_evaluation(like.id, like.dataset).y_true
    rng = np.random.default_rng(0)
    probs = rng.dirichlet(np.full(26, 0.2), len(y_true)).astype(np.float32)
    right = rng.random(len(y_true)) < 0.6
    probs[right] = (0.1 * probs + 0.9 * np.eye(26, dtype=np.float32)[y_true])[right]
    return examples.bring_answers(db, like, probs), evaluation.Evaluation(y_true, probs)


def test_all_pages_and_the_report_count_alike(
    db: store.Store, shown: tuple[store.Run, evaluation.Evaluation]
) -> None:
    """Errors, those of each class, and the images of each bin: wherever they are told."""
    run, answers = shown
    errors = int((answers.y_pred != answers.y_true).sum())
    overview = screen.open_page("overview", run=run.id)
    assert f"{errors} of {len(answers)} images" in screen.text(overview)
    (table,) = json.loads(overview.get_by_key(f"classes-{run.id}").proto.json)
    wrong = [row["values"]["images"] - row["values"]["right"] for row in table["rows"]]
    assert sum(wrong) == errors

    (matrix,) = json.loads(
        screen.open_page("confusion", run=run.id).get_by_key("heatmap").proto.json
    )
    counts = np.reshape(matrix["counts"], (answers.num_classes, -1))
    assert (counts.sum(axis=1) - counts.diagonal()).tolist() == wrong
    worst = int(np.argmax(wrong))
    gallery = screen.open_page("gallery", run=run.id, true=worst)
    assert f"{wrong[worst]} of {errors} error" in screen.text(gallery)

    at = screen.open_page("confidence", run=run.id)
    bins = confidence.equal_width(answers.confidence, answers.right)
    notes = [
        int(column["note"].replace("\N{THIN SPACE}", "")) for column in columns(at, "reliability")
    ]
    assert notes == [found.images for found in bins]
    assert sum(notes) == len(answers)
    fewest = min(bins, key=lambda found: found.images)
    its_images = link.View(run=run.id, conf=(fewest.least, fewest.most), all=True)
    gallery = screen.open_page("gallery", **its_images.params())
    assert f"{fewest.images} of {len(answers)} test images" in screen.text(gallery)

    told = report.contents(db, run, person=verdicts.ME, link="")
    page = report.write(told).replace("\N{NARROW NO-BREAK SPACE}", "")
    assert f"<dt>Errors</dt><dd><bdi>{errors}</bdi><small>of {len(answers)} images" in page
    table = re.findall(r"<tr>(.*?)</tr>", _section(page, "Class by class"))[1:]
    rows = [tuple(map(int, re.findall(r"<td>(\d+)</td>", row)[:2])) for row in table]
    assert [images - right for images, right in rows] == wrong
    cells = re.findall(r"<td[^>]*>(\d*)</td>", _section(page, "Confusion").split("<tbody>")[1])
    assert np.reshape([int(cell or 0) for cell in cells], counts.shape).tolist() == counts.tolist()
    table = re.findall(
        r"<td>(\d+)</td><td>(\d+)</td><td>[01]\.\d{3}<", _section(page, "Confidence")
    )
    assert [(int(images), int(no)) for images, no in table] == [
        (found.images, found.images - found.right) for found in bins
    ]
    assert f"{min(errors, report.WORST)} of {errors} errors" in page


def _section(page: str, title: str) -> str:
    """Cut a part out of a report."""
    return page.split(f"<h2>{title}</h2>")[1].split("</section>")[0]
