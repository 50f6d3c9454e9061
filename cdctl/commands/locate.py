"""`locate`: where it is. Tells where somebody is, too, so it needs a reason."""

from __future__ import annotations

from collections.abc import Sequence

from cdctl.domain.orders.command import Arguments, Command, Result, Risk
from cdctl.domain.ports import API, Plugin

_ENDS = {"latitude": 90.0, "longitude": 180.0}


def _succeeded(arguments: Arguments, result: Result) -> str:
    for key, end in _ENDS.items():
        value = result.get(key)
        if isinstance(value, bool) or not isinstance(value, int | float) or not -end <= value <= end:
            return f"the vehicle told no {key}"
    return ""


def make() -> Sequence[Command]:
    """The command."""
    locate = Command(
        name="locate",
        summary="Tell where it is (needs --reason)",
        risk=Risk.CONFIRM,
        expires=60,
        private=True,
        changes=False,
        results={
            "latitude": "degrees, WGS 84",
            "longitude": "degrees, WGS 84",
            "accuracy": "metres, where it is known",
            "at": "epoch milliseconds of the fix",
        },
        succeeded=_succeeded,
    )
    return [locate]


PLUGIN = Plugin(api=API, room="commands", name="locate", version="1", summary="ask where a vehicle is", make=make)
