"""What may reach a terminal."""

from __future__ import annotations

import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdctl.domain.text import safe, unseen


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain text", "plain text"),
        ("München 東京 ✓ 👍", "München 東京 ✓ 👍"),
        ("\x1b]52;c;aGk=\x07", "\\x1b]52;c;aGk=\\x07"),
        ("\x1b[2J", "\\x1b[2J"),
        ("\x9b2J\x85", "\\x9b2J\\x85"),
        ("a\nb\tc\rd\x7f", "a\\x0ab\\x09c\\x0dd\\x7f"),
        ("\u202egpj.exe\u2066", "\\u202egpj.exe\\u2066"),
        ("one\u2028two\u2029", "one\\u2028two\\u2029"),
        ("\ud800", "\\ud800"),
        ("[red]rich[/x]", "[red]rich[/x]"),
        ("a\u200bb\u00ad\U000e0041\ue000", "a\\u200bb\\xad\\U000e0041\\ue000"),
    ],
)
def test_controls_are_written_out(text, expected):
    assert safe(text) == expected


def test_lines_may_stay():
    assert safe("a\n\tb\rc\x1b", lines=True) == "a\n\tb\\x0dc\\x1b"


def test_long_text_is_cut():
    assert safe("x" * 500) == "x" * 500
    assert safe("x" * 501) == "x" * 499 + "…"
    assert safe("abcdef", 3) == "ab…"


@given(st.text())
def test_nothing_that_acts_ever_passes(text):
    for char in safe(text, 10_000):
        assert unicodedata.category(char) not in {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}
        assert char not in "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"


@given(st.text())
def test_json_says_the_same_and_nothing_in_it_acts(text):
    made = unseen(json.dumps({text: [text]}, ensure_ascii=False, indent=1))
    assert json.loads(made) == {text: [text]}
    assert all(c == "\n" or unicodedata.category(c) not in {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"} for c in made)


def test_json_in_other_scripts_stays_readable():
    assert unseen('"München 東京"') == '"München 東京"'
    assert unseen('"\x7f\x9b\u202e\U000e0041"') == '"\\u007f\\u009b\\u202e\\udb40\\udc41"'
