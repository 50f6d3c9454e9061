"""`ping`: does it answer, and how quickly?"""

from __future__ import annotations

from collections.abc import Sequence

from cdctl.domain.orders.command import Command, Risk
from cdctl.domain.ports import API, Plugin


def make() -> Sequence[Command]:
    """The command."""
    ping = Command(
        name="ping",
        summary="Answer, so that one knows that it is there",
        risk=Risk.SAFE,
        expires=60,
        timeout=10,
        changes=False,
        results={"received": "epoch milliseconds by its clock", "sent": "epoch milliseconds by its clock"},
    )
    return [ping]


PLUGIN = Plugin(api=API, room="commands", name="ping", version="1", summary="ask whether a vehicle is there", make=make)
