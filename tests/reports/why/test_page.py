"""The page of an explanation."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from dataclasses import replace
from html import escape
from html.parser import HTMLParser

import pytest
from why_told import END, incident, told

from cdctl.domain.changes import Change
from cdctl.domain.pasting import Shell
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


def changed(found: Explanation) -> Explanation:
    """With three changes shortly before its cause began, two of them close together, and one before the window."""
    since = found.causes[0].since
    assert since is not None
    at = {"first": since - 3_000, "second": since - 1_200, "third": since - 60, "fourth": since - 30}
    return found.with_changes([Change(when, "flag", title) for title, when in at.items()])


def test_changes_are_numbered_marks_with_a_legend(found: Explanation) -> None:
    text = page(changed(found))
    assert text.count('class="mark"') == 3
    assert re.findall(r'class="label"[^>]*>([^<]*)<', text) == ["2", "3–4"]
    legend = re.findall(r"<li><b>(\d)</b>[^<]* flag: (\w+)( \(outside the picture\))?</li>", text)
    assert legend == [
        ("1", "first", " (outside the picture)"),
        ("2", "second", ""),
        ("3", "third", ""),
        ("4", "fourth", ""),
    ]
    assert '<span class="key began"></span>a cause began' in text
    assert "Dashed" not in text
    assert 'class="mark"' not in page(found)


def test_a_change_with_a_hostile_title_is_escaped(found: Explanation) -> None:
    (cause,) = found.causes
    text = page(found.with_changes([Change((cause.since or 0) - 60, HOSTILE, HOSTILE)]))
    assert Tags(text).wrong == []
    assert "<script" not in text
    assert "\x1b" not in text


def test_a_beginning_that_is_not_known_well_is_a_band(found: Explanation) -> None:
    (cause,) = found.causes
    since = cause.since or 0
    vague = replace(found, causes=(replace(cause, between=(since - 900, since + 300)),))
    assert page(vague).count('class="began"') == 1
    assert "within the grey" in page(vague)
    assert 'class="began"' not in page(found)


def test_bars_of_one_kind_have_one_scale_and_say_it(found: Explanation) -> None:
    text = page(found)
    first, second = re.findall(r'<div class="scale">(.*?)</div>', text)
    assert "Bad events; the whole bar is all of them" in first
    assert "Events that fail; the whole bar is 20%" in second
    (cause,) = found.causes
    (share,) = map(float, re.findall(r"width:([\d.]+)%", first))
    inside, outside, before = map(float, re.findall(r"width:([\d.]+)%", second))
    assert cause.before is not None
    assert share == pytest.approx(cause.share * 100, rel=1e-3)
    for width, counts in ((inside, cause.inside), (outside, cause.outside), (before, cause.before)):
        assert width == pytest.approx((counts.rate or 0.0) / 0.2 * 100, rel=1e-3)


@pytest.mark.skipif(sys.platform != "linux", reason="a browser is there on Linux")
@pytest.mark.parametrize("width", [1200, 500])
def test_figures_sit_below_their_heads(width: int, found: Explanation, rendered: Callable[[str], str]) -> None:
    own = re.sub(r"<meta http-equiv=[^>]*>", "", page(found))
    measure = """<script>onload = () => {
      const inside = document.querySelector("iframe").contentDocument;
      const edges = row => [...row.children].map(one => Math.round(one.getBoundingClientRect().right)).join(" ");
      const rows = [...inside.querySelectorAll("table.list tr")].map(edges);
      document.body.innerHTML = `<p id="told">${rows.join(";")}</p>`;
    }</script>"""
    document = rendered(f'<iframe style="width:{width}px;height:900px" srcdoc="{escape(own)}"></iframe>{measure}')
    told = re.search(r'<p id="told">([^<]*)</p>', document)
    assert told is not None
    rows = told[1].split(";")
    assert len(rows) > 2
    assert len(set(rows)) == 1


def test_examples_ask_whom_the_run_asked(found: Explanation) -> None:
    text = page(replace(found, shell=Shell("cdctl --context lab")))
    assert "cdctl --context lab trace show " in text
    assert "cdctl trace show" not in text


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
