"""Forms of commands: made from the declaration alone, and judged field by field."""

from __future__ import annotations

import pytest

from cdctl.application.planning import Spans
from cdctl.application.top.forms import EXPIRES, OWN, RATE, REASON, RETRIES, TIMEOUT, Field, fields_of, judged
from cdctl.commands import charge, climate, locate, log_level, parameter, ping, reboot
from cdctl.domain.orders.command import Argument, Command, Kind, Risk

COMMANDS = {
    one.name: one for each in (charge, climate, locate, log_level, parameter, ping, reboot) for one in each.make()
}
FLAGGED = Command(
    "seat.heat", "Warm a seat", Risk.CONFIRM,
    (Argument("all", Kind.FLAG, "Every seat", default=False), Argument("now", Kind.FLAG, "At once", required=True)),
)  # fmt: skip


def test_fields_say_what_the_declaration_says() -> None:
    level, unit, duration, reason, expires, timeout, retries = fields_of(COMMANDS["log-level"])
    assert level == Field(
        "level", Kind.CHOICE, "The least that is written", True, "", ("error", "warning", "info", "debug", "trace"),
        "error, warning, info, debug or trace", "", "debug",
    )  # fmt: skip
    assert (unit.default, duration.default, duration.bounds) == ("tcu", "1h", "1m to 1d")
    assert (reason.name, reason.required, reason.label) == (REASON, False, "reason")
    assert (expires.name, expires.default, expires.bounds) == (EXPIRES, "5m", "1s to 1w")
    assert (timeout.name, timeout.default, timeout.bounds) == (TIMEOUT, "30s", "1s to 1w")
    assert (retries.name, retries.default, retries.bounds) == (RETRIES, "0", "0 to 10")
    limit = next(one for one in fields_of(COMMANDS["charge.start"]) if one.name == "limit")
    assert (limit.unit, limit.bounds, limit.default) == ("%", "50 to 100 %", "80")


def test_every_command_that_ships_has_a_form_whose_defaults_are_sound() -> None:
    for command in COMMANDS.values():
        fields = fields_of(command)
        assert [one.name for one in fields] == [*(each.name for each in command.arguments), *OWN]
        told = judged(command, {one.name: one.default for one in fields})
        assert set(told.faults) == {one.name for one in fields if one.required and not one.default}


def test_a_rate_is_for_several_vehicles() -> None:
    assert [one.name for one in fields_of(COMMANDS["ping"], 2)] == [*OWN, RATE]
    assert [one.name for one in fields_of(COMMANDS["ping"], 1)] == [*OWN]


def test_what_was_filled_in_is_typed_and_defaults_are_there() -> None:
    told = judged(COMMANDS["climate.start"], {"temperature": "22.5", "duration": "", EXPIRES: "90s", REASON: " cold "})
    assert told.faults == {}
    assert told.arguments == {"temperature": 22.5, "duration": 600}
    assert (told.spans, told.reason) == (Spans(90, 30), "cold")
    assert (told.rate, told.retries) == (None, 0)
    told = judged(COMMANDS["ping"], {TIMEOUT: "2m", RETRIES: "3", RATE: "90/m"})
    assert (told.faults, told.spans, told.rate, told.retries) == ({}, Spans(60, 120), 1.5, 3)
    assert judged(FLAGGED, {"all": "true", "now": "no"}).arguments == {"all": True, "now": False}


@pytest.mark.parametrize(
    ("command", "texts", "field", "why"),
    [
        ("climate.start", {"temperature": "99"}, "temperature", "99 is out of bounds: 16 to 28 °C"),
        ("climate.start", {"temperature": "warm"}, "temperature", "'warm' is no number"),
        ("climate.start", {"duration": "1h"}, "duration", "1h is out of bounds: 1m to 30m"),
        ("climate.start", {"duration": "soon"}, "duration", "is no duration such as 30s or 5m"),
        ("charge.start", {"limit": "70.5"}, "limit", "is no whole number"),
        ("log-level", {}, "level", "must be given: error, warning"),
        ("log-level", {"level": "debgu"}, "level", "did you mean debug?"),
        ("parameter.set", {"name": "a", "value": "x\x1b"}, "value", "cannot be seen"),
        ("locate", {}, REASON, "say why you look"),
        ("locate", {REASON: "   "}, REASON, "say why you look"),
        ("ping", {EXPIRES: "8d"}, EXPIRES, "out of bounds: 1s to 1w"),
        ("ping", {EXPIRES: "0s"}, EXPIRES, "out of bounds"),
        ("ping", {TIMEOUT: "0s"}, TIMEOUT, "out of bounds"),
        ("ping", {RETRIES: "11"}, RETRIES, "11 is out of bounds: 0 to 10"),
        ("ping", {RATE: "fast"}, RATE, "'fast' is no rate: write 50/s"),
        ("ping", {RATE: "0"}, RATE, "write 50/s, or 100/m"),
        ("ping", {EXPIRES: "500ms"}, EXPIRES, "not a whole number of seconds"),
    ],
)
def test_every_fault_stands_under_its_field(command: str, texts: dict[str, str], field: str, why: str) -> None:
    faults = judged(COMMANDS[command], texts).faults
    assert why in faults[field]
    assert "-a " not in faults[field], "that is how a command line is written"
    assert not {"\x1b"} & set(faults[field])
