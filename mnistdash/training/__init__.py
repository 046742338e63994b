"""Training a recipe with TensorFlow: what it reports, one training, its steps, and its model."""

import os

# TensorFlow's notes on each of its steps would bury the command line's own; its warnings stay.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "1")
