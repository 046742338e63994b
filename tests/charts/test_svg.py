"""Files written by hand: their size, their titles, and other people's names in them."""

from mnistdash.charts import svg
from tests.charts import examples


def test_file_holds_its_drawings_on_white() -> None:
    """Three of 400 by 100, two in a row: 828 wide with its gap, and 20 pixels around all."""
    one = svg.Panel(width=400, height=100, drawn=svg.text(0, 10, "one"))
    found = examples.read(one, one, one, title="Three", of="starter")
    ground = next(found.iter("rect"))
    assert (ground.attrib["fill"], found.attrib["width"]) == ("#ffffff", "868")
    assert ground.attrib["width"] == found.attrib["width"]
    assert ground.attrib["height"] == found.attrib["height"]
    assert examples.texts(found) == ["Three", "starter", "one", "one", "one"]
    places = [group.attrib["transform"] for group in found.iter("g")]
    across, down = zip(*(place[10:-1].split() for place in places), strict=True)
    assert across == ("20", "448", "20")
    assert float(down[2]) - float(down[0]) == 128


def test_names_are_texts() -> None:
    """Markup in a name is shown as it is, and what no XML may hold is left out."""
    name = '</text><script>x()</script>"&\x00\ud800'
    drawn = svg.text(0, 0, name) + svg.rect(0, 0, 1, 1, fill="#000000", said=name)
    found = examples.read(svg.Panel(width=400, height=9, drawn=drawn), title=name)
    plain = name[:-2]
    assert examples.texts(found) == [plain, plain]
    assert examples.said(found)[0].find("title").text == plain
    assert found.attrib["aria-label"].startswith(plain)


def test_long_title_is_set_in_lines() -> None:
    """No line is wider than the drawing, and none of its words is lost."""
    title = " ".join(["a rather long name"] * 12)
    found = examples.read(svg.Panel(width=400, height=10, drawn=""), title=title)
    lines = examples.texts(found)
    assert len(lines) > 2
    assert " ".join(lines) == title
    assert max(svg.width(line, 17) for line in lines) <= 400
