"""`lock`: every door."""

from __future__ import annotations

from collections.abc import Sequence

from cdctl.domain.orders.command import Arguments, Command, Precondition, Result, Risk
from cdctl.domain.orders.outcome import back, reached
from cdctl.domain.ports import API, Plugin


def _succeeded(arguments: Arguments, result: Result) -> str:
    return reached(result, "locked", True)


def _revert(arguments: Arguments, result: Result) -> tuple[str, Arguments] | None:
    return ("unlock", {}) if back(result, now=True) else None


def make() -> Sequence[Command]:
    """The command."""
    lock = Command(
        name="lock",
        summary="Lock every door",
        risk=Risk.CONFIRM,
        preconditions=(Precondition.DOORS_CLOSED,),
        capability="lock",
        results={"locked": "true", "before": "whether they were locked before"},
        succeeded=_succeeded,
        revert=_revert,
    )
    return [lock]


PLUGIN = Plugin(api=API, room="commands", name="lock", version="1", summary="lock every door", make=make)
