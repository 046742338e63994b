"""An image and what a run answered to it, to be taken along as one figure."""

from collections.abc import Callable

import numpy as np

from mnistdash import markup
from mnistdash.charts import amounts, drawn, svg
from mnistdash.ui import figure_files, state, why, words

_PICTURE_PX = 280
_BARS_PX = (440, 280)


def offer(
    image: np.ndarray,
    probs: Callable[[], np.ndarray],
    class_names: tuple[str, ...],
    *,
    true_class: int | None,
    ink: bool,
    title: str,
    of: str,
    name: str,
    key: str,
) -> None:
    """Offer an image beside its bars.

    Args:
        image: uint8 `(28, 28)`.
        probs: tells the classes' probabilities, float32 `(K,)`, once they are drawn.
        class_names: K names.
        true_class: the label; `None` where nobody knows it.
        ink: whether it is shown as ink on paper.
        title: of the figure.
        of: whose answer it is.
        name: of the files, without their ending.
        key: Streamlit key.
    """

    def draw() -> list[svg.Panel]:
        bars = amounts.of_answer(probs(), class_names, true_class=true_class)
        width, height = _BARS_PX
        return [
            svg.picture(markup.picture(image, ink), _PICTURE_PX),
            drawn.panel(bars, width=width, height=height),
        ]

    figure_files.offer(draw, title=title, of=of, name=name, key=key)


def of_drawing(answered: why.Answered | None) -> None:
    """Offer a drawing as the model saw it, beside its bars; nothing without an answer."""
    if answered is None:
        return
    run, names = answered.run, answered.class_names
    offer(
        answered.image,
        lambda: state.load_classifier(run.id).probs(answered.image[np.newaxis])[0],
        names,
        true_class=None,
        ink=True,
        title=f"Read as {names[answered.label]}",
        of=words.run_title(run),
        name=f"{run.id}-drawing",
        key="take-drawing",
    )
