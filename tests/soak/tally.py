"""What a soak counts and says: trials, and whatever must never happen."""

import collections
import contextlib
import sys
import traceback
from collections.abc import Iterator

NEVER = ("lost run", "wrong number", "traceback", "half-written row", "orphan process", "too late")
_SHOWN = 5  # of each kind, in full


class Tally:
    """Counts trials of each kind, and what went wrong in them."""

    def __init__(self) -> None:
        self.trials: collections.Counter[str] = collections.Counter()
        self.refused: collections.Counter[str] = collections.Counter()
        self.faults: collections.Counter[tuple[str, str]] = collections.Counter()

    def trial(self, kind: str) -> None:
        """Count one more trial."""
        self.trials[kind] += 1

    def fault(self, kind: str, what: str, told: str) -> None:
        """Count what must never happen, one of `NEVER`, and tell of the first few."""
        assert what in NEVER
        self.faults[kind, what] += 1
        if self.faults[kind, what] <= _SHOWN:
            print(f"{kind}: {what}: {told}", file=sys.stderr, flush=True)

    @contextlib.contextmanager
    def trying(self, kind: str, told: object, *allowed: type[Exception]) -> Iterator[None]:
        """Count a trial; whatever it raises but a refusal in words is a traceback."""
        self.trial(kind)
        try:
            yield
        except allowed:
            self.refused[kind] += 1
        except Exception:  # that there is none is what is counted
            self.fault(kind, "traceback", f"{told!r:.300}\n{traceback.format_exc(limit=-4)}")

    def table(self) -> str:
        """Write the counts as a Markdown table."""
        heads = ("what", "n", "refused", *NEVER)
        lines = [f"| {' | '.join(heads)} |", "| --- " * len(heads) + "|"]
        for kind, trials in self.trials.items():
            counts = " | ".join(str(self.faults[kind, what]) for what in NEVER)
            lines.append(f"| {kind} | {trials:,} | {self.refused[kind]:,} | {counts} |")
        return "\n".join(lines)


def told(what: str, found: object, expected: str) -> bool:
    """Print what was found, and return whether it says what was expected."""
    holds = expected in str(found)
    print(f"{what}: {found}{'' if holds else f' (expected: {expected})'}", flush=True)
    return holds
