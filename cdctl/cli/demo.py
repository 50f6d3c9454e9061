"""`cdctl demo`: the whole story on loopback, from promises to the one that is being broken."""

from __future__ import annotations

import re
import sys
import time
from typing import TYPE_CHECKING, Annotated

import typer

from cdctl.cli import exits, output
from cdctl.cli.options import Run, run_of
from cdctl.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cdctl.cli.demo_fleet import Watched
    from cdctl.domain.slo.verdict import SloReport
    from cdctl.extend.catalogue import Catalogue
    from cdctl.lab.demo import Demo

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)

_UNITS = {"s": 1, "m": 60, "h": 3600}
_PULSE_SECONDS = 2.0
_TABLES = ("table", "wide")
_BOTH_LINES = 44
"""Lines of a terminal that shows the whole fleet above the promises; a smaller one shows its first line."""
_LEFT = "its servers are stopped, nothing is left; run it again when you like"


@app.command(epilog="Example: cdctl demo --headless -o html=demo.html. Exit code 0 when the planned breach is found.")
def demo(
    ctx: typer.Context,
    headless: Annotated[bool, typer.Option("--headless", help="Print the report and end.")] = False,
    vehicles: Annotated[
        int, typer.Option(metavar="N", min=1, max=2_000_000, help="Fleet size; up to 5,000 with a connection each.")
    ] = 2_000,
    lasting: Annotated[
        str, typer.Option("--for", metavar="DURATION", help="End after so long, such as 60s; headless: wait first.")
    ] = "",
    outputs: Annotated[
        list[str] | None,
        typer.Option("-o", "--output", metavar="FORMAT[=FILE]", help="Repeatable; the formats of `slo report`."),
    ] = None,
) -> None:
    """Start real servers, a simulated platform and its fleet, judge its promises, and stop everything at the end."""
    from cdctl.application import wiring
    from cdctl.cli.demo_fleet import watched
    from cdctl.cli.progress import long_work
    from cdctl.domain.settings import Settings
    from cdctl.lab.demo import CONTEXT
    from cdctl.lab.demo import demo as started
    from cdctl.lab.stage import Making

    run = run_of(ctx)
    seconds = _seconds(lasting)
    _tell_lacking(run)
    doors = wiring.catalogue(Settings(), plugins=False)
    chosen = output.parse(outputs, [listing.name for listing in doors.names("reports")])
    headless = headless or _no_terminal(run)
    with (
        long_work(run, "starting the demo", _LEFT) as told,
        started(Making(vehicles=vehicles), told) as lab,
        watched(run, lab.settings_file, CONTEXT) as fleet,
    ):
        if headless:
            with exits.in_flight("waiting before the report", _LEFT):
                time.sleep(seconds or 0.0)
            report = lab.judge(told)
        else:
            report = lab.judge(told)
            with exits.in_flight("showing the demo live", _LEFT):
                report = _live(run, lab, fleet, report, seconds)
        found = lab.planned(report)
        vehicles_now = fleet.lines()
    if headless or outputs:
        _print(run, doors, chosen, report, vehicles_now)
    if not found:
        exits.note(run, "the planned breach is not there: this is not how the demo should go")
    exits.note(run, "to try it yourself: cdctl lab up, then cdctl --context lab slo report")
    exits.leave(exits.Code.DONE if found else exits.Code.BAD_NEWS)


def _tell_lacking(run: Run) -> None:
    from cdctl.lab.extra import HOW, lacking

    if why := lacking():
        exits.note(run, f"the demo goes without spans: {why}; {HOW}")


def _no_terminal(run: Run) -> bool:
    if sys.stdin.isatty() and sys.stdout.isatty():
        return False
    exits.note(run, "this is no terminal: printing the report instead of going on live")
    return True


def _print(
    run: Run, doors: Catalogue, chosen: tuple[output.Output, ...], report: SloReport, fleet: Sequence[str]
) -> None:
    """The report; the tables that people read end with the fleet."""
    renderers = {one.form: doors.report(one.form) for one in chosen}
    below = "".join(f"{line}\n" for line in ["", *fleet]) if fleet else ""
    output.emit(run, chosen, lambda form: renderers[form].render(report) + (below if form in _TABLES else ""))


def _live(run: Run, lab: Demo, fleet: Watched, report: SloReport, seconds: float | None) -> SloReport:
    """Show verdicts as they move, until a key is pressed or time is up; the last report."""
    from rich.console import Console, Group
    from rich.live import Live
    from rich.text import Text

    from cdctl.application.evaluate import DEFAULT_LAG, instant
    from cdctl.cli import live
    from cdctl.cli.progress import Silent

    end = time.monotonic() + seconds if seconds is not None else None
    console = Console(no_color=not run.color, highlight=False)
    with live.single_keys(), Live(console=console, auto_refresh=False) as picture:
        while True:
            rest = None if end is None else end - time.monotonic()
            left = "press any key to end" + ("" if rest is None else f"; ends by itself in {max(rest, 0):.0f} s")
            promises = live.screen(report, lab.bad_share(), left, console.width)
            vehicles = fleet.lines(console.width)
            shown = vehicles if console.height >= _BOTH_LINES else vehicles[:1]
            picture.update(Group(Text("\n".join([*shown, ""])), promises), refresh=True)
            wait = _PULSE_SECONDS if rest is None else max(0.0, min(rest, _PULSE_SECONDS))
            if live.pressed(wait) or (end is not None and time.monotonic() >= end):
                return report
            if instant(time.time(), DEFAULT_LAG) > report.at:
                report = lab.judge(Silent())


def _seconds(text: str) -> float | None:
    """Length of `60s`, `5m` or `1h`; None when nothing is said."""
    if not text:
        return None
    match = re.fullmatch(r"(\d{1,6})([smh])", text)
    if match is None:
        raise UsageError(f"{text!r} is no duration", subject="--for", hint="write 60s, 5m or 1h")
    return float(match[1]) * _UNITS[match[2]]
