"""Shapes: each finds its own faults, and takes what is sound."""

from __future__ import annotations

import pytest

from cdctl.files.faults import Faults
from cdctl.files.shapes.containers import Bag, Either, Fields, Listing, Names
from cdctl.files.shapes.rules import at_most_one, exactly_one, needs
from cdctl.files.shapes.scalars import Flag, Number, Text
from cdctl.files.shapes.shape import Anything, Shape
from cdctl.files.yaml import documents


def said(shape, value):
    """The faults of a value under the key `x`."""
    faults = Faults("f")
    (root,) = documents(f"x: {value}", faults)
    shape.check(root.values["x"], "x", faults)
    return [str(problem).removeprefix("f:1:").partition(": error: ")[2] for problem in faults.close()]


WORDS = Text(pattern="[a-z]+", meaning="a word", cure=lambda text: ("is shouted", text.lower()) if text else None)
EITHER = Either("", "this or that", Number(above=0), Listing("", Text(), "item"))
POINT = Fields("point", "", {"x": Number("Across."), "y": Number(), "note": Listing("", Text(), "note")}, ("x",))


@pytest.mark.parametrize(
    ("shape", "value", "faults"),
    [
        (Text(), "some text", []),
        (Text(), '""', []),
        (Text(), "'5'", []),
        (Text(), "5", ['x is the number "5", not text (put it in quotes: "5")']),
        (Text(), "true", ['x is the truth value "true", not text (put it in quotes: "true")']),
        (Text(), "", ["x is empty (write text)"]),
        (Text(), "[a]", ["x is a list, not text"]),
        (Text(), "{a: b}", ["x is a mapping, not text"]),
        (Text(loose=True), "5", []),
        (Text(loose=True), "true", []),
        (Text(loose=True), "~", ["x is empty (write text)"]),
        (Text(filled=True, meaning="a name"), '""', ["x is empty (write a name)"]),
        (Text(longest=3), "abc", []),
        (Text(longest=3), "abcd", ["x has 4 characters, 3 are allowed (shorten it)"]),
        (Text(choices=("one", "two")), "one", []),
        (Text(choices=("one", "two")), "onee", ['x is "onee", not one of one, two (did you mean one?)']),
        (Text(choices=("one", "two")), "six", ['x is "six", not one of one, two (write one of one, two)']),
        (Text(choices=("one",)), "six", ['x is "six", not one (write one)']),
        (WORDS, "word", []),
        (WORDS, "WORD", ['x "WORD" is shouted (word)']),
        (WORDS, '"a\\n"', ['x "a\\x0a" is shouted (a\n)']),
        (WORDS, "5", ['x is "5", not a word (5)']),
        (Text(pattern="[0-9]+", meaning="digits"), "5", ['x "5" is not text (put it in quotes: "5")']),
        (Number(), "5", []),
        (Number(), "-0.5e3", []),
        (Number(), '"5"', ['x is "5", not a number (write it without quotes)']),
        (Number(), "five", ['x is "five", not a number']),
        (Number(), ".inf", ["x .inf is not a finite number"]),
        (Number(), ".nan", ["x .nan is not a finite number"]),
        (Number(), "1e400", ["x 1e400 is not a finite number"]),
        (Number(at_least=0, below=1), "0", []),
        (Number(at_least=0, below=1), "1", ["x 1 is not a number at least 0 and below 1"]),
        (Number(at_least=0, below=1), "-0.1", ["x -0.1 is not a number at least 0 and below 1"]),
        (Number(above=0, at_most=1), "1", []),
        (Number(above=0, at_most=1), "0", ["x 0 is not a number above 0 and at most 1"]),
        (Number(above=0, at_most=1), "1.1", ["x 1.1 is not a number above 0 and at most 1"]),
        (Flag(), "true", []),
        (Flag(), "False", []),
        (Flag(), "yes", ['x is "yes", not true or false (write true without quotes)']),
        (Flag(), "'off'", ['x is "off", not true or false (write false without quotes)']),
        (Flag(), "1", ['x is the number "1", not true or false (write true or false without quotes)']),
        (Anything(), "{a: [b]}", []),
        (Anything(), "", []),
        (POINT, "{x: 1, y: 2}", []),
        (POINT, "{x: 1, note: }", []),
        (POINT, "{y: 2}", ["point has no x (add x: Across.)"]),
        (POINT, "{x: , y: 2}", ["x is empty (write a number)"]),
        (POINT, "{x: 1, z: 2}", ['unknown key "z" in point (known: note, x, y)']),
        (
            POINT,
            "{x: 1, notes: {}}",
            ['unknown key "notes" in point (did you mean "note"?)', "note is a mapping, not a list"],
        ),
        (POINT, "1", ['x is the number "1", not a mapping']),
        (Bag("", Text()), "{a: b}", []),
        (Bag("", Text()), "{a: 1}", ['a is the number "1", not text (put it in quotes: "1")']),
        (Bag("", Text()), "[]", ["x is a list, not a mapping"]),
        (Bag("", Text(), least=1), "{}", ["x is empty (add an entry)"]),
        (Bag("", Text(), known={"n": Number()}), "{n: 1, a: b}", []),
        (Bag("", Text(), known={"n": Number()}), "{n: b}", ['n is "b", not a number']),
        (Bag("", Text(), names=Names("[a-z]+", "small")), "{A: b}", ['key "A" in x is not small']),
        (
            Bag("", Text(), known={"my/lag": Text()}, names=Names(reserved="my/")),
            "{my/lagg: b, your/x: c}",
            ['unknown key "my/lagg" in x (did you mean "my/lag"?)'],
        ),
        (Bag("", Text(), names=Names("", "", "my/", "no")), "{my/lag: b}", ['unknown key "my/lag" in x (no)']),
        (Listing("", Text(), "item"), "[]", []),
        (Listing("", Text(), "item"), "[a, 1]", ['item is the number "1", not text (put it in quotes: "1")']),
        (Listing("", Text(), "item"), "a", ['x is "a", not a list']),
        (Listing("", Text(), "item", 1, 1), "[a]", []),
        (Listing("", Text(), "item", 1, 1), "[]", ["x has 0 entries, it must have exactly 1"]),
        (Listing("", Text(), "item", 1, 1), "[a, b]", ["x has 2 entries, it must have exactly 1"]),
        (Listing("", Text(), "item", 2), "[a]", ["x has 1 entries, it must have at least 2"]),
        (EITHER, "5", []),
        (EITHER, "[a]", []),
        (EITHER, "0", ["x 0 is not a number above 0"]),
        (EITHER, "a", ['x is "a", not this or that']),
    ],
)  # fmt: skip
def test_check(shape, value, faults):
    assert said(shape, value) == faults


