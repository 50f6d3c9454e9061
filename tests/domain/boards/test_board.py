"""Where panels stand: as the picture says, on any screen."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdctl.domain.boards.board import Board, Box, Slot, boxes, letters, misdrawn

BOARD = Board("x", "", ("hhhh", "ssff", "ssff", "..ff"), (Slot("h", "header", lines=2), Slot("s", "a"), Slot("f", "b")))


def test_a_picture_says_where_panels_stand():
    assert letters(BOARD.picture) == ["h", "s", "f"]
    assert boxes(BOARD, 80, 26) == {"h": Box(0, 0, 80, 2), "s": Box(0, 2, 40, 16), "f": Box(40, 2, 40, 24)}


def test_on_a_small_screen_the_upper_panels_win():
    assert boxes(BOARD, 4, 1)["h"].height == 1
    assert boxes(BOARD, 4, 1)["f"].height == 0


@given(st.integers(1, 300), st.integers(0, 200))
def test_panels_never_overlap_nor_leave_the_screen(width, height):
    seen = set()
    for box in boxes(BOARD, width, height).values():
        cells = {(x, y) for x in range(box.left, box.left + box.width) for y in range(box.top, box.top + box.height)}
        assert not cells & seen
        assert all(x < width and y < height for x, y in cells)
        seen |= cells


@pytest.mark.parametrize(
    ("picture", "said"),
    [
        (["aa", "a"], "row 2 of the picture has 1 letters"),
        (["ab", "ba"], "a is not one rectangle"),
        (["aba"], "a is not one rectangle"),
        (["a", "b", "a"], "a is not one rectangle"),
        (["aa", "ab"], "a is not one rectangle"),
    ],
)
def test_what_is_no_picture(picture, said):
    assert said in next(misdrawn(picture))[1]


def test_a_picture_that_is_one():
    assert list(misdrawn(BOARD.picture)) == []
