"""Every page of help of the fleet and the brokers shows how the command is used."""

from __future__ import annotations

import pytest

from cdctl.cli.lazy import load
from cdctl.cli.registry import COMMANDS

PAGES = [
    (noun, verb)
    for noun, verbs in (("fleet", ("ls", "show", "stats", "watch")), ("broker", ("info", "ping", "top")))
    for verb in verbs
]


@pytest.mark.parametrize(("noun", "verb"), PAGES)
def test_every_command_has_an_example(noun, verb):
    command = load(COMMANDS[noun]).commands[verb]
    assert f"Example: cdctl {noun} {verb} " in (command.epilog or "")


def test_no_command_is_forgotten():
    assert {noun: set(load(COMMANDS[noun]).commands) for noun in ("fleet", "broker")} == {
        "fleet": {"ls", "show", "stats", "watch"},
        "broker": {"info", "ping", "top"},
    }


@pytest.mark.parametrize("command", [("fleet", "stats"), ("broker", "ping"), ("broker", "top"), ("collect",)])
def test_without_any_settings_brokers_are_asked_for(cdctl, command):
    ran = cdctl(*command)
    assert ran.code == 2
    assert "no context: nothing says which brokers to ask" in ran.err
    assert "cdctl lab up" in ran.err and "Prometheus" not in ran.err
