"""`cdctl broker`: what the brokers are, how quick they are, and what fills them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from cdctl.cli import broker_rows, broker_tops, completion, exits, output
from cdctl.cli.options import OutputOption, Run, noun, run_of
from cdctl.cli.settings import settings_of
from cdctl.cli.values import span
from cdctl.errors import UsageError

if TYPE_CHECKING:
    from cdctl.domain.settings import Settings

app = noun("The brokers between you and the vehicles: what they are, how quick, what fills them.")

Regions = Annotated[
    list[str] | None,
    typer.Option("--region", metavar="REGION", help="Only this region; repeatable.", autocompletion=completion.regions),
]
_TELLS_NOTHING = "nothing was changed: run it again"
_MOST_LEVELS = 16


def _settings(run: Run) -> Settings:
    from cdctl.application import fleet_wiring

    settings = settings_of(run)
    fleet_wiring.fleet_context(settings)
    return settings


@app.command(epilog="Example: cdctl broker info --region eu -o json")
def info(
    ctx: typer.Context,
    regions: Regions = None,
    for_: Annotated[
        str, typer.Option("--for", metavar="DURATION", help="Listen so long; some figures are told as they change.")
    ] = "",
    outputs: OutputOption = None,
) -> None:
    """Say what each region's broker is: version, clients, rates, queues, drops.

    From its $SYS topics; a broker without them is known by what it announced when we connected.
    """
    from cdctl.application import broker, broker_wiring, fleet_wiring

    run = run_of(ctx)
    chosen = output.parse(outputs)
    seconds = span(for_, "--for") if for_ else None
    gates = broker_wiring.gates(_settings(run), regions or ())
    with exits.in_flight(f"asking {len(gates)} brokers", _TELLS_NOTHING):
        found = fleet_wiring.finished(broker.look_at_all(gates, seconds))
    output.emit(
        run,
        chosen,
        lambda form: broker_rows.facts(found, form, None),
        lambda form, width: broker_rows.facts(found, form, width),
    )
    _tell(run, [(one.region, one.error, one.hint) for one in found])
    for one in found:
        if one.error:
            continue
        untold = broker_rows.untold(one)
        if untold and not seconds:
            exits.note(
                run, f"region {one.region}: {untold} not told now (some are told as they change): --for 12s waits"
            )
        for note in (f"no $SYS: {one.silence}" if one.silence else "", one.up.note if one.up else ""):
            if note:
                exits.warn(run, f"region {one.region}: {note}")
    exits.leave(_code([not one.error for one in found]))


@app.command(epilog="Example: cdctl broker ping --count 50 --interval 100ms")
def ping(
    ctx: typer.Context,
    regions: Regions = None,
    count: Annotated[int, typer.Option(metavar="N", min=1, max=100_000, help="Messages at each QoS.")] = 10,
    interval: Annotated[str, typer.Option(metavar="DURATION", help="Between two messages.")] = "200ms",
    outputs: OutputOption = None,
) -> None:
    """Measure publish to receive through each region's broker, at QoS 0 and 1.

    Uses a topic of its own below topic_root/ops/REGION/ping, so it needs no vehicle. One that is not back after 2 s is
    lost. Exit code 4 when some are lost or a broker does not answer, 3 when none came back.
    """
    from cdctl.application import broker, broker_wiring, fleet_wiring
    from cdctl.cli.progress import long_work

    run = run_of(ctx)
    chosen = output.parse(outputs)
    pace = broker.Pace(count, span(interval, "--interval"))
    settings = _settings(run)
    gates = broker_wiring.gates(settings, regions or ())
    with long_work(run, "pinging", _TELLS_NOTHING) as progress:
        found = fleet_wiring.finished(broker.ping(gates, settings.context().topic_root, pace, progress))
    rows = [broker_rows.pinged(one) for one in found]
    output.emit(
        run,
        chosen,
        lambda form: broker_rows.pings(rows, form, None),
        lambda form, width: broker_rows.pings(rows, form, width),
    )
    _tell(run, [(one.region, one.error or one.refused, one.hint) for one in found])
    exits.leave(_code([len(one.arrived) == count for one in found], any(one.arrived for one in found)))


@app.command(epilog="Example: cdctl broker top --for 30s --by 2,4 --limit 5")
def top(
    ctx: typer.Context,
    regions: Regions = None,
    for_: Annotated[str, typer.Option("--for", metavar="DURATION", help="Listen so long.")] = "10s",
    by: Annotated[
        str, typer.Option(metavar="LEVELS", help="Levels of topics that are told apart, from 1; comma between.")
    ] = "1,2,4",
    topics: Annotated[
        list[str] | None,
        typer.Option("--topic", metavar="FILTER", help="Listen to this instead of all topics; repeatable."),
    ] = None,
    limit: Annotated[int, typer.Option(metavar="N", min=1, max=1000, help="Lines of each list.")] = 10,
    show_vins: Annotated[bool, typer.Option("--show-vins", help="Write whole VINs into files.")] = False,
    outputs: OutputOption = None,
) -> None:
    """Show what fills the brokers: rates by topic, and the noisiest and largest vehicles.

    Memory stays bounded whatever is published; where that makes a figure inexact, how much is said.
    """
    from cdctl.application import broker_top, broker_wiring, fleet_wiring
    from cdctl.cli import broker_live

    run = run_of(ctx)
    chosen = output.parse(outputs)
    seconds, levels = span(for_, "--for"), _levels(by)
    places = broker_wiring.ears(_settings(run), regions or (), topics or (), plugins=run.plugins)
    shown = broker_live.Screen(run, seconds, limit)
    with exits.in_flight(f"listening to {len(places)} brokers", _TELLS_NOTHING), shown:
        found = fleet_wiring.finished(broker_top.top(places, levels, seconds, shown.look))
    broker_tops.emit(run, chosen, found, limit, show_vins=show_vins)
    for text in broker_tops.notes(found):
        exits.note(run, text)
    _tell(run, [(one.region, one.error, one.hint) for one in found])
    for one in found:
        if one.note and not one.error:
            exits.warn(run, f"region {one.region}: {one.note}")
    exits.leave(_code([not one.error for one in found]))


def _levels(text: str) -> frozenset[int]:
    words = [word.strip() for word in text.split(",")]
    if not all(word.isascii() and word.isdigit() and 1 <= int(word) <= _MOST_LEVELS for word in words):
        raise UsageError(
            f"{text!r} are no levels of a topic",
            subject="--by",
            hint="numbers from 1: in cd/eu/VIN/tele 2 is the region, 3 the vehicle",
        )
    return frozenset(map(int, words))


def _tell(run: Run, said: Sequence[tuple[str, str, str]]) -> None:
    """Region, what is wrong there, hint: what is wrong alike in several regions once, then every hint once."""
    for place, prefix, tell in ((1, "", exits.warn), (2, "hint: ", exits.note)):
        for text in dict.fromkeys(one[place] for one in said if one[place]):
            regions = list(dict.fromkeys(one[0] for one in said if one[place] == text))
            tell(run, f"{prefix}region{'s' * (len(regions) != 1)} {', '.join(regions)}: {text}")


def _code(fine: Sequence[bool], some: bool | None = None) -> exits.Code:
    """0 when all is well, 3 when nothing is known, 4 between."""
    if all(fine):
        return exits.Code.DONE
    return exits.Code.PARTLY if (any(fine) if some is None else some) else exits.Code.UNKNOWN
