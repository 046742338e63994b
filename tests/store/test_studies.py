"""Studies: asked for once, told while they last, and gone with what they came to."""

import pathlib

import pytest

from mnistdash import artifacts, store
from tests.store import examples

BEFORE, NOW = artifacts.features("a" * 64), artifacts.features("b" * 64)


def test_study_is_asked_for_once(db: store.Store) -> None:
    """The second request of one that is under way is nobody's work; nor is one of no run."""
    run_id = examples.finished(db)
    assert db.study(run_id) is None
    assert db.request_study(run_id)
    assert not db.request_study(run_id)
    assert not db.request_study("unknown")
    assert db.report_study(run_id, 0.25)
    assert db.study(run_id) == store.Study(share=0.25, trouble=None)


def test_withdrawn_study_is_none(db: store.Store) -> None:
    """Who computes it hears so, what it comes to is not kept, and it can be asked for again."""
    run_id = examples.finished(db)
    db.request_study(run_id)
    db.withdraw_study(run_id)
    assert db.study(run_id) is None
    assert not db.report_study(run_id, 0.5)
    db.finish_study(run_id, NOW, b"features")
    assert NOW not in db.run(run_id).artifacts
    assert db.request_study(run_id)


def test_result_takes_the_place_of_an_earlier_one(db: store.Store) -> None:
    """Features of images that were replaced go; the rest of the run stays."""
    run_id = examples.finished(db)
    for name in (BEFORE, NOW):
        assert db.request_study(run_id)
        db.finish_study(run_id, name, name.encode())
        assert db.study(run_id) is None
    assert db.run(run_id).artifacts == {*examples.ARTIFACTS, NOW}
    assert db.artifact(run_id, NOW) == NOW.encode()


def test_trouble_is_told_until_it_is_asked_for_again(db: store.Store) -> None:
    """Why it ended stays to be read; another request begins anew."""
    run_id = examples.finished(db)
    db.request_study(run_id)
    db.report_study(run_id, 0.5)
    db.abandon_study(run_id, "No images.")
    assert db.study(run_id) == store.Study(share=0.5, trouble="No images.")
    assert db.request_study(run_id)
    assert db.study(run_id) == store.Study(share=0.0, trouble=None)


@pytest.mark.parametrize("alive", [False, True])
def test_study_without_a_sign_of_life_is_lost(
    db: store.Store, path: pathlib.Path, alive: bool
) -> None:
    """After 30 silent seconds it is none, and can be asked for again."""
    run_id = examples.finished(db)
    db.request_study(run_id)
    examples.edit(path, "UPDATE studies SET alive_at = alive_at - 31")
    if alive:
        db.keep_studies_alive([(run_id, artifacts.FEATURES)])
    assert (db.study(run_id) is not None) is alive
    assert db.request_study(run_id) is not alive


def test_deleted_run_takes_its_study_along(db: store.Store) -> None:
    """With its features; what comes too late is not kept."""
    run_id = examples.finished(db)
    db.request_study(run_id)
    db.finish_study(run_id, NOW, b"features")
    db.request_study(run_id)
    db.delete(run_id)
    db.report_study(run_id, 0.5)
    db.finish_study(run_id, NOW, b"features")
    assert db.study(run_id) is None
    with pytest.raises(store.StoreError):
        db.artifact(run_id, NOW)


def test_each_kind_of_study_is_its_own(db: store.Store) -> None:
    """Both may be wanted of a run; a result replaces an earlier one of its kind alone."""
    run_id = examples.finished(db)
    suspects = artifacts.suspects("a" * 64)
    for kind in artifacts.EVIDENCE:
        assert db.request_study(run_id, kind)
        db.report_study(run_id, 0.5, kind)
    db.abandon_study(run_id, "No images.", artifacts.SUSPECTS)
    assert db.study(run_id) == store.Study(share=0.5, trouble=None)
    assert db.study(run_id, artifacts.SUSPECTS).trouble == "No images."
    db.finish_study(run_id, NOW, b"features")
    assert db.study(run_id, artifacts.SUSPECTS) is not None
    db.finish_study(run_id, suspects, b"suspects")
    assert db.run(run_id).artifacts == {*examples.ARTIFACTS, NOW, suspects}
