"""Files that came through the browser, converted while the pages go on."""

import contextlib
import dataclasses
import json
import logging
import pathlib
import re
import secrets
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from concurrent import futures

from mnistdash import counting, datasets
from mnistdash.datasets import adding, child, errors, kept, naming

_log = logging.getLogger(__name__)
MAX_MB = 32  # of the files of one set together; `server.maxUploadSize` says the same
MAX_FILES = 16
MAX_WAITING = 8
MAX_SETS = 100  # then nobody can add more by the page
_MAX_TOLD = 600.0  # seconds for which an end that nobody took notice of is told
_OLD = 86_400.0  # seconds after which what a lost process left is cleaned up


@dataclasses.dataclass(frozen=True)
class File:
    """An uploaded file: its name, as the browser says it, and its bytes."""

    name: str
    data: bytes


@dataclasses.dataclass(frozen=True, kw_only=True)
class Wish:
    """What a person wants to have added, and how."""

    files: Sequence[File]
    name: str = ""  # none: made of the first file's
    test: str = ""  # the name of the file with the test images, if they are in one of their own
    class_names: Sequence[str] | None = None
    invert: bool = False
    transpose: bool = False


@dataclasses.dataclass(kw_only=True)
class Upload:
    """How far the conversion of uploaded files is; all sessions see the same.

    `status` is `waiting`, `reading`, `added` or `refused`; `name` is that of the set, and
    `sentence` what there is to say about its end. `told` says that whoever asked for it has seen
    that; until then, as after a reload, any session may tell it.
    """

    id: str
    name: str
    status: str = "waiting"
    share: float = 0.0
    sentence: str = ""
    ended_at: float | None = None
    told: bool = False

    @property
    def under_way(self) -> bool:
        """Whether it waits or is read."""
        return self.status in ("waiting", "reading")


