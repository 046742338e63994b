"""How numbers, times and names are written, on pages and in reports."""

import datetime

from mnistdash import counting, recipes, store

THIN = "\N{THIN SPACE}"
# What the settings of a recipe are called, with their units.
SETTINGS = {
    "layers": "Layers",
    "epochs": "Epochs",
    "learning_rate": "Learning rate",
    "batch_size": "Batch size",
    "optimizer": "Optimizer",
    "schedule": "Schedule",
    "scaling": "Scaling",
    "validation": "Validation share",
    "seed": "Seed",
    "rotation": "Rotation, degrees",
    "shift": "Shift, share of the side",
    "zoom": "Zoom, share",
    "shear": "Shear, degrees",
    "elastic": "Elastic, cells",
    "thickness": "Stroke thickness, cells",
    "upstroke": "Upstrokes on ones, share",
    "momentum": "Momentum (sgd)",
    "keep": "Keep",
    "patience": "Patience, epochs",
    "corrections": "Corrections",
    "drawings": "Drawings learnt besides",
    "classes": "Classes",
}


def percent(fraction: float) -> str:
    """Write a fraction as `98.13 %`."""
    return f"{100 * fraction:.2f}{THIN}%"


def interval(low: float, high: float) -> str:
    """Write an interval of fractions as `97.84-98.38 %`."""
    return f"{100 * low:.2f}-{100 * high:.2f}{THIN}%"


def count(number: int) -> str:
    """Write a count with thin spaces between thousands: `10 000`."""
    return f"{number:,}".replace(",", THIN)


def number_of(number: int, noun: str) -> str:
    """Write `1 class`, `26 classes`, `10 000 test images`: thin spaces between thousands."""
    return f"{count(number)} {counting.form(number, noun)}"


def images(number: int, kind: str = "") -> str:
    """Write `1 image`, `19 images`, `10 000 test images`."""
    return number_of(number, f"{kind} image".strip())


def errors(number: int) -> str:
    """Write `1 error`, `187 errors`."""
    return number_of(number, "error")


def duration(seconds: float) -> str:
    """Write a time as people say it: `8 s`, `2 min 5 s`, `1 h 10 min`."""
    whole = max(0, round(seconds))
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def moment(timestamp: float) -> str:
    """Write a time in UTC as `2026-11-21 08:30`."""
    return datetime.datetime.fromtimestamp(timestamp, datetime.UTC).strftime("%Y-%m-%d %H:%M")


def run_title(run: store.Run) -> str:
    """Tell a run from its sisters: `dense-tutorial · seed 1 · 10 epochs`.

    Its name, its seed, and what differs from the preset that it is named after; or that it was
    brought: `my cnn · brought`.
    """
    if run.recipe is None:
        return f"{run.name} · brought" if run.origin == store.BROUGHT else run.name
    preset = recipes.PRESETS.get(run.name)
    changed = recipes.differences(run.recipe, preset.recipe) if preset else ()
    return " · ".join([run.name, f"seed {run.recipe.seed}", *changed])
