"""`cdctl slo dashboards`: promises as dashboards of Grafana."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cdctl.cli import completion, exits, output, slo_asked, whole_file
from cdctl.cli.options import OutputOption, Run, run_of
from cdctl.cli.records import Column, Record
from cdctl.cli.settings import settings_of
from cdctl.errors import CdctlError, UsageError

if TYPE_CHECKING:
    from cdctl.reports.grafana.document import Dashboard


def _listed(value: object) -> Sequence[object]:
    return value if isinstance(value, list) else []


_COLUMNS = (
    Column("file"),
    Column("uid", wide=True),
    Column("title", shrinks=True),
    Column("promises", text=lambda record: str(len(_listed(record.get("promises"))) or "")),
    Column("panels"),
    Column("state"),
    Column("why", shrinks=True),
)
SAME, DIFFERS, MISSING, LEFT_OVER, WRITTEN = "same", "differs", "missing", "left over", "written"


@dataclass(frozen=True, slots=True)
class Found:
    """A file of the folder beside the dashboard that it should be; None: none of these promises makes it."""

    file: str
    dashboard: Dashboard | None
    state: str
    why: str = ""


def dashboards(
    ctx: typer.Context,
    paths: Annotated[
        list[str] | None, typer.Argument(metavar="[PATH]...", help="Spec files or folders; default: slo_specs.")
    ] = None,
    only: Annotated[
        list[str] | None,
        typer.Option(
            "--slo",
            metavar="NAME",
            help="Only these SLOs; repeatable, * matches anything.",
            autocompletion=completion.slos,
        ),
    ] = None,
    out: Annotated[str, typer.Option("-d", "--out", metavar="DIR", help="Write the files into this folder.")] = "",
    check: Annotated[bool, typer.Option("--check", help="Write nothing; exit 1 when a file there differs.")] = False,
    outputs: OutputOption = None,
) -> None:
    """Make dashboards for Grafana 11 or later: one per service, and an overview.

    They ask a Prometheus what `slo report` asks. Without --out nothing is written: `-o json` holds them whole.
    """
    from cdctl.application import dashboards_wiring

    run = run_of(ctx)
    output.parse(outputs)
    if check and not out:
        raise UsageError("--check compares with files", subject="--check", hint="name their folder: --out DIR")
    folder = Path(out).expanduser()
    if out and folder.exists() and not folder.is_dir():
        raise UsageError("it is no folder", subject=f"--out {out}", hint="name a folder for the files")
    asked = slo_asked.read(settings_of(run), paths, only)
    for text in (*asked.left_out, *asked.warnings):
        exits.warn(run, text)
    made = dashboards_wiring.make(asked.slos, asked.services)
    for text in made.left_out:
        exits.note(run, text)
    if not out:
        output.show(run, outputs, [_whole(one) for one in made.dashboards], _COLUMNS)
        exits.note(run, "nothing is written: --out DIR writes these files, -o json shows them whole")
        return
    found = list(_compared(folder, made.dashboards))
    if not check:
        found = _written(run, folder, found)
    output.show(run, outputs, [_row(one) for one in found], _COLUMNS)
    if check and any(one.state != SAME for one in found):
        exits.note(run, f"write them anew: {_again(paths, only, out)}")
        exits.leave(exits.Code.BAD_NEWS)


def _again(paths: Sequence[str] | None, only: Sequence[str] | None, out: str) -> str:
    import shlex

    return shlex.join(
        ["cdctl", "slo", "dashboards", *(paths or ()), *(f"--slo={name}" for name in only or ()), "--out", out]
    )


def _compared(folder: Path, wanted: Sequence[Dashboard]) -> Iterator[Found]:
    """Every dashboard with the file that there is; then files of ours that are none of them."""
    from cdctl.application.dashboards_wiring import ours, why

    for one in wanted:
        try:
            old = _read(folder / one.file)
        except FileNotFoundError:
            yield Found(one.file, one, MISSING)
            continue
        differs = why(old, one.text)
        yield Found(one.file, one, DIFFERS if differs else SAME, differs)
    names = {one.file for one in wanted}
    for path in sorted(folder.glob("*.json")) if folder.is_dir() else ():
        if path.name not in names and ours(_read(path)):
            yield Found(path.name, None, LEFT_OVER, "no promise here is of that service: delete it")


def _read(path: Path) -> str:
    """What a file holds. Raises FileNotFoundError, and UsageError when it cannot be read."""
    try:
        return path.read_bytes().decode("utf-8", "replace")
    except (FileNotFoundError, NotADirectoryError):
        raise FileNotFoundError from None
    except OSError as error:
        raise UsageError(f"cannot read: {error.strerror}", subject=str(path), hint="mend it, or delete it") from None


def _written(run: Run, folder: Path, found: Sequence[Found]) -> list[Found]:
    """Put every file that is missing or differs into the folder, which is made when only itself is missing."""
    todo = [one for one in found if one.dashboard is not None and one.state != SAME]
    if todo:
        try:
            folder.mkdir(exist_ok=True)
        except OSError as error:
            raise whole_file.refusal(error, str(folder)) from None
    for one in todo:
        whole_file.check(str(folder / one.file))
    failures: list[CdctlError] = []
    for one in todo:
        try:
            whole_file.write(folder / one.file, one.dashboard.text if one.dashboard else "")
            exits.detail(run, f"wrote {folder / one.file}")
        except CdctlError as error:
            failures.append(error)
    for further in failures[1:]:
        exits.report(further)
    if failures:
        raise failures[0]
    for one in found:
        if one.state == LEFT_OVER:
            exits.warn(run, f"{folder / one.file} is left over: {one.why}")
    return [Found(one.file, one.dashboard, WRITTEN if one in todo else one.state, one.why) for one in found]


def _row(found: Found) -> Record:
    named = _named(found.dashboard) if found.dashboard else {"file": found.file}
    return {**named, "state": found.state, "why": found.why}


def _whole(dashboard: Dashboard) -> Record:
    return {**_named(dashboard), "dashboard": dashboard.values}


def _named(dashboard: Dashboard) -> Record:
    return {
        "file": dashboard.file,
        "uid": dashboard.uid,
        "title": dashboard.title,
        "promises": list(dashboard.promises),
        "panels": len(_listed(dashboard.values["panels"])),
    }


def register(app: typer.Typer) -> None:
    """Make it a verb of `cdctl slo`."""
    app.command(epilog="Example: cdctl slo dashboards --out dashboards/grafana --check")(dashboards)
