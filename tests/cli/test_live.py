"""The live screen: promises down, regions across, trouble first, and nothing hostile gets through."""

from __future__ import annotations

import io
from decimal import Decimal

import pytest
from rich.console import Console

from cdctl.cli.live import screen
from cdctl.domain.slo.verdict import ErrorBudget, Row, SloReport, Verdict
from cdctl.domain.slo.window import Bounds


def row(
    name: str, region: str, verdict: Verdict = Verdict.MET, *, objective: str = "ok", left: float | None = 0.5
) -> Row:
    budget = None if left is None else ErrorBudget(10.0, 5.0, left)
    return Row(
        name, "service", {"region": region}, objective, Decimal("0.99"), "Occurrences", Bounds("rolling", 0, 10),
        verdict, error_budget=budget, burn_rates={"1h": None if left is None else 2.25},
    )  # fmt: skip


def drawn(*rows: Row, pulse: dict[str, float] | None = None, color: bool = False, width: int = 120) -> str:
    out = io.StringIO()
    console = Console(file=out, width=width, force_terminal=color, color_system="standard" if color else None)
    console.print(screen(SloReport(1_790_000_000, 1_790_000_060, rows), pulse or {}, "press any key", width))
    return out.getvalue()


def test_regions_stand_beside_each_other_and_trouble_first():
    lines = drawn(
        row("a", "eu"), row("a", "us"), row("z", "eu"), row("z", "us", Verdict.BREACHED, left=-0.79)
    ).splitlines()
    header, first, second = (
        next(i for i, line in enumerate(lines) if line.startswith(w)) for w in ("PROMISE", "z", "a")
    )
    assert header < first < second
    assert lines[header].index("region=eu") < lines[header].index("region=us")
    assert "met" in lines[first]
    assert "breached  -79%   2.2x" in lines[first]
    assert any("3 met, 1 breached" in line for line in lines)


def test_several_objectives_are_named_and_a_single_one_is_not():
    text = drawn(row("a", "eu", objective="quick"), row("a", "eu", objective="not slow"), row("b", "eu"))
    assert "a: quick" in text
    assert "a: not slow" in text
    assert "b: ok" not in text


def test_what_is_not_known_is_left_empty():
    text = drawn(row("a", "eu", Verdict.NO_DATA, left=None), row("b", "us"))
    line = next(line for line in text.splitlines() if line.startswith("a"))
    assert line.split() == ["a", "no_data"]


LONG = "remote-diagnostics-availability"


def three(name: str, worst: Verdict = Verdict.BREACHED, left: float = -0.79) -> list[Row]:
    return [row(name, "cn"), row(name, "eu", worst, left=left), row(name, "us", left=1.0)]


@pytest.mark.parametrize(
    ("width", "wanted"),
    [
        (120, f"{LONG}  met        50%   2.2x  breached  -79%   2.2x  met       100%   2.2x"),
        (80, f"{LONG}  met        50%  breached  -79%  met       100%"),
        (79, f"{LONG}  met        50%  breached  -79%  met       100%"),
        (78, f"{LONG}  met      50%  broken  -79%  met     100%"),
        (70, f"{LONG[:27]}…  met      50%  broken  -79%  met     100%"),
        (54, f"{LONG[:11]}…  met      50%  broken  -79%  met     100%"),
    ],
)
def test_a_narrow_terminal_shows_less_and_cuts_no_number(width, wanted):
    text = drawn(*three(LONG), pulse={"cn": 0.0, "eu": 0.051, "us": 0.0}, width=width)
    assert next(line.rstrip() for line in text.splitlines() if line.startswith("remote-diag")) == wanted
    assert ("burn rate of the last hour" in text) == (width == 120)


@pytest.mark.parametrize("worst", list(Verdict))
def test_every_verdict_fits_where_it_is_narrowest(worst):
    assert "…" not in drawn(*three("short", worst), width=54)


def test_the_pulse_is_shown_or_awaited():
    assert "eu 10.5%  us 0%" in drawn(row("a", "eu"), pulse={"us": 0.0, "eu": 0.105})
    assert "not scraped live yet" in drawn(row("a", "eu"))


def test_no_share_is_rounded_up():
    text = drawn(row("a", "eu", left=0.9999), pulse={"eu": 0.9999})
    assert "99%" in text
    assert "eu 99.9%" in text
    assert "100%" not in text
    assert " 100%" in drawn(row("a", "eu", left=1.0))


@pytest.mark.parametrize("hostile", ["[red]x[/red]", "[/x]", "\x1b[2J", "\u202eevil", "a\nb"])
def test_hostile_names_are_shown_and_never_obeyed(hostile):
    text = drawn(row(hostile, hostile), pulse={hostile: 0.5})
    assert "\x1b" not in text
    assert "\u202e" not in text
    if hostile.isascii() and hostile.isprintable():
        assert hostile in text


def test_a_broken_promise_is_red():
    assert "\x1b[1;31mbreached" in drawn(row("a", "eu", Verdict.BREACHED), color=True)
