"""The settings that steer mnistdash: environment variables, which the README explains, and secrets.

Streamlit's secrets are read without Streamlit, so that the command line finds what the page finds.
"""

import contextlib
import os
import pathlib
import threading
import tomllib
from collections.abc import Iterator, Mapping

import platformdirs

PARENT = "MNISTDASH_PARENT"  # set by the dashboard for the processes it starts
_environment = threading.Lock()  # held by whoever changes it for a moment


def home() -> pathlib.Path:
    """Return the folder for downloads and the database: `MNISTDASH_HOME`, else the user's own."""
    chosen = os.environ.get("MNISTDASH_HOME")
    return pathlib.Path(chosen or platformdirs.user_data_path("mnistdash")).expanduser()


def data_folder() -> pathlib.Path | None:
    """Return the folder of data files given by `MNISTDASH_DATA`, if any."""
    chosen = os.environ.get("MNISTDASH_DATA")
    return pathlib.Path(chosen).expanduser() if chosen else None


def may_download() -> bool:
    """Tell whether data may be fetched unasked: yes, unless `MNISTDASH_DOWNLOAD` is `0`."""
    return os.environ.get("MNISTDASH_DOWNLOAD", "1") != "0"


def database_url() -> str | None:
    """Return the database named in Streamlit's secrets, else by `MNISTDASH_DATABASE_URL`, if any.

    In this order, as Streamlit's server puts what its secrets say into the environment when it
    starts, in place of what was there: the page could not follow another one.

    Raises:
        ValueError: a file of secrets can't be read, so nobody knows which database it names.
    """
    secret = None
    for file in secrets_files():
        secret = _secrets(file).get("MNISTDASH_DATABASE_URL", secret)
    return os.environ.get("MNISTDASH_DATABASE_URL") if secret is None else str(secret)


def secrets_files() -> list[pathlib.Path]:
    """Return where Streamlit looks for secrets; what a later file says counts.

    In the user's folder, in the working folder, and beside `app.py`.
    """
    app = pathlib.Path(__file__).parents[1] / "app.py"
    folders = [pathlib.Path.home(), pathlib.Path.cwd(), *([app.parent] if app.is_file() else [])]
    return [folder / ".streamlit" / "secrets.toml" for folder in folders]


def _secrets(file: pathlib.Path) -> dict[str, object]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except (OSError, ValueError) as error:  # what stands in it stays unsaid
        raise ValueError(
            f"{file} can't be read ({type(error).__name__}): it may name the database of runs. Mend"
            " it, or move it away."
        ) from None


def scheduler() -> str | None:
    """Return the address of a Dask scheduler given by `MNISTDASH_SCHEDULER`, if any."""
    return os.environ.get("MNISTDASH_SCHEDULER")


def address() -> str:
    """Return where a dashboard is opened, `MNISTDASH_ADDRESS`: links to runs begin with it."""
    return os.environ.get("MNISTDASH_ADDRESS") or "http://localhost:8501"


def parent_pid() -> int | None:
    """Return the dashboard's process, `MNISTDASH_PARENT`, with which a worker of its own ends."""
    chosen = os.environ.get(PARENT, "")
    return int(chosen) if chosen.isdecimal() else None


@contextlib.contextmanager
def told_to_children(variables: Mapping[str, str]) -> Iterator[None]:
    """Let processes that are started meanwhile find variables in their environment."""
    with _environment:
        before = dict(os.environ)
        os.environ |= variables
        try:
            yield
        finally:
            for name in variables:
                if name in before:
                    os.environ[name] = before[name]
                else:
                    del os.environ[name]
