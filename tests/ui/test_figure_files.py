"""The box that offers a figure: what it costs while it is closed, and what it holds open."""

import json

from streamlit.testing import v1 as streamlit_testing


def page() -> None:
    """A page with one figure, which says when it is drawn."""
    import streamlit as st

    from mnistdash.charts import svg
    from mnistdash.ui import figure_files

    def draw() -> list[svg.Panel]:
        st.session_state["drawn"] = True
        return [svg.Panel(width=400, height=10, drawn="")]

    figure_files.offer(
        draw, title="A & B", of="mine", name="run-figure", csv=lambda: "a\r\n", key="take"
    )


def test_closed_box_is_one_element_and_draws_nothing() -> None:
    """Opened it holds the drawing and its numbers, under the files' name."""
    at = streamlit_testing.AppTest.from_function(page, default_timeout=30).run()
    assert len(at.main.children) == 1
    assert not at.main.children[0].children
    assert "drawn" not in at.session_state
    at.session_state["take"] = True
    told = json.loads(at.run().get_by_key("take-files").proto.json)[0]
    assert (told["name"], told["csv"]) == ("run-figure", "a\r\n")
    assert ">A &amp; B</text>" in told["svg"]
