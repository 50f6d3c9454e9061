"""Images need nothing else, and nothing in a text leaves its place."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from cdctl.domain.boards.drawing import fit
from cdctl.tui.svg import svg


def test_it_is_whole_xml_without_foreign_addresses():
    lines = [fit([('<script>"&', "bad strong"), (" x ", "cursor")], 20)]
    text = svg(lines, 20, "<title>")
    root = ET.fromstring(text)
    assert "".join(root.itertext()).count('<script>"&') == 1
    assert text.count("http") == 1
    assert "script>" not in text.replace("&lt;script&gt;", "")


def test_a_cursor_is_a_ground_of_its_own():
    text = svg([fit([("a", "cursor"), ("b", "")], 2)], 2, "x")
    assert text.count("<rect") == 2


def test_a_cursor_has_no_seams():
    line = fit([("a", "cursor"), ("b", "bad cursor"), ("c", ""), ("d", "cursor")], 4)
    drawn = ET.fromstring(svg([line], 4, "x")).iter("{http://www.w3.org/2000/svg}rect")
    assert [rect.get("width") for rect in drawn] == ["100%", "16.8", "8.4"]
