"""`flash`: somebody who looks for it sees it."""

from __future__ import annotations

from collections.abc import Sequence

from cdctl.domain.orders.command import Argument, Command, Kind, Precondition, Risk
from cdctl.domain.ports import API, Plugin

_TIMES = Argument("times", Kind.INTEGER, "How often", default=1, least=1, most=20, example="3")


def make() -> Sequence[Command]:
    """The command."""
    flash = Command(
        name="flash",
        summary="Flash the lights, so that it is found",
        risk=Risk.CONFIRM,
        arguments=(_TIMES,),
        preconditions=(Precondition.PARKED, Precondition.STANDING),
        capability="lights",
        expires=60,
        changes=False,
        results={"times": "how often it did"},
    )
    return [flash]


PLUGIN = Plugin(api=API, room="commands", name="flash", version="1", summary="flash the lights", make=make)
