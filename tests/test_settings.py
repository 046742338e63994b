"""The environment variables and what they mean when they are unset, empty or relative."""

import pathlib
from collections.abc import Callable

import platformdirs
import pytest

from mnistdash import settings


def test_home_is_the_chosen_folder(home: pathlib.Path) -> None:
    """`MNISTDASH_HOME` names the folder."""
    assert settings.home() == home


@pytest.mark.parametrize("value", [None, ""])
def test_home_is_the_users_own_without_a_choice(
    monkeypatch: pytest.MonkeyPatch, value: str | None
) -> None:
    """Unset and empty mean the same: the folder that the system gives to a user's data."""
    monkeypatch.delenv("MNISTDASH_HOME")
    if value is not None:
        monkeypatch.setenv("MNISTDASH_HOME", value)
    assert settings.home() == pathlib.Path(platformdirs.user_data_path("mnistdash"))


def test_tilde_is_the_users_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    """A `~` that no shell replaced stands for the user's folder in both paths."""
    monkeypatch.setenv("MNISTDASH_HOME", "~/runs")
    monkeypatch.setenv("MNISTDASH_DATA", "~/images")
    assert settings.home() == pathlib.Path.home() / "runs"
    assert settings.data_folder() == pathlib.Path.home() / "images"


@pytest.mark.parametrize(
    ("name", "read"),
    [
        ("MNISTDASH_DATA", settings.data_folder),
        ("MNISTDASH_DATABASE_URL", settings.database_url),
        ("MNISTDASH_SCHEDULER", settings.scheduler),
    ],
)
def test_unset_and_empty_are_no_choice(
    monkeypatch: pytest.MonkeyPatch, name: str, read: Callable[[], object]
) -> None:
    """What is unset or empty chooses nothing."""
    assert not read()
    monkeypatch.setenv(name, "")
    assert not read()
    monkeypatch.setenv(name, "value")
    assert str(read()) == "value"


@pytest.mark.parametrize(("value", "allowed"), [("0", False), ("1", True), ("", True)])
def test_only_zero_forbids_downloads(
    monkeypatch: pytest.MonkeyPatch, value: str, allowed: bool
) -> None:
    """Downloading unasked is allowed unless the variable is `0`."""
    monkeypatch.setenv("MNISTDASH_DOWNLOAD", value)
    assert settings.may_download() is allowed


def test_downloads_are_allowed_when_nothing_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the variable data may be fetched."""
    monkeypatch.delenv("MNISTDASH_DOWNLOAD")
    assert settings.may_download()
