"""A run as one HTML file: what it says, that it holds all of it, and that no name is markup."""

import dataclasses
import re
import time
from html import parser

import numpy as np
import pytest

from mnistdash import (
    artifacts,
    datasets,
    evaluation,
    labels,
    report,
    results,
    store,
    suspects,
    verdicts,
)


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> report.Contents:
    """The contents of a report on the starter for the embedded digits."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MNISTDASH_HOME", str(tmp_path_factory.mktemp("home")))
        patch.delenv("MNISTDASH_DATABASE_URL", raising=False)
        db = results.opened()
    run = db.run("starter-optdigits")
    link = "http://localhost:8501/?run=starter-optdigits"
    return report.contents(db, run, person=verdicts.ME, link=link)


def with_names(
    told: report.Contents, names: tuple[str, ...], answers: evaluation.Evaluation
) -> report.Contents:
    """Contents of a run that was brought, on images of classes with these names."""
    drawn = np.full((len(answers), 28, 28), 255, np.uint8)
    run = dataclasses.replace(
        told.run, recipe=None, history=(), origin=store.BROUGHT, name=names[0]
    )
    images = dataclasses.replace(
        told.dataset, class_names=names, x_test=drawn, y_test=answers.y_true
    )
    return report.Contents(run=run, dataset=images, answers=answers, link="http://a/?b=1&c=<")


def test_counts_are_those_of_the_run(told: report.Contents) -> None:
    """Errors, matrix, classes and pictures say what the evaluation says; progress reaches 1."""
    shares: list[float] = []
    begun = time.perf_counter()
    page = report.write(told, shares.append)
    assert time.perf_counter() - begun < 3
    assert shares == sorted(shares)
    assert shares[-1] == 1
    errors = told.answers.errors
    assert len(errors) == told.run.test_errors
    assert f"<dt>Errors</dt><dd><bdi>{len(errors)}</bdi><small>of 500 images" in page
    matrix = re.search(r'<table class="matrix".*?</table>', page)[0]
    assert sum(map(int, re.findall(r">(\d+)</td>", matrix))) == 500
    pairs = sum(min(pair.count, report.OF_A_PAIR) for pair in told.answers.pairs()[: report.PAIRS])
    assert page.count("<img ") == pairs + min(len(errors), report.WORST)
    assert told.dataset.sha256 in page
    assert "SHA-256 of the model" in page


def test_it_holds_all_that_it_shows(told: report.Contents) -> None:
    """Nothing is loaded and nothing runs, in far less than 1.5 MB."""
    page = report.write(told)
    assert len(page.encode()) < 300_000
    assert set(re.findall(r'src="([^"]{5})', page)) == {"data:"}
    assert re.findall(r'href="([^"]*)"', page) == [told.link]
    assert not re.search(r"<script|<link|@import|url\(|onerror", page)


def test_temperature_is_told_with_the_images_it_was_fitted_on(told: report.Contents) -> None:
    """Half of 500 images, the other half before and after: three diagrams, and both errors."""
    page = report.write(told)
    assert "Fitted on 250 test images, half of all (seed 0), measured on the other 250" in page
    assert f"with temperature {told.scaling.temperature:.2f}" in page
    assert page.count('aria-label="Reliability: accuracy against confidence') == 3
    for error in ("error_by_width", "error_by_mass"):
        before, after = (getattr(it, error) for it in (told.scaling.before, told.scaling.after))
        assert f"<td>{before:.3f}</td><td>{after:.3f}</td>" in page
    bare = dataclasses.replace(told, scaling=None, unscaled="It can't be fitted, <so> to say.")
    assert "It can&#x27;t be fitted, &lt;so&gt; to say." in report.write(bare)


class Texts(parser.HTMLParser):
    """Reads what a page says to people, without its style; refuses what runs or is fetched."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.said: list[str] = []
        self._quiet = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Look at what an element asks for."""
        assert tag not in ("script", "link", "iframe", "object", "b", "i")
        assert not [name for name, _ in attrs if name.startswith("on")]
        self._quiet = tag == "style"
        self.said += [value for name, value in attrs if name == "alt"]

    def handle_data(self, data: str) -> None:
        """Keep a text."""
        if not self._quiet:
            self.said.append(data)


def test_names_are_texts(told: report.Contents) -> None:
    """Markup, addresses, sixty characters, names from right to left and symbols stay as they are.

    Of answers alone nothing is invented.
    """
    names = ('"><script>x()</script>', "<b>&", "![](http://x)", "x" * 60, "\u202eשלום", "😀 &amp;")
    truth = np.arange(6)
    answers = evaluation.Evaluation.from_predictions(truth, np.roll(truth, 1), None, 6)
    verdict = verdicts.Verdict(
        dataset_sha256=told.dataset.sha256,
        split=verdicts.TEST,
        index=0,
        image=verdicts.content(told.dataset.x_test[0]),
        person="<i>",
        fault=verdicts.LABEL,
        label=2,
        note="<img src=//x onerror=y()>",
    )
    made = with_names(told, names, answers)
    run = dataclasses.replace(made.run, note="<script>", versions={"<b>": "<i>"})
    made = dataclasses.replace(made, run=run, person="<i>", said={0: verdict})
    page = report.write(made)
    said = Texts(page).said
    for at, name in enumerate(names):
        assert name in said
        assert f"Image {at}: {name} read as {names[at - 1]}" in said
    assert "<script>" in said
    assert "Of 6 errors <i> judged 1: label 1 (100\N{NARROW NO-BREAK SPACE}%)." in said
    assert verdict.note in said
    assert "How sure these answers are is not known." in said
    assert "Its model was made elsewhere: the settings are not known." in said
    assert "Curves" not in said


def test_lost_pictures_are_left_out_and_said(told: report.Contents) -> None:
    """The answers are told without an image, and why; nothing is judged that can't be seen."""
    empty = dataclasses.replace(told.dataset, x_test=np.zeros_like(told.dataset.x_test))
    gone = dataclasses.replace(told, dataset=empty, trouble="The images are gone.")
    page = report.write(gone)
    assert "<img" not in page
    assert "The images are gone." in page
    assert page.count("<figure>") == report.write(told).count("<figure>")


