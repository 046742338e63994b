"""What can't be used as data: one kind of error, one shape of sentence."""


class DataError(Exception):
    """Data that can't be used, in one sentence: the file, what was expected, the remedy."""


def unusable(source: str, what: str, *, expected: str = "", mend: str = "") -> DataError:
    """Say of a person's own file what is there, what was expected, and how to mend it.

    Args:
        source: the file's name, without its folder.
        what: what is there, as in "`x_train` holds text".
        expected: what should be there instead.
        mend: a line of Python, or a command, that mends it.
    """
    sentence = f"{source} can't be used: {what}."
    if expected:
        sentence += f" Expected {expected}."
    if mend:
        sentence += f" To mend it: `{mend}`."
    return DataError(sentence)
