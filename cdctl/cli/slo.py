"""`cdctl slo`: promises, whether they hold, and how much may still go wrong."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from cdctl.cli import completion, exits, looks, output, records, slo_asked, slo_dashboards, slo_rows, slo_why, verdicts
from cdctl.cli.options import OutputOption, Run, noun, run_of
from cdctl.cli.settings import settings_of
from cdctl.errors import CdctlError

if TYPE_CHECKING:
    from cdctl.domain.settings import Settings
    from cdctl.domain.slo.objective import Slo
    from cdctl.domain.slo.specset import SpecSet
    from cdctl.domain.slo.verdict import SloReport
    from cdctl.extend.catalogue import Catalogue

app = noun("Promises (service level objectives): are they well written, do they hold, how fast do they burn?")
slo_why.register(app)
slo_dashboards.register(app)

Paths = Annotated[
    list[str] | None, typer.Argument(metavar="[PATH]...", help="Spec files or folders; default: slo_specs.")
]
Only = Annotated[
    list[str] | None,
    typer.Option(
        "--slo", metavar="NAME", help="Only these SLOs; repeatable, * matches anything.", autocompletion=completion.slos
    ),
]
At = Annotated[str, typer.Option(metavar="INSTANT", help="Judge as of then: RFC 3339, or now-1h.")]
FailOn = Annotated[str, typer.Option(metavar="VERDICTS", help="Exit 1 on these, too: at_risk,no_data")]
Coverage = Annotated[str, typer.Option(metavar="PERCENT", help="Less observed time than this is no_data. [90%]")]
Window = Annotated[
    str, typer.Option(metavar="DURATION", help="Judge every SLO over the last so long, whatever it names: 7d.")
]
NoCache = Annotated[bool, typer.Option("--no-cache", help="Ask for everything again; leave the ledger alone.")]


@app.command(epilog="Example: cdctl slo validate my_specs --live")
def validate(
    ctx: typer.Context,
    paths: Paths = None,
    live: Annotated[bool, typer.Option("--live", help="Ask the server: metrics, labels, targets, history.")] = False,
    outputs: OutputOption = None,
) -> None:
    """Judge spec files: every problem of every file, with its place and its fix."""
    from cdctl.application import wiring
    from cdctl.errors import FileError

    run = run_of(ctx)
    settings = settings_of(run)
    try:
        specs = wiring.judge_specs(settings, paths or (), plugins=run.plugins)
    except FileError as error:
        if outputs:
            output.show(run, outputs, [slo_rows.problem(problem) for problem in error.problems], slo_rows.PROBLEMS)
        raise
    for text in slo_asked.shipped(settings, paths):
        exits.insist(text)
    if live:
        return _inspect(run, outputs, specs, settings)
    if outputs:
        output.show(run, outputs, [slo_rows.problem(problem) for problem in specs.warnings], slo_rows.PROBLEMS)
    _warn(run, specs)
    count = len(specs.slos)
    exits.note(run, f"{count} SLO{'s' * (count != 1)} in {len(specs.files)} file{'s' * (len(specs.files) != 1)}: valid")
    return None


@app.command(name="ls", epilog="Example: cdctl slo ls -o wide")
def list_(ctx: typer.Context, paths: Paths = None, only: Only = None, outputs: OutputOption = None) -> None:
    """List what is promised."""
    run = run_of(ctx)
    asked = slo_asked.read(settings_of(run), paths, only)
    for text in (*asked.left_out, *asked.warnings):
        exits.warn(run, text)
    rows = [slo_rows.listed(slo, objective) for slo in asked.slos for objective in slo.objectives]
    output.show(run, outputs, rows, slo_rows.LS)


@app.command(epilog="Example: cdctl slo status --slo 'remote-*'")
def status(
    ctx: typer.Context,
    paths: Paths = None,
    only: Only = None,
    at: At = "",
    window: Window = "",
    min_coverage: Coverage = "",
    fail_on: FailOn = "",
    no_cache: NoCache = False,
    outputs: OutputOption = None,
) -> None:
    """Say what burns right now, a line each."""
    run = run_of(ctx)
    named = verdicts.named(fail_on)
    output.parse(outputs)
    settings = settings_of(run)
    asked = slo_asked.read(settings, paths, only).within(settings, only).over(window)
    report = asked.told(run, _evaluate(run, asked.slos, settings, at, min_coverage, cache=not no_cache, history=False))
    rows = [slo_rows.status(row) for row in report.rows]
    output.show(run, outputs, rows, slo_rows.status_columns(rows))
    exits.leave(verdicts.code(report, named))


@app.command(
    name="report",
    epilog="Example: cdctl slo report -o junit=slo.xml -o html=slo.html. Exit code 1 when a promise is broken.",
)
def report_(
    ctx: typer.Context,
    paths: Paths = None,
    only: Only = None,
    at: At = "",
    window: Window = "",
    min_coverage: Coverage = "",
    fail_on: FailOn = "",
    title: Annotated[str, typer.Option(metavar="TEXT", help="Headline of pages.")] = "",
    no_cache: NoCache = False,
    outputs: Annotated[
        list[str] | None,
        typer.Option(
            "-o",
            "--output",
            metavar="FORMAT[=FILE]",
            help="Repeatable. table wide json jsonl csv markdown junit openmetrics html, and plugins'.",
            autocompletion=completion.reports,
        ),
    ] = None,
) -> None:
    """Judge every promise: what happened, the budget left, and the verdict, per group."""
    from cdctl.application import wiring

    run = run_of(ctx)
    named = verdicts.named(fail_on)
    settings = settings_of(run)
    doors = wiring.catalogue(settings, plugins=run.plugins)
    chosen = output.parse(outputs, [listing.name for listing in doors.names("reports")])
    renderers = {form: doors.report(form) for form in dict.fromkeys(one.form for one in chosen)}
    asked = slo_asked.read(settings, paths, only).within(settings, only).over(window)
    history = any(form not in _WITHOUT_HISTORY for form in renderers)
    report = _evaluate(
        run, asked.slos, settings, at, min_coverage, cache=not no_cache, history=history, title=title, doors=doors
    )
    report = asked.told(run, report)
    code = verdicts.code(report, named)
    try:
        output.reports(run, chosen, renderers, report)
    except CdctlError as error:  # a file that cannot be written does not make a broken promise less broken
        exits.report(error)
        code = exits.worst([code, error.exit_code])
    exits.leave(code)


@app.command(epilog="Example: cdctl slo test slo_specs/remote-command.test.yaml -o junit=specs.xml")
def test(ctx: typer.Context, paths: Paths = None, outputs: OutputOption = None) -> None:
    """Run the *.test.yaml beside specs: made-up series, a real Prometheus, the expected verdicts."""
    from pathlib import Path

    from cdctl.cli import cases
    from cdctl.cli.progress import long_work
    from cdctl.lab import spec_tests

    run = run_of(ctx)
    output.parse(outputs, (*records.FORMATS, "junit"))
    settings = settings_of(run)
    for text in slo_asked.shipped(settings, paths):
        exits.warn(run, text)
    where = [Path(path) for path in paths or [settings.slo_specs]]
    after = "its Prometheus is stopped and its folder removed; run it again"
    with long_work(run, "testing specs", after) as progress:
        done = spec_tests.run(where, progress=progress)
    rows = [slo_rows.tested(result) for result in done.results]
    checked = [cases.Case(one.slo, one.name, [str(mismatch) for mismatch in one.mismatches]) for one in done.results]
    output.show(run, outputs, rows, slo_rows.TESTED, {"junit": lambda: cases.junit("cdctl slo test", checked)})
    for result in done.results:
        for mismatch in result.mismatches:
            exits.note(run, str(mismatch))
    for name in done.untested:
        exits.warn(run, f"{name} has no test")
    exits.leave(exits.Code.DONE if done.passed else exits.Code.BAD_NEWS)


_WITHOUT_HISTORY = frozenset({"table", "wide", "json", "jsonl", "csv", "junit", "openmetrics", "markdown"})
"""Built-in reports that draw no chart: a run of a thousand SLOs need not hold every bucket for them."""


def _evaluate(
    run: Run,
    slos: Sequence[Slo],
    settings: Settings,
    at: str,
    min_coverage: str,
    *,
    cache: bool,
    history: bool,
    title: str = "",
    doors: Catalogue | None = None,
) -> SloReport:
    from cdctl.application import wiring
    from cdctl.application.evaluate import Options
    from cdctl.cli.progress import long_work
    from cdctl.cli.values import instant, share

    usual = Options()
    options = Options(
        at=instant(at, wiring.WallClock().now()) if at else None,
        min_coverage=share(min_coverage) if min_coverage else usual.min_coverage,
        history=history,
        title=title or usual.title,
    )
    doors = doors or wiring.catalogue(settings, plugins=run.plugins)
    kept = "buckets that arrived are kept in the ledger: run it again to go on" if cache else "nothing was kept"
    with long_work(run, "asking sources", kept) as progress:
        return wiring.evaluate_slos(slos, settings, doors, progress=progress, cache=cache, options=options)


def _inspect(run: Run, outputs: list[str] | None, specs: SpecSet, settings: Settings) -> None:
    from cdctl.application import wiring

    slos, notes = slo_asked.within(specs.slos, settings)
    for text in notes:
        exits.note(run, text)
    with exits.in_flight(f"looking at the sources of {len(slos)} SLOs", "nothing is kept: run it again"):
        found = wiring.inspect_slos(slos, settings, wiring.catalogue(settings, plugins=run.plugins))
    _warn(run, specs)
    output.show(run, outputs, [looks.row(look) for look in found], looks.COLUMNS)
    exits.leave(looks.code(found))


def _warn(run: Run, specs: SpecSet) -> None:
    for problem in specs.warnings:
        exits.note(run, str(problem))
