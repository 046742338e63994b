"""What goes wrong in a store, in sentences."""

import sqlalchemy as sa

_LATER = "Try again in a moment."


class StoreError(Exception):
    """A store, or a part of it, that can't be used, in one sentence with the remedy."""


class Unreachable(StoreError):
    """The database does not answer now, and may later: what can wait tries again."""


def told(error: sa.exc.SQLAlchemyError) -> StoreError:
    """Turn a database's error into ours."""
    said = sentence(error)
    return (Unreachable if said.endswith(_LATER) else StoreError)(said)


def sentence(error: sa.exc.SQLAlchemyError) -> str:
    """Say what a database's error means to the person at the page."""
    text = str(getattr(error, "orig", error)).lower()
    if "disk is full" in text or "no space" in text:
        return "The disk is full: nothing was saved. Make room and try again."
    if "readonly" in text or "read-only" in text:
        return "The database of runs can't be written here: you can look, but not train."
    if "locked" in text or isinstance(error, sa.exc.TimeoutError):  # all connections are in use
        return f"The database of runs is busy. {_LATER}"
    if any(sign in text for sign in ("not a database", "malformed", "no such")):
        return (
            f"The database of runs is damaged, or not of this program ({_short(error)}). Restore"
            " it from a copy, or move it away to begin a new one."
        )
    if "unable to open" in text:
        return "The database of runs can't be opened: its folder is missing, or not open to us."
    return f"The database of runs does not answer ({_short(error)}). {_LATER}"


def _short(error: Exception) -> str:
    return str(getattr(error, "orig", error)).splitlines()[0][:80]
