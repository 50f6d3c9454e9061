"""YAML with places: every node knows where it stands, and what is hostile is refused."""

from __future__ import annotations

from decimal import Decimal

import pytest

from cdctl.files import yaml
from cdctl.files.faults import Faults
from cdctl.files.nodes import Mapping, Node, Scalar, Sequence, plain
from cdctl.files.yaml import documents


def load(text):
    faults = Faults("x.yaml")
    roots = documents(text, faults)
    return roots, [str(problem).removeprefix("x.yaml:") for problem in faults.close()]


def sound(text):
    (root,), said = load(text)
    assert said == []
    return root


def test_every_node_has_its_place():
    root = sound('# note\na:\n  - b: 1\n    c: [x, "ü y", {d: e}]\n')
    assert isinstance(root, Mapping)
    assert (root.line, root.column) == (2, 1)
    assert (root.keys["a"].line, root.keys["a"].column) == (2, 1)
    (item,) = root.items("a")
    assert isinstance(item, Mapping)
    assert [(item.keys[k].line, item.keys[k].column) for k in "bc"] == [(3, 5), (4, 5)]
    assert (item.at("b").line, item.at("b").column) == (3, 8)
    x, quoted, flow = item.items("c")
    assert [(n.line, n.column) for n in (x, quoted, flow)] == [(4, 9), (4, 12), (4, 19)]


def test_columns_count_characters_not_bytes():
    root = sound("käse: {größe: 1, next: 2}")
    inner = root.mapping("käse")
    assert inner.keys["next"].column == 18


def test_windows_line_ends():
    root = sound("a: 1\r\nb: 2\r\n")
    assert (root.keys["b"].line, root.keys["b"].column) == (2, 1)
    assert plain(root) == {"a": 1, "b": 2}


def test_many_documents_and_empty_ones():
    roots, said = load("---\na: 1\n---\n---\n# only a note\n---\nb: 2\n...\n")
    assert [plain(root) for root in roots] == [{"a": 1}, {"b": 2}]
    assert said == []


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("5", 5),
        ("-5", -5),
        ("+5", 5),
        ("007", 7),
        ("0o17", 15),
        ("0x1F", 31),
        ("0.5", 0.5),
        (".5", 0.5),
        ("5.", 5.0),
        ("1e3", 1000.0),
        ("-1.5E-3", -0.0015),
        (".inf", float("inf")),
        ("-.INF", float("-inf")),
        ("true", True),
        ("FALSE", False),
        ("null", None),
        ("~", None),
        ("", None),
        ('"5"', "5"),
        ("'true'", "true"),
        ('""', ""),
        ("yes", "yes"),
        ("on", "on"),
        ("1_000", "1_000"),
        ("inf", "inf"),
        ("-inf", "-inf"),
        ("nan", "nan"),
        ("1e", "1e"),
        ("0x", "0x"),
        ("0xg", "0xg"),
        ("1.2.3", "1.2.3"),
        ("5m", "5m"),
        ("12:30:00", "12:30:00"),
        ("2020-01-21 12:30:00", "2020-01-21 12:30:00"),
        ("٣", "٣"),
        ("1e99999999999999999999", "1e99999999999999999999"),
        ("0x" + "f" * 2000, "0x" + "f" * 2000),
        ("|\n  a\n  b\n", "a\nb\n"),
        (">\n  a\n  b\n", "a b\n"),
    ],
)
def test_what_a_scalar_stands_for(text, value):
    assert plain(sound(f"a: {text}")) == {"a": value}


def test_not_a_number_is_a_number():
    assert plain(sound("a: .nan"))["a"] != plain(sound("a: .nan"))["a"]


def test_numbers_are_exact():
    assert sound("a: 0.999").decimal("a") == Decimal("0.999")
    assert sound("a: 0x10").decimal("a") == Decimal(16)
    assert sound("a: .inf").decimal("a") is None
    assert sound('a: "1"').decimal("a") is None


