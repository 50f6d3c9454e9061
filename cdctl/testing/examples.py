"""Reports of every sort that a report plugin must be able to write."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal

import numpy as np

from cdctl.domain.slo.verdict import Composite, ErrorBudget, Evidence, History, Row, SloReport, Verdict
from cdctl.domain.slo.window import Bounds

AT = 1_750_000_200
"""2025-06-15T15:10:00Z, a multiple of 300."""
_WINDOW = Bounds("rolling", AT - 28 * 86_400, AT)
_BURNS = ("5m", "30m", "1h", "2h", "6h", "1d", "3d")
HOSTILE = (
    "\x1b[31mred\x1b[0m",
    "\x9b31m and \x07",
    "\u202egnidaer\u202c",
    "<script>alert(1)</script>",
    "a < b & c ]]> --> &amp; \"quoted\" 'twice'",
    "a|b `c` *d* _e_ ~f~",
    "two\nlines\r\nand\ta tab",
    "=cmd|' /C calc'!A0",
    "lone \ud800 surrogate",
    "x" * 20_000,
)
"""Texts that come from servers and files of strangers and must do no harm."""


def empty() -> SloReport:
    """Nothing was promised."""
    return SloReport(AT, AT + 65, ())


def typical() -> SloReport:
    """Every verdict, groups, a calendar window, a composite, charts, evidence and warnings."""
    rows = [row(verdict, {"region": region}) for verdict in Verdict for region in ("eu", "us")]
    whole = Composite(0.9971, Decimal("0.99"), 0.71, dict.fromkeys(_BURNS, 0.4), Verdict.MET)
    month = Bounds("calendar", AT - 86_400, AT + 86_400)
    tiles = replace(row(Verdict.MET, {}), window=month, history=_history(month.start, 250.0), composite=whole)
    rows.append(replace(tiles, name="map-data", objective="tiles"))
    rules = ("breached: the error budget of the window is spent",)
    return SloReport(AT, AT + 65, tuple(rows), rules, ("one series was reset",), "Promises of June")


def unknown() -> SloReport:
    """Rows of which nothing is known: every number that may be None is."""
    whole = Composite(None, Decimal("0.99"), None, dict.fromkeys(_BURNS), Verdict.NO_DATA)
    window = Bounds("rolling", AT - 86_400, AT)
    no_numbers = Row(
        "media-start", "media", {}, "ok", Decimal("0.99"), "Timeslices", window, Verdict.NO_DATA, composite=whole
    )
    no_budget = replace(no_numbers, error_budget=ErrorBudget(0.0, 0.0, None), burn_rates=dict.fromkeys(_BURNS))
    return SloReport(AT, AT + 65, (no_numbers, no_budget))


def hostile() -> SloReport:
    """Names, labels, reasons and queries that try to break out of whatever holds them."""
    rows = []
    for text in HOSTILE:
        plain = row(Verdict.BREACHED, {"region": text, text: "eu"})
        said = replace(plain, reason=text, warnings=(text,), evidence=(Evidence(text, text, AT),), firing=(text,))
        rows.append(replace(said, name=text, service=text, objective=text, display_name=text, description=text))
    return SloReport(AT, AT + 65, tuple(rows), HOSTILE, HOSTILE, HOSTILE[3])


def huge(rows: int = 2_000) -> SloReport:
    """Many rows, all of them bad."""
    groups = ({"region": f"region-{number:05}"} for number in range(rows))
    return SloReport(AT, AT + 65, tuple(replace(row(Verdict.BREACHED, group), history=None) for group in groups))


def row(verdict: Verdict, group: Mapping[str, str]) -> Row:
    """One row of that verdict, every field filled."""
    reasons = {
        Verdict.MET: None,
        Verdict.AT_RISK: "burning 14.1 times as fast as allowed",
        Verdict.BREACHED: "the error budget is spent",
        Verdict.NO_DATA: "the total was seen in 41 % of the window; 90 % are needed",
        Verdict.ERROR: "the server refused the query",
    }
    bad = 2_500.0 if verdict is Verdict.BREACHED else 250.0
    remaining = 1 - bad / 1_000
    return Row(
        name="remote-command-availability",
        service="remote-command",
        group=group,
        objective="ok",
        target=Decimal("0.999"),
        budgeting="Occurrences",
        window=_WINDOW,
        verdict=verdict,
        good=1_000_000 - bad,
        bad=bad,
        total=1_000_000.0,
        sli=1 - bad / 1_000_000,
        interval=(1 - bad / 900_000, 1 - bad / 1_100_000),
        coverage=0.998,
        error_budget=ErrorBudget(1_000.0, bad, remaining),
        burn_rates=dict.fromkeys(_BURNS, bad / 1_000),
        firing=("1h/5m > 13.44",) if verdict is Verdict.AT_RISK else (),
        reason=reasons[verdict],
        warnings=("good was more than total in 2 buckets",),
        evidence=(Evidence("prometheus", 'sum(commands_total{result="ok"})', AT),),
        history=_history(_WINDOW.start, bad),
        display_name="Remote commands are carried out",
        description="A command that a driver sends reaches the vehicle.",
    )


def _history(start: int, bad: float) -> History:
    ends = np.arange(start + 3600, AT + 1, 3600, dtype=np.int64)
    total = np.full(len(ends), 1_000_000 / len(ends))
    good = total - bad / len(ends)
    return History(ends, np.full(len(ends), 3600, np.int64), good, total, np.ones(len(ends)))
