"""`reboot`: a control unit, while nobody drives."""

from __future__ import annotations

from collections.abc import Sequence

from cdctl.domain.orders.command import Argument, Command, Kind, Precondition, Risk
from cdctl.domain.ports import API, Plugin

UNITS = ("tcu", "head-unit", "gateway")


def make() -> Sequence[Command]:
    """The command."""
    unit = Argument("unit", Kind.CHOICE, "Which control unit", default="tcu", choices=UNITS, example="head-unit")
    reboot = Command(
        name="reboot",
        summary="Start a control unit anew",
        risk=Risk.DANGEROUS,
        arguments=(unit,),
        preconditions=(Precondition.PARKED, Precondition.STANDING),
        timeout=300,
        changes=False,
        results={"uptime": "seconds since it came back"},
    )
    return [reboot]


PLUGIN = Plugin(api=API, room="commands", name="reboot", version="1", summary="start a control unit anew", make=make)
