"""`parameter.get`, `parameter.set`: a vehicle's configuration, a value at a time. What was before is kept, so that it
can be put back."""

from __future__ import annotations

from collections.abc import Sequence

from cdctl.domain.orders.command import Argument, Arguments, Command, Kind, Result, Risk
from cdctl.domain.orders.outcome import reached
from cdctl.domain.ports import API, Plugin

_LONGEST = 200
_NAME = Argument(
    "name", Kind.TEXT, "Which parameter", required=True, least=1, most=100,
    pattern="[A-Za-z][A-Za-z0-9_]*([.-][A-Za-z0-9_]+)*", example="telemetry.interval",
)  # fmt: skip
_VALUE = Argument("value", Kind.TEXT, "What it is to be", required=True, most=_LONGEST, example="30")


def _got(arguments: Arguments, result: Result) -> str:
    return "" if isinstance(result.get("value"), str) else "the vehicle told no value"


def _set(arguments: Arguments, result: Result) -> str:
    return reached(result, "value", arguments["value"])


def _revert(arguments: Arguments, result: Result) -> tuple[str, Arguments] | None:
    if "prior" not in result:
        raise ValueError("the vehicle did not say what the value was before")
    prior = result["prior"]
    if not isinstance(prior, str):
        raise ValueError("it had no value before, and none can be taken away")
    return None if prior == arguments["value"] else ("parameter.set", {"name": arguments["name"], "value": prior})


def make() -> Sequence[Command]:
    """Both commands."""
    get = Command(
        name="parameter.get",
        summary="Read a parameter",
        risk=Risk.SAFE,
        arguments=(_NAME,),
        changes=False,
        results={"value": "text"},
        succeeded=_got,
    )
    put = Command(
        name="parameter.set",
        summary="Set a parameter; the value before is kept",
        risk=Risk.CONFIRM,
        arguments=(_NAME, _VALUE),
        results={"value": "text, as it is now", "prior": "text, as it was; null when it had none"},
        succeeded=_set,
        revert=_revert,
    )
    return [get, put]


PLUGIN = Plugin(api=API, room="commands", name="parameter", version="1", summary="read and set a parameter", make=make)
