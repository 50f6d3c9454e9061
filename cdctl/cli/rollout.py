"""`cdctl rollout`: one command to many vehicles, in waves, which stop by themselves when a promise burns."""

from __future__ import annotations

from typing import Annotated

import typer

from cdctl.cli import completion_kept, exits, output, records
from cdctl.cli.cmd_options import DespiteCaps
from cdctl.cli.options import OutputOption, noun, run_of

app = noun("Rollouts: one command to many vehicles in waves, guarded by promises.")

File = Annotated[str, typer.Argument(metavar="FILE", help="A rollout file; docs/rollouts.md.")]
Id = Annotated[
    str,
    typer.Argument(
        metavar="ROLLOUT", help="Its id, or a beginning that only one has.", autocompletion=completion_kept.rollouts
    ),
]
For = Annotated[str, typer.Option("--for", metavar="DURATION", help="Listen so long to choose vehicles, such as 30s.")]
Expect = Annotated[int | None, typer.Option(metavar="N", min=0, help="Refuse (exit 5) when another number matches.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask; needed where stdin is no terminal.")]
Reason = Annotated[str, typer.Option(metavar="TEXT", help="Why; it stands in the audit.")]


@app.command(epilog="Example: cdctl rollout plan charge-limit.yaml -o json")
def plan(
    ctx: typer.Context,
    file: File,
    seconds: For = "",
    expect: Expect = None,
    despite_caps: DespiteCaps = False,
    outputs: OutputOption = None,
) -> None:
    """Show which vehicles each wave holds, and what would stop it. Nothing is sent."""
    from cdctl.cli import rollout_planning, rollout_rows

    run = run_of(ctx)
    wanted = output.parse(outputs)
    found = rollout_planning.ready(run, file, seconds=seconds, expect=expect, despite_caps=despite_caps)
    job = found.job
    rows = rollout_rows.planned(job)

    def render(form: str, width: int | None) -> str:
        if form == "json":
            return records.document(
                {
                    "name": found.wanted.name, "command": job.plan.command, "arguments": dict(job.plan.arguments),
                    "count": len(job.plan.targets), "where": job.plan.where, "waves": rows,
                    "unable": found.selected.unable, "untold": found.selected.untold,
                    "guards": [guard.text for guard in job.rules.guards],
                    "stops": [f"{name}: {value}" for name, value in rollout_rows.guarded(job)],
                }
            )  # fmt: skip
        return records.render(rows, rollout_rows.PLANNED, form, width)

    output.emit(run, wanted, lambda form: render(form, None), render)
    for name, value in rollout_rows.guarded(job):
        exits.note(run, f"  {name:<10} {value}")
    if not job.plan.targets:
        exits.note(run, "no vehicle matches")
    for text in rollout_rows.lacking(job):
        exits.insist(text)


@app.command(epilog="Example: cdctl rollout start charge-limit.yaml --expect 1200")
def start(
    ctx: typer.Context,
    file: File,
    seconds: For = "",
    expect: Expect = None,
    yes: Yes = False,
    break_glass: Annotated[
        bool,
        typer.Option("--break-glass", help="Without policy's approvals; loud, audited, needs the role and a reason."),
    ] = False,
    despite_caps: DespiteCaps = False,
    outputs: OutputOption = None,
) -> None:
    """Begin, and carry it to its end in this process. Ctrl-C leaves it where it is; `resume` goes on."""
    from cdctl.cli import rollout_running

    run = run_of(ctx)
    exits.leave(
        rollout_running.start(
            run,
            file,
            outputs,
            seconds=seconds,
            expect=expect,
            yes=yes,
            break_glass=break_glass,
            despite_caps=despite_caps,
        )
    )


@app.command(name="ls", epilog="Example: cdctl rollout ls -o json")
def list_(ctx: typer.Context, outputs: OutputOption = None) -> None:
    """List rollouts.

    Those that other operators tell of, and those of this journal.
    """
    from cdctl.cli import rollout_looking

    exits.leave(rollout_looking.list_(run_of(ctx), outputs))


@app.command(epilog="Example: cdctl rollout status 01k9")
def status(ctx: typer.Context, rollout: Id, outputs: OutputOption = None) -> None:
    """Say how a rollout is, what its guards say, and who did what."""
    from cdctl.cli import rollout_looking

    exits.leave(rollout_looking.status(run_of(ctx), rollout, outputs))


@app.command(epilog="Example: cdctl rollout watch 01k9")
def watch(ctx: typer.Context, rollout: Id) -> None:
    """Tell everything that happens to a rollout, until it has ended."""
    from cdctl.cli import rollout_looking

    exits.leave(rollout_looking.watch(run_of(ctx), rollout))


@app.command(epilog='Example: cdctl rollout pause 01k9 --reason "a look at the canaries"')
def pause(ctx: typer.Context, rollout: Id, reason: Reason = "") -> None:
    """Hold a rollout, wherever it runs. Orders that left go on."""
    _wish(ctx, rollout, "pause", reason)


@app.command(epilog="Example: cdctl rollout resume 01k9")
def resume(
    ctx: typer.Context,
    rollout: Id,
    reason: Reason = "",
    anyway: Annotated[
        bool, typer.Option("--anyway", help="Although a guard burns or does not know: it is waived for this wave.")
    ] = False,
    yes: Yes = False,
    outputs: OutputOption = None,
) -> None:
    """Let a rollout go on.

    One that was paused, wherever it runs; one that nobody runs any more is carried on here, where it stood.
    """
    from cdctl.cli import rollout_running

    run = run_of(ctx)
    exits.leave(rollout_running.resume(run, rollout, outputs, reason=reason, anyway=anyway, yes=yes))


@app.command(epilog='Example: cdctl rollout abort 01k9 --reason "wrong value"')
def abort(ctx: typer.Context, rollout: Id, reason: Reason = "") -> None:
    """End a rollout, wherever it runs, or if nobody runs it.

    Nothing leaves any more, and what is open is taken back.
    """
    from cdctl.cli import rollout_running

    exits.leave(rollout_running.abort(run_of(ctx), rollout, reason))


@app.command(epilog="Example: cdctl rollout approve 01k9")
def approve(ctx: typer.Context, rollout: Id, reason: Reason = "") -> None:
    """Agree that a rollout begins the wave that it waits with. Nobody can approve their own."""
    _wish(ctx, rollout, "approve", reason)


def _wish(ctx: typer.Context, rollout: str, wish: str, reason: str) -> None:
    from cdctl.cli import rollout_looking

    exits.leave(rollout_looking.wish(run_of(ctx), rollout, wish, reason))
