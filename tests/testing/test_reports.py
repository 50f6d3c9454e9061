"""The contract of reports: everything that ships keeps it, and one bad twin for every breach."""

from __future__ import annotations

import csv
import importlib
import io
import itertools
import json
import pkgutil
import time
from collections.abc import Callable

import pytest

from cdctl import reports
from cdctl.application import wiring
from cdctl.domain.ports import Plugin
from cdctl.domain.settings import Settings
from cdctl.domain.slo.verdict import SloReport
from cdctl.domain.text import safe
from cdctl.testing.contract import ContractError
from cdctl.testing.reports import check_report

SHIPPED = [listing.name for listing in wiring.catalogue(Settings(), plugins=False).names("reports")]


@pytest.mark.parametrize("name", SHIPPED)
def test_every_report_that_ships_keeps_the_contract(name: str) -> None:
    check_report(wiring.catalogue(Settings(), plugins=False).load("reports", name))


def test_all_reports_ship() -> None:
    modules = [importlib.import_module(f"cdctl.reports.{info.name}") for info in pkgutil.iter_modules(reports.__path__)]
    plugins = {one.PLUGIN.name: one.PLUGIN for one in modules if hasattr(one, "PLUGIN")}
    assert plugins == {name: wiring.catalogue(Settings(), plugins=False).load("reports", name) for name in SHIPPED}


class Report:
    def __init__(self, render: Callable[[SloReport], object], suffix: str = ".txt") -> None:
        self.render = render
        self.suffix = suffix


def plugin(render: Callable[[SloReport], object], suffix: str = ".txt") -> Plugin:
    return Plugin(1, "reports", "twin", "1", "a twin", lambda: Report(render, suffix))


def names(report: SloReport) -> str:
    return "".join(f"{safe(row.name, 99)} {row.sli if row.sli is not None else '-'}\n" for row in report.rows)


def test_a_good_report_passes() -> None:
    check_report(plugin(names))


COUNT = itertools.count()


def printing(report: SloReport) -> str:
    print("a stray line")
    return "text"


def counting(report: SloReport) -> str:
    return str(next(COUNT))


def local(report: SloReport) -> str:
    return time.strftime("%H:%M", time.localtime(report.at))


def ragged(report: SloReport) -> str:
    text = io.StringIO()
    csv.writer(text).writerows([safe(row.name)] * (1 + len(row.group)) for row in report.rows)
    return text.getvalue()


@pytest.mark.parametrize(
    ("render", "suffix", "breach"),
    [
        (lambda r: r.rows[0].name, ".txt", "empty report: raised IndexError"),
        (lambda r: f"{r.rows[0].sli:.3f}" if r.rows else "", ".txt", "unknown report: raised TypeError"),
        (lambda r: " ".join(f"{row.sli}" for row in r.rows), ".txt", "unknown report: what is not known is written as"),
        (lambda r: b"raw", ".txt", "render gave a bytes, not a text"),
        (printing, ".txt", "printed to stdout"),
        (counting, ".txt", "another text the second time"),
        (local, ".txt", "depends on the time zone"),
        (lambda r: "".join(row.name for row in r.rows), ".txt", "hostile report: lets control characters through"),
        (lambda r: "{", ".json", "is no well-formed .json"),
        (lambda r: json.dumps([float("nan")]), ".json", "NaN is no JSON number"),
        (lambda r: "{}\n{", ".jsonl", "is no well-formed .jsonl"),
        (lambda r: f"<a>{safe(' '.join(r.warnings))}</a>", ".xml", "hostile report: is no well-formed .xml"),
        (lambda r: f"<p>{safe(r.title)}</p>", ".html", "hostile report: is no well-formed .html: a label runs"),
        (lambda r: safe(r.title), ".md", "a label runs as a script"),
        (ragged, ".csv", "typical report: is no well-formed .csv: records have [1, 2] cells"),
    ],
)
def test_each_breach_is_found(render: Callable[[SloReport], object], suffix: str, breach: str) -> None:
    with pytest.raises(ContractError) as caught:
        check_report(plugin(render, suffix))
    assert any(breach in text for text in caught.value.breaches), caught.value.breaches
