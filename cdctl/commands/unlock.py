"""`unlock`: every door. Whoever stands beside the vehicle can take what is in it, so nobody does it by mistake."""

from __future__ import annotations

from collections.abc import Sequence

from cdctl.domain.orders.command import Arguments, Command, Precondition, Result, Risk
from cdctl.domain.orders.outcome import back, reached
from cdctl.domain.ports import API, Plugin


def _succeeded(arguments: Arguments, result: Result) -> str:
    return reached(result, "locked", False)


def _revert(arguments: Arguments, result: Result) -> tuple[str, Arguments] | None:
    return ("lock", {}) if back(result, now=False) else None


def make() -> Sequence[Command]:
    """The command."""
    unlock = Command(
        name="unlock",
        summary="Unlock every door",
        risk=Risk.DANGEROUS,
        preconditions=(Precondition.PARKED, Precondition.STANDING),
        capability="lock",
        expires=60,
        results={"locked": "false", "before": "whether they were locked before"},
        succeeded=_succeeded,
        revert=_revert,
    )
    return [unlock]


PLUGIN = Plugin(api=API, room="commands", name="unlock", version="1", summary="unlock every door", make=make)
