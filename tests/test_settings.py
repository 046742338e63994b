"""The environment variables and what they mean when they are unset, empty or relative."""

import json
import pathlib
from collections.abc import Callable

import platformdirs
import pytest
from streamlit import config

from mnistdash import __main__ as main
from mnistdash import recipes, settings, store
from mnistdash.ui import state


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


def secrets(folder: pathlib.Path, text: str) -> None:
    """Write a file of secrets where Streamlit looks for one."""
    (folder / ".streamlit").mkdir(parents=True)
    (folder / ".streamlit" / "secrets.toml").write_text(text, encoding="utf-8")


def test_secrets_name_the_database_as_they_do_to_streamlit(
    monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path
) -> None:
    """What the project's secrets say counts before the user's, and both before the variable."""
    user, project = tmp_path / "user", tmp_path / "project"
    monkeypatch.setenv("HOME", str(user))
    monkeypatch.setenv("MNISTDASH_DATABASE_URL", "sqlite:///variable")
    project.mkdir()
    monkeypatch.chdir(project)
    assert settings.database_url() == "sqlite:///variable"
    secrets(user, 'MNISTDASH_DATABASE_URL = "sqlite:///user"')
    assert settings.database_url() == "sqlite:///user"
    secrets(project, 'other = "secret"')
    assert settings.database_url() == "sqlite:///user"
    (project / ".streamlit" / "secrets.toml").write_text(
        'MNISTDASH_DATABASE_URL = "sqlite:///project"'
    )
    assert settings.database_url() == "sqlite:///project"


def test_secrets_are_looked_for_where_streamlit_looks() -> None:
    """The same files in the same order, with those beside `app.py`."""
    assert [str(file) for file in settings.secrets_files()[:2]] == config.get_config_files(
        "secrets.toml"
    )


@pytest.mark.parametrize("text", ['MNISTDASH_DATABASE_URL = "postgres://me:pass', "\x00", "a = "])
def test_unreadable_secrets_are_a_sentence(
    monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path, text: str
) -> None:
    """A damaged file might name the database: it is named, and what it says is not."""
    secrets(tmp_path, text)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match=r"secrets.toml can't be read \(\w+\).*Mend it") as refused:
        settings.database_url()
    assert "me:pass" not in str(refused.value)
    assert main.main(["runs"]) == 1


def test_page_and_command_line_find_the_same_database(
    monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A run in the database that the secrets name is on the page and in `mnistdash runs`."""
    url = f"sqlite:///{tmp_path}/shared.sqlite3"
    kept = store.Store(url).enqueue(recipes.Recipe(), "optdigits", name="mine")
    secrets(tmp_path, f'MNISTDASH_DATABASE_URL = "{url}"')
    monkeypatch.chdir(tmp_path)
    state.open_store.clear()
    assert kept.id in [run.id for run in state.open_store().runs()]
    state.open_store.clear()
    assert main.main(["runs", "--json"]) == 0
    assert kept.id in [run["run"] for run in json.loads(capsys.readouterr().out)]