def ruled(*rules):
    return Fields("pair", "", {"a": Anything(), "b": Anything(), "c": Anything()}, (), rules)


@pytest.mark.parametrize(
    ("rule", "value", "faults"),
    [
        (exactly_one("a", "b"), "{a: 1}", []),
        (exactly_one("a", "b"), "{c: 1}", ["pair has none of a, b (add one of a, b)"]),
        (exactly_one("a", "b"), "{a: 1, b: 1}", ["pair has both a and b (keep one of them)"]),
        (exactly_one("a", "b", "c"), "{c: 1, b: 1, a: 1}", ["pair has both c and b (keep one of them)"]),
        (at_most_one("a", "b"), "{}", []),
        (at_most_one("a", "b"), "{b: 1}", []),
        (at_most_one("a", "b"), "{a: 1, b: 1}", ["pair has both a and b (keep one of them)"]),
        (needs("a", "b", "c"), "{b: 1}", []),
        (needs("a", "b", "c"), "{a: 1, b: 1, c: 1}", []),
        (needs("a", "b", "c"), "{a: 1, b: 1}", ["pair has a but no c (add c or delete a)"]),
    ],
)
def test_rules(rule, value, faults):
    assert said(ruled(rule), value) == faults


def test_faults_of_the_second_of_two_keys_are_placed_there():
    faults = Faults("f")
    (root,) = documents("b: 1\na: 1", faults)
    ruled(exactly_one("a", "b")).check(root, "x", faults)
    assert [str(problem.place) for problem in faults.close()] == ["f:2:1"]


def test_a_shape_says_what_it_accepts():
    (root,) = documents("[a, 5, true, ~, [b], {c: d}]", Faults("f"))
    shapes = [Text(), Text(loose=True), Number(), Flag(), Listing("", Text(), ""), Bag("", Text()), POINT, Anything()]
    table = ["".join("x" if shape.accepts(node) else "." for node in root.items) for shape in shapes]
    assert table == ["x.....", "xxx...", ".x....", "..x...", "....x.", ".....x", ".....x", "xxxxxx"]
    assert Either("", "", Number(), Flag()).accepts(root.items[1])


def test_a_bare_shape_is_nothing():
    (root,) = documents("{a: 1}", Faults("f"))
    with pytest.raises(NotImplementedError):
        Shape().accepts(root)
    with pytest.raises(NotImplementedError):
        Shape().check(root, "x", Faults("f"))
