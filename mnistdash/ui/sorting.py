"""What our tables have in common, to stand before a table's own style and script."""

import pathlib

_HERE = pathlib.Path(__file__).parent

CSS = (_HERE / "sorting.css").read_text(encoding="utf-8")
JS = (_HERE / "sorting.js").read_text(encoding="utf-8")
