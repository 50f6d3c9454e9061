from __future__ import annotations

import re
from collections.abc import Callable
from html import escape
from html.parser import HTMLParser

import pytest

from cdctl.domain.slo.verdict import SloReport, Verdict
from cdctl.reports.html import HtmlReport
from cdctl.reports.html.style import DARK, LIGHT
from cdctl.testing import examples

VOID = {"meta", "link", "br", "path", "circle", "rect", "line", "use"}
Console = Callable[[str], list[str]]


class Outline(HTMLParser):
    """Every tag with its attributes, the text, and tags that do not close in order."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.text: list[str] = []
        self.unbalanced: list[str] = []
        self._open: list[str] = []
        self.feed(page)
        self.unbalanced += self._open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {key: value or "" for key, value in attrs}))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {key: value or "" for key, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        if not self._open or self._open.pop() != tag:
            self.unbalanced.append(tag)

    def handle_data(self, data: str) -> None:
        self.text.append(data)

    def all(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.tags if name == tag]


def reaches_out(page: str) -> list[str]:
    """Whatever could make a browser ask a network, run something, or leave the page."""
    found = re.findall(r"@import|url\((?!#gap\))|@font-face|javascript:", page)
    for tag, attributes in Outline(page).tags:
        if tag in {"script", "iframe", "object", "embed", "img", "form", "base", "style-src"}:
            found.append(tag)
        found += [key for key in attributes if key.startswith("on") or key in {"src", "srcset", "action", "background"}]
        href = attributes.get("href", "#")
        found += [href] * (not href.startswith("#") and href != "data:,")
    return found


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two colours (WCAG 2.2, "contrast ratio")."""

    def luminance(colour: str) -> float:
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.fixture(scope="module")
def page(report: SloReport) -> str:
    return HtmlReport().render(report)


def test_it_opens_without_a_word_on_the_console(page: str, console: Console) -> None:
    assert console(page) == []


@pytest.mark.parametrize(
    ("spoilt", "said"),
    [
        ("<script>alert(1)</script>", "Content Security Policy"),
        ('<img src="https://tracker.invalid/pixel.png" alt="">', "Content Security Policy"),
        ('<svg><path d="M0 0 V nan"/></svg>', "attribute d"),
    ],
)
def test_the_console_would_tell(page: str, console: Console, spoilt: str, said: str) -> None:
    (line,) = console(page.replace("</main>", f"{spoilt}</main>"))
    assert said in line


def test_a_phone_need_not_scroll_sideways(page: str, rendered: Callable[[str], str]) -> None:
    def overflow(document: str) -> int:
        """How much wider than a phone the page is, measured in a frame 360 pixels wide."""
        inner = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", document)
        measure = "const e = frame.contentDocument.documentElement; document.title = e.scrollWidth - e.clientWidth"
        frame = f'<iframe id="frame" style="width:360px;border:0" onload="{measure}" srcdoc="{escape(inner)}"></iframe>'
        title = re.search(r"<title>(-?\d+)</title>", rendered(f"<!doctype html><title>-</title>{frame}"))
        assert title
        return int(title[1])

    assert overflow(page) == 0
    assert overflow(page.replace("</main>", '<div style="width:30rem">x</div></main>')) > 0


def test_it_needs_nothing_but_itself(page: str) -> None:
    assert reaches_out(page) == []
    assert "default-src 'none'" in page


@pytest.mark.parametrize(
    "spoilt",
    [
        '<img src="x.png">',
        '<a href="https://example.invalid">x</a>',
        "<p onclick='x()'>",
        "<style>@import 'x.css'</style>",
        "<style>p{background:url(x.png)}</style>",
        "<script></script>",
    ],
)
def test_what_reaches_out_would_be_found(page: str, spoilt: str) -> None:
    assert reaches_out(page + spoilt)


@pytest.mark.parametrize("make", [examples.empty, examples.typical, examples.unknown, examples.hostile])
def test_tags_close_in_order_and_links_lead_somewhere(make: Callable[[], SloReport], page: str) -> None:
    for document in (page, HtmlReport().render(make())):
        outline = Outline(document)
        assert outline.unbalanced == []
        ids = [attributes["id"] for _, attributes in outline.tags if "id" in attributes]
        assert len(ids) == len(set(ids))
        assert {attributes["href"][1:] for tag in ("a", "use") for attributes in outline.all(tag)} <= set(ids)
        assert reaches_out(document) == []


def test_an_open_tag_would_be_found(page: str) -> None:
    assert Outline(page.replace("</section>", "", 1)).unbalanced


def test_the_headline_is_the_answer(page: str, empty: SloReport, healthy: SloReport) -> None:
    assert "<h1>3 of 13 objectives are breached.</h1>" in page
    assert "<h1>All 4 objectives are met.</h1>" in HtmlReport().render(healthy)
    assert "<table" not in HtmlReport().render(empty)


def test_verdicts_are_words_and_shapes(page: str, report: SloReport) -> None:
    for verdict, label in zip(Verdict, ("Met", "At risk", "Breached", "No data", "Error"), strict=True):
        mark = f'<svg aria-hidden="true"><use href="#mark-{verdict.value}"/></svg>{label}</span>'
        rows = sum(row.verdict is verdict for row in report.rows)
        composites = 1 if verdict is Verdict.BREACHED else 0
        assert page.count(mark) == 1 + 2 * rows + composites


def test_tables_say_what_their_cells_are_about(page: str) -> None:
    heads = Outline(page).all("th")
    assert heads
    assert {attributes.get("scope") for attributes in heads} == {"row", "col"}


def test_charts_have_words(page: str) -> None:
    charts = [attributes for attributes in Outline(page).all("svg") if attributes.get("class") == "chart"]
    assert len(charts) == 17, "a row without a verdict has no burn-down"
    eu = charts[0]["aria-label"]
    assert eu.startswith(
        "Error budget left: 100% on 2026-10-25 16:10 UTC, -378.5% on 2026-11-22 16:10 UTC. Used up 16 Nov"
    )
    assert all(chart["role"] == "img" and len(chart["aria-label"]) > 20 for chart in charts)
    others = [attributes for attributes in Outline(page).all("svg") if attributes.get("class") != "chart"]
    assert all(svg.get("aria-hidden") == "true" or "viewbox" in svg for svg in others)


def test_bad_news_is_open_and_good_news_closed(page: str, report: SloReport) -> None:
    cards = [attributes for attributes in Outline(page).all("details") if "card" in attributes.get("class", "")]
    assert len(cards) == len(report.rows)
    assert all(("open" in card) == (card["class"] != "card v-met") for card in cards)


def test_evidence_is_there(page: str) -> None:
    text = "".join(Outline(page).text)
    assert "sum by (region) (increase(remote_command_availability_total[1h]))" in text
    assert "2026-10-25T16:10:00Z to 2026-11-22T16:10:00Z, 28d, 100% observed" in text


def test_hostile_text_is_only_text(page: str) -> None:
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "\\x1b[2J" in page


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
def test_text_can_be_read(palette: dict[str, str]) -> None:
    for name in ("fg", "muted", "met", "at_risk", "breached", "no_data", "error"):
        for ground in ("bg", "raised"):
            assert contrast(palette[name], palette[ground]) >= 4.5, (name, ground)
    for name in ("fine", "breached", "calm"):
        assert contrast(palette[name], palette["bg"]) >= 2.4, name


def test_pale_text_would_be_found() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#8a8f98", "#ffffff") < 4.5


def test_a_hundred_rows_of_thousands_of_buckets_stay_small(many: SloReport) -> None:
    assert len(HtmlReport().render(many).encode()) < 2_000_000
