from __future__ import annotations

import json

import pytest

from cdctl.reports.document import dumps, number


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.1 + 0.2, "0.3"),
        (3.0, "3"),
        (-1e-8, "-1e-8"),
        (2.4e18, "2.4e18"),
        (None, "null"),
        (float("nan"), "null"),
        (float("-inf"), "null"),
    ],
)
def test_numbers(value: float | None, text: str) -> None:
    assert dumps(number(value)) == text


def test_json_itself_would_write_what_json_lacks() -> None:
    assert json.dumps(float("nan")) == "NaN"
    assert dumps(float("nan")) == "null"


@pytest.mark.parametrize(
    "text", ["\x1b[2J", "\x9b31m", "\u202eabc", "\ud800", "\u2028", "München \U0001f697", "\\u202e"]
)
def test_text_comes_back_as_it_was(text: str) -> None:
    written = dumps(text)
    assert json.loads(written) == text
    assert written.encode().isascii() or text.startswith("M")


def test_readable_text_stays_readable() -> None:
    assert dumps("München") == '"München"'
