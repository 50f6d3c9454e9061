"""The page of an explanation."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from why_told import END, incident, told

from cdctl.domain.why.explanation import Explanation, Predicate
from cdctl.reports.why.page import page

VOID = {"meta", "link", "br", "path", "circle", "rect", "line"}
HOSTILE = "\x1b[2J<script>alert(1)</script>\"'|`\n\u202e=cmd()&\ud800"


class Tags(HTMLParser):
    """Every tag, and those that do not close in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.seen: list[str] = []
        self.wrong: list[str] = []
        self._open: list[str] = []
        self.feed(text)
        self.wrong += self._open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self._open or self._open.pop() != tag:
            self.wrong.append(tag)


@pytest.fixture(scope="module")
def found() -> Explanation:
    return told()


@pytest.mark.parametrize("what", ["incident", "calm", "nothing", "standing"])
def test_it_is_well_formed_and_reaches_nowhere(what: str, found: Explanation) -> None:
    made = {
        "incident": lambda: found,
        "calm": lambda: told(incident(rate=0.05, us=0.05, everywhere=0.05)),
        "nothing": lambda: told(incident(n=0)),
        "standing": lambda: told(incident(us=0.03), incident(2, rate=0.002, back=86_400, us=0.03)),
    }[what]()
    text = page(made)
    assert Tags(text).wrong == []
    assert "script" not in Tags(text).seen
    assert "http" not in text.replace("http-equiv", "")
    assert "nan" not in text.lower().replace("finance", "")


def test_pictures_and_figures(found: Explanation) -> None:
    text = page(found)
    assert text.count('class="line over"') == 1
    assert text.count('class="line fine"') == 1
    assert text.count('class="now"') == 1
    assert text.count('<section class="cause">') == 1
    assert "region eu with software 23-07.60" in text
    assert "cdctl fleet ls --where &#x27;region:eu sw:23-07.60&#x27;" in text


def test_without_a_cause_there_is_one_line() -> None:
    text = page(told(incident(rate=0.05, us=0.05, everywhere=0.05)))
    assert 'class="line over"' in text
    assert 'class="line fine"' not in text
    assert "No group of up to three attributes stands out" in text


def test_hours_without_events_are_hatched() -> None:
    events = incident()
    late = replace(events, at=END + (events.at - END) // 4)
    assert page(told(late)).count('class="gap"') == 1
    assert 'class="gap"' not in page(told(events))


def test_hostile_texts_are_escaped(found: Explanation) -> None:
    (cause,) = found.causes
    hit = replace(found.heavy[0], attribute=HOSTILE, value=HOSTILE)
    bad = replace(
        found, slo=HOSTILE, group={HOSTILE: HOSTILE}, notes=(HOSTILE,), heavy=(hit,),
        causes=(replace(cause, where=(Predicate(HOSTILE, HOSTILE),)),),
    )  # fmt: skip
    text = page(bad)
    assert Tags(text).wrong == []
    assert "<script" not in text
    assert "\x1b" not in text
    assert "\u202e" not in text
    text.encode()


@pytest.mark.skipif(sys.platform != "linux", reason="a browser is there on Linux")
def test_a_browser_has_nothing_to_say(found: Explanation, console: Callable[[str], list[str]]) -> None:
    assert console(page(found)) == []
