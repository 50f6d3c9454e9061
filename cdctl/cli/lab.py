"""`cdctl lab`: real servers on loopback with a simulated platform, left running for as long as you like."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cdctl.cli import exits, output
from cdctl.cli.options import OutputOption, noun, run_of
from cdctl.cli.records import Column, Record

if TYPE_CHECKING:
    from cdctl.lab.state import State

app = noun("A platform to try things on: real servers on loopback, 32 days of history, a simulated fleet.")


def _doing(record: Record) -> str:
    if "spans" in record:
        return f"{record['spans']:,} spans taken in so far"
    if "onward" in record:
        return "hands spans on to the receiver"
    if "vehicles" not in record:
        return ""
    return f"{record['connected']:,} of {record['vehicles']:,} vehicles connected, {record['rate']:,.0f} messages/s"


_STATUS = (
    Column("server"),
    Column("status"),
    Column("pid"),
    Column("url"),
    Column("doing", text=_doing),
    Column("made", wide=True),
)


Vehicles = Annotated[
    int, typer.Option(metavar="N", min=1, max=2_000_000, help="Fleet size; up to 5,000 with a connection each.")
]
Seed = Annotated[int, typer.Option(metavar="N", min=0, help="Another seed gives other numbers.")]
_USUAL_VEHICLES = 2_000


def _scenario_names(incomplete: str) -> list[str]:
    from cdctl.lab.scenarios import names

    return [name for name in names() if name.startswith(incomplete)]


Scenario = Annotated[
    str,
    typer.Option(
        metavar="NAME", help="A scenario that comes with cdctl, or a file of your own.", autocompletion=_scenario_names
    ),
]


@app.command(epilog="Example: cdctl lab up && cdctl --context lab slo report")
def up(
    ctx: typer.Context,
    vehicles: Vehicles = _USUAL_VEHICLES,
    scenario: Scenario = "bad-software",
    seed: Seed = 1,
    broker_each: Annotated[
        bool, typer.Option("--broker-each-region", help="A broker for each region, not one for all.")
    ] = False,
) -> None:
    """Start the lab and leave it running; prints its context as JSON when it is ready."""
    from cdctl.cli.progress import long_work
    from cdctl.lab import standing_lab
    from cdctl.lab.stage import Making

    run = run_of(ctx)
    after = "what had started is stopped and removed; start it again: cdctl lab up"
    with long_work(run, "starting the lab", after) as told:
        state, was = standing_lab.up(Making(_whole(scenario), vehicles, seed, broker_each), told)
    if was is standing_lab.Was.UP:
        exits.note(run, "the lab is up already")
    elif was is standing_lab.Was.BROKEN:
        exits.note(run, "an earlier lab had ended by itself and was cleared away")
    text = json.dumps({"name": "lab", **(state.context or {})}, indent=2) + "\n"
    output.emit(run, [output.Output("json")], lambda _: text)
    if "traces" not in (state.context or {}):
        exits.note(run, _without_spans())
    exits.note(run, "ask it with: cdctl --context lab slo report, or fleet stats --by region,sw")
    key = (state.context or {}).get("signing_key")
    if isinstance(key, Mapping):
        other = Path(str(key["file"])).with_name("bea.pem")
        exits.note(run, f"ada signs; approve as bea with: CDCTL_SIGNING_KEY_FILE={other} cdctl --context lab ...")
    exits.note(run, "stop it with: cdctl lab down")


@app.command()
def down(ctx: typer.Context) -> None:
    """Stop the lab and remove its folder."""
    from cdctl.lab import standing_lab

    run = run_of(ctx)
    with exits.in_flight("stopping the lab", "go on with: cdctl lab down"):
        was = standing_lab.down()
    said = {
        standing_lab.Was.UP: "the lab is down",
        standing_lab.Was.NOT_UP: "the lab is not up",
        standing_lab.Was.BROKEN: "the lab had ended by itself; what it left is cleared away",
    }
    exits.note(run, said[was])


@app.command()
def status(ctx: typer.Context, outputs: OutputOption = None) -> None:
    """Say what is running. Exit code 3 when the lab is not up."""
    from cdctl.lab import state

    run = run_of(ctx)
    found = state.read()
    output.show(run, outputs, _servers(found) if found else [], _STATUS)
    if found is None:
        exits.note(run, "the lab is not up; start it: cdctl lab up")
    elif not found.up:
        ended = ", ".join(found.dead)
        exits.note(
            run, f"the lab is broken: {f'{ended} ended' if ended else 'it never got ready'}; cdctl lab up mends it"
        )
    exits.leave(exits.Code.DONE if found and found.up else exits.Code.UNKNOWN)


def _servers(found: State) -> list[dict[str, object]]:
    from cdctl.lab.standing_lab import said

    return [
        {
            "server": name,
            "status": "running" if process.running else "ended",
            "pid": process.pid,
            "url": found.urls.get(name, ""),
            **(_does(name, found) if process.running else {}),
            "made": said(found.making),
        }
        for name, process in found.processes.items()
    ]


def _does(name: str, found: State) -> dict[str, object]:
    """What a server says of itself. Of the fleet, `rate` is messages a second; of the receiver, `spans` those it has
    kept; of the agent, `onward` is where it hands spans on."""
    from urllib.parse import urlsplit

    from cdctl.lab import fleet, receiving

    if name not in found.urls:
        return {}
    port = urlsplit(found.urls[name]).port or 0
    if name == "agent":
        return {"onward": found.urls.get("receiver", "")}
    if name == "receiver":
        return dict(receiving.status(port))
    told = fleet.status(port) if name == "fleet" else {}
    return {key: told[key] for key in ("vehicles", "connected", "rate", "connects", "cuts", "orders") if key in told}


def _without_spans() -> str:
    from cdctl.lab.extra import HOW, lacking

    return f"the lab has no spans: {lacking() or 'it was started without'}; {HOW}, then lab down and up again"


def _whole(scenario: str) -> str:
    """A file by its whole path: the lab outlives the folder that this command runs in."""
    from cdctl.lab.scenarios import is_file

    return str(Path(scenario).absolute()) if is_file(scenario) else scenario
