"""Training a recipe with TensorFlow: what it reports, one training, its steps, and its model."""
