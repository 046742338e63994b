"""A run as one HTML file: what it says, that it holds all of it, and that no name is markup."""

import dataclasses
import re
import time

import numpy as np
import pytest

from mnistdash import datasets, evaluation, report, results, store, verdicts


@pytest.fixture
def told() -> report.Contents:
    """The contents of a report on the starter for the embedded digits."""
    db = results.opened()
    run = db.run("starter-optdigits")
    link = "http://localhost:8501/?run=starter-optdigits"
    return report.contents(db, run, person=verdicts.ME, link=link)


def with_names(names: tuple[str, ...], answers: evaluation.Evaluation) -> report.Contents:
    """Contents of a run that was brought, on blank images of classes with these names."""
    db = results.opened()
    blank = np.zeros((len(answers), 28, 28), np.uint8)
    run = dataclasses.replace(
        db.run("starter-optdigits"), recipe=None, history=(), origin=store.BROUGHT, name=names[0]
    )
    images = dataclasses.replace(
        datasets.load("optdigits"), class_names=names, x_test=blank, y_test=answers.y_true
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
    assert f"<dt>Errors</dt><dd>{len(errors)}<small>of 500 images" in page
    matrix = re.search(r'<table class="matrix">.*?</table>', page)[0]
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


def test_names_are_texts() -> None:
    """Markup in a name is shown as it is, and of answers alone nothing is invented."""
    answers = evaluation.Evaluation.from_predictions(np.array([0, 1]), np.array([1, 1]), None, 2)
    page = report.write(with_names(('"><script>x()</script>', "<b>&"), answers))
    assert "<script" not in page
    assert "<b>" not in page
    assert "&lt;b&gt;&amp;" in page
    assert "How sure the answers are is not known." in page
    assert "the settings are not known" in page
    assert "<h2>Curves</h2>" not in page


def test_every_number_of_classes_without_an_error() -> None:
    """62 classes, all correct: no pair, no tile, and a matrix with its diagonal."""
    names = tuple(f"c{n}" for n in range(62))
    answers = evaluation.Evaluation(np.arange(62), np.eye(62, dtype=np.float32))
    page = report.write(with_names(names, answers))
    assert "Every test image is correct." in page
    assert page.count('<td class="diagonal">1</td>') == 62
    assert "<h2>Largest confusions</h2>" not in page


def test_verdicts_are_counted(told: report.Contents) -> None:
    """Two of the errors judged; a label's correction changes the third accuracy."""
    first, second = map(int, told.answers.errors[:2])
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
            (first, verdicts.LABEL, int(told.answers.y_pred[first])),
            (second, verdicts.PICTURE, None),
        )
    }
    page = report.write(dataclasses.replace(told, said=said))
    assert "2 were judged: label 1, picture 1" in page
    right = 501 - len(told.answers.errors)
    assert f"hold</dt><dd>{right / 5:.2f}" in page
