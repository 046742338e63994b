"""Train small image classifiers, or bring your own, and see where they fail.

From a notebook, whatever predicts: `mnistdash.log("name", probs, dataset="mnist")`; while Keras
trains: `model.fit(…, callbacks=[mnistdash.Logger("name", dataset="mnist")])`. What a run got wrong
is a table by `mnistdash.errors("name")`.
"""

import typing

if typing.TYPE_CHECKING:
    from mnistdash.bringing.answers import LogError
    from mnistdash.bringing.runs import Logged, log
    from mnistdash.logger import Logger
    from mnistdash.results import errors

__all__ = ["LogError", "Logged", "Logger", "errors", "log"]


def __getattr__(name: str) -> object:
    """Import what a notebook asks for when it asks: `import mnistdash` itself costs nothing."""
    if name == "LogError":
        from mnistdash.bringing import answers

        return answers.LogError
    if name in ("log", "Logged"):
        from mnistdash.bringing import runs

        return getattr(runs, name)
    if name == "Logger":
        from mnistdash import logger

        return logger.Logger
    if name == "errors":
        from mnistdash import results

        return results.errors
    raise AttributeError(f"module 'mnistdash' has no attribute {name!r}")


def __dir__() -> list[str]:
    """List what a notebook may ask for."""
    return sorted({*globals(), *__all__})
