"""A command that is declared wrongly is found before anybody relies on it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from cdctl.domain.orders.command import Argument, Command, Kind, Risk
from cdctl.domain.orders.declaring import declared_wrong

TIMES = Argument("times", Kind.INTEGER, "How often", default=1, least=1, most=5, example="2")
GOOD = Command("seat.heat", "Warm a seat", Risk.CONFIRM, (TIMES,))


def test_a_sound_one_has_nothing_wrong() -> None:
    assert declared_wrong("seat", [GOOD, replace(GOOD, name="seat")]) == ()


@pytest.mark.parametrize(
    ("commands", "text"),
    [
        (None, "gives a NoneType"),
        ("seat", "gives a str"),
        ([], "brings no command"),
        ([1], "brings a int"),
        ([GOOD, GOOD], "brings seat.heat twice"),
    ],
)
def test_what_is_no_list_of_commands(commands: Any, text: str) -> None:
    assert text in declared_wrong("seat", commands)[0]


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"name": "lock"}, "must be called seat, or seat.SOMETHING"),
        ({"name": "seat.heat.up"}, "must be called seat, or seat.SOMETHING"),
        ({"name": "Seat Heat"}, "cannot be called"),
        ({"name": "seat.\x1b[2J"}, "cannot be called"),
        ({"summary": "two\nlines"}, "summary must be one line"),
        ({"risk": "confirm!"}, "risk must be a Risk"),
        ({"preconditions": ("parked?",)}, "must be Preconditions"),
        ({"expires": 0}, "expires must be whole seconds"),
        ({"timeout": 1.5}, "timeout must be whole seconds"),
        ({"encode": 1}, "encode cannot be called"),
        ({"revert": 1}, "revert cannot be called"),
        ({"results": {"a": ""}}, "results must map"),
    ],
)
def test_what_is_wrong_with_a_command(change: dict[str, Any], text: str) -> None:
    (found,) = declared_wrong("seat", [replace(GOOD, **change)])
    assert text in found


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"name": "Times"}, "cannot be called"),
        ({"kind": "integer?"}, "must have a Kind"),
        ({"help": ""}, "one line of help"),
        ({"choices": ("1",)}, "has choices"),
        ({"kind": Kind.CHOICE, "default": None}, "has no choices"),
        ({"pattern": "."}, "has a pattern, and is no text"),
        ({"least": 9, "default": None, "example": "9"}, "bounds that nothing is within"),
        ({"required": True}, "is required and has a default"),
        ({"example": ""}, "needs an example"),
        ({"example": "6"}, "would refuse its own example: 6 is out of bounds"),
        ({"default": 7}, "would refuse its own default"),
    ],
)
def test_what_is_wrong_with_an_argument(change: dict[str, Any], text: str) -> None:
    found = declared_wrong("seat", [replace(GOOD, arguments=(replace(TIMES, **change),))])
    assert any(text in one for one in found)


def test_an_argument_that_is_there_twice() -> None:
    assert "times is there twice" in declared_wrong("seat", [replace(GOOD, arguments=(TIMES, TIMES))])[0]
