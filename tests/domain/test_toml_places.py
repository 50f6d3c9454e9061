"""Every key of a TOML text is found where it stands: judged by the standard library's parser."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdctl.domain.toml_places import Path, places

DOCUMENTS = {
    "empty": "",
    "comments only": "# a = 1\n\n   # [b]",
    "bare": "a = 1\nb=2\n  c   =   3 # d = 4",
    "tables": "[a]\nx = 1\n[ b . c ]\ny = 2\n[b]\nz = 3",
    "dotted": 'a.b.c = 1\na.d = 2\n"q.r".s = 3\n',
    "quoted": '"a \\" b" = 1\n\'c = "d\' = 2\n"" = 3\n',
    "inline": 'a = { b = 1, "c" = { d.e = "}" }, f = [1, {g = 2}] }',
    "arrays": "a = [\n  1, # one ]\n  [2, 3],\n  'x]',\n]\nb = 2",
    "strings": 'a = "# no comment"\nb = "\\""\nc = \'\\\'\nd = "=,]}"\ne = ""\nf = 1',
    "multi-line": 'a = """one\n b = 2 \\""" """"\nc = \'\'\'\n[d]\n\'\'\'\'\'\ne = """\\\n  x"""\nf = 1',
    "dates": "a = 1979-05-27 07:32:00Z\nb = [1979-05-27, 07:32:00]\nc = 1",
    "windows line ends": "a = 1\r\n[b]\r\nc = 2\r\n",
    "array of tables": "[[a]]\nx = 1\n[[a]]\nx = 2",
}


def paths_of(value: object, path: Path = ()) -> Iterator[Path]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield (*path, key)
            yield from paths_of(item, (*path, key))
    elif isinstance(value, list) and not all(isinstance(item, dict) for item in value):
        for number, item in enumerate(value):
            yield from paths_of(item, (*path, str(number)))


@pytest.mark.parametrize("text", DOCUMENTS.values(), ids=DOCUMENTS.keys())
def test_every_key_is_found_and_nothing_else(text):
    found = places(text)
    expected = set(paths_of(tomllib.loads(text)))
    if "[[" not in text and "{g = 2}" not in text:
        assert set(found.keys) == expected
    for path, (line, column) in found.keys.items():
        stands = text.split("\n")[line - 1][column - 1 :]
        assert next(iter(tomllib.loads(f"{_key(stands)} = 0"))) == path[-1]


def _key(text: str) -> str:
    end = text.index(text[0], 1) + 1 if text[0] in "\"'" else len(text)
    while text[0] == '"' and text[end - 2] == "\\":
        end = text.index('"', end) + 1
    bare = "abcdefghijklmnopqrstuvwxyz"
    return text[:end] if text[0] in "\"'" else text[: next(i for i, c in enumerate(text + " ") if c not in bare)]


def test_lines_and_columns_count_from_one():
    found = places('[a]\n  key = "v"\nlist = [1,\n  2]\n')
    assert found.keys[("a",)] == (1, 2)
    assert found.keys[("a", "key")] == (2, 3)
    assert found.values[("a", "key")] == (2, 9)
    assert found.values[("a", "list", "1")] == (4, 3)


def test_tables_in_an_array_are_numbered_and_what_follows_belongs_to_the_last():
    found = places("[[a]]\nx = 1\n[[a]]\nx = 2\n[a.b]\ny = 3\n[[a.c]]\nz = 4\n")
    assert found.values["a", "0"] == (1, 1)
    assert found.values["a", "0", "x"] == (2, 5)
    assert found.values["a", "1", "x"] == (4, 5)
    assert found.values["a", "1", "b", "y"] == (6, 5)
    assert found.values["a", "1", "c", "0", "z"] == (8, 5)


@pytest.mark.parametrize("text", ["a", "= 1", "a = \n", "[a"])
def test_what_is_not_toml_never_loops(text):
    with pytest.raises(tomllib.TOMLDecodeError):
        tomllib.loads(text)
    with pytest.raises((ValueError, IndexError, StopIteration)):
        places(text)


KEYS = st.text("abc", min_size=1, max_size=3)
SCALARS = st.one_of(st.integers(), st.booleans(), st.text("ab ]},=#'\\\"\n", max_size=8))
VALUES = st.recursive(SCALARS, lambda inner: st.dictionaries(KEYS, inner, max_size=3), max_leaves=8)


def written(value: object) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {written(item)}" for key, item in value.items()) + " }"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return str(value)
    escaped = str(value).replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


@given(st.dictionaries(KEYS, VALUES, max_size=4))
def test_any_table_is_found_as_the_parser_reads_it(table):
    text = "".join(f"{key} = {written(value)}\n" for key, value in table.items())
    assert set(places(text).keys) == set(paths_of(tomllib.loads(text)))