def test_every_number_of_classes_without_an_error(told: report.Contents) -> None:
    """62 classes, all correct: no pair, no tile, and a matrix with its diagonal."""
    names = tuple(f"c{n}" for n in range(62))
    answers = evaluation.Evaluation(np.arange(62), np.eye(62, dtype=np.float32))
    page = report.write(with_names(told, names, answers))
    assert "Every test image is correct." in page
    assert page.count('<td class="diagonal">1</td>') == 62
    assert "<h2>Largest confusions</h2>" not in page


def test_labels_are_told_as_the_pages_tell_them(told: report.Contents) -> None:
    """Of the errors one label corrected, one picture at fault; a label of raters, two suspects."""
    first, second = map(int, told.answers.errors[:2])
    truth, read = (int(known[first]) for known in (told.answers.y_true, told.answers.y_pred))
    said = {
        index: verdicts.Verdict(
            dataset_sha256=told.dataset.sha256,
            split=verdicts.TEST,
            index=index,
            image=verdicts.content(told.dataset.x_test[index]),
            person=verdicts.ME,
            fault=fault,
            label=label,
        )
        for index, fault, label in (
            (first, verdicts.LABEL, read),
            (second, verdicts.PICTURE, None),
        )
    }
    votes = labels.Votes(label=truth, suggested=read, for_label=1, for_suggested=4, for_neither=0)
    contradicted = np.isin(np.arange(500), (first, second))
    judged = suspects.Judged(
        quality=np.where(contradicted, 0.1, 0.9).astype(np.float32),
        likely=told.answers.y_pred.astype(np.uint8),
        contradicted=contradicted,
        confident=np.zeros(500, bool),
    )
    doubted = suspects.Suspects(test=judged, train=None, judges=None)
    page = report.write(
        dataclasses.replace(told, said=said, rated={first: votes}, doubted=doubted)
    ).replace("\N{NARROW NO-BREAK SPACE}", " ")
    errors, right = len(told.answers.errors), 501 - len(told.answers.errors)
    assert f"Of {errors} errors you judged 2: label 1 (50 %), picture 1 (50 %)." in page
    for name in ("If your verdicts hold", "With raters&#x27; labels"):
        assert f"<dt>{name}</dt><dd><bdi>{right / 5:.2f} %" in page
    assert "<td>1/4/0</td>" in page
    assert "This run read 99.60 % of these images as labelled: of 2 contr" in page
    assert "The 2 most suspect" in page
    assert page.count(f"#{first} ⚑<br>") >= 2


def test_what_is_damaged_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without its model and its suspect labels a run still has a report; without answers none."""
    db = results.opened()
    run = db.run("starter-optdigits")
    name = artifacts.suspects(datasets.load("optdigits").sha256)
    run = dataclasses.replace(run, artifacts=run.artifacts | {name})
    kept = db.artifact

    def damaged(run_id: str, name: str) -> bytes:
        if name != artifacts.PROBS:
            raise store.StoreError("It is damaged.")
        return kept(run_id, name)

    monkeypatch.setattr(db, "artifact", damaged)
    told = report.contents(db, run, person=verdicts.ME, link="")
    assert told.doubted is None
    assert set(told.hashes) == {"the images"}
    assert "Suspect labels" not in report.write(told)
