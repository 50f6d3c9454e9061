"""`cdctl check`: one look over everything that somebody wrote."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import typer

from cdctl.cli import exits, output
from cdctl.cli.options import OutputOption, Run, run_of
from cdctl.cli.records import Column
from cdctl.cli.settings import settings_of
from cdctl.domain.settings import Settings
from cdctl.errors import CdctlError, FileError, Problem

if TYPE_CHECKING:
    from cdctl.extend.listing import Broken, Loaded

Row = Mapping[str, object]

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
_COLUMNS = (Column("part"), Column("subject"), Column("result"), Column("message"), Column("fix"))


@app.command()
def check(ctx: typer.Context, outputs: OutputOption = None) -> None:
    """Judge everything you wrote: specs, settings, boards, plugins, trust files, policies.

    No server is asked; exit 2 when something is wrong.
    """
    run = run_of(ctx)
    settings, rows = _settings(run)
    specs = _specs(run, settings)
    rows += specs
    rows += _spec_tests(settings, sound=not any(row["result"] == "error" for row in specs))
    rows += _boards(run, settings)
    rows += _plugins(run, settings)
    rows += _security(settings)
    output.show(run, outputs, rows, _COLUMNS)
    exits.leave(exits.Code.WRONG if any(row["result"] == "error" for row in rows) else exits.Code.DONE)


def _row(part: str, subject: str, result: str, message: str, fix: str = "") -> Row:
    return {"part": part, "subject": subject, "result": result, "message": message, "fix": fix}


def _settings(run: Run) -> tuple[Settings, list[Row]]:
    """The settings to look for the other parts with: the defaults when they are wrong."""
    try:
        settings = settings_of(run, warn=False)
        if settings.default_context:
            settings.context()
    except CdctlError as error:
        return Settings(), list(_refused("settings", error))
    contexts = ", ".join(settings.contexts) or "none"
    rows = [_row("settings", settings.file or "no file", "ok", f"contexts: {contexts}")]
    return settings, [*rows, *(_problem("settings", warning) for warning in settings.warnings)]


def _refused(part: str, error: CdctlError) -> Iterator[Row]:
    if isinstance(error, FileError):
        yield from (_problem(part, problem) for problem in error.problems)
    else:
        yield _row(part, error.subject, "error", error.message, error.hint)


def _problem(part: str, problem: Problem) -> Row:
    return _row(part, str(problem.place), "warning" if problem.warning else "error", problem.message, problem.fix)


def _specs(run: Run, settings: Settings) -> list[Row]:
    from cdctl.application import wiring
    from cdctl.cli import slo_asked

    try:
        specs = wiring.judge_specs(settings, plugins=run.plugins)
    except CdctlError as error:
        return list(_refused("specs", error))
    whence = slo_asked.shipped(settings, None)
    counted = "; ".join([f"{len(specs.slos)} SLOs in {len(specs.files)} files", *whence])
    return [_row("specs", settings.slo_specs, "ok", counted), *(_problem("specs", w) for w in specs.warnings)]


def _spec_tests(settings: Settings, *, sound: bool) -> list[Row]:
    from pathlib import Path

    from cdctl.lab import spec_tests

    try:
        cases = spec_tests.judge(Path(settings.slo_specs), sound=sound)
    except CdctlError as error:
        return list(_refused("spec tests", error))
    files = len({case.file for case in cases})
    counted = f"{len(cases)} cases in {files} file{'s' * (files != 1)}; run them: cdctl slo test" if cases else "none"
    return [_row("spec tests", settings.slo_specs, "ok", counted)]


def _boards(run: Run, settings: Settings) -> Iterator[Row]:
    from cdctl.application import wiring
    from cdctl.application.top.boards_wiring import Boards

    boards = Boards(settings, wiring.catalogue(settings, plugins=run.plugins))
    if settings.top.keys:
        yield from _keys(run, settings)
    for name, path in boards.files().items():
        try:
            board = boards.read(name)
        except CdctlError as error:
            yield from _refused("board", error)
        else:
            yield _row("board", str(path), "ok", board.title or name)


def _keys(run: Run, settings: Settings) -> Iterator[Row]:
    from cdctl.application import wiring
    from cdctl.application.top.boards_wiring import keymap_of

    try:
        keymap_of(settings, wiring.catalogue(settings, plugins=run.plugins))
    except CdctlError as error:
        yield from _refused("keys", error)
    else:
        yield _row("keys", settings.top.keys, "ok", "keys of the live view")


def _plugins(run: Run, settings: Settings) -> list[Row]:
    from cdctl.application import wiring

    return [_plugin(found) for found in wiring.catalogue(settings, plugins=run.plugins).all()]


def _plugin(found: Loaded | Broken) -> Row:
    reason, hint = getattr(found, "reason", ""), getattr(found, "hint", "")
    return _row("plugin", found.listing.title, "error" if reason else "ok", reason or found.listing.whence, hint)


def _security(settings: Settings) -> Iterator[Row]:
    """Trust files and policies of every context; whether a key can be used is for `config check`."""
    from cdctl.application import security_wiring

    for context in settings.contexts.values():
        for part, path in (("trust", context.trust), ("policy", context.policy)):
            if not path:
                continue
            try:
                found = security_wiring.judged(context, part)
            except CdctlError as error:
                yield from _refused(part, error)
            else:
                yield _row(part, path, "ok", found)
