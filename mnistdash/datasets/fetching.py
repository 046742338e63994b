"""Downloads of the published data sets."""

import pathlib
import threading
from collections.abc import Callable

from mnistdash.datasets import errors, published

FIRST_BYTE_SECONDS = 4.0  # how long a dead network may cost


def fetch(
    name: str,
    folder: pathlib.Path,
    on_progress: Callable[[int, int], None] | None = None,
) -> None:
    """Download the files of a published data set into a folder and check their sums.

    Args:
        name: one that can be downloaded.
        folder: where to.
        on_progress: called with the bytes that came and the bytes expected.

    Raises:
        DataError: the network does not answer within four seconds, or what came is not the
            published file.
    """
    import pooch

    bar = _Bar(on_progress or (lambda done, total: None))
    download = pooch.HTTPDownloader(progressbar=bar, timeout=(FIRST_BYTE_SECONDS, 20))
    for file, address, checksum in published.KNOWN[name].files:
        target = folder / file
        try:
            _with_first_byte(
                bar,
                lambda address=address, checksum=checksum, target=target: pooch.retrieve(
                    address, checksum, target.name, target.parent, downloader=download
                ),
            )
        except OSError as error:
            raise errors.DataError(
                f"{published.KNOWN[name].title} could not be downloaded: {_reason(error)}. Check"
                f" the network and try again, or put {name}.npz into the folder MNISTDASH_DATA."
            ) from error
        except ValueError:
            raise errors.DataError(
                f"The download of {target.name} is not the published file. Try again later."
            ) from None


class _Bar:
    """What pooch expects of a progress bar, reporting to a plain function."""

    def __init__(self, on_progress: Callable[[int, int], None]) -> None:
        self.total = 0
        self.done = 0
        self.started = threading.Event()
        self._report = on_progress

    def update(self, count: int) -> None:
        self.started.set()
        self.done += count  # of whole chunks: the last one counts more than it holds
        self._report(min(self.done, self.total or self.done), self.total)

    def reset(self) -> None:
        self.done = 0

    def close(self) -> None:
        self.reset()


def _with_first_byte(bar: _Bar, download: Callable[[], object]) -> None:
    """Run a download, but give up when nothing came in time: a name look-up has no time-out."""
    bar.started.clear()
    failures: list[BaseException] = []

    def work() -> None:
        try:
            download()
        except BaseException as error:
            failures.append(error)
        bar.started.set()

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    if not bar.started.wait(FIRST_BYTE_SECONDS):
        raise TimeoutError("no answer")
    thread.join()
    if failures:
        raise failures[0]


def _reason(error: OSError) -> str:
    """Say why a download failed; the errors of `requests` are `OSError`s too."""
    status = getattr(getattr(error, "response", None), "status_code", None)
    if status is not None:
        return f"the server answers {status}"
    if error.errno == 28:
        return "the disk is full"
    if isinstance(error, PermissionError | FileExistsError | NotADirectoryError):
        return "the home folder can't be written"
    return "the network does not answer"
