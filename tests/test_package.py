"""What a notebook gets of the package: at once, by name, and as the README shows it."""

import pathlib
import re
import subprocess
import sys
import time

import pytest

import mnistdash
from mnistdash import store
from mnistdash.bringing import runs

REPO = pathlib.Path(__file__).parents[1]
EXAMPLES = re.findall(r"```python\n(.*?)```", (REPO / "README.md").read_text(), re.DOTALL)


def example(words: str) -> str:
    """Return the README's example that holds these words, as it stands."""
    (found,) = (text for text in EXAMPLES if words in text)
    return found


def python(code: str) -> str:
    """Run code in a process of its own and return what it prints."""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=REPO, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def test_importing_costs_nothing() -> None:
    """`import mnistdash` takes less than 0.3 s, and no longer than importing numpy beside it."""

    def seconds(code: str) -> float:
        found = []
        for _ in range(3):
            began = time.perf_counter()
            python(code)
            found.append(time.perf_counter() - began)
        return min(found)

    bare, ours, numpy = (seconds(c) for c in ("pass", "import mnistdash", "import numpy"))
    assert ours - bare < 0.3
    assert ours < numpy + 0.05


@pytest.mark.parametrize("name", ["log", "LogError", "Logged"])
def test_logging_needs_no_framework(name: str) -> None:
    """Neither Streamlit nor TensorFlow, Keras, Dask or pandas is loaded for it."""
    heavy = (
        "streamlit",
        "tensorflow",
        "keras",
        "distributed",
        "pandas",
        "plotly",
        "sklearn",
        "cleanlab",
    )
    code = f"import sys, mnistdash; mnistdash.{name}; print(*set(sys.modules) & set({heavy}))"
    assert python(code).strip() == ""


def test_the_callback_needs_no_dashboard() -> None:
    """Keras is loaded for it, but no Streamlit and no Dask."""
    code = "import sys, mnistdash; mnistdash.Logger; print(*sys.modules.keys())"
    loaded = set(python(code).split())
    assert "keras" in loaded
    assert not loaded & {"streamlit", "distributed"}


def test_names_are_offered() -> None:
    """All of them can be had and are listed; another one is refused as Python does."""
    assert set(mnistdash.__all__) <= set(dir(mnistdash))
    assert mnistdash.log is runs.log
    assert issubclass(mnistdash.LogError, ValueError)
    with pytest.raises(AttributeError, match="no attribute 'lag'"):
        mnistdash.lag  # noqa: B018 - asking is what is tested


@pytest.mark.parametrize(
    ("words", "name", "accuracy", "kept"),
    [
        ("import keras", "my net", 0.85, {"model.tflite", "probs.npy", "labels.npy"}),
        ("LogisticRegression", "logistic regression", 0.9, {"probs.npy", "labels.npy"}),
    ],
)
def test_the_readme_examples_run_as_they_stand(
    home: pathlib.Path, words: str, name: str, accuracy: float, kept: set[str]
) -> None:
    """Each leaves one finished run."""
    del home
    assert (
        "?run=" in python(example(words) + "\nprint(mnistdash.__name__)") or words != "import keras"
    )
    (run,) = store.Store(store.default_url()).runs()
    assert (run.name, run.status, run.dataset) == (name, "finished", "optdigits")
    assert run.test_accuracy > accuracy
    assert run.artifacts == kept
