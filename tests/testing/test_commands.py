"""The kit finds every way in which a command can break its promise."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest

from cdctl.domain.orders.command import Argument, Command, Kind, Risk
from cdctl.domain.orders.outcome import back, reached
from cdctl.domain.ports import API, Plugin
from cdctl.testing.commands import Told, check_commands, command_breaches
from cdctl.testing.contract import ContractError

LEVEL = Argument("level", Kind.INTEGER, "How warm", default=1, least=1, most=3, example="2")
HEAT = Command(
    "seat.heat",
    "Warm a seat",
    Risk.CONFIRM,
    (LEVEL,),
    results={"on": "true", "before": "as it was"},
    succeeded=lambda arguments, result: reached(result, "on", True),
    revert=lambda arguments, result: ("seat.off", {}) if back(result, now=True) else None,
)
OFF = Command("seat.off", "Switch it off", Risk.CONFIRM)
TELLINGS = [Told("seat.heat", {"level": "3"}, {"on": True, "before": False}, {"on": False}), Told("seat.off")]


def plugin(*commands: Command, make: Callable[[], Sequence[Command]] | None = None) -> Plugin:
    return Plugin(API, "commands", "seat", "1", "heated seats", make or (lambda: list(commands)))


def breaches(change: dict[str, Any], tellings: Sequence[Told] = TELLINGS) -> str:
    return "\n".join(command_breaches(plugin(replace(HEAT, **change), OFF), tellings))


def test_a_sound_plugin_passes() -> None:
    check_commands(plugin(HEAT, OFF), TELLINGS)


def test_breaches_are_raised_with_the_plugin_s_name() -> None:
    with pytest.raises(ContractError, match="the plugin 'seat'"):
        check_commands(plugin(OFF), [])


def _raises(*_: object) -> Any:
    raise KeyError("x")


def _prints(arguments: Any) -> Any:
    print("hello")
    return dict(arguments)


def _greedy(arguments: Any) -> Any:
    arguments.clear()
    return {}


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"summary": ""}, "its summary must be one line"),
        ({"encode": _raises}, "encode of {'level': 1} raised KeyError"),
        ({"encode": lambda arguments: {"level": {1, 2}}}, "raised TypeError"),
        ({"encode": lambda arguments: {"level": float("nan")}}, "raised ValueError"),
        ({"encode": lambda arguments: {1: 2}}, "another after a journey as JSON"),
        ({"encode": lambda arguments: {"x": "y" * 9000}}, "may travel"),
        ({"encode": _greedy}, "changes the arguments"),
        ({"encode": _prints}, "printed to stdout"),
        ({"decode": _raises}, "makes it raise KeyError"),
        ({"decode": lambda result: [1]}, "gives no mapping"),
        ({"succeeded": lambda arguments, result: result["on"] and ""}, "makes it raise KeyError"),
        ({"succeeded": lambda arguments, result: ""}, "is to be no success, but is"),
        ({"succeeded": lambda arguments, result: "never"}, "is to be a success, but: never"),
        ({"results": {}}, "results does not say what before, on is"),
        ({"revert": _raises}, "not a ValueError"),
        ({"revert": lambda arguments, result: ("seat.burn", {})}, "sends seat.burn, which there is not"),
        ({"revert": lambda arguments, result: ("seat.heat", {"level": 9})}, "arguments that it would refuse"),
    ],
)
def test_a_breach_is_found(change: dict[str, Any], text: str) -> None:
    assert text in breaches(change)


def test_tellings_must_fit() -> None:
    assert "seat.off: there is no telling" in breaches({}, TELLINGS[:1])
    assert "seat.cool: there is no such command" in breaches({}, [*TELLINGS, Told("seat.cool")])
    assert "the telling's arguments are refused" in breaches({}, [Told("seat.heat", {"level": "9"}), TELLINGS[1]])


def test_a_factory_that_changes_its_mind_is_found() -> None:
    names = iter(range(100))
    fickle = plugin(make=lambda: [replace(OFF, summary=f"Off {next(names)}")])
    assert "declares something else the second time" in "\n".join(command_breaches(fickle, TELLINGS[1:]))
