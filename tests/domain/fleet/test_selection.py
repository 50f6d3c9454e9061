"""The selection language: against an evaluator that looks at one vehicle at a time, and by its words for errors."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cdctl.domain.fleet.selection import Field, Kind, SelectionError, select

NOW = 1_800_000_000_000
FIELDS = {
    f.name: f
    for f in (
        Field("vin", Kind.VIN),
        Field("region", Kind.TEXT),
        Field("model", Kind.TEXT),
        Field("sw", Kind.TEXT),
        Field("state", Kind.STATE),
        Field("age", Kind.AGE),
        Field("dtc", Kind.CODES),
        Field("soc", Kind.NUMBER),
        Field("tyre.fl", Kind.NUMBER),
        Field("messages", Kind.NUMBER),
    )
}


@dataclass(frozen=True)
class Car:
    vin: str = "WBA1"
    region: str | None = None
    model: str | None = None
    sw: str | None = None
    state: str = "online"
    age: float | None = None
    dtc: tuple[str, ...] | None = None
    soc: float | None = None
    tyre: float | None = None
    messages: int = 0

    def told(self, name: str) -> Any:
        return getattr(self, {"tyre.fl": "tyre"}.get(name, name))


@dataclass
class Arrays:
    """A fleet of few vehicles as the arrays that a selection reads."""

    cars: list[Car]
    now_ms: int = NOW
    asked: list[str] = field(default_factory=list)

    @property
    def n(self) -> int:
        return len(self.cars)

    @property
    def ids(self) -> Any:
        return np.array([car.vin for car in self.cars], dtype="S40")

    def coded(self, name: str) -> Any:
        if name == "state":
            states = ["unknown", "offline", "online", "never"]
            return np.array([states.index(car.state) for car in self.cars], dtype=np.uint8), states
        texts = ["", *sorted({car.told(name) for car in self.cars if car.told(name) is not None})]
        codes = [0 if car.told(name) is None else texts.index(car.told(name)) for car in self.cars]
        return np.array(codes, dtype=np.uint16), texts

    def number(self, name: str) -> Any:
        if name == "messages":
            return np.array([car.messages for car in self.cars], dtype=np.uint32)
        return np.array([np.nan if car.told(name) is None else car.told(name) for car in self.cars], dtype=np.float32)

    def moment(self, name: str) -> Any:
        told = [0 if car.age is None else NOW - round(car.age * 1000) for car in self.cars]
        return np.array(told, dtype=np.int64)

    def code_sets(self, name: str) -> Any:
        sets: list[tuple[str, ...]] = [(), *sorted({car.dtc for car in self.cars if car.dtc is not None})]
        codes = [0 if car.dtc is None else sets.index(car.dtc, 1) for car in self.cars]
        return np.array(codes, dtype=np.uint32), sets


def matched(text: str, *cars: Car) -> list[bool]:
    return [bool(hit) for hit in select(text, FIELDS).match(Arrays(list(cars))).mask]


# -- the plain evaluator: one vehicle, one term, three values ----------------------------------------------------------

Plain = tuple[str, Any]


def plain(node: Plain, car: Car) -> bool | None:
    kind, what = node
    if kind == "not":
        inner = plain(what, car)
        return None if inner is None else not inner
    if kind in {"and", "or"}:
        said = [plain(part, car) for part in what]
        decisive = kind == "or"
        return decisive if decisive in said else None if None in said else not decisive
    return plain_term(*what, car)


def plain_term(name: str, op: str, values: tuple[str, ...], car: Car) -> bool | None:
    told = car.told(name)
    if told is None:
        return None
    if op == "!=":
        return not plain_term(name, ":", values, car)
    if op == "~":
        return any(re.search(values[0], text) for text in (told if isinstance(told, tuple) else (told,)))
    if name in {"soc", "tyre.fl", "messages"}:
        wanted = [np.float32(value) for value in values]
        return any(compare(op, np.float32(told), value) for value in wanted)
    if name == "age":
        return compare(op, round(told * 1000), round(float(values[0].rstrip("s")) * 1000))
    if name == "dtc":
        return any(like(value, code) or like(value, code.split("-")[0]) for value in values for code in told)
    if op in {"<", "<=", ">", ">="}:
        return compare(op, parts(told), parts(values[0]))
    return any(like(value, told) for value in values)


def compare(op: str, a: Any, b: Any) -> bool:
    return bool({"<": a < b, "<=": a <= b, ">": a > b, ">=": a >= b, ":": a == b, "=": a == b}[op])


def parts(version: str) -> list[Any]:
    return [(0, int(part), "") if part.isdigit() else (1, 0, part) for part in re.findall(r"\d+|[A-Za-z]+", version)]


def like(pattern: str, text: str) -> bool:
    return re.fullmatch(".*".join(re.escape(piece) for piece in pattern.split("*")), text) is not None


# -- trees and cars --------------------------------------------------------------------------------------------------

VERSIONS = ["23-07.55", "23-07.60", "23-11.5", "9", "23-07", "24-03.1b"]
MODELS = ["i4", "i7", "ix1", "ix3"]
CODES = ["P0A9B-17", "P0A9B", "U0100-87", "C0123"]
VINS = ["WBA1", "WBA12", "WBA12345678901234", "WBY1", "W"]
text_values = {
    "region": ["eu", "us", "e*"],
    "model": [*MODELS, "ix*", "*4", "*"],
    "sw": [*VERSIONS, "23*"],
    "dtc": [*CODES, "P*", "U0100"],
    "vin": [*VINS, "WBA*", "*1", "*A*4"],
    "state": ["online", "offline", "unknown", "never"],
}
cars = st.builds(
    Car,
    vin=st.sampled_from(VINS),
    region=st.sampled_from(["eu", "us", None]),
    model=st.sampled_from([*MODELS, None]),
    sw=st.sampled_from([*VERSIONS, None]),
    state=st.sampled_from(["online", "offline", "unknown", "never"]),
    age=st.sampled_from([0.0, 1.0, 299.999, 300.0, 301.0, None]),
    dtc=st.sampled_from([None, (), ("P0A9B-17",), ("C0123", "U0100-87")]),
    soc=st.sampled_from([0.0, 0.1, 19.9, 20.0, 100.0, None]),
    tyre=st.sampled_from([-1.0, 210.0, None]),
    messages=st.integers(0, 3),
)
ordered = st.sampled_from(["<", "<=", ">", ">="])
leaves: Any = st.one_of(
    st.tuples(
        st.sampled_from(sorted(text_values)), st.sampled_from([":", "=", "!="]), st.lists(st.integers(0, 9), min_size=1)
    ).map(lambda t: (t[0], t[1], tuple(text_values[t[0]][i % len(text_values[t[0]])] for i in t[2][:3]))),
    st.tuples(st.just("sw"), ordered, st.sampled_from(VERSIONS).map(lambda v: (v,))),
    st.tuples(
        st.sampled_from(["soc", "tyre.fl", "messages"]),
        st.one_of(ordered, st.sampled_from([":", "!="])),
        st.sampled_from([("20",), ("0.1",), ("-1",), ("1",), ("2e1",)]),
    ),
    st.tuples(st.just("age"), ordered, st.sampled_from([("1s",), ("300s",), ("0.5s",)])),
    st.tuples(
        st.sampled_from(["model", "vin", "sw", "dtc"]), st.just("~"), st.sampled_from([("^i",), ("1$",), ("[47]",)])
    ),
).map(lambda term: ("term", term))
trees: Any = st.recursive(
    leaves,
    lambda inner: st.one_of(
        inner.map(lambda part: ("not", part)),
        st.tuples(st.sampled_from(["and", "or"]), st.lists(inner, min_size=2, max_size=3)),
    ),
    max_leaves=6,
)


def written(node: Plain) -> str:
    kind, what = node
    if kind == "not":
        return f"-({written(what)})"
    if kind == "and":
        return " ".join(f"({written(part)})" for part in what)
    if kind == "or":
        return "(" + " | ".join(written(part) for part in what) + ")"
    name, op, values = what
    return f"{name}{op}{','.join(values)}"


@settings(max_examples=400, deadline=None)
@given(trees, st.lists(cars, min_size=1, max_size=8))
def test_masks_agree_with_a_look_at_each_vehicle(tree: Plain, fleet: list[Car]) -> None:
    match = select(written(tree), FIELDS).match(Arrays(fleet))
    truth = [plain(tree, car) for car in fleet]
    assert match.mask.tolist() == [said is True for said in truth]
    assert bool(match.left_out) == (None in truth)
    assert all(count <= truth.count(None) for count in match.left_out.values())


@given(st.text(alphabet="abs:=<>!~-()|,*\" \\'0159%é\x1b", max_size=30))
def test_any_text_is_a_selection_or_a_selection_error(text: str) -> None:
    try:
        select(text, FIELDS).match(Arrays([Car()]))
    except SelectionError as error:
        assert 0 <= error.at <= len(text)
        assert "\x1b" not in str(error)


# -- what people write -------------------------------------------------------------------------------------------------


def test_the_examples_of_the_manual() -> None:
    old = Car(region="eu", sw="23-07.55", soc=12, age=400, model="i4", tyre=190, dtc=("P0100-11",))
    new = replace(old, sw="23-07.60")
    assert matched("region:eu sw<23-07.60 soc<20 online age>5m", old, new) == [True, False]
    text = "(model:i4,i7 | model:ix*) -dtc:P0A9B tyre.fl<210"
    assert matched(text, old, replace(old, model="ix3"), replace(old, model="m3")) == [True, True, False]
    assert matched(text, replace(old, dtc=("P0A9B-17",)), replace(old, dtc=None)) == [False, False]
    assert matched("WBA12", Car(vin="WBA123"), Car(vin="WBA2")) == [True, False]


def test_nothing_selects_everything() -> None:
    assert matched("  ", Car(), Car()) == [True, True]
    assert select("", FIELDS).match(Arrays([])).matched == 0


def test_what_was_never_told_neither_matches_nor_fails_to() -> None:
    fleet = Arrays([Car(soc=10), Car(soc=None), Car(soc=None, region="us")])
    for text in ("soc<20", "-soc>=20", "soc!=20", "-(soc>20)"):
        match = select(text, FIELDS).match(fleet)
        assert match.mask.tolist() == [True, False, False]
        assert match.left_out == {"soc": 2}
    match = select("soc<20 region:eu", FIELDS).match(fleet)
    assert match.left_out == {"soc": 1, "region": 2}  # the one in us fails by its region, whatever its charge


def test_any_known_value() -> None:
    assert matched("soc:*", Car(soc=3), Car()) == [True, False]
    assert matched("age:*", Car(age=3), Car()) == [True, False]
    assert matched("model:*", Car(model="i4"), Car()) == [True, False]


def test_quotes_hold_spaces_and_brackets() -> None:
    assert matched('model:"i4 (long) | x"', Car(model="i4 (long) | x"), Car(model="i4")) == [True, False]
    assert matched('model~"^i4 .long"', Car(model="i4 (long)"), Car(model="i4")) == [True, False]
    assert matched(r'model:"a\"b"', Car(model='a"b')) == [True]


def test_a_regex_ends_at_a_space_or_a_bracket_that_it_did_not_open() -> None:
    assert matched("(sw~^(23|24)- soc<20)", Car(sw="24-1", soc=1), Car(sw="25-1", soc=1)) == [True, False]


def test_globs_have_one_special_character() -> None:
    assert matched("model:a[1]*", Car(model="a[1]x"), Car(model="a1x")) == [True, False]
    assert matched("model:a?", Car(model="a?"), Car(model="ab")) == [True, False]


def test_only_whole_words_are_taken_for_another_language() -> None:
    assert matched("ANDREA", Car(vin="ANDREA1"), Car(vin="BERTA1")) == [True, False]
    assert matched("vin:or* -vin:not", Car(vin="or1"), Car(vin="not")) == [True, False]


def test_truth_is_written_in_words_or_numbers() -> None:
    for text in ("soc:yes", "soc=true", "soc:1", "soc!=no", "-soc:false"):
        assert matched(text, Car(soc=1), Car(soc=0)) == [True, False]
    with pytest.raises(SelectionError, match="soc is a number"):
        select("soc<yes", FIELDS)


def test_percentages_are_the_number_before_the_sign() -> None:
    assert matched("soc<20%", Car(soc=19), Car(soc=21)) == [True, False]


@pytest.mark.parametrize(
    ("text", "at", "what", "hint"),
    [
        ("regoin:eu", 0, "no field 'regoin'", "did you mean region?"),
        ("soc<20 tyre.fr<200", 7, "no field 'tyre.fr'", "did you mean tyre.fl?"),
        ("soc<low", 4, "soc is a number", "soc<20"),
        ("soc<20,30", 7, "takes one value", "a list goes with"),
        ("soc<", 4, "a value was expected", ""),
        ("age>5", 4, "age is a time", "age>5m"),
        ("age:5m", 4, "age is a time", "age>5m"),
        ("state:onlin", 6, "no state", "did you mean online?"),
        ("state<online", 6, "has no order", ""),
        ("dtc<P1", 4, "has no order", ""),
        ("soc~2", 4, "~ is for text", ""),
        ("model~(", 6, "RE2 does not read this", "RE2"),
        (r"model~(?=a)", 6, "RE2 does not read this", "RE2"),
        ("(online", 0, "not closed", ")"),
        ("online)", 6, "closes nothing", ""),
        ("()", 0, "nothing between", ""),
        ("online |", 7, "nothing on one side", ""),
        ("| online", 0, "nothing on one side", ""),
        ("online - offline", 7, "- must stand before", "-online"),
        ('model:"i4', 6, "quote is not closed", ""),
        ("soc", 0, "soc is a field", "soc:VALUE"),
        ("so-c<5", 0, "no field can have this name", "did you mean soc?"),
        ("=5", 0, "a term was expected", ""),
        ("online and soc<20", 7, "'and' is no word", "a space between terms means and"),
        ("online OR offline", 7, "'OR' is no word", "| means or"),
        ("online & soc<20", 7, "'&' is no word", "means and"),
        ("not online", 0, "'not' is no word", "- before a term means not"),
        ("online | not(soc<20)", 9, "'not' is no word", "- before a term means not"),
        ("soc<20 !online", 7, "a term was expected", "- before a term means not"),
        ("(" * 51 + "online" + ")" * 51, 51, "nested deeper", ""),
        ("-" * 60 + "online", 51, "nested deeper", ""),
        ("a" * 5000, 60, "at most 4096", ""),
    ],
)
def test_errors_show_the_place_and_the_cure(text: str, at: int, what: str, hint: str) -> None:
    with pytest.raises(SelectionError, match=re.escape(what)) as caught:
        select(text, FIELDS)
    assert caught.value.at == at
    assert hint in caught.value.hint
    *_, shown, caret = caught.value.message.split("\n")
    assert caret.index("^") - 4 == at
    assert shown.strip()[: at + 1] == text[: at + 1].strip() or len(text) > 4096


def test_a_hostile_text_does_not_reach_the_terminal_and_the_caret_stays_under_its_place() -> None:
    with pytest.raises(SelectionError) as caught:
        select('model:"\x1b]52;c;AAAA\x07" soc<x', FIELDS)
    text, caret = caught.value.message.split("\n")[-2:]
    assert "\x1b" not in text
    assert text[caret.index("^")] == "x"


@pytest.mark.parametrize(("op", "hits"), [("<", [1, 0, 0]), ("<=", [1, 1, 0]), (">", [0, 0, 1]), (">=", [0, 1, 1])])
def test_an_age_at_its_limit(op: str, hits: list[int]) -> None:
    assert matched(f"age{op}5m", Car(age=299.999), Car(age=300), Car(age=300.001)) == [bool(hit) for hit in hits]
