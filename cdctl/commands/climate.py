"""`climate.start`, `climate.stop`: warm or cool a parked vehicle."""

from __future__ import annotations

from collections.abc import Sequence

from cdctl.domain.orders.command import Argument, Arguments, Command, Kind, Precondition, Result, Risk
from cdctl.domain.orders.outcome import back, reached
from cdctl.domain.ports import API, Plugin

_TEMPERATURE = Argument(
    "temperature", Kind.NUMBER, "What it is to be inside", default=21.0, least=16, most=28, unit="°C", example="22.5"
)
_DURATION = Argument(
    "duration", Kind.DURATION, "When it stops by itself", default=600, least=60, most=1800, example="10m"
)


def _started(arguments: Arguments, result: Result) -> str:
    return reached(result, "running", True)


def _stopped(arguments: Arguments, result: Result) -> str:
    return reached(result, "running", False)


def _stop_again(arguments: Arguments, result: Result) -> tuple[str, Arguments] | None:
    return ("climate.stop", {}) if back(result, now=True) else None


def _start_again(arguments: Arguments, result: Result) -> tuple[str, Arguments] | None:
    """As it was; a time that is nearly over is begun anew for the least there is."""
    if not back(result, now=False):
        return None
    temperature, left = result.get("temperature"), result.get("left")
    if not isinstance(temperature, int | float) or not isinstance(left, int | float):
        raise ValueError("the vehicle did not say at what temperature and for how long it had been running")
    seconds = min(max(int(left), int(_DURATION.least or 0)), int(_DURATION.most or 0))
    return "climate.start", {"temperature": float(temperature), "duration": seconds}


def make() -> Sequence[Command]:
    """Both commands."""
    start = Command(
        name="climate.start",
        summary="Warm or cool the inside",
        risk=Risk.CONFIRM,
        arguments=(_TEMPERATURE, _DURATION),
        preconditions=(Precondition.PARKED, Precondition.BATTERY_ABOVE_20),
        capability="climate",
        results={"running": "true", "before": "whether it was running before"},
        succeeded=_started,
        revert=_stop_again,
    )
    stop = Command(
        name="climate.stop",
        summary="Stop warming or cooling",
        risk=Risk.CONFIRM,
        capability="climate",
        results={
            "running": "false",
            "before": "whether it was running before",
            "temperature": "°C, when it was running",
            "left": "seconds that it would have gone on, when it was running",
        },
        succeeded=_stopped,
        revert=_start_again,
    )
    return [start, stop]


PLUGIN = Plugin(
    api=API, room="commands", name="climate", version="1", summary="warm or cool the inside before a trip", make=make
)
