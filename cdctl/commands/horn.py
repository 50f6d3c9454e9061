"""`horn`: somebody who looks for it hears it."""

from __future__ import annotations

from collections.abc import Sequence

from cdctl.domain.orders.command import Argument, Command, Kind, Precondition, Risk
from cdctl.domain.ports import API, Plugin

_TIMES = Argument("times", Kind.INTEGER, "How often", default=1, least=1, most=5, example="3")


def make() -> Sequence[Command]:
    """The command."""
    horn = Command(
        name="horn",
        summary="Sound the horn, so that it is found",
        risk=Risk.CONFIRM,
        arguments=(_TIMES,),
        preconditions=(Precondition.PARKED, Precondition.STANDING),
        capability="horn",
        expires=60,
        changes=False,
        results={"times": "how often it did"},
    )
    return [horn]


PLUGIN = Plugin(api=API, room="commands", name="horn", version="1", summary="sound the horn", make=make)
