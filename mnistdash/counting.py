"""Numbers with their noun: `1 image`, `4,160 images`, `26 classes`."""


def of(number: int, noun: str) -> str:
    """Write a count of something, with commas between thousands.

    Args:
        number: how many there are.
        noun: what is counted, in the singular; its last word takes the plural.
    """
    return f"{number:,} {form(number, noun)}"


def form(number: int, noun: str) -> str:
    """Return a regular noun as it stands after a number: `class` after 1, `classes` after 2."""
    if number == 1:
        return noun
    if noun.endswith(("s", "x", "tch", "sh")):  # an epoch is said with a k
        return f"{noun}es"
    if noun.endswith("y") and noun[-2:-1] not in "aeiou":
        return f"{noun[:-1]}ies"
    return f"{noun}s"
