"""The dashboard without a browser: a page opened by its link, and read as people read it."""

import html
import json
import pathlib
import re

from streamlit.testing import v1 as streamlit_testing

REPO = pathlib.Path(__file__).parents[2]
PAGES = ("overview", "confusion", "gallery", "confidence", "compare", "draw", "train", "data")
OF_A_RUN = ("overview", "confusion", "gallery", "confidence", "compare")


def open_page(name: str, *, ok: bool = True, **params: object) -> streamlit_testing.AppTest:
    """Follow a link to a page in a new session."""
    at = streamlit_testing.AppTest.from_file(REPO / "app.py", default_timeout=30)
    at.query_params.update(params)
    if name != "overview":
        at.switch_page(f"pages/{name}.py")
    at.run()
    assert not at.exception
    assert ok is (not at.error)
    return at


def text(at: streamlit_testing.AppTest) -> str:
    """Read all sentences on the screen, with plain spaces and no markup."""
    kinds = (
        "title",
        "header",
        "subheader",
        "markdown",
        "caption",
        "html",
        "info",
        "warning",
        "error",
    )
    found = [element.value for kind in kinds for element in at.get(kind)]
    found += [bar.proto.text for bar in at.get("progress")]
    words = " \n ".join(value for value in found if not value.startswith("<style>"))
    plain = html.unescape(re.sub(r"<[^>]*>|\*\*|(?<=\s)\*(?=\S)|(?<=\S)\*(?=\n)", "", words))
    return re.sub(r"[^\S\n]", " ", plain)


def forge(at: streamlit_testing.AppTest, text: str, number: float) -> None:
    """Send for every widget of the page a text or a number that nobody chose, as a browser may."""
    sent = at._tree.get_widget_states()
    for widget in sent.widgets:
        kind = widget.WhichOneof("value") or "string_value"  # of a box without a choice
        if kind == "string_value":
            widget.string_value = text
        elif kind == "string_array_value":
            widget.string_array_value.data[:] = [text]
        elif kind == "double_array_value":
            widget.double_array_value.data[:] = [number] * len(widget.double_array_value.data)
        elif kind == "int_value":
            widget.int_value = -1
        elif kind == "json_value":
            widget.json_value = json.dumps({"choose": text, "chosen": [number, text]})
    at._run(sent)


def forge_kind(at: streamlit_testing.AppTest, kind: str, value: object) -> None:
    """Send a value of one kind for every widget, whichever kind it takes."""
    sent = at._tree.get_widget_states()
    for widget in sent.widgets:
        setattr(widget, kind, value)
    at._run(sent)


def tiles(at: streamlit_testing.AppTest, key: str) -> list[str]:
    """Read what the tiles of one component say to a person who can't see them."""
    return json.loads(at.get_by_key(key).proto.json)[0]["alts"]


def reading(at: streamlit_testing.AppTest) -> dict:
    """Read what the page says an image was read as, and to an empty canvas."""
    return json.loads(at.get_by_key("reading").proto.json)[0]


def doors(at: streamlit_testing.AppTest) -> list[str]:
    """Read the labels of the links on the page, those of the sidebar left out."""
    return [link.label for link in at.page_link]


def button(at: streamlit_testing.AppTest, label: str) -> object:
    """Find the button with this label."""
    return next(each for each in at.button if each.label == label)


def box(at: streamlit_testing.AppTest, label: str) -> object:
    """Find the input with this label."""
    kinds = ("text_input", "number_input", "selectbox", "toggle", "text_area")
    return next(each for kind in kinds for each in at.get(kind) if each.label == label)


def table(at: streamlit_testing.AppTest) -> list[dict]:
    """Read the lines of the table as they are sent to the browser."""
    return json.loads(at.get_by_key("run-table").proto.json)[0]["rows"]


def tick(at: streamlit_testing.AppTest, *ids: object) -> None:
    """Say, as the browser does, which runs are chosen in the table."""
    at.session_state["run-table"] = {"chosen": list(ids)}
    at.run()
    assert not at.exception


def labels(at: streamlit_testing.AppTest) -> list[str]:
    """Read what the buttons, doors and boxes that open on the page are called."""
    popovers = [each.proto.popover.label for each in at.get("popover")]
    return [each.label for each in at.button] + doors(at) + popovers
