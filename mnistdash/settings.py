"""The environment variables that steer mnistdash; the README explains each."""

import os
import pathlib

import platformdirs

PARENT = "MNISTDASH_PARENT"  # set by the dashboard for the processes it starts


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
    """Return the database given by `MNISTDASH_DATABASE_URL`, if any."""
    return os.environ.get("MNISTDASH_DATABASE_URL")


def scheduler() -> str | None:
    """Return the address of a Dask scheduler given by `MNISTDASH_SCHEDULER`, if any."""
    return os.environ.get("MNISTDASH_SCHEDULER")


def parent_pid() -> int | None:
    """Return the dashboard's process, `MNISTDASH_PARENT`, with which a worker of its own ends."""
    chosen = os.environ.get(PARENT, "")
    return int(chosen) if chosen.isdecimal() else None