class Uploads:
    """All uploads of this dashboard, one read at a time; safe to share by threads."""

    def __init__(self) -> None:
        self._uploads: dict[str, Upload] = {}
        self._processes: dict[str, subprocess.Popen] = {}
        self._pool = futures.ThreadPoolExecutor(1, thread_name_prefix="uploads")
        self._lock = threading.Lock()
        _clean_up()

    def all(self) -> list[Upload]:
        """Return those under way and those whose end is still told, the oldest first."""
        with self._lock:
            old = time.monotonic() - _MAX_TOLD
            for upload in [u for u in self._uploads.values() if (u.ended_at or old) < old]:
                del self._uploads[upload.id]
            return [dataclasses.replace(upload) for upload in self._uploads.values()]

    def find(self, upload_id: str) -> Upload | None:
        """Return one of `all()`, if it is still there."""
        return next((upload for upload in self.all() if upload.id == upload_id), None)

    def start(self, wish: Wish) -> Upload:
        """Have files converted and kept.

        Raises:
            DataError: there are none, or too many or too large ones; the name is none or taken;
                or too many wait.
        """
        names = _checked(wish)
        name = self._name(wish)
        upload = Upload(id=secrets.token_hex(8), name=name)
        folder = _folder() / upload.id
        with self._lock:
            if sum(other.under_way for other in self._uploads.values()) >= MAX_WAITING:
                raise errors.DataError(
                    f"{MAX_WAITING} sets wait to be read already. Try again when one is done."
                )
            _write(folder, wish, names)
            self._uploads[upload.id] = upload
        self._pool.submit(self._work, upload, folder, chosen=bool(wish.name))
        return dataclasses.replace(upload)

    def _name(self, wish: Wish) -> str:
        """Return the name asked for, or a free one; no set on its way has it either."""
        taken = datasets.taken() | {upload.name for upload in self.all() if upload.under_way}
        if not wish.name:
            return adding.free_name(
                naming.of_files([_safe(file.name) for file in wish.files]), taken
            )
        if wish.name not in datasets.downloadable():
            adding.check_name(wish.name, taken)
        return wish.name

    def stop(self, upload_id: str) -> None:
        """Give up an upload that is under way."""
        with self._lock:
            upload = self._uploads.get(upload_id)
            if upload is None or not upload.under_way:
                return
            self._end(upload, "refused", "Stopped: nothing was added.")
            process = self._processes.get(upload_id)
        if process is not None:
            process.kill()

    def tell(self, upload_id: str) -> None:
        """Note that whoever asked for an upload has seen how it ended."""
        with self._lock:
            if upload_id in self._uploads:
                self._uploads[upload_id].told = True

    def forget(self, upload_id: str) -> None:
        """Tell the end of an upload no longer."""
        with self._lock:
            upload = self._uploads.get(upload_id)
            if upload is not None and not upload.under_way:
                del self._uploads[upload_id]

    # --- in the thread that waits for the process ---

    def _work(self, upload: Upload, folder: pathlib.Path, *, chosen: bool) -> None:
        status, sentence = "added", ""
        try:
            if upload.under_way:
                self._convert(upload, folder)
            if upload.under_way:
                sentence = self._keep(upload, folder / child.RESULT, chosen=chosen)
        except errors.DataError as error:
            status, sentence = "refused", str(error)
        except Exception as error:
            status, sentence = "refused", f"It could not be added ({type(error).__name__})."
            _log.exception("upload %s failed", upload.id)
        shutil.rmtree(folder, ignore_errors=True)
        self._end(upload, status, sentence)

    def _convert(self, upload: Upload, folder: pathlib.Path) -> None:
        process = subprocess.Popen(
            [sys.executable, "-m", child.__name__, str(folder)],
            cwd=pathlib.Path(datasets.__file__).parents[2],  # where a checkout's package is found
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        self._processes[upload.id] = process
        given_up = threading.Timer(2 * child.MAX_SECONDS, process.kill)
        given_up.start()
        try:
            self._listen(upload, process)
        finally:
            given_up.cancel()
            process.kill()
            process.wait()
            del self._processes[upload.id]

    def _listen(self, upload: Upload, process: subprocess.Popen) -> None:
        """Follow what the process says until it ends."""
        if upload.under_way:
            upload.status = "reading"
        for line in process.stdout:
            said = json.loads(line)
            share = said.get("share")
            if isinstance(share, float) and 0 <= share <= 1:
                upload.share = share
            if "refused" in said:
                raise errors.DataError(said["refused"])
            if said.get("done"):
                return
        if upload.under_way:
            raise errors.DataError(_lost(process.wait(timeout=5)))

    def _keep(self, upload: Upload, result: pathlib.Path, *, chosen: bool) -> str:
        """Keep what was converted, and return what there is to say about it."""
        images = kept.read(result, name=upload.name)
        published, said = datasets.recognise(images)
        if published:
            upload.name = published
        else:
            if not chosen:  # another set may have got the name meanwhile
                upload.name = adding.free_name(upload.name, datasets.taken())
            datasets.take(upload.name, result)
        return said

    def _end(self, upload: Upload, status: str, sentence: str) -> None:
        if upload.under_way:
            upload.status, upload.sentence = status, sentence
            upload.ended_at = time.monotonic()


def _lost(code: int) -> str:
    """Say why the process ended without a word."""
    if code == -getattr(signal, "SIGXCPU", 0):
        minutes = child.MAX_SECONDS // 60
        return f"It took longer than {minutes} minutes to read. Add fewer images at a time."
    return (
        "The process that read the files ended unexpectedly: they are damaged, or need more memory"
        " than there is here. Add fewer images at a time."
    )


# --- files on their way -----------------------------------------------------------------------


def _checked(wish: Wish) -> list[str]:
    """Return the names under which the files are written for the moment.

    Raises:
        DataError: there are none, too many, or too large ones.
    """
    if not wish.files:
        raise errors.DataError("There are no files yet: choose them, and wait until they are here.")
    if len(wish.files) > MAX_FILES:
        raise errors.DataError(
            f"These are {counting.of(len(wish.files), 'file')}. Expected at most {MAX_FILES}: put"
            " pictures into a ZIP, one folder a class."
        )
    size = sum(len(file.data) for file in wish.files)
    if size > MAX_MB * 2**20:
        raise errors.DataError(
            f"The files have {size / 2**20:.1f} MB together; the page takes {MAX_MB}. Add larger"
            " ones with `python -m mnistdash data add FILE`, or put them into the folder"
            " MNISTDASH_DATA."
        )
    if len(datasets.names()) >= MAX_SETS:
        raise errors.DataError(
            f"There are {MAX_SETS} data sets already. Delete one before adding another."
        )
    names = [_safe(file.name) for file in wish.files]
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise errors.DataError(f"There are two files {twice}: rename one of them.")
    return names


def _safe(name: str) -> str:
    """Make a file's name that leads nowhere else; what the file is told by stays."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    clean = re.sub(r"[^\w .()+-]", "-", last)[-100:].lstrip(". ")
    return clean or "file"


def _write(folder: pathlib.Path, wish: Wish, names: Sequence[str]) -> None:
    job = {
        "files": [name for name in names if name != _safe(wish.test)] or list(names),
        "test": _safe(wish.test) if len(names) > 1 and _safe(wish.test) in names else "",
        "class_names": wish.class_names,
        "invert": wish.invert,
        "transpose": wish.transpose,
        "packed": datasets.are_shared(),
    }
    try:
        (folder / "files").mkdir(parents=True)
        for name, file in zip(names, wish.files, strict=True):
            (folder / "files" / name).write_bytes(file.data)
        (folder / child.JOB).write_text(json.dumps(job), encoding="utf-8")
    except OSError as error:
        shutil.rmtree(folder, ignore_errors=True)
        raise kept.not_kept("The upload", error) from None


def _folder() -> pathlib.Path:
    return datasets.added_folder().absolute() / ".uploads"


def _clean_up() -> None:
    """Remove what a dashboard that was killed left behind."""
    with contextlib.suppress(OSError):
        for folder in _folder().iterdir():
            if folder.stat().st_mtime < time.time() - _OLD:
                shutil.rmtree(folder, ignore_errors=True)
