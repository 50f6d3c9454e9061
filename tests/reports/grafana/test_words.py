"""Text of specs on a dashboard: seen as it was written, and nothing else."""

from __future__ import annotations

from datetime import datetime

import pytest
from grafana import referenced

from cdctl.domain.slo.window import Calendar, Rolling, Unit
from cdctl.reports.grafana import words


@pytest.mark.parametrize("text", ["$region", "${region}", "[[region]]", "$$region", "[[[x]]]", "a$b$c", "$[[x]]"])
def test_no_variable_is_filled_in(text: str) -> None:
    assert referenced(text)
    for shown in (words.title(text), words.prose(text)):
        assert referenced(shown) == set()
        assert shown.replace("\u2060", "").replace("\\", "") == text


def test_money_and_brackets_stay_as_they_are() -> None:
    assert words.title("under 5 $ [each] $ [ [x]]") == "under 5 $ [each] $ [ [x]]"


def test_descriptions_are_markdown() -> None:
    assert words.prose("a_b *c* <i> & [x](y)", "", "second") == r"a\_b \*c\* &lt;i> &amp; \[x\](y)" + "\n\nsecond"


def test_what_would_act_on_a_terminal_is_shown() -> None:
    assert words.title("a\x1b[31m\u202eb\n") == r"a\x1b[31m\u202eb\x0a"
    assert len(words.title("x" * 1000)) == 150


@pytest.mark.parametrize(
    ("value", "url"),
    [
        ("https://x.example/a?b=c#d", "https://x.example/a?b=c#d"),
        ("HTTP://x.example/$y[[z]]", "HTTP://x.example/%24y%5B%5Bz%5D%5D"),
        ("javascript:alert(1)", ""),
        ("see https://x.example", ""),
        ("https://x.example/a b", ""),
        ('https://x.example/"><script>', ""),
        ("ftp://x.example", ""),
        ("", ""),
    ],
)
def test_an_annotation_that_is_an_address_is_a_link(value: str, url: str) -> None:
    wanted = [{"title": "run book", "url": url, "targetBlank": True}] if url else []
    assert words.links({"example.com/run-book": value}) == wanted


@pytest.mark.parametrize(("seconds", "text"), [(300, "5m"), (86_400, "1d"), (5400, "90m"), (3600, "1h"), (61, "61s")])
def test_lengths(seconds: int, text: str) -> None:
    assert words.length(seconds) == text
    assert words.window(Rolling(seconds)) == f"over {text}"


@pytest.mark.parametrize(("count", "text"), [(1, "per month"), (2, "per 2 months")])
def test_periods(count: int, text: str) -> None:
    window = Calendar(count, Unit.MONTH, datetime(2026, 1, 1), "Europe/Berlin")
    assert words.window(window) == f"{text} of the calendar (Europe/Berlin)"


def test_legends() -> None:
    assert words.legend(("region", "model"), "1h") == "1h {{region}} {{model}}"
    assert (words.legend(()), words.legend((), "1h")) == ("all", "1h")
