"""What comes out of a stranger's panel: sound things pass as they are, everything else is named or cut."""

from __future__ import annotations

import itertools
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import fields
from types import MappingProxyType
from typing import Any

import numpy as np
import pytest

from cdctl.domain.boards import giving
from cdctl.domain.boards.asking import Arrange, Ask
from cdctl.domain.boards.drawing import ROLES, text_of, width_of
from cdctl.domain.boards.requests import About, Copy, Leave, Narrow, Offenders, Open, Prepare, Save, Say, Steer
from cdctl.errors import PluginError
from cdctl.testing.examples import HOSTILE


class Text(str):
    """A text that lies about itself."""

    def __len__(self) -> int:
        return 0

    def isascii(self) -> bool:
        return True

    def isprintable(self) -> bool:
        return True

    def split(self, *_: object) -> Any:
        raise RuntimeError("never")


def test_lines_are_cut_to_the_box_and_filled():
    lines = giving.lines([(("abc", "bad"), ("defgh", "dim")), (), (("ü界", ""),)], 5, 3)
    assert lines == ((("abc", "bad"), ("de", "dim")), (("     ", ""),), (("ü界  ", ""),))
    assert giving.lines([(("x", ""),)] * 100, 1, 2) == ((("x", ""),),) * 2


def test_what_never_ends_is_cut():
    piece = ("x", "")
    assert len(giving.lines(itertools.repeat((piece,)), 3, 4)) == 4
    assert giving.lines([itertools.repeat(piece)], 3, 1) == ((("xxx", ""),),)
    (line,) = giving.lines([(("e" + "\u0301" * 10**6, ""),)], 10, 1)
    assert len(text_of(line)) < 100


def test_roles_that_nobody_knows_are_left_out():
    (line,) = giving.lines([(("a", "bad wild red"), ("b", "frame"), ("c", " ".join(ROLES)), ("d", "x" * 10**6))], 4, 1)
    assert line == (("a", "bad"), ("b", ""), ("c", " ".join(ROLES)), ("d", ""))


@pytest.mark.parametrize("text", HOSTILE)
def test_texts_are_harmless(text):
    (line,) = giving.lines([((text, ""),)], 40, 1)
    assert text_of(line).isprintable()
    assert width_of(line) == 40


def test_a_text_that_lies_is_read_as_it_is():
    (line,) = giving.lines([((Text("\x1b[2J"), Text("bad")),)], 10, 1)
    assert line == (("\\x1b[2J", "bad"), ("   ", ""))
    assert type(line[0][0]) is str


@pytest.mark.parametrize(
    ("drawn", "reason"),
    [
        (None, "its draw gave a NoneType, not lines"),
        ("text", "its draw gave a str, not lines"),
        (5, "its draw gave a int, not lines"),
        (["text"], "its draw gave a line that is 'text', not pieces"),
        ([5], "its draw gave a line that is 5"),
        ([("text",)], "its draw gave 'text' in a line"),
        ([(("a", "b", "c"),)], "its draw gave ('a', 'b', 'c') in a line"),
        ([(("a", None),)], "its draw gave ('a', None) in a line"),
        ([((b"a", ""),)], "in a line, not a text and its roles"),
    ],
)
def test_what_are_no_lines(drawn, reason):
    with pytest.raises(PluginError) as error:
        giving.lines(drawn, 10, 10)
    assert reason in error.value.message


def test_a_question_is_made_anew_from_our_own_values():
    assert giving.asked(None) is None
    ask = giving.asked(Arrange(Text("region:eu"), "age", True, ["vin"], 3))  # type: ignore[arg-type]
    assert ask == Arrange("region:eu", "age", True, ("vin",), 3)
    assert type(ask.where) is str  # type: ignore[union-attr]


class Own(Ask):
    __slots__ = ()


