"""A live screen for verdicts: promises down, regions across, until a key is pressed."""

from __future__ import annotations

import os
import select
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from cdctl.domain import figures
from cdctl.domain.text import safe

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.text import Text

    from cdctl.domain.slo.verdict import Row, SloReport

_STYLES = {"met": "green", "at_risk": "yellow", "breached": "bold red", "no_data": "magenta", "error": "red"}
_WIDEST = 44
_NARROWEST = 12


@contextmanager
def single_keys() -> Iterator[None]:
    """Let every key arrive at once and unseen; Ctrl-C still interrupts. stdin must be a terminal."""
    import termios
    import tty

    descriptor = sys.stdin.fileno()
    before = termios.tcgetattr(descriptor)
    tty.setcbreak(descriptor)
    try:
        yield
    finally:
        termios.tcsetattr(descriptor, termios.TCSADRAIN, before)


def pressed(seconds: float) -> bool:
    """Wait so long for a key; whether one came. The end of the input counts as one."""
    ready, _, _ = select.select([sys.stdin], [], [], seconds)
    if ready:
        os.read(sys.stdin.fileno(), 64)
    return bool(ready)


class _Layout(NamedTuple):
    """What a cell shows, and how wide it is."""

    cell: int
    legend: str
    burn: bool
    words: Mapping[str, str]


_WORDS = {"met": "met", "at_risk": "risk", "breached": "broken", "no_data": "none", "error": "error"}
_LAYOUTS = (
    _Layout(21, "verdict, error budget left, burn rate of the last hour", True, {}),
    _Layout(14, "verdict, error budget left", False, {}),
    _Layout(12, "verdict, error budget left", False, _WORDS),
)
"""The widest that fits is used; the last one is used when none does, and names are cut."""
_GAP = 2


def screen(report: SloReport, pulse: Mapping[str, float], left: str, width: int = 120) -> RenderableType:
    """The whole picture, `width` characters wide. pulse: share of remote commands failing this minute, by region;
    left: how it ends."""
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    regions = sorted({row.group_text for row in report.rows})
    promises = _promises(report)
    layout = _layout(max((len(name) for name, _ in promises), default=0), len(regions), width)
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, _GAP, 0, 0))
    room = width - len(regions) * (_GAP + layout.cell)
    table.add_column("PROMISE", no_wrap=True, max_width=max(_NARROWEST, min(_WIDEST, room)))
    for region in regions:
        table.add_column(Text(safe(region or "all", 20)), no_wrap=True, min_width=layout.cell)
    for name, rows in promises:
        table.add_row(Text(name), *(_cell(rows.get(region), layout) for region in regions))
    when = datetime.fromtimestamp(report.at).astimezone()
    title = Text(f"{report.title}, as of {when:%H:%M %Z}", style="bold")
    legend = Text(f"each cell: {layout.legend}", style="dim")
    return Group(title, Text(_summary(report)), Text(), table, Text(), legend, _pulse(pulse), Text(left, style="dim"))


def _layout(name: int, regions: int, width: int) -> _Layout:
    """The first that leaves room for the longest name."""
    fits = (layout for layout in _LAYOUTS if name + regions * (_GAP + layout.cell) <= width)
    return next(fits, _LAYOUTS[-1])


def _promises(report: SloReport) -> list[tuple[str, dict[str, Row]]]:
    """Rows by promise and objective, those with trouble first."""
    found: dict[tuple[str, str], dict[str, Row]] = {}
    names: dict[str, set[str]] = {}
    for row in report.rows:
        found.setdefault((row.name, row.objective), {})[row.group_text] = row
        names.setdefault(row.name, set()).add(row.objective)
    order = sorted(found.items(), key=lambda item: (min(map(_calm, item[1].values())), item[0]))
    return [
        (safe(name if len(names[name]) == 1 else f"{name}: {objective}", _WIDEST), rows)
        for (name, objective), rows in order
    ]


def _calm(row: Row) -> int:
    return ["breached", "error", "no_data", "at_risk", "met"].index(row.verdict.value)


def _cell(row: Row | None, layout: _Layout) -> Text:
    """`breached  -79 % 17.1x`: verdict, budget left, burn rate of the last hour; less where there is no room."""
    from rich.text import Text

    if row is None:
        return Text("")
    budget = row.error_budget.remaining_ratio if row.error_budget else None
    left = "" if budget is None else figures.percent(budget, 0)
    verdict = layout.words.get(row.verdict.value, row.verdict.value)
    said = f"{verdict:<{6 if layout.words else 8}} {left:>5}"
    if layout.burn:
        burn = row.burn_rates.get("1h")
        said += f" {'' if burn is None else f'{burn:.1f}x':>6}"
    return Text(said, _STYLES[row.verdict])


def _summary(report: SloReport) -> str:
    return ", ".join(f"{count} {verdict}" for verdict, count in report.summary.items() if count)


def _pulse(pulse: Mapping[str, float]) -> Text:
    from rich.text import Text

    if not pulse:
        return Text("remote commands failing this minute: not scraped live yet")
    shares = "  ".join(f"{safe(region, 20)} {figures.percent(share)}" for region, share in sorted(pulse.items()))
    return Text(f"remote commands failing this minute: {shares}")
