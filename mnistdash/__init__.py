"""Train small image classifiers on MNIST and Fashion-MNIST, and see where they fail."""
