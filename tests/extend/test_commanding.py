"""Commands of strangers: found by their name alone, and a bug in one is a named error or a reason."""

from __future__ import annotations

from pathlib import Path

import pytest

from cdctl.errors import PluginError, UsageError
from cdctl.extend.catalogue import Catalogue

CODE = """
from cdctl.api import API, Command, Plugin, Risk


def broken(*args):
    print("noise")
    raise KeyError("x")


def make():
    good = Command("seat", "Warm a seat", Risk.SAFE)
    bad = Command("seat.bad", "Fail", Risk.SAFE, encode=broken, decode=broken, succeeded=broken, revert=broken)
    return [good, bad]


PLUGIN = Plugin(api=API, room="commands", name="seat", version="1.0.0", summary="seats", make=make)
"""
MANIFEST = """
name = "seat"
version = "1.0.0"
api = 1
[[provides]]
room = "commands"
name = "seat"
object = "seat:PLUGIN"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "seat"
    place.mkdir()
    (place / "plugin.toml").write_text(MANIFEST)
    (place / "seat.py").write_text(CODE)
    return place


def test_a_stranger_s_commands_stand_beside_what_ships(folder: Path) -> None:
    found, broken = Catalogue([folder]).commands()
    names = [command.name for command in found]
    assert {"ping", "climate.start", "seat", "seat.bad"} <= set(names)
    assert broken == ()
    assert "seat" not in [command.name for command in Catalogue([folder], enabled=False).commands()[0]]


def test_one_is_loaded_by_its_name_and_no_other(folder: Path) -> None:
    (folder / "seat.py").write_text("raise ValueError('never')")
    doors = Catalogue([folder])
    assert doors.command("climate.stop").name == "climate.stop"
    with pytest.raises(PluginError, match="raised ValueError: never"):
        doors.command("seat.heat")
    found, broken = doors.commands()
    assert "ping" in [command.name for command in found]
    assert [each.listing.name for each in broken] == ["seat"]


@pytest.mark.parametrize(
    ("name", "hint"),
    [("clim", "climate.start or climate.stop"), ("climate.strat", "climate.start"), ("zzz", "there are ping, lock"),
     ("", "there are ping"), ("\x1b[2J", "there are ping")],
)  # fmt: skip
def test_a_name_that_is_nobody_s(name: str, hint: str) -> None:
    with pytest.raises(UsageError) as error:
        Catalogue().command(name)
    assert hint in error.value.hint
    assert "\x1b" not in str(error.value)


def test_a_bug_before_sending_is_an_error_and_after_it_a_reason(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = Catalogue([folder]).command("seat.bad")
    assert bad.revert is not None
    for call in (lambda: bad.encode({}), lambda: bad.revert and bad.revert({}, {})):
        with pytest.raises(PluginError, match="raised KeyError") as error:
            call()
        assert "seat.bad" in error.value.subject
    assert bad.decode({"a": 1}) == {"a": 1}
    assert "its succeeded raised KeyError" in bad.succeeded({}, {})
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ('"seat.bad"', '"lock"', "lock must be called seat, or seat.SOMETHING"),
        ("return [good, bad]", "return None", "gives a NoneType"),
        ("def make():", "def make(settings):", "cannot be called as make()"),
        ("Risk.SAFE)", '"safe!")', "its risk must be a Risk"),
    ],
)
def test_what_is_declared_wrongly_does_not_load(folder: Path, old: str, new: str, reason: str) -> None:
    (folder / "seat.py").write_text(CODE.replace(old, new))
    with pytest.raises(PluginError) as error:
        Catalogue([folder]).command("seat")
    assert reason in error.value.message
