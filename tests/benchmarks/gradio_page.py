"""The page that demonstrations make: a Gradio sketchpad and `model.predict`.

Run by `pages.py --gradio`, with a Python that has gradio and tensorflow; the argument is the port.
"""

import sys

import gradio
import keras
import numpy as np
from PIL import Image

layers = keras.layers
model = keras.Sequential(
    [
        keras.Input((28, 28, 1)),
        layers.Conv2D(32, 5, activation="relu"),
        layers.MaxPooling2D(),
        layers.Conv2D(64, 5, activation="relu"),
        layers.MaxPooling2D(),
        layers.Flatten(),
        layers.Dense(128, activation="relu"),
        layers.Dense(10, activation="softmax"),
    ]
)


def answer(sketch: dict) -> dict[str, float]:
    """Return each class's probability for what is drawn; nothing for an empty sheet."""
    drawn = sketch["composite"]
    if drawn is None or not drawn[..., -1].any():
        return {}
    ink = np.asarray(Image.fromarray(drawn[..., -1]).resize((28, 28)))
    probs = model.predict(ink[None, ..., None] / 255.0, verbose=0)[0]
    return {str(label): float(prob) for label, prob in enumerate(probs)}


sketchpad = gradio.Sketchpad(type="numpy", canvas_size=(280, 280))
page = gradio.Interface(answer, sketchpad, gradio.Label(num_top_classes=3), live=True)
page.launch(server_port=int(sys.argv[1]), quiet=True)
