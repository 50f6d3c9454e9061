"""Every command that ships keeps the contract that a stranger's must keep."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from cdctl.application import wiring
from cdctl.domain.orders.command import Command
from cdctl.domain.settings import Settings
from cdctl.testing.commands import Told, check_commands

PARTS: Mapping[str, Any] = {"dtc": [], "signals": {}, "versions": {}, "network": {}, "events": []}
TELLINGS: Mapping[str, Sequence[Told]] = {
    "ping": [Told("ping", {}, {"received": 1, "sent": 2})],
    "lock": [Told("lock", {}, {"locked": True, "before": False}, {"locked": False})],
    "unlock": [Told("unlock", {}, {"locked": False, "before": True}, {"locked": True})],
    "climate": [
        Told("climate.start", {"temperature": "18.5"}, {"running": True, "before": False}, {"running": False}),
        Told(
            "climate.stop",
            {},
            {"running": False, "before": True, "temperature": 21.0, "left": 7},
            {"running": True},
        ),
    ],
    "horn": [Told("horn", {"times": "2"}, {"times": 2})],
    "flash": [Told("flash")],
    "locate": [Told("locate", {}, {"latitude": 48.1, "longitude": 11.6, "accuracy": 4, "at": 1}, {"latitude": 91})],
    "charge": [
        Told("charge.start", {}, {"charging": True, "before": False}, {"charging": "yes"}),
        Told("charge.stop", {}, {"charging": False, "before": True, "limit": 80}, {}),
    ],
    "reboot": [Told("reboot", {"unit": "gateway"}, {"uptime": 3})],
    "log-level": [Told("log-level", {"level": "debug"}, {"level": "debug", "before": "info"}, {"level": "info"})],
    "parameter": [
        Told("parameter.get", {"name": "a.b"}, {"value": "1"}, {"value": None}),
        Told("parameter.set", {"name": "a.b", "value": "2"}, {"value": "2", "prior": "1"}, {"value": "1"}),
    ],
    "diagnostics": [
        Told("diagnostics.collect", {}, PARTS, {"dtc": []}),
        Told("diagnostics.collect", {"part": "dtc"}, {"dtc": []}, {"events": []}),
    ],
}
DOORS = wiring.catalogue(Settings())


def test_every_plugin_is_tried() -> None:
    assert set(TELLINGS) == {listing.name for listing in DOORS.names("commands")}


@pytest.mark.parametrize("name", TELLINGS)
def test_contract(name: str) -> None:
    check_commands(DOORS.load("commands", name), TELLINGS[name])


@pytest.mark.parametrize("command", DOORS.commands()[0], ids=lambda command: command.name)
def test_what_changes_a_vehicle_can_be_taken_back_or_is_dangerous(command: Command) -> None:
    assert not command.changes or command.revert is not None
    assert command.changes or command.revert is None


def undo(command_name: str, result: Mapping[str, object], /, **arguments: object) -> object:
    command = DOORS.command(command_name)
    assert command.revert is not None
    return command.revert(arguments, result)  # type: ignore[arg-type]


def test_taking_back_restores_what_was_before() -> None:
    assert undo("lock", {"before": False}) == ("unlock", {})
    assert undo("unlock", {"before": True}) == ("lock", {})
    assert undo("climate.start", {"before": False}) == ("climate.stop", {})
    stopped = {"before": True, "temperature": 19, "left": 5}
    assert undo("climate.stop", stopped) == ("climate.start", {"temperature": 19.0, "duration": 60})
    assert undo("charge.start", {"before": False}) == ("charge.stop", {})
    assert undo("charge.stop", {"before": True, "limit": 70}) == ("charge.start", {"limit": 70})
    levels: dict[str, object] = {"level": "debug", "unit": "tcu", "duration": 60}
    assert undo("log-level", {"before": "info"}, **levels) == ("log-level", levels | {"level": "info"})
    put = ("parameter.set", {"name": "a", "value": "1"})
    assert undo("parameter.set", {"prior": "1"}, name="a", value="2") == put


@pytest.mark.parametrize(
    ("name", "result"),
    [("lock", {"before": True}), ("unlock", {"before": False}), ("climate.start", {"before": True}),
     ("climate.stop", {"before": False}), ("charge.start", {"before": True}), ("charge.stop", {"before": False}),
     ("log-level", {"before": "debug"}), ("parameter.set", {"prior": "2"})],
)  # fmt: skip
def test_what_was_so_before_is_left_alone(name: str, result: Mapping[str, object]) -> None:
    assert undo(name, result, level="debug", unit="tcu", duration=60, name="a", value="2") is None


@pytest.mark.parametrize(
    ("name", "result"),
    [("lock", {}), ("unlock", {"before": "yes"}), ("climate.stop", {"before": True, "left": 5}),
     ("charge.stop", {"before": True}), ("log-level", {"before": "loud"}), ("parameter.set", {"value": "2"}),
     ("parameter.set", {"prior": None})],
)  # fmt: skip
def test_what_is_not_known_is_not_guessed(name: str, result: Mapping[str, object]) -> None:
    with pytest.raises(ValueError, match=r"before|did not say"):
        undo(name, result, level="debug", unit="tcu", duration=60, name="a", value="2")
