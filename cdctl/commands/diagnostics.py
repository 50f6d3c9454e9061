"""`diagnostics.collect`: what a vehicle knows of its own health. Never where it is."""

from __future__ import annotations

from collections.abc import Sequence

from cdctl.domain.orders.command import Argument, Arguments, Command, Kind, Result, Risk
from cdctl.domain.ports import API, Plugin

PARTS = ("dtc", "signals", "versions", "network", "events")
_PART = Argument("part", Kind.CHOICE, "What to collect", default="all", choices=("all", *PARTS), example="dtc")


def _succeeded(arguments: Arguments, result: Result) -> str:
    wanted = PARTS if arguments["part"] == "all" else (str(arguments["part"]),)
    missing = [part for part in wanted if part not in result]
    return f"the vehicle did not tell {', '.join(missing)}" if missing else ""


def make() -> Sequence[Command]:
    """The command."""
    collect = Command(
        name="diagnostics.collect",
        summary="Tell trouble codes, signals, versions, network and recent events",
        risk=Risk.SAFE,
        arguments=(_PART,),
        timeout=60,
        changes=False,
        results={
            "dtc": "list of trouble codes: code (3 bytes, hexadecimal), status (byte), frame (signals when it was set)",
            "signals": "last value by VSS path, places left out",
            "versions": "software version by control unit",
            "network": "how it is connected: operator, technology, signal in dBm",
            "events": "the latest events, newest first: at (epoch ms), kind, text",
        },
        succeeded=_succeeded,
    )
    return [collect]


PLUGIN = Plugin(
    api=API, room="commands", name="diagnostics", version="1", summary="trouble codes, versions, network", make=make
)
