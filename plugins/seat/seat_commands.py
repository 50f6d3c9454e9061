"""Heated seats, as commands: what they take, what counts as done, and how to put back what was."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cdctl.api import API, Argument, Command, Kind, Plugin, Precondition, Risk, reached

Arguments = Mapping[str, str | int | float | bool]
Result = Mapping[str, object]

HOTTEST = 3
_SEAT = Argument("seat", Kind.CHOICE, "Which seat", default="driver", choices=("driver", "passenger"), example="driver")
_LEVEL = Argument("level", Kind.INTEGER, "How warm", default=1, least=1, most=HOTTEST, example="2")


def _heated(arguments: Arguments, result: Result) -> str:
    return reached(result, "level", arguments["level"])


def _off(arguments: Arguments, result: Result) -> str:
    return reached(result, "level", 0)


def _as_before(arguments: Arguments, result: Result) -> tuple[str, Arguments] | None:
    """What was before, by what the vehicle says. A seat that had been as warm needs nothing."""
    before = result.get("before")
    if isinstance(before, bool) or not isinstance(before, int) or not 0 <= before <= HOTTEST:
        raise ValueError("the vehicle did not say how warm the seat was before")
    if before == arguments.get("level", 0):
        return None
    seat = arguments["seat"]
    return ("seat.heat", {"seat": seat, "level": before}) if before else ("seat.off", {"seat": seat})


def make() -> Sequence[Command]:
    """Both commands."""
    results = {"level": "as it is now, 0 when off", "before": "as it was"}
    heat = Command(
        name="seat.heat",
        summary="Warm a seat",
        risk=Risk.CONFIRM,
        arguments=(_SEAT, _LEVEL),
        preconditions=(Precondition.PARKED, Precondition.BATTERY_ABOVE_20),
        capability="seat",
        results=results,
        succeeded=_heated,
        revert=_as_before,
    )
    off = Command(
        name="seat.off",
        summary="Switch the heating of a seat off",
        risk=Risk.CONFIRM,
        arguments=(_SEAT,),
        capability="seat",
        results=results,
        succeeded=_off,
        revert=_as_before,
    )
    return [heat, off]


PLUGIN = Plugin(
    api=API,
    room="commands",
    name="seat",
    version="1.0.0",
    summary="Heated seats: warm them, and switch them off",
    make=make,
)
