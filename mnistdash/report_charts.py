"""Charts of a report as SVG: they need no script, and print sharply."""

from collections.abc import Callable, Mapping, Sequence

from mnistdash import confidence, evaluation

_WIDTH, _HEIGHT, _LEFT, _TOP, _BOTTOM = 420, 220, 48, 28, 34
_ACCENT, _GREY, _LINE, _ORANGE = "#4f46e5", "#5b5b6b", "#dcdce4", "#c2410c"
_KINDS = {"loss": "loss (cross-entropy, nats)", "accuracy": "accuracy, 0 to 1"}

Place = Callable[[float], float]  # from a value to where it stands, in pixels


def curves(history: Sequence[Mapping]) -> str:
    """Draw loss and accuracy after each epoch, on training images and, dashed, on validation ones.

    Args:
        history: an epoch each, as of a run; figures that nobody knows are `None`.

    Returns:
        The charts, empty where no figure is known.
    """
    drawn = []
    for kind, title in _KINDS.items():
        lines = {
            name: [(at + 1, epoch[name]) for at, epoch in enumerate(history) if _known(epoch, name)]
            for name in (kind, f"val_{kind}")
        }
        known = [value for line in lines.values() for _, value in line]
        if known:
            drawn.append(_chart(title, lines, len(history), min(known), max(known)))
    return f'<div class="beside">{"".join(drawn)}</div>' if drawn else ""


def reliability(bins: Sequence[confidence.Bin]) -> str:
    """Draw the accuracy of bins of equal width against their confidence.

    A thin line is an accuracy's 95 % interval (Wilson, 1927), a mark the mean confidence, a number
    says how many images there are.
    """
    x, y = _scale(0, 1, _LEFT, _WIDTH - 12), _scale(0, 1, _HEIGHT - _BOTTOM, _TOP)
    ticks = "".join(_tick_x(x(at), f"{at:g}") for at in (0, 0.5, 1))
    ticks += "".join(_tick_y(y(at), f"{at:g}") for at in (0, 0.5, 1))
    ideal = f'<path d="M{x(0)},{y(0)}L{x(1)},{y(1)}" stroke="{_GREY}" stroke-dasharray="4 3"/>'
    drawn = "".join(_bin(each, x, y) for each in bins)
    said = "Accuracy of images of like confidence; on the dashed line both are equal"
    across = "confidence: the probability of the answer, 0 to 1"
    return _svg(said, ticks + ideal + drawn, across, "accuracy, 0 to 1")


def _bin(found: confidence.Bin, x: Place, y: Place) -> str:
    left, right, middle = x(found.low), x(found.high) - 1, x((found.low + found.high) / 2)
    low, high = evaluation.wilson(found.right, found.images)
    top, level = y(found.accuracy), y(found.confidence)
    return (
        f'<rect x="{left:.1f}" y="{top:.1f}" width="{right - left:.1f}" height="{y(0) - top:.1f}"'
        f' fill="{_ACCENT}" fill-opacity=".45"/>'
        f'<path d="M{middle:.1f},{y(low):.1f}V{y(high):.1f}" stroke="{_ACCENT}"/>'
        f'<path d="M{left:.1f},{level:.1f}H{right:.1f}" stroke="{_ORANGE}" stroke-width="2"/>'
        f'<text x="{middle:.1f}" y="{min(y(high), level) - 3:.1f}" text-anchor="middle"'
        f' font-size="8" fill="{_GREY}">{found.images}</text>'
    )


def _chart(
    title: str,
    lines: Mapping[str, Sequence[tuple[int, float]]],
    epochs: int,
    low: float,
    high: float,
) -> str:
    pad = (high - low) * 0.05 or 0.05
    x = _scale(1, max(epochs, 2), _LEFT, _WIDTH - 12)
    y = _scale(low - pad, high + pad, _HEIGHT - _BOTTOM, _TOP)
    known = sorted({low, (low + high) / 2, high})
    drawn = "".join(_tick_y(y(value), f"{value:.3g}") for value in known)
    drawn += "".join(_tick_x(x(epoch), str(epoch)) for epoch in sorted({1, epochs}))
    for name, points in lines.items():
        path = "L".join(f"{x(epoch):.1f},{y(value):.1f}" for epoch, value in points)
        dash, colour = (' stroke-dasharray="5 3"', _ORANGE) if name[:4] == "val_" else ("", _ACCENT)
        if len(points) == 1:
            (epoch, value), *_ = points
            drawn += f'<circle cx="{x(epoch):.1f}" cy="{y(value):.1f}" r="3" fill="{colour}"/>'
        elif points:
            drawn += f'<path d="M{path}" stroke="{colour}" stroke-width="2"{dash}/>'
    return _svg(f"{title} after each epoch", drawn, "epoch", title)


def _svg(said: str, drawn: str, across: str, up: str) -> str:
    middle = (_LEFT + _WIDTH) / 2
    return (
        f'<svg width="{_WIDTH}" height="{_HEIGHT}" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img"'
        f' aria-label="{said}" fill="none">{drawn}'
        f'<text x="{middle}" y="{_HEIGHT - 4}" text-anchor="middle" fill="{_GREY}">{across}</text>'
        f'<text x="4" y="{_TOP - 14}" fill="{_GREY}">{up}</text></svg>'
    )


def _tick_x(at: float, said: str) -> str:
    bottom = _HEIGHT - _BOTTOM
    return f'<text x="{at:.1f}" y="{bottom + 14}" text-anchor="middle" fill="{_GREY}">{said}</text>'


def _tick_y(at: float, said: str) -> str:
    return (
        f'<path d="M{_LEFT},{at:.1f}H{_WIDTH - 12}" stroke="{_LINE}"/>'
        f'<text x="{_LEFT - 6}" y="{at + 4:.1f}" text-anchor="end" fill="{_GREY}">{said}</text>'
    )


def _scale(low: float, high: float, start: float, end: float) -> Place:
    return lambda value: start + (value - low) / (high - low) * (end - start)


def _known(epoch: Mapping, name: str) -> bool:
    value = epoch.get(name)
    return value is not None and value == value and abs(value) != float("inf")
