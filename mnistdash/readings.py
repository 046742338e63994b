"""How one image was read again and again: by several runs, and after one epoch after the other."""

import collections
import dataclasses
from collections.abc import Sequence


@dataclasses.dataclass(frozen=True, kw_only=True)
class Span:
    """Epochs in a row, counted from 0, after which a run gave the same answer, a class."""

    answer: int
    first: int
    last: int


def tally(answers: Sequence[int]) -> list[tuple[int, int]]:
    """Count who agrees.

    Args:
        answers: classes, one of each run.

    Returns:
        Each class that was answered and how often, the most frequent first, then the lowest.
    """
    counted = collections.Counter(answers)
    return sorted(counted.items(), key=lambda found: (-found[1], found[0]))


def spans(answers: Sequence[int]) -> list[Span]:
    """Put the epochs together that follow each other with the same answer.

    Args:
        answers: classes, one after each epoch.
    """
    found: list[Span] = []
    for epoch, answer in enumerate(answers):
        same = found and found[-1].answer == answer
        first = found.pop().first if same else epoch
        found.append(Span(answer=answer, first=first, last=epoch))
    return found
