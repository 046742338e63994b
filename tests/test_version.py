"""Our own version: of a checkout with its commit, of an installed package without."""

import importlib.metadata
import pathlib
import re
import subprocess
from collections.abc import Iterator

import pytest

from mnistdash import version

PROJECT = '[project]\nname = "mnistdash"\nversion = "7.8.9"\n'


@pytest.fixture(autouse=True)
def asked_anew() -> Iterator[None]:
    """Every test asks for itself."""
    version.text.cache_clear()
    yield
    version.text.cache_clear()


@pytest.fixture
def checkout(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> pathlib.Path:
    """A checkout with one commit, taken for the one that runs."""
    (tmp_path / "pyproject.toml").write_text(PROJECT)
    git = ["git", "-C", str(tmp_path), "-c", "user.name=a", "-c", "user.email=a@b.c"]
    for command in (["init", "-q"], ["add", "."], ["commit", "-qm", "One"]):
        subprocess.run([*git, *command], check=True)
    monkeypatch.setattr(version, "_ROOT", tmp_path)
    return tmp_path


def test_a_checkout_names_its_commit_and_that_it_was_changed(checkout: pathlib.Path) -> None:
    """`7.8.9 (9f8935e)`, and `+changes` once a file differs; asked once a process."""
    head = ["git", "-C", str(checkout), "rev-parse", "HEAD"]
    commit = subprocess.run(head, capture_output=True, text=True, check=True).stdout[:7]
    assert version.text() == f"7.8.9 ({commit})"
    (checkout / "pyproject.toml").write_text(PROJECT + "\n")
    assert version.text() == f"7.8.9 ({commit})"
    version.text.cache_clear()
    assert version.text() == f"7.8.9 ({commit}+changes)"


def test_without_git_a_checkout_has_no_commit(
    checkout: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where git is not installed, the version stands alone."""
    monkeypatch.setenv("PATH", str(checkout))
    assert version.text() == "7.8.9"


def test_a_damaged_checkout_has_no_commit(checkout: pathlib.Path) -> None:
    """A `.git` that git can't read, or that is slow, stands in nobody's way."""
    (checkout / ".git" / "HEAD").write_text("nonsense")
    assert version.text() == "7.8.9"


def test_an_installed_package_has_no_commit(
    checkout: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Inside somebody else's checkout its commit is not ours."""
    inside = checkout / "site-packages"
    inside.mkdir()
    monkeypatch.setattr(version, "_ROOT", inside)
    assert version.text() == importlib.metadata.version("mnistdash")


def test_a_package_that_nobody_installed_is_unknown(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Files copied somewhere, without their project file, have no version."""

    def missing(name: str) -> str:
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(version, "_ROOT", tmp_path)
    monkeypatch.setattr(importlib.metadata, "version", missing)
    assert version.text() == "unknown"


def test_this_one_is_named() -> None:
    """What runs now has a version, and a commit where it is a checkout."""
    assert re.fullmatch(r"\d+\.\d+\.\d+( \([0-9a-f]{7,}(\+changes)?\))?", version.text())