def test_what_is_not_there_is_empty():
    root = sound("a:\nb: text\nc: [1]\nd: {e: true}")
    assert (root.get("a"), root.get("z"), root.scalar("c"), root.mapping("b")) == (None, None, None, None)
    assert (root.text("a"), root.text("z", "default"), root.text("b")) == ("", "default", "text")
    assert (root.flag("b"), root.decimal("b"), root.items("b"), root.items("z")) == (None, None, [], [])
    assert root.mapping("d").flag("e") is True
    assert root.at("z") is root
    assert root.at("a") is root.keys["a"]


def test_only_nodes_of_documents_are_plain():
    assert plain(Sequence(1, 1)) == []
    with pytest.raises(TypeError):
        plain(Node(1, 1))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: &x 1", ['1:4: error: anchor "&x" is not supported (delete it)']),
        ("&x a: 1", ['1:1: error: anchor "&x" is not supported (delete it)']),
        (
            "a: &x 1\nb: *x",
            [
                '1:4: error: anchor "&x" is not supported (delete it)',
                '2:4: error: alias "*x" is not supported (write the value out)',
            ],
        ),
        ("<<: *x", ['1:5: error: alias "*x" is not supported (write the value out)']),
        (
            "a: !!str 5",
            ['1:4: error: tag "tag:yaml.org,2002:str" is not supported (delete it)'],
        ),
        ("a: !mine [1]", ['1:4: error: tag "!mine" is not supported (delete it)']),
        ("{a: 1, a: 2}", ['1:8: error: key "a" is here twice, first in line 1 (keep one of them)']),
        ('"a": 1\na: 2', ['2:1: error: key "a" is here twice, first in line 1 (keep one of them)']),
        ("{[a]: 1}", ["1:2: error: a key must be text, not a list or a mapping (put quotes around it)"]),
        ("{{a: b}: 1}", ["1:2: error: a key must be text, not a list or a mapping (put quotes around it)"]),
    ],
)
def test_refused(text, expected):
    assert load(text)[1] == expected


def test_the_first_of_two_equal_keys_counts():
    assert plain(load("a: 1\na: 2")[0][0]) == {"a": 1}


def test_a_document_with_an_alias_is_dropped_others_are_not():
    roots, said = load("a: 1\n---\nb: &b 1\nc: *b\n---\nd: 1\n")
    assert [plain(root) for root in roots] == [{"a": 1}, {"d": 1}]
    assert len(said) == 2


def test_documents_before_a_syntax_error_are_kept():
    roots, said = load("a: 1\n---\nb: [\n")
    assert [plain(root) for root in roots] == [{"a": 1}]
    assert len(said) == 1
    assert said[0].startswith("4:1: error: this is not YAML: ")


@pytest.mark.parametrize("opening", ["[", "{a: ", "- ", "? "])
def test_depth_is_capped(opening):
    _, said = load(opening * 5000)
    assert any("nested deeper than 48 levels" in line or "a key must be text" in line for line in said)


def test_depth_up_to_the_cap_is_fine():
    depth = yaml.DEEPEST
    root = sound("[" * depth + "]" * depth)
    for _ in range(depth - 1):
        (root,) = root.items
    assert root.items == []


def test_size_is_capped(monkeypatch):
    monkeypatch.setattr(yaml, "MOST_NODES", 10)
    assert load("[" + "a," * 8 + "]")[1] == []
    _, said = load("[" + "a," * 20 + "]")
    assert said == ["1:22: error: more than 10 values in one file (split the file)"]


def test_many_faults_are_counted_not_listed():
    faults = Faults("x.yaml")
    documents("a: 1\n" * 500, faults)
    said = faults.close()
    assert len(said) == 101
    assert str(said[-1]) == "x.yaml: error: 399 more errors (mend the ones above first)"


def test_text_from_files_is_safe_to_show():
    _, said = load('"\\e]52;c;x\\a": 1\n"\\e]52;c;x\\a": 2\n')
    assert said == ['2:1: error: key "\\x1b]52;c;x\\x07" is here twice, first in line 1 (keep one of them)']


def test_a_scalar_keeps_how_it_was_written():
    root = sound("a: [1, '1', \"1\"]")
    assert [item.plain for item in root.items("a") if isinstance(item, Scalar)] == [True, False, False]
