"""`cdctl audit`: what was ordered, by whom, why and what became of it; and whether anybody changed that."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cdctl.cli import audit_rows, exits, fleet_rows, output, records, values
from cdctl.cli.options import OutputOption, noun, run_of
from cdctl.cli.settings import settings_of
from cdctl.errors import UnavailableError, UsageError

if TYPE_CHECKING:
    from cdctl.domain.orders.keeping import Head, Record

app = noun("What was ordered, by whom and why, and what became of it: a chain that shows every change.")
_LARGEST = 65_536
_ON_A_SCREEN = 1000


@app.command(epilog="Example: cdctl audit show --vin WBA00000000012345 --since 24h")
def show(
    ctx: typer.Context,
    order: Annotated[str, typer.Option(metavar="ID", help="Of one order: its id, or the beginning of it.")] = "",
    plan: Annotated[str, typer.Option(metavar="HASH", help="Of one plan: its hash, or the beginning of it.")] = "",
    vin: Annotated[str, typer.Option(metavar="VIN", help="Of one vehicle.")] = "",
    kind: Annotated[
        str, typer.Option(metavar="KIND", help="intent, move, plan, approval, refusal, cancel, rollout, key, ...")
    ] = "",
    since: Annotated[str, typer.Option(metavar="WHEN", help="Since 24h ago, or since 2026-11-22T10:00:00Z.")] = "",
    last: Annotated[
        int | None, typer.Option(metavar="N", min=0, help="The newest N alone; a terminal shows 1000.")
    ] = None,
    show_vins: Annotated[
        bool, typer.Option("--show-vins", help="Write whole VINs into files; else they are masked.")
    ] = False,
    outputs: OutputOption = None,
) -> None:
    """Show records of the journal, oldest first.

    Where a vehicle was is kept back. What cannot be read is left out, named on stderr, and makes the exit code 3.
    """
    from cdctl.application import audit_wiring, auditing

    run = run_of(ctx)
    chosen = output.parse(outputs)
    last = _newest(last, order or plan or vin, chosen)
    auditing.judge_kind(kind)
    asked = auditing.Asked(order, plan, vin, kind, _since(since), last)
    found: list[Record] = []
    failed: UnavailableError | None = None
    with audit_wiring.journal_to_read(settings_of(run)) as journal:
        try:
            found.extend(auditing.records(journal, asked))
        except UnavailableError as error:
            if not found:
                raise
            failed = error
        vins = auditing.vehicles(journal, found)
    fleet_rows.emit(run, chosen, audit_rows.shown(found, vins), show_vins=show_vins)
    if failed is not None:
        raise failed
    if not found:
        exits.note(run, "no record is like that")
    elif len(found) == _ON_A_SCREEN == last:
        exits.note(run, f"the newest {last:,}; --last N shows more")


def _newest(last: int | None, about: str, chosen: Sequence[output.Output]) -> int | None:
    """How many of the newest records: on a terminal not a million when nothing was asked."""
    if last is None and not about and output.terminal_width() and [one.form for one in chosen] == ["table"]:
        return _ON_A_SCREEN
    return last


def _since(text: str) -> int:
    """Epoch milliseconds."""
    if not text:
        return 0
    now = time.time()
    if text[-1:] in set("smhdw") and not text.startswith("now"):
        return round((now - values.span(text, "--since")) * 1000)
    try:
        return values.instant(text, now) * 1000
    except UsageError as error:
        raise UsageError(error.message, subject="--since", hint=f"{error.hint}, or 24h") from None


@app.command(epilog="Example: cdctl audit verify --head head.json")
def verify(
    ctx: typer.Context,
    head: Annotated[
        str,
        typer.Option(metavar="FILE|TEXT", help="A head that was kept elsewhere: its file, or NUMBER:HASH itself."),
    ] = "",
    outputs: OutputOption = None,
) -> None:
    """Prove that nothing in the journal was changed, taken out, moved or cut off; exit code 1 when something was.

    The end of a chain can only be proven by a head from elsewhere: `cdctl audit head -o json=FILE`, on another machine.
    Up to a checkpoint that is sealed by a key in the trust file of the context, its owner vouches for it.
    """
    from cdctl.application import audit_wiring, auditing

    run = run_of(ctx)
    chosen = output.parse(outputs)
    kept = _head(head) if head else None
    with audit_wiring.journal_to_read(settings_of(run), seals=True) as journal:
        faults = list(journal.verify(kept))
        try:
            now, vouched = journal.head(), journal.vouched()
        except UnavailableError:
            if not faults:
                raise
            now, vouched = auditing.NOTHING, None
    output.emit(run, chosen, lambda form: audit_rows.verdict(form, now, vouched, faults, kept))
    exits.leave(exits.Code.BAD_NEWS if faults else exits.Code.DONE)


@app.command(epilog="Example: cdctl audit head -o json=/mnt/elsewhere/head.json")
def head(ctx: typer.Context, outputs: OutputOption = None) -> None:
    """Print the end of the chain. Kept elsewhere, it proves later that nothing before it was changed or cut off."""
    from cdctl.application import audit_wiring

    run = run_of(ctx)
    chosen = output.parse(outputs)
    with audit_wiring.journal_to_read(settings_of(run)) as journal:
        found = journal.head()
    rows = [{"number": found.number, "hash": found.hash, "at": audit_rows.utc(found.at)}]
    columns = [records.Column(name) for name in rows[0]]

    def render(form: str) -> str:
        return records.document(rows[0]) if form == "json" else records.render(rows, columns, form)

    output.emit(run, chosen, render)


def _head(text: str) -> Head:
    from cdctl.application import auditing

    path = Path(text).expanduser()
    try:
        return auditing.head_of(path.read_text()[:_LARGEST] if path.is_file() else text)
    except (ValueError, OSError) as error:
        hint = "give the file that `cdctl audit head -o json=FILE` wrote, or NUMBER:HASH"
        raise UsageError(str(error), subject=f"--head {text}", hint=hint) from None
