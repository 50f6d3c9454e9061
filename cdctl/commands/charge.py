"""`charge.start`, `charge.stop`: charging at a plug that is in."""

from __future__ import annotations

from collections.abc import Sequence

from cdctl.domain.orders.command import Argument, Arguments, Command, Kind, Precondition, Result, Risk
from cdctl.domain.orders.outcome import back, reached
from cdctl.domain.ports import API, Plugin

_LIMIT = Argument(
    "limit", Kind.INTEGER, "State of charge at which it stops", default=80, least=50, most=100, unit="%", example="80"
)
_CURRENT = Argument(
    "current", Kind.INTEGER, "Most that is drawn; the vehicle's own choice when left out", least=6, most=32, unit="A",
    example="16",
)  # fmt: skip


def _started(arguments: Arguments, result: Result) -> str:
    return reached(result, "charging", True)


def _stopped(arguments: Arguments, result: Result) -> str:
    return reached(result, "charging", False)


def _stop_again(arguments: Arguments, result: Result) -> tuple[str, Arguments] | None:
    return ("charge.stop", {}) if back(result, now=True) else None


def _start_again(arguments: Arguments, result: Result) -> tuple[str, Arguments] | None:
    if not back(result, now=False):
        return None
    limit = result.get("limit")
    if isinstance(limit, bool) or not isinstance(limit, int):
        raise ValueError("the vehicle did not say to what limit it had been charging")
    return "charge.start", {"limit": limit}


def make() -> Sequence[Command]:
    """Both commands."""
    start = Command(
        name="charge.start",
        summary="Charge, at a plug that is in",
        risk=Risk.CONFIRM,
        arguments=(_LIMIT, _CURRENT),
        preconditions=(Precondition.PARKED, Precondition.CHARGER_PLUGGED),
        capability="charge",
        results={"charging": "true", "before": "whether it was charging before"},
        succeeded=_started,
        revert=_stop_again,
    )
    stop = Command(
        name="charge.stop",
        summary="Stop charging",
        risk=Risk.CONFIRM,
        preconditions=(Precondition.CHARGER_PLUGGED,),
        capability="charge",
        results={
            "charging": "false",
            "before": "whether it was charging before",
            "limit": "%, to which it was charging",
        },
        succeeded=_stopped,
        revert=_start_again,
    )
    return [start, stop]


PLUGIN = Plugin(
    api=API, room="commands", name="charge", version="1", summary="begin and end charging at a plug", make=make
)
