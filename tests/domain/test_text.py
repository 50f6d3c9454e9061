"""What may reach a terminal."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdctl.domain.text import safe


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
        assert unicodedata.category(char) not in {"Cc", "Cs", "Zl", "Zp"}
        assert char not in "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
