"""`cdctl diag`: is a vehicle there, what is wrong with it, and all of it in one file."""

from __future__ import annotations

from typing import Annotated

import typer

from cdctl.cli import cmd_options as shared
from cdctl.cli import exits, output
from cdctl.cli.diag_options import Count, Interval, Listen, Out, Region, Since, Vin, Vins
from cdctl.cli.options import OutputOption, noun, run_of
from cdctl.cli.values import span

app = noun("Vehicles from inside: do they answer, what is wrong with them, and all of it in one file.")

USUAL_EXPIRES = "30s"
Expires = Annotated[
    str, typer.Option(metavar="DURATION", help="One that is away may come back so long; then it counts as silent.")
]


@app.command(epilog="Example: cdctl diag ping --where 'region:eu online' --expect 40 --count 3")
def ping(
    ctx: typer.Context,
    vins: Vins = None,
    where: shared.Where = "",
    count: Count = 1,
    interval: Interval = "200ms",
    region: Region = "",
    for_: shared.For = "",
    expect: shared.Expect = None,
    expires: Expires = "5s",
    timeout: shared.Timeout = "",
    rate: shared.Rate = "200/s",
    yes: shared.Yes = False,
    reason: shared.Reason = "",
    show_vins: shared.ShowVins = False,
    outputs: OutputOption = None,
) -> None:
    """Measure the round trip to vehicles, split into the way there and back and the vehicle's own time.

    A ping is a signed order like any other. The whole is measured by our clock, the vehicle's part by its own; the two
    are never compared, only their differences. Exit codes as of cdctl cmd send: 1 when a vehicle failed or refused, 4
    when one did not answer.
    """
    from cdctl.cli import cmd_sending, diag_asking, diag_pings, fleet_rows

    run = run_of(ctx)
    chosen = output.parse(outputs)
    pause = span(interval, "--interval")
    asked = diag_asking.Asked(vins or (), where, region, for_, expect, expires, timeout, rate, yes, reason, show_vins)
    about = diag_asking.question(run, "ping", {}, asked)
    found = diag_asking.ping(run, about, count, pause)
    fleet_rows.emit(run, chosen, diag_pings.pings(about.targets, found), show_vins=show_vins)
    if about.targets:
        cmd_sending.closing(run, "ping", found.ended)
    exits.leave(cmd_sending.code(found.ended))


@app.command(epilog="Example: cdctl diag dtc --where 'dtc:P0A80 online' --expect 12 -o wide")
def dtc(
    ctx: typer.Context,
    vins: Vins = None,
    where: shared.Where = "",
    region: Region = "",
    for_: shared.For = "",
    expect: shared.Expect = None,
    expires: Expires = USUAL_EXPIRES,
    timeout: shared.Timeout = "",
    rate: shared.Rate = "",
    yes: shared.Yes = False,
    reason: shared.Reason = "",
    show_vins: shared.ShowVins = False,
    outputs: OutputOption = None,
) -> None:
    """Ask vehicles for their trouble codes: meaning, failure type, status in words, freeze frame.

    Of one vehicle a table lists the codes, of several it counts them; -o wide lists every one with its freeze frame.
    Codes are no bad news to scripts: the exit code tells whether the vehicles answered, as of cdctl cmd send.
    """
    from cdctl.application.diagnose_codes import known_codes
    from cdctl.cli import cmd_sending, diag_asking, diag_codes, fleet_rows

    run = run_of(ctx)
    chosen = output.parse(outputs)
    asked = diag_asking.Asked(vins or (), where, region, for_, expect, expires, timeout, rate, yes, reason, show_vins)
    about = diag_asking.question(run, "diagnostics.collect", {"part": "dtc"}, asked)
    ended = diag_asking.ask(run, about)
    found = diag_codes.told(ended.kept, known_codes(), places=bool(reason.strip()))
    fleet_rows.emit(run, chosen, diag_codes.codes(found), show_vins=show_vins)
    if about.targets:
        cmd_sending.closing(run, "diagnostics.collect", ended)
    diag_codes.notes(run, found)
    exits.leave(cmd_sending.code(ended))


@app.command(epilog="Example: cdctl diag snapshot WBA00000000012345 --out snapshot.json")
def snapshot(
    ctx: typer.Context,
    vin: Vin,
    out: Out = "",
    since: Since = "1h",
    region: Region = "",
    for_: Listen = "",
    expires: Expires = USUAL_EXPIRES,
    timeout: shared.Timeout = "",
    yes: shared.Yes = False,
    reason: shared.Reason = "",
    show_vins: shared.ShowVins = False,
    outputs: OutputOption = None,
) -> None:
    """Gather all that is known of a vehicle: signals, versions, network, trouble codes, what happened lately.

    From the live stream (or the collector, which remembers longer) and from the vehicle itself; one that does not
    answer leaves its part empty, and the exit code says so. Where it is stays out unless --reason says why.
    """
    from cdctl.cli import cmd_sending, diag_asking, diag_snapshot, fleet_rows

    run = run_of(ctx)
    chosen = output.parse([*(outputs or ()), *([f"json={out}"] if out else ())])
    asked = diag_asking.Asked([vin], "", region, for_, None, expires, timeout, "", yes, reason, show_vins)
    taken = diag_snapshot.take(run, asked, span(since, "--since"))
    fleet_rows.emit(run, chosen, diag_snapshot.shown(taken), show_vins=show_vins)
    if out:
        exits.note(run, f"wrote {out}")
    cmd_sending.closing(run, "diagnostics.collect", taken.ended)
    diag_snapshot.notes(run, taken)
    exits.leave(cmd_sending.code(taken.ended))
