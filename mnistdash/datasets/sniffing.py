"""What a file is by its first bytes, whatever its name claims."""

import gzip
import pathlib
import zlib

from mnistdash.datasets import errors

HEAD = 65_536  # bytes: the header line of a table of 10,000 columns fits
MAX_BYTES = 2_000_000_000  # of a file as it is used

# The first bytes, what they are, and how to bring it into a form that is read.
_NOT_READ = (
    (b"version https://git-lfs", "is a pointer of Git LFS, not the data itself", "git lfs pull"),
    (b"\x89HDF", "is an HDF5 file", "np.savez('mine.npz', x=file['x'][:], y=file['y'][:])"),
    (b"MATLAB", "is a MATLAB file", "np.savez('mine.npz', **scipy.io.loadmat('mine.mat'))"),
    (b"PAR1", "is a Parquet file", "pandas.read_parquet('mine.parquet').to_csv('mine.csv')"),
    *((bytes((128, n)), "is a pickle, which could run code: it is never opened",
       "np.savez('mine.npz', x=x, y=y)") for n in range(2, 6)),
    (b"7z\xbc\xaf", "is a 7z archive", "7z x mine.7z"),
    (b"Rar!", "is a RAR archive", "unrar x mine.rar"),
    (b"\x89PNG", "is one picture", "python -m mnistdash data add FOLDER"),
    (b"\xff\xd8\xff", "is one picture", "python -m mnistdash data add FOLDER"),
)  # fmt: skip


def head(path: pathlib.Path, size: int = HEAD) -> bytes:
    """Return the first bytes of a file, unpacked if it is a gzip file.

    Raises:
        DataError: it can't be read.
    """
    try:
        with path.open("rb") as stream:
            begin = stream.read(size)
        if begin.startswith(b"\x1f\x8b"):
            with gzip.open(path, "rb") as stream:
                begin = stream.read(size)
    except (OSError, EOFError, zlib.error) as error:
        raise errors.unusable(
            path.name, f"it can't be read ({type(error).__name__}): it was cut short or damaged"
        ) from None
    return begin


def kind(begin: bytes) -> str:
    """Tell `zip`, `npy`, `idx`, `table`, `web`, `empty` or `other` from a file's first bytes."""
    if not begin:
        return "empty"
    if begin.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return "zip"
    if begin.startswith(b"\x93NUMPY"):
        return "npy"
    if is_web_page(begin):
        return "web"
    is_json = begin.lstrip()[:1] in (b"{", b"[")
    if is_json or any(begin.startswith(first) for first, _, _ in _NOT_READ):
        return "other"
    if len(begin) >= 8 and begin[:2] == b"\0\0" and 8 <= begin[2] <= 14 and 1 <= begin[3] <= 4:
        return "idx"
    wide = begin.startswith((b"\xff\xfe", b"\xfe\xff"))
    return "table" if wide or b"\0" not in begin[:4096] else "other"


def is_web_page(begin: bytes) -> bool:
    """Tell whether bytes begin as HTML does."""
    text = begin.lstrip(b"\xef\xbb\xbf \t\r\n")[:200].lower()
    return text.startswith((b"<!doctype", b"<html", b"<head", b"<?xml", b"<body"))


def refuse(path: pathlib.Path, begin: bytes) -> errors.DataError:
    """Return why a file of a kind that isn't read can't be used."""
    if is_web_page(begin):
        return errors.DataError(
            f"{path.name} is a web page, not data: the download failed. Download it again."
        )
    if not begin:
        return errors.unusable(path.name, "it is empty")
    for first, what, mend in _NOT_READ:
        if begin.startswith(first):
            return errors.DataError(f"{path.name} {what}. To mend it: `{mend}`.")
    return errors.unusable(
        path.name,
        "it is of no kind that is read",
        expected="NPZ, IDX, CSV, or pictures in a folder or ZIP, one folder a class",
        mend="np.savez('mine.npz', x_train=x, y_train=y)",
    )
