"""Names of a person's own data sets: what the link, the store and the file know them by."""

import unicodedata
from collections.abc import Sequence

from mnistdash.datasets import roles

MAX_NAME = 40  # characters, as the store's column
RULE = (
    "A data set's name has 1 to 40 letters, digits, spaces and . - _ + ( ) , of any script, and"
    " begins with a letter or digit."
)
_MARKS = set(" .-_+(),")


def is_name(text: str) -> bool:
    """Tell whether a text may name a data set: nothing in it leads elsewhere or is markup."""
    return (
        0 < len(text) <= MAX_NAME
        and text == unicodedata.normalize("NFC", text)
        and text[0].isalnum()
        and text[-1] not in " ."
        and ".." not in text
        and all(c in _MARKS or _is_letter(c) for c in text)
    )


def _is_letter(character: str) -> bool:
    return character.isalnum() or unicodedata.category(character) in ("Mn", "Mc")


def stem(file_name: str) -> str:
    """Return what is left of a file's name without its endings, composed as people type it."""
    text = unicodedata.normalize("NFC", file_name)
    lower = text.lower()
    for ending in (".csv.gz", ".tsv.gz", ".txt.gz", ".npz", ".npy", ".csv", ".tsv", ".zip"):
        if lower.endswith(ending):
            return text[: -len(ending)]
    return text


def of_files(names: Sequence[str]) -> str:
    """Return what a set is called after: its one file, or what the names of several share."""
    if len(names) == 1 and not roles.of(names[0]).kind:
        return stem(names[0])
    rests = [rest for name in names if (rest := roles.of(name).rest)]
    return rests[0] if rests else stem(names[0]) if len(names) == 1 else "images"


def made_of(text: str) -> str:
    """Make a name of any text: other characters become `-`; at most 40 of them stay."""
    composed = unicodedata.normalize("NFC", text)
    kept = "".join(c if c in _MARKS or _is_letter(c) else "-" for c in composed)
    while ".." in kept:
        kept = kept.replace("..", ".")
    while kept and not kept[0].isalnum():
        kept = kept[1:]
    return kept[:MAX_NAME].rstrip(" .") or "images"