@pytest.mark.parametrize(
    ("ask", "reason"),
    [
        ("who?", "its see gave 'who?', which nobody answers"),
        (Own(), "which nobody answers"),
        (type("Mine", (Arrange,), {})(), "which nobody answers"),
        (Arrange(3), "Arrange(where=3), which is of the wrong type"),  # type: ignore[arg-type]
        (Arrange("", "", "yes"), "Arrange(descending='yes')"),  # type: ignore[arg-type]
        (Arrange(columns=("a", 1)), "Arrange(columns=('a', 1))"),  # type: ignore[arg-type]
        (Arrange(near=True), "Arrange(near=True)"),
        (Arrange("x" * 200_000), "text of 200,000 characters"),
    ],
)
def test_what_is_no_question(ask, reason):
    with pytest.raises(PluginError) as error:
        giving.asked(ask)
    assert reason in error.value.message


SOUND = (
    Open("incident", About("p", {"region": "eu"}, "V", "t", 1.5)),
    Narrow("region:eu"),
    Offenders("p", {"a": "b"}),
    Prepare(("V1", "V2"), "", "ping"),
    Copy("text", "VIN"),
    Say("hello", bad=True),
)


def test_sound_replies_pass():
    assert giving.replied(None) is None
    assert giving.replied([]) == ()
    assert giving.replied(list(SOUND)) == SOUND
    assert {type(one) for one in SOUND} == set(giving.REQUESTS)


def test_a_mapping_is_ours_afterwards():
    group = {"region": "eu"}
    (mine,) = giving.replied([Offenders("p", MappingProxyType(group))]) or ()
    group["region"] = "us"
    assert mine == Offenders("p", {"region": "eu"})


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        ("text", "its press gave a str, not requests"),
        (True, "its press gave a bool, not requests"),
        ([Leave()], "which it may not ask for"),
        ([Steer("abort", "p-1")], "which it may not ask for"),
        ([Save()], "which it may not ask for"),
        ([None], "its press gave None, which it may not ask for"),
        ([Say("x")] * 100, "more than 16 requests"),
        (itertools.repeat(Say("x")), "more than 16 requests"),
        ([Say(5)], "Say(text=5), which is of the wrong type"),
        ([Open("x", None)], "Open(about=None)"),
        ([Open("x", About(since=float("nan")))], "About(since=nan)"),
        ([Offenders("p", {"a": 1})], "Offenders(group={'a': 1})"),
        ([Prepare("V1")], "Prepare(vins='V1')"),
        ([Copy("x" * 200_000)], "text of 200,000 characters"),
    ],
)
def test_what_are_no_replies(reply, reason):
    with pytest.raises(PluginError) as error:
        giving.replied(reply)
    assert reason in error.value.message


def test_every_type_that_such_values_have_is_judged():
    for kind in (*giving.ASKS, *giving.REQUESTS, About):
        for each in fields(kind):
            giving._is_such(None, str(each.type))


def test_data_become_what_json_holds():
    told = giving.told(
        OrderedDict(a=(1, 2.5, True, None), b=MappingProxyType({"c": [Text("x")]}), d=np.float64(1.5), e=[])
    )
    assert told == {"a": [1, 2.5, True, None], "b": {"c": ["x"]}, "d": 1.5, "e": []}
    assert type(told["d"]) is float


def deep() -> dict[str, object]:
    found: dict[str, object] = {}
    found["again"] = found
    return found


class Endless(dict[str, object]):
    def items(self) -> Iterator[tuple[str, object]]:  # type: ignore[override]
        return ((str(number), number) for number in itertools.count())


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (None, "its data gave a NoneType, not a mapping"),
        ([], "its data gave a list, not a mapping"),
        ({"a": float("nan")}, "its data holds nan under 'a'"),
        ({"a": {"b": {1, 2}}}, "its data holds a set under 'b', which JSON cannot"),
        ({"a": np.int64(1)}, "its data holds a int64 under 'a'"),
        ({1: 2}, "its data holds the key 1, which is no text"),
        (deep(), "goes deeper than 20"),
        ({"a": [0] * 300_000}, "more than 200,000 values"),
        (Endless(), "more than 200,000 values"),
    ],
)
def test_what_json_cannot_hold(data, reason):
    with pytest.raises(PluginError) as error:
        giving.told(data)
    assert reason in error.value.message
