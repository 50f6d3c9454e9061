"""Arguments as people write them, and as files hold them."""

from __future__ import annotations

import string
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cdctl.domain.orders.arguments import bounds, examine, judge, judge_values, spelled, value_of, written
from cdctl.domain.orders.command import Argument, Command, Kind, Risk
from cdctl.domain.text import safe
from cdctl.errors import UsageError

LEVEL = Argument("level", Kind.CHOICE, "How", required=True, choices=("info", "debug"), example="debug")
DEGREES = Argument("degrees", Kind.NUMBER, "How warm", default=21.0, least=16, most=28, unit="°C", example="22.5")
TIMES = Argument("times", Kind.INTEGER, "How often", least=1, most=5, example="2")
SPAN = Argument("span", Kind.DURATION, "How long", default=600, least=60, most=1800, example="10m")
LOUD = Argument("loud", Kind.FLAG, "Whether", example="true")
NAME = Argument("name", Kind.TEXT, "Which", most=20, pattern="[a-z]+(\\.[a-z]+)*", example="a.b")
ALL = Command("try", "Try", Risk.SAFE, (LEVEL, DEGREES, TIMES, SPAN, LOUD, NAME))


def wrong(**texts: str) -> str:
    with pytest.raises(UsageError) as error:
        judge(ALL, texts)
    return str(error.value)


def test_what_is_sent_is_typed_and_has_defaults() -> None:
    told = {"level": "debug", "degrees": "18", "times": "3", "span": "2m30s", "loud": "Yes", "name": "a.b"}
    assert judge(ALL, told) == {
        "level": "debug",
        "degrees": 18.0,
        "times": 3,
        "span": 150,
        "loud": True,
        "name": "a.b",
    }
    assert judge(ALL, {"level": "info"}) == {"level": "info", "degrees": 21.0, "span": 600}


def test_every_fault_is_told_at_once_with_the_cure() -> None:
    text = wrong(levle="debug", degrees="99", times="2.5", span="5 minutes", loud="maybe", name="A B")
    assert "7 arguments are wrong" in text
    for part in (
        "levle: there is no such argument (did you mean level?)",
        "level: is missing (write -a level=debug)",
        "degrees: 99 is out of bounds (16 to 28 °C, such as 22.5)",
        "times: '2.5' is no whole number (1 to 5, such as 2)",
        "span: '5 minutes' is no duration such as 30s or 5m (1m to 30m, such as 10m)",
        "loud: 'maybe' is neither true nor false",
        "name: 'A B' does not look like a.b",
        "hint: see: cdctl cmd describe try",
    ):
        assert part in text


@pytest.mark.parametrize(
    ("argument", "text", "reason"),
    [
        (LEVEL, "debgu", "did you mean debug"),
        (DEGREES, "nan", "no number"),
        (DEGREES, "1e1", "no number"),
        (DEGREES, "28.1", "out of bounds"),
        (TIMES, "٣", "no whole number"),
        (TIMES, "0", "out of bounds"),
        (TIMES, "9" * 400, "no whole number"),
        (SPAN, "100ms", "not a whole number of seconds"),
        (SPAN, "1h", "1h is out of bounds"),
        (SPAN, "-5m", "no duration"),
        (NAME, "a" * 21, "has 21 characters"),
        (replace(NAME, pattern=""), "a\x1b[2J", "cannot be seen"),
        (replace(NAME, pattern=""), "\u202ea", "cannot be seen"),
    ],
)
def test_what_is_refused(argument: Argument, text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        value_of(argument, text)


@pytest.mark.parametrize(
    ("argument", "value"),
    [(DEGREES, True), (DEGREES, float("nan")), (DEGREES, float("inf")), (TIMES, 2.5), (TIMES, 10**400), (LOUD, 1),
     (NAME, 3), (NAME, None), (SPAN, 60.5), (LEVEL, ["debug"])],
)  # fmt: skip
def test_values_of_files_are_bound_by_the_same_rules(argument: Argument, value: object) -> None:
    with pytest.raises(ValueError, match=r"is no|is not|out of bounds"):
        value_of(argument, value)
    assert examine(replace(ALL, arguments=(argument,)), {argument.name: value})[1]


def test_values_of_files_that_are_sound() -> None:
    assert judge_values(ALL, {"level": "info", "degrees": 18, "times": 2.0, "span": "2m", "loud": False}) == {
        "level": "info",
        "degrees": 18.0,
        "times": 2,
        "span": 120,
        "loud": False,
    }


def test_a_slow_pattern_stays_quick() -> None:
    evil = replace(NAME, pattern="(a+)+b", most=500)
    with pytest.raises(ValueError, match="does not look like"):
        value_of(evil, "a" * 500)


def test_a_command_without_arguments_says_so() -> None:
    with pytest.raises(UsageError, match="takes no arguments"):
        judge(Command("ping", "Answer", Risk.SAFE), {"x": "1"})


def test_hostile_keys_do_no_harm() -> None:
    assert "\x1b" not in wrong(level="debug", **{"\x1b[2J": "1"})


@pytest.mark.parametrize(
    ("argument", "text"),
    [(LEVEL, "info or debug"), (DEGREES, "16 to 28 °C"), (SPAN, "1m to 30m"), (LOUD, "true or false"),
     (NAME, "at most 20 characters"), (replace(TIMES, most=None), "at least 1")],
)  # fmt: skip
def test_bounds_in_words(argument: Argument, text: str) -> None:
    assert bounds(argument) == text


SOUND = st.fixed_dictionaries(
    {"level": st.sampled_from(LEVEL.choices)},
    optional={
        "degrees": st.floats(16, 28),
        "times": st.integers(1, 5),
        "span": st.integers(60, 1800),
        "loud": st.booleans(),
        "name": st.from_regex("[a-z]{1,5}(\\.[a-z]{1,5})?", fullmatch=True),
    },
)


@given(SOUND)
@settings(max_examples=200, deadline=None)
def test_what_is_written_is_read_again(values: dict[str, object]) -> None:
    kinds = {argument.name: argument for argument in ALL.arguments}
    judged = judge_values(ALL, values)
    again = judge(ALL, {name: written(kinds[name], value) for name, value in judged.items()})
    assert again.keys() == judged.keys()
    assert {name: pytest.approx(value) for name, value in judged.items()} == again
    assert judge_values(ALL, judged) == judged


@given(st.dictionaries(st.text(max_size=8) | st.sampled_from([a.name for a in ALL.arguments]), st.text(max_size=30)))
@settings(max_examples=300, deadline=None)
def test_any_text_is_sound_or_refused_with_a_reason(texts: dict[str, str]) -> None:
    found, faults = examine(ALL, texts)
    assert all(safe(str(fault)) == str(fault) for fault in faults)
    assert set(found) <= {argument.name for argument in ALL.arguments}
    if not faults:
        assert judge(ALL, texts) == found


@given(st.integers(0, 10**7))
def test_a_span_is_spelled_exactly(span: int) -> None:
    anything = Argument("span", Kind.DURATION, "How long", example="1s")
    assert value_of(anything, spelled(span)) == span
    assert not set(spelled(span)) - set(string.digits + "wdhms")
