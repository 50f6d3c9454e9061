"""A report that holds one of everything, hostile text included, and the comparison with golden files."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest

from cdctl.api import Bounds, Composite, ErrorBudget, Evidence, History, Row, SloReport, Verdict

HOUR, DAY = 3600, 86_400
AT = int(datetime(2026, 11, 22, 16, 10, tzinfo=UTC).timestamp())
ROLLING = Bounds("rolling", AT - 28 * DAY, AT)
MONTH = Bounds(
    "calendar",
    int(datetime(2026, 10, 31, 23, tzinfo=UTC).timestamp()),
    int(datetime(2026, 11, 30, 23, tzinfo=UTC).timestamp()),
)
BURNS = {"5m": 300, "30m": 1800, "1h": HOUR, "2h": 2 * HOUR, "6h": 6 * HOUR, "1d": DAY, "3d": 3 * DAY}
HOSTILE = "\x1b[2J<script>alert(1)</script>\"'|`\n\u202e=cmd()&\ud800\uffff"
GOLDEN = Path(__file__).parent.parent / "golden" / "reports"
# Read here, because every test runs without CDCTL_* variables.
UPDATE = os.environ.get("CDCTL_UPDATE_GOLDEN") == "1"

Incident = tuple[float, float, float]
"""Days before the instant: from, to; and the share of events that were bad."""


def history(
    window: Bounds = ROLLING,
    *,
    per_second: float = 2.0,
    base: float = 0.0002,
    incidents: tuple[Incident, ...] = (),
    gaps: tuple[tuple[float, float], ...] = (),
    step: int | None = None,
) -> History:
    """Hours, with five minutes at the window's start and over its last three days; traffic has a daily wave."""
    if step:
        edges = np.arange(window.start, AT + 1, step, dtype=np.int64)
    else:
        first_hour, fine = -(-window.start // HOUR) * HOUR, (AT - 3 * DAY) // HOUR * HOUR
        edges = np.unique(
            np.concatenate(
                [
                    np.arange(window.start, first_hour + 1, 300),
                    np.arange(first_hour, fine + 1, HOUR),
                    np.arange(fine, AT + 1, 300),
                ]
            )
        ).astype(np.int64)
    ends, widths = edges[1:], np.diff(edges)
    total = np.rint(per_second * widths * (1 + 0.6 * np.sin(2 * np.pi * ends / DAY)))
    share = np.full(len(ends), base)
    for start, end, ratio in incidents:
        share[(ends > AT - start * DAY) & (ends <= AT - end * DAY)] = ratio
    bad = np.rint(np.cumsum(total * share))
    bad = np.minimum(np.diff(bad, prepend=0.0), total)
    coverage = np.ones(len(ends))
    for start, end in gaps:
        blind = (ends > AT - start * DAY) & (ends <= AT - end * DAY)
        total[blind], bad[blind], coverage[blind] = 0.0, 0.0, 0.0
    return History(ends, widths, total - bad, total, coverage)


def judged(
    name: str,
    service: str,
    group: Mapping[str, str],
    target: str,
    verdict: Verdict,
    past: History,
    window: Bounds = ROLLING,
    **more: object,
) -> Row:
    """A row whose every number follows from its history."""
    total, good = float(past.total.sum()), float(past.good.sum())
    bad, allowed = total - good, float(1 - Decimal(target)) * total
    burns: dict[str, float | None] = {}
    for key, seconds in BURNS.items():
        recent = past.ends > AT - seconds
        events = float(past.total[recent].sum())
        burns[key] = (
            float((past.total - past.good)[recent].sum()) / events / float(1 - Decimal(target)) if events else None
        )
    sli = good / total if total else None
    row = Row(
        name=name,
        service=service,
        group=group,
        objective="ok",
        target=Decimal(target),
        budgeting="Occurrences",
        window=window,
        verdict=verdict,
        good=good,
        bad=bad,
        total=total,
        sli=sli,
        interval=(max(0.0, sli - 0.0001), min(1.0, sli + 0.0001)) if sli is not None else None,
        coverage=float((past.coverage * past.widths).sum()) / (min(window.end, AT) - window.start),
        error_budget=ErrorBudget(allowed, bad, 1 - bad / allowed if allowed else None),
        burn_rates=burns,
        history=past,
        evidence=(Evidence("prometheus", f"sum by (region) (increase({name.replace('-', '_')}_total[1h]))", AT),),
    )
    return replace(row, **more)


def blank(name: str, service: str, verdict: Verdict, **more: object) -> Row:
    """A row about which nothing is known."""
    row = Row(
        name=name,
        service=service,
        group={},
        objective="ok",
        target=Decimal("0.99"),
        budgeting="Occurrences",
        window=ROLLING,
        verdict=verdict,
        burn_rates=dict.fromkeys(BURNS),
    )
    return replace(row, **more)


def _remote_command() -> list[Row]:
    name, service = "remote-command-availability", "remote-command"
    words = {
        "display_name": "Remote command availability",
        "description": "A command sent to a vehicle that is online is carried out.",
    }
    broken = history(incidents=((17.2, 17.0, 0.06), (6.5, 6.31, 0.45), (0.14, 0.0, 0.019)))
    risky = history(per_second=0.8, incidents=((11.3, 11.1, 0.055), (1.2, 0.0, 0.0036)), gaps=((20.0, 19.2),))
    return [
        judged(
            name, service, {"region": "cn"}, "0.999", Verdict.AT_RISK, risky, **words,
            firing=("3d/6h > 0.933",), reason="burn rate 3d/6h > 0.933",
        ),
        judged(
            name, service, {"region": "eu"}, "0.999", Verdict.BREACHED, broken, **words,
            firing=("1h/5m > 13.44", "6h/30m > 5.6"), reason="23,151 bad events, 4,838.57 allowed",
        ),
        judged(name, service, {"region": "us"}, "0.999", Verdict.MET, history(per_second=1.4), **words),
    ]  # fmt: skip


def _timeslices() -> list[Row]:
    window = Bounds("rolling", AT - 7 * DAY, AT)
    past = history(window, step=300, incidents=((3.1, 3.05, 1.0),))
    seen = np.ones(len(past.ends))
    good = (past.good / past.total >= 0.95).astype(float)
    sliced = History(past.ends, past.widths, good, seen, past.coverage)
    name, service = "status-update-freshness", "status-updates"
    return [
        judged(name, service, {}, "0.99", Verdict.MET, sliced, window, budgeting="Timeslices"),
        judged(
            "status-update-delivery", service, {"region": "cn"}, "0.995", Verdict.NO_DATA,
            history(gaps=((28.0, 11.6), (9.0, 8.9))),
            reason="only 41.1% of the window was observed, 90% is the minimum",
        ),
    ]  # fmt: skip


def _calendar() -> list[Row]:
    past = history(MONTH, per_second=0.02, base=0.0066, incidents=((12.0, 11.7, 0.4),))
    row = judged("ota-campaign-success", "ota", {}, "0.99", Verdict.AT_RISK, past, MONTH)
    assert row.error_budget and row.error_budget.remaining_ratio
    return [replace(row, reason=f"{row.error_budget.remaining_ratio:.1%} of the error budget left")]


def _composite() -> list[Row]:
    whole = Composite(0.981, Decimal("0.99"), -0.9, {"1h": 0.4, "6h": 3.2, "3d": 1.9}, Verdict.BREACHED)
    name, service = "customer-journey", "customer-api"
    return [
        judged(name, service, {}, "0.99", Verdict.MET, history(base=0.001), objective="sign-in", composite=whole),
        judged(
            name, service, {}, "0.99", Verdict.BREACHED, history(base=0.018), objective="map-loads", composite=whole,
            reason="87,094 bad events, 48,385.7 allowed",
        ),
    ]  # fmt: skip


def _edges() -> list[Row]:
    flat = history(per_second=1e6, base=0.00001, step=HOUR)
    none = History(*(np.zeros(0, dtype=np.int64),) * 2, *(np.zeros(0),) * 3)
    return [
        judged("stream-start", "entertainment", {"region": "eu"}, "0.9995", Verdict.MET, flat),
        blank(
            "map-tile-latency", "navigation", Verdict.MET, sli=None, good=0.0, bad=0.0, total=0.0, coverage=1.0,
            error_budget=ErrorBudget(0.0, 0.0, None), burn_rates=dict.fromkeys(BURNS, 0.0), history=none,
            warnings=("no events in the window: nothing to judge",),
        ),
        blank(
            "near-miss", "navigation", Verdict.BREACHED, target=Decimal("0.999"), sli=0.99899999999, good=99899999999.0,
            bad=100000001.0, total=1e11, coverage=1.0, error_budget=ErrorBudget(1e8, 100000001.0, -1e-8),
        ),
        blank(
            "file-transfer", "files", Verdict.ERROR, reason="HTTP 422: parse error: unexpected right parenthesis",
            evidence=(Evidence("prometheus", "sum(rate(x[5m])))", AT),),
        ),
        blank(
            '=HYPERLINK("http://evil.example")', "@everyone", Verdict.ERROR, group={"region": HOSTILE, "__le": "-1"},
            objective="+1|`x`", reason=HOSTILE, display_name=HOSTILE, warnings=(HOSTILE,),
            evidence=(Evidence(HOSTILE, f"up{{x='{HOSTILE}'}}", AT),),
        ),
    ]  # fmt: skip


@pytest.fixture(scope="session")
def report() -> SloReport:
    """Every verdict, kind of window and kind of bad text."""
    rows = (*_remote_command(), *_timeslices(), *_calendar(), *_composite(), *_edges())
    return SloReport(
        at=AT,
        generated_at=AT + 75,
        rows=rows,
        rules=(
            "breached: more bad events than the error budget allows.",
            "at_risk: not breached, and a multi-window burn pair fires or less than 10 % of the budget is left.",
            "no_data: the total was observed for less of the window than the minimum coverage.",
        ),
        warnings=("prometheus: PromQL info: metric might not be a counter",),
    )


@pytest.fixture(scope="session")
def empty() -> SloReport:
    """Nothing to judge."""
    return SloReport(at=AT, generated_at=AT, rows=())


@pytest.fixture(scope="session")
def healthy(report: SloReport) -> SloReport:
    """Only rows that are met, each with events, and no composite."""
    met = (replace(row, composite=None) for row in report.rows if row.verdict is Verdict.MET and row.total)
    return replace(report, rows=tuple(met), warnings=())


@pytest.fixture(scope="session")
def many(report: SloReport) -> SloReport:
    """100 rows of 28 days in buckets of five minutes, 8,064 each."""
    past = history(step=300, incidents=((3.0, 2.9, 0.3),))
    row = replace(report.rows[1], history=past)
    return replace(report, rows=tuple(replace(row, name=f"promise-{i}") for i in range(100)))


@pytest.fixture
def row() -> Callable[..., Row]:
    """Make a blank row: `row("name", "service", Verdict.ERROR, reason=...)`."""
    return blank


@pytest.fixture
def golden() -> Callable[[str, str], None]:
    """Compare a text with tests/golden/reports/<name>; CDCTL_UPDATE_GOLDEN=1 writes it instead."""

    def compare(name: str, text: str) -> None:
        file = GOLDEN / name
        data = text.encode()
        if UPDATE:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(data)
        assert data == file.read_bytes(), f"{name} differs; CDCTL_UPDATE_GOLDEN=1 writes it anew, then read the diff"

    return compare


Console = Callable[[str], list[str]]


@pytest.fixture
def console(tmp_path: Path) -> Console:
    """What a headless Chromium says on its console while it opens a page: errors, refusals, warnings."""

    def open_page(page: str) -> list[str]:
        return [line for line in browse(page, tmp_path)[1].splitlines() if "CONSOLE" in line]

    return open_page


@pytest.fixture
def rendered(tmp_path: Path) -> Callable[[str], str]:
    """The document as Chromium has it once a page has loaded and its scripts, if any, have run."""
    return lambda page: browse(page, tmp_path)[0]


def browse(page: str, folder: Path) -> tuple[str, str]:
    """Open a page in a new headless Chromium; its document and its log."""
    own = Path(tempfile.mkdtemp(dir=folder))
    file = own / "page.html"
    file.write_text(page)
    flags = [
        *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
        *("--disable-background-networking", "--disable-component-update", f"--user-data-dir={own / 'profile'}"),
        *("--enable-logging=stderr", "--v=0", "--dump-dom", file.as_uri()),
    ]
    with subprocess.Popen(
        ["chromium", *flags], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        try:
            document, log = process.communicate(timeout=60)
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
    assert document, log
    return document, log
