"""What the figures show, as plain values, and the same drawn as SVG files."""
