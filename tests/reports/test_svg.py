from __future__ import annotations

import re
from dataclasses import replace
from xml.etree import ElementTree as Xml

import numpy as np
import pytest

from cdctl.domain.slo.verdict import Row, SloReport
from cdctl.reports import svg
from cdctl.reports.slots import Slots, slots


def made(row: Row, at: int) -> Slots:
    found = slots(row, at)
    assert found is not None
    return found


def burn_down(row: Row, at: int) -> Xml.Element:
    points = made(row, at)
    assert points.left is not None
    return Xml.fromstring(svg.burn_down(points, points.left, "left <&>"))


def by_class(chart: Xml.Element, name: str) -> list[Xml.Element]:
    return [element for element in chart.iter() if name in (element.get("class") or "").split()]


def heights(path: str) -> list[float]:
    """Every y of a path of M, L, V and H."""
    return [float(y) for y in re.findall(r"(?:[ML][\d.]+ |V)(-?[\d.]+)", path)]


def labels(chart: Xml.Element) -> list[str]:
    return [element.text or "" for element in chart.iter("text") if element.get("class") != "time"]


@pytest.fixture
def breached(report: SloReport) -> Row:
    return report.rows[1]


def test_the_line_falls_from_full_to_what_is_left(breached: Row, report: SloReport) -> None:
    chart = burn_down(breached, report.at)
    fine, over = (by_class(chart, name) for name in ("fine", "over"))
    line = heights(fine[1].get("d", "")) + heights(over[1].get("d", ""))
    assert line[0] == 0
    assert line == sorted(line)
    dot = next(chart.iter("circle"))
    assert float(dot.get("cy", "0")) - 8 == pytest.approx(line[-1])
    assert dot.get("class") == "dot over"
    assert labels(chart) == ["0%", "100%", "-100%", "-200%", "-300%", "-400%"]


def test_a_budget_that_is_left_has_no_red(report: SloReport) -> None:
    chart = burn_down(report.rows[2], report.at)
    assert not by_class(chart, "over")
    assert labels(chart) == ["0%", "100%", "50%"]


def test_everything_stays_inside_the_plot(report: SloReport) -> None:
    for row in report.rows:
        points = slots(row, report.at)
        if points is None or points.left is None:
            continue
        for text in (svg.burn_down(points, points.left, ""), svg.burn_rate(points, "")):
            for path in Xml.fromstring(text).iter("path"):
                assert all(-0.1 <= y <= 132.1 for y in heights(path.get("d", "")))


def test_burn_rates_above_one_are_marked(report: SloReport, breached: Row) -> None:
    chart = Xml.fromstring(svg.burn_rate(made(breached, report.at), ""))
    assert by_class(chart, "hot")[0].get("d")
    assert labels(chart) == ["1", "100", "10", "0"]
    calm = Xml.fromstring(svg.burn_rate(made(report.rows[2], report.at), ""))
    assert by_class(calm, "hot")[0].get("d") == ""


def test_time_that_was_not_observed_is_hatched(report: SloReport, breached: Row) -> None:
    gap = by_class(burn_down(report.rows[0], report.at), "gap")
    assert [(element.get("x"), element.get("width")) for element in gap] == [("28.5%", "2.9%")]
    assert not by_class(burn_down(breached, report.at), "gap")


def test_a_period_in_progress_says_where_now_is(report: SloReport, breached: Row) -> None:
    month = next(row for row in report.rows if row.window.kind == "calendar")
    (now,) = by_class(burn_down(month, report.at), "now")
    assert now.get("x1") == "72.4%"
    assert not by_class(burn_down(breached, report.at), "now")


def test_dates_under_the_plot(report: SloReport, breached: Row) -> None:
    times = [element.text for element in by_class(burn_down(breached, report.at), "time")]
    assert times == ["2 Nov", "9 Nov", "16 Nov"]
    day = replace(breached.window, start=report.at - 86_400)
    short = burn_down(replace(breached, window=day), report.at)
    assert [element.text for element in by_class(short, "time")] == ["18:00", "00:00", "06:00", "12:00"]


def test_an_utter_outage_still_fits(report: SloReport, breached: Row) -> None:
    past = breached.history
    assert past is not None
    chart = burn_down(replace(breached, history=replace(past, good=np.zeros_like(past.good))), report.at)
    assert "0%" in labels(chart)
    assert "100%" not in labels(chart)


def test_text_alternatives_are_escaped(report: SloReport, breached: Row) -> None:
    chart = burn_down(breached, report.at)
    assert (chart.get("role"), chart.get("aria-label")) == ("img", "left <&>")
    assert chart.find(".//title") is None


def test_a_chart_of_thousands_of_buckets_is_small(many: SloReport) -> None:
    points = made(many.rows[0], many.at)
    assert points.left is not None
    assert len(svg.burn_down(points, points.left, "")) + len(svg.burn_rate(points, "")) < 10_000
    assert len(svg.sparkline(points, points.left)) < 6_000
