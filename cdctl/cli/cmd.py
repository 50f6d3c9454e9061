"""`cdctl cmd`: tell vehicles to do things, and know what became of it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated

import typer

from cdctl.cli import cmd_options as options
from cdctl.cli import completion, completion_kept, exits, output, records
from cdctl.cli.options import OutputOption, noun, run_of
from cdctl.errors import UsageError

if TYPE_CHECKING:
    from cdctl.cli.options import Run
    from cdctl.domain.orders.command import Command
    from cdctl.extend.listing import Broken

app = noun("Commands: tell vehicles to do things, one or many, and know what became of it.")


@app.command(name="ls", epilog="Example: cdctl cmd ls -o wide")
def list_(ctx: typer.Context, outputs: OutputOption = None) -> None:
    """List what vehicles can be told, with the risk of each."""
    from cdctl.cli import cmd_declared

    run = run_of(ctx)
    commands, broken = _commands(run)
    output.show(run, outputs, [cmd_declared.command(one) for one in commands], cmd_declared.COMMANDS)
    for each in broken:
        exits.warn(run, f"{each.listing.title} {each.reason}")


def _commands(run: Run) -> tuple[tuple[Command, ...], tuple[Broken, ...]]:
    from cdctl.application import wiring
    from cdctl.cli.settings import settings_of

    return wiring.catalogue(settings_of(run), plugins=run.plugins).commands()


@app.command(epilog="Example: cdctl cmd describe climate.start")
def describe(ctx: typer.Context, name: options.Name, outputs: OutputOption = None) -> None:
    """Say everything about one command.

    Arguments, risk, what it needs, what comes back, how it is taken back.
    """
    from cdctl.application import wiring
    from cdctl.cli import cmd_declared
    from cdctl.cli.settings import settings_of

    run = run_of(ctx)
    command = wiring.catalogue(settings_of(run), plugins=run.plugins).command(name)

    def fit(form: str, width: int | None) -> str:
        if form in {"table", "wide"}:
            return cmd_declared.described(command, width)
        if form == "json":
            return records.document(cmd_declared.command(command))
        rows = [cmd_declared.command(command)] if form == "jsonl" else []
        rows = rows or [cmd_declared.argument_row(one) for one in command.arguments]
        return records.render(rows, cmd_declared.ARGUMENTS, form, width)

    output.emit(run, output.parse(outputs), lambda form: fit(form, None), fit)


@app.command(
    epilog="Example: cdctl cmd send climate.start --where 'region:eu soc>50 online' -a temperature=22 --expect 12"
)
def send(
    ctx: typer.Context,
    name: Annotated[
        str,
        typer.Argument(
            metavar="[NAME]",
            help="Such as lock; cdctl cmd ls. Left out: the plan of --plan.",
            autocompletion=completion.commands,
            show_default=False,
        ),
    ] = "",
    more: options.More = None,
    to: options.To = None,
    where: options.Where = "",
    arguments: options.Arguments = None,
    region: options.Region = "",
    expect: options.Expect = None,
    wait: options.Wait = True,
    wait_for: options.WaitFor = "",
    timeout: options.Timeout = "",
    expires: options.Expires = "",
    rate: options.Rate = "",
    retries: options.Retries = 0,
    dry_run: options.DryRun = False,
    yes: options.Yes = False,
    reason: options.Reason = "",
    plan: options.PlanFile = "",
    results: options.Results = "",
    break_glass: options.BreakGlass = False,
    despite_caps: options.DespiteCaps = False,
    for_: options.For = "",
    show_vins: options.ShowVins = False,
    outputs: OutputOption = None,
) -> None:
    """Send a command to vehicles.

    To those that are named (--to) or match (--where). Shows what goes to how many, asks by risk, sends, and waits until
    every vehicle has ended: succeeded, failed, rejected, timed out, cancelled or expired. Who is away gets it on coming
    back, until it expires.
    """
    from cdctl.cli import cmd_send

    if more and not to:
        raise UsageError(f"{more[0]!r} is one word too many", hint=f"to a vehicle of this name: --to {more[0]}")
    asked = cmd_send.Asked(
        name, arguments or (), [*(to or ()), *(more or ())], where, region, for_, expect, wait, timeout, expires,
        rate, retries, dry_run, yes, reason, plan, results, break_glass, show_vins, outputs, despite_caps,
        wait_for,
    )  # fmt: skip
    exits.leave(cmd_send.send(run_of(ctx), asked))


@app.command(epilog="Example: cdctl cmd approve reboot.plan")
def approve(
    ctx: typer.Context,
    file: Annotated[str, typer.Argument(metavar="FILE", help="A plan that send --plan wrote.")],
    yes: options.Yes = False,
) -> None:
    """Look at a plan that somebody else made, and sign it."""
    from cdctl.cli import cmd_approving

    exits.leave(cmd_approving.approve(run_of(ctx), file, yes=yes))


@app.command(epilog="Example: cdctl cmd status 3f9c -o wide")
def status(
    ctx: typer.Context,
    which: Annotated[
        str,
        typer.Argument(
            metavar="[ORDER|PLAN]",
            help="Its id, or a beginning of it; else the latest plans.",
            autocompletion=completion_kept.kept,
        ),
    ] = "",
    limit: options.Limit = 10,
    reason: options.WhyLook = "",
    show_vins: options.ShowVins = False,
    outputs: OutputOption = None,
) -> None:
    """Say how plans and orders stand.

    The latest plans, the orders of one, or one order with everything that was written down of it.
    """
    from cdctl.cli import cmd_looking

    exits.leave(cmd_looking.status(run_of(ctx), which, limit, outputs, reason=reason, show_vins=show_vins))


@app.command(epilog="Example: cdctl cmd history --vin WBA00000000012345 --since now-7d --state failed")
def history(
    ctx: typer.Context,
    vin: Annotated[str, typer.Option(metavar="VIN", help="Orders to this vehicle.")] = "",
    since: Annotated[str, typer.Option(metavar="TIME", help="Such as now-1d.")] = "",
    command: Annotated[
        str, typer.Option(metavar="NAME", help="Of this command.", autocompletion=completion.commands)
    ] = "",
    state: Annotated[str, typer.Option(metavar="STATE", help="Such as failed.", autocompletion=completion.states)] = "",
    limit: options.Limit = 50,
    reason: options.WhyLook = "",
    show_vins: options.ShowVins = False,
    outputs: OutputOption = None,
) -> None:
    """List orders, newest first."""
    from cdctl.cli import cmd_looking
    from cdctl.cli.cmd_kept import Wanted
    from cdctl.cli.values import instant

    begins = instant(since, time.time(), "--since") * 1000 if since else 0
    wanted = Wanted(vin, begins, command, _state(state), limit)
    cmd_looking.history(run_of(ctx), wanted, outputs, reason=reason, show_vins=show_vins)


def _state(text: str) -> str:
    from cdctl.domain.orders.arguments import nearest
    from cdctl.domain.orders.order import State

    known = [state.value for state in State]
    name = text.replace(" ", "_")
    if name and name not in known:
        near = nearest(name, known)
        hint = f"did you mean {near}?" if near else f"there are {', '.join(known)}"
        raise UsageError(f"there is no state {text!r}", subject="--state", hint=hint)
    return name


@app.command(epilog="Example: cdctl cmd resume")
def resume(
    ctx: typer.Context,
    which: Annotated[
        str,
        typer.Argument(
            metavar="[PLAN]",
            help="Only this one; else all that were left.",
            autocompletion=completion_kept.plans,
        ),
    ] = "",
    wait_for: options.WaitFor = "",
    yes: options.Yes = False,
    show_vins: options.ShowVins = False,
    outputs: OutputOption = None,
) -> None:
    """Go on with orders that were left behind.

    Vehicles are asked what they hold; only what one certainly does not hold is sent again.
    """
    from cdctl.cli import cmd_after

    exits.leave(
        cmd_after.resume(run_of(ctx), which, output.parse(outputs), yes=yes, show_vins=show_vins, wait_for=wait_for)
    )


@app.command(epilog="Example: cdctl cmd cancel 3f9c")
def cancel(
    ctx: typer.Context,
    which: options.Which,
    yes: options.Yes = False,
    show_vins: options.ShowVins = False,
    outputs: OutputOption = None,
) -> None:
    """Let go of what has not begun.

    What never left ends at once, vehicles are asked to drop the rest. A rollout whose plan it is ends.
    """
    from cdctl.cli import cmd_after

    exits.leave(cmd_after.cancel(run_of(ctx), which, output.parse(outputs), yes=yes, show_vins=show_vins))


@app.command(epilog="Example: cdctl cmd revert 3f9c --dry-run")
def revert(
    ctx: typer.Context,
    which: options.Which,
    expect: options.Expect = None,
    dry_run: options.DryRun = False,
    yes: options.Yes = False,
    reason: options.Reason = "",
    plan: options.UndoFile = "",
    break_glass: options.BreakGlass = False,
    show_vins: options.ShowVins = False,
    outputs: OutputOption = None,
) -> None:
    """Take back what succeeded.

    Each vehicle gets what it said was before.
    """
    from cdctl.cli import cmd_revert

    chosen = output.parse(outputs)
    asked = cmd_revert.Asked(which, chosen, yes, expect, reason, dry_run, show_vins, plan, break_glass)
    exits.leave(cmd_revert.revert(run_of(ctx), asked))
