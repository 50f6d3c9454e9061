"""`log-level`: how much a control unit writes down, for a while."""

from __future__ import annotations

from collections.abc import Sequence

from cdctl.domain.orders.command import Argument, Arguments, Command, Kind, Result, Risk
from cdctl.domain.orders.outcome import reached
from cdctl.domain.ports import API, Plugin

LEVELS = ("error", "warning", "info", "debug", "trace")
_UNIT = Argument(
    "unit", Kind.CHOICE, "Which control unit", default="tcu", choices=("tcu", "head-unit", "gateway"), example="tcu"
)
_LEVEL = Argument("level", Kind.CHOICE, "The least that is written", required=True, choices=LEVELS, example="debug")
_DURATION = Argument(
    "duration", Kind.DURATION, "When it falls back to info by itself", default=3600, least=60, most=86_400, example="1h"
)


def _succeeded(arguments: Arguments, result: Result) -> str:
    return reached(result, "level", arguments["level"])


def _revert(arguments: Arguments, result: Result) -> tuple[str, Arguments] | None:
    before = result.get("before")
    if before not in LEVELS:
        raise ValueError("the vehicle did not say what level it had before")
    if before == arguments["level"]:
        return None
    return "log-level", {"unit": arguments["unit"], "level": str(before), "duration": arguments["duration"]}


def make() -> Sequence[Command]:
    """The command."""
    log_level = Command(
        name="log-level",
        summary="Let a control unit log more, or less, for a while",
        risk=Risk.CONFIRM,
        arguments=(_LEVEL, _UNIT, _DURATION),
        results={"level": "as it is now", "before": "as it was"},
        succeeded=_succeeded,
        revert=_revert,
    )
    return [log_level]


PLUGIN = Plugin(
    api=API, room="commands", name="log-level", version="1", summary="how much a control unit logs", make=make
)
