from __future__ import annotations

import pytest

from cdctl.domain.grid import Column, cells, grid, shorten


def test_columns_line_up() -> None:
    lines = grid(
        [Column("NAME"), Column("N", "right"), Column("P", "point")], [["a", "1", "99.9%"], ["bcd", "22", "100%"]]
    )
    assert lines == ["NAME   N       P", "a      1   99.9%", "bcd   22  100%"]


def test_a_column_without_content_is_left_out() -> None:
    assert grid([Column("A"), Column("B")], [["x", ""]]) == ["A", "x"]
    assert grid([Column("A"), Column("B")], [["x", "y"]]) == ["A  B", "x  y"]


def test_only_columns_that_may_shrink_do() -> None:
    long = "remote-command-availability"
    lines = grid([Column("A", shrinks=True), Column("B")], [[long, long]], 30)
    assert lines[1] == "remote…ility  remote-command-availability"
    assert len(lines[1]) > 30


def test_each_column_has_a_narrowest_width() -> None:
    columns = [Column("A", shrinks=True), Column("B", shrinks=True, narrowest=6)]
    assert grid(columns, [["a" * 20, "b" * 20]], 10)[1] == "aaaaaa…aaaaa  bbb…bb"


def test_the_ends_of_a_name_stay() -> None:
    assert shorten("remote-command-availability", 11) == "remot…ility"
    assert shorten("short", 5) == "short"
    assert [shorten("short", width) for width in (1, 0, -3)] == ["…", "", ""]


@pytest.mark.parametrize(("text", "width"), [("abc", 3), ("漢字", 4), ("e\u0301", 1), ("", 0)])
def test_cells(text: str, width: int) -> None:
    assert cells(text) == width


def test_wide_characters_keep_columns_straight() -> None:
    lines = grid([Column("A"), Column("B")], [["漢字", "x"], ["abcd", "y"]])
    assert lines[1] == "漢字  x"
    assert lines[2] == "abcd  y"
    assert cells(shorten("漢字漢字漢字", 7)) <= 7
