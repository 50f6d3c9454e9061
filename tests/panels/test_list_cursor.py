"""The hand on a list: which thing it is on while others come, go, and change places."""

from __future__ import annotations

import pytest

from cdctl.panels.list_cursor import ListCursor


def on(keys: str, *moves: str, room: int = 10) -> ListCursor:
    cursor = ListCursor()
    cursor.follow(keys)
    cursor.fit(room)
    for move in moves:
        assert cursor.press(move)
    return cursor


def under(cursor: ListCursor, keys: str) -> str:
    cursor.follow(keys)
    return keys[cursor.place]


def test_a_hand_that_was_never_moved_stays_on_the_first_whatever_that_is():
    cursor = on("AB")
    assert [under(cursor, keys) for keys in ("NAB", "BA", "A")] == ["N", "B", "A"]


@pytest.mark.parametrize("moves", [("down", "up"), ("last", "first"), ("stay",), ("up",), ("page-up",)])
def test_once_moved_it_stays_on_its_thing_on_the_first_one_too(moves):
    cursor = on("AB", *moves)
    assert [under(cursor, keys) for keys in ("NAB", "BA", "BNA", "AB")] == ["A"] * 4


def test_a_click_holds_the_first_one():
    cursor = on("AB")
    cursor.point(0)
    assert under(cursor, "NAB") == "A"


@pytest.mark.parametrize(
    ("after", "expected"), [("ABDE", "D"), ("NABDE", "D"), ("EDBA", "D"), ("NAB", "B"), ("XYZ", "Z"), ("X", "X")]
)
def test_where_its_thing_is_gone_it_is_on_what_stood_next_to_it_and_stays_there(after, expected):
    cursor = on("ABCDE", "down", "down")
    assert under(cursor, after) == expected
    assert under(cursor, "N" + after) == expected
    assert under(cursor, "NC" + after) == expected, "what comes back does not take the hand along"


def test_what_was_gone_for_a_moment_with_all_others_is_found_again():
    cursor = on("ABC", "down")
    cursor.follow("")
    assert (cursor.place, under(cursor, "NABC")) == (0, "B")


def test_a_window_on_the_first_ones_stays_on_these_while_the_hand_is_in_it():
    cursor = on("ABCDEF", "down", room=3)
    assert (under(cursor, "NABCDEF"), cursor.top) == ("B", 0)
    assert (under(cursor, "ONABCDEF"), cursor.place - cursor.top) == ("B", 2)
    assert (under(cursor, "PQONABCDEF"), cursor.place - cursor.top) == ("B", 2)


def test_what_is_no_move_holds_nothing():
    cursor = on("AB")
    assert not cursor.press("copy")
    assert under(cursor, "NAB") == "N"


def test_where_lines_are_only_read_the_first_is_followed_again():
    cursor = ListCursor(follows=True)
    cursor.follow("abc")
    cursor.press("down")
    cursor.follow("nabc")
    assert cursor.place == 2
    cursor.press("first")
    cursor.follow("mnabc")
    assert cursor.place == 0
