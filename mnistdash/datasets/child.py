"""The process that converts uploaded files: `python -m mnistdash.datasets.child FOLDER`.

Files of strangers are decoded apart from the dashboard: whatever they do to the memory or to a
decoder ends here.
"""

import contextlib
import json
import os
import pathlib
import sys

from mnistdash.datasets import adding, errors, kept

JOB, RESULT = "job.json", "result.npz"
MAX_MEMORY = 1536 * 2**20  # bytes of its own
MAX_SECONDS = 300  # of work


def main(folder: pathlib.Path) -> None:
    """Convert the files of a job, and say on each line of the output how far that is.

    Args:
        folder: with `job.json`: the names of the `files` and of the `test` file in it,
            `class_names`, `invert`, `transpose`, and whether to have the result `packed`.
    """
    _limit()
    job = json.loads((folder / JOB).read_text(encoding="utf-8"))
    try:
        converted = adding.converted(
            [folder / "files" / name for name in job["files"]],
            test=folder / "files" / job["test"] if job["test"] else None,
            class_names=job["class_names"],
            invert=job["invert"],
            transpose=job["transpose"],
            on_progress=lambda share: _say(share=share),
        )
        kept.write(folder / RESULT, converted, name="The set", packed=job["packed"])
    except errors.DataError as error:
        _say(refused=str(error))
    except MemoryError:
        _say(refused="The files need more memory than there is here. Add fewer images at a time.")
    else:
        _say(done=True)


def _say(**facts: object) -> None:
    print(json.dumps(facts), flush=True)


def _limit() -> None:
    """Bound memory and time where the system can, and let the pages come first."""
    with contextlib.suppress(ImportError, ValueError, OSError, AttributeError):
        import resource

        resource.setrlimit(resource.RLIMIT_DATA, (MAX_MEMORY, MAX_MEMORY))
        resource.setrlimit(resource.RLIMIT_CPU, (MAX_SECONDS, MAX_SECONDS))
        os.nice(5)


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
