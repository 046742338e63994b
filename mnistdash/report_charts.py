"""Charts of a report, drawn as those of the pages are in files."""

from collections.abc import Sequence

from mnistdash import confidence, store
from mnistdash.charts import described, drawn, learning, sureness, svg

_WIDTH_PX, _HEIGHT_PX = 440, 290  # two stand beside each other


def curves(run: store.Run) -> str:
    """Draw accuracy and loss after each epoch, on training images and on validation ones.

    Args:
        run: with its history.

    Returns:
        The charts, empty where no figure is known.
    """
    if not run.history:
        return ""
    both = "".join(_inline(each) for each in learning.charts([run], [run.name]) if each.lines)
    return f'<div class="beside">{both}</div>' if both else ""


def reliability(bins: Sequence[confidence.Bin]) -> str:
    """Draw the accuracy of images of like confidence against that confidence."""
    return _inline(sureness.reliability_by_width(bins))


def _inline(chart: described.Chart) -> str:
    return svg.inline(drawn.panel(chart, width=_WIDTH_PX, height=_HEIGHT_PX), chart.said)
