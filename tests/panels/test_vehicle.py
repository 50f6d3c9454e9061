"""The card of a vehicle: what it says, what keys do, what is said where nothing is known."""

from __future__ import annotations

from dataclasses import replace

import pytest
from happened import answering, inspected
from pictures import same
from screens import HOSTILE, NOW, Look, vin
from zones import at_greenwich

from cdctl.domain.boards.drawing import width_of
from cdctl.domain.boards.keys import Key
from cdctl.domain.boards.requests import About, Copy, Prepare
from cdctl.domain.boards.vehicle import PARTS, Inspect, Inspected, Trouble
from cdctl.errors import UnavailableError
from cdctl.panels.vehicle_lines import spark


@pytest.fixture(autouse=True)
def greenwich(monkeypatch):
    with at_greenwich(monkeypatch):
        yield


def look(number: int | None = 4, **changes: object) -> Look:
    async def told(ask: Inspect, seen: object) -> Inspected:
        return replace(await inspected(ask, seen), **changes)  # type: ignore[arg-type]

    about = About(vin=vin(number)) if number is not None else About()
    return Look(30, "vehicle", answering={**answering(), Inspect: told}, about=about)


def card(one: Look, width: int = 80, height: int = 60) -> str:
    one.look()
    lines = one.stage.panels["v"].draw(width, height)
    return "\n".join("".join(text for text, _ in line).rstrip() for line in lines)


def test_as_it_was():
    same(look(), "vehicle")


def test_who_it_is_and_how_it_is():
    told = card(look())
    assert f" {vin(4)}  online for 3h07m\n heard 1.6s ago\n" in told
    assert "region eu · model i4 · sw 23-07.55 · in the inventory" in told
    assert "! 2 connections ended since we listen" in told
    assert "! its clock is 42s behind ours" in told
    assert "P0A9B  hybrid battery temperature sensor A circuit" in told
    assert "U0100-87  nothing is known of it" in told
    assert "climate lock ping reboot unlock" in told


def test_signals_have_units_and_a_past():
    lines = card(look()).splitlines()
    (soc,) = [line for line in lines if line.startswith(" soc ")]
    assert soc.split()[:3] == ["soc", "62", "%"]
    assert soc.endswith("▃▂▁█▇▆▅▃▂▁█▇▆▅▃▂▁█▇▆")
    (speed,) = [line for line in lines if line.startswith(" speed ")]
    assert "88.5 km/h" in speed
    (charging,) = [line for line in lines if line.startswith(" charging ")]
    assert charging.split() == ["charging", "yes"]
    (pressure,) = [line for line in lines if line.startswith(" pressure ")]
    assert pressure.split() == ["pressure", "-", "kPa"]


def test_places_are_kept_back_and_it_is_said():
    told = card(look())
    assert "latitude, longitude tell where it is, and are kept back" in told
    assert look().stage.data()["v"]["kept_back"] == ["latitude", "longitude"]
    assert "longitude tells where it is, and is kept back" in card(look(hidden=("longitude",)))


def test_orders_with_state_and_age():
    lines = card(look()).splitlines()
    at = next(n for n, line in enumerate(lines) if line.startswith(" orders"))
    assert lines[at + 1].split() == ["1m05s", "unlock", "failed", "the", "door", "is", "open"]
    assert lines[at + 2].split() == ["2h01m", "climate", "succeeded"]
    assert "timed out" in lines[at + 3]
    assert "no order was sent" in card(look(orders=(), orders_note="no order was sent to it from here"))


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ({"state": "never", "age": None, "since": None}, "never heard of: only the inventory has it"),
        ({"state": "online", "age": None}, "not heard since we listen: its broker told of it"),
        ({"state": "offline", "age": 4.0, "duplicate": "yes"}, "speaks from two regions at once"),
        ({"state": "unknown", "snapshot": "yes"}, "as the last run knew it"),
        ({"inventory": "no"}, "not in the inventory"),
        ({"dtcs": 0}, "none stand"),
        ({"dtcs": None}, "it did not tell any"),
    ],
)
def test_what_else_is_said(cells, said):
    assert said in " ".join(card(look(cells={"vin": vin(4), **cells}, troubles=())).split())


def test_every_text_is_harmless():
    hostile = dict.fromkeys(("vin", "region", "model", "sw", "state", "caps", "inventory"), HOSTILE)
    shown = look(cells=hostile, troubles=(Trouble(HOSTILE, HOSTILE),), hidden=(HOSTILE,), orders_note=HOSTILE)
    for size in ((160, 50), (80, 24), (20, 5)):
        for line in shown.lines(*size):
            assert line.isprintable()
    assert all(line.isprintable() for line in card(shown).splitlines())


def test_keys():
    shown = look()
    shown.press("x", "y")
    assert shown.asked == [Prepare((vin(4),)), Copy(vin(4), "VIN")]
    shown.press("e")
    assert shown.view.place == ("events", About(vin=vin(4)))
    shown.press("[")
    reply = shown.stage.panels["v"].press("trace", None)  # type: ignore[arg-type]
    assert (reply[0].board, reply[0].about) == ("trace", About(vin=vin(4)))  # type: ignore[index, union-attr]


def test_nothing_is_sent_when_it_may_only_be_looked_at():
    shown = Look(30, "vehicle", answering=answering(), about=About(vin=vin(4)), readonly=True)
    shown.press("x")
    assert shown.asked == []
    assert "--readonly" in shown.last()


def test_a_long_card_is_scrolled():
    shown = look()
    short = card(shown, 80, 8)
    assert short.startswith(f" {vin(4)}")
    assert " below" in shown.stage.panels["v"].title
    shown.lines(80, 14)
    for key in ("down", "pagedown", "end"):
        shown.view.press(Key(key))
    assert "climate lock ping" in card(shown, 80, 8)
    assert " below" not in shown.stage.panels["v"].title
    for key in ("up", "pageup", "home"):
        shown.view.press(Key(key))
    assert card(shown, 80, 8) == short


def test_without_a_vehicle_it_says_how_to_choose_one():
    shown = look(None)
    told = card(shown)
    assert "no vehicle is chosen" in told
    assert ":vehicle VIN" in told
    shown.press("x")
    assert "no vehicle is chosen" in shown.last()
    assert shown.stage.panels["v"].data() == {"missing": "no vehicle is chosen"}


def test_another_vehicle_shows_nothing_of_the_one_before():
    async def one_alone(ask: Inspect, seen: object) -> Inspected:
        if ask.vin != vin(4):
            raise UnavailableError(f"nothing was heard of {ask.vin}", hint=f"did you mean {vin(4)}?")
        return await inspected(ask, seen)  # type: ignore[arg-type]

    shown = Look(30, "vehicle", answering={**answering(), Inspect: one_alone}, about=About(vin=vin(4)))
    assert "online for" in card(shown)
    shown.view.go("vehicle", About(vin=vin(5)))
    told = card(shown)
    assert "online for" not in told
    assert f"nothing was heard of {vin(5)}" in told
    assert f"did you mean {vin(4)}?" in told


def test_the_card_stays_while_nobody_can_be_asked():
    away: list[bool] = []

    async def told(ask: Inspect, seen: object) -> Inspected:
        if away:
            raise UnavailableError("the collector does not answer", hint="start it: cdctl collect")
        return await inspected(ask, seen)  # type: ignore[arg-type]

    shown = Look(30, "vehicle", answering={**answering(), Inspect: told}, about=About(vin=vin(4)))
    before = card(shown)
    away.append(True)
    shown.clock.at += 2
    told_then = card(shown).splitlines()
    assert told_then[0] == " the collector does not answer"
    assert "online for" in told_then[1]
    assert shown.stage.panels["v"].data()["missing"] == "the collector does not answer"
    away.clear()
    shown.clock.at += 2
    assert len(card(shown).splitlines()) == len(before.splitlines())
    away.append(True)
    shown.view.go("vehicle", About(vin=vin(5)))
    assert "online for" not in card(shown)


def test_it_is_asked_once_a_second():
    asked: list[float] = []

    async def count(ask: Inspect, seen: object) -> Inspected:
        asked.append(seen.at)  # type: ignore[attr-defined]
        return await inspected(ask, seen)  # type: ignore[arg-type]

    shown = Look(30, "vehicle", answering={**answering(), Inspect: count}, about=About(vin=vin(4)))
    for _ in range(30):
        shown.clock.at += 0.1
        shown.look()
    assert 3 <= len(asked) <= 4
    assert asked[0] == NOW


@pytest.mark.parametrize(("width", "height"), [(20, 5), (20, 24), (40, 10), (80, 24), (160, 50)])
def test_every_size_is_filled(width, height):
    shown = look()
    shown.lines(width, height)
    lines = shown.stage.draw(width, height)
    assert len(lines) == height
    assert {width_of(line) for line in lines} == {width}


def test_sparks():
    assert spark((None,) * PARTS, 24) == ""
    assert spark((1.0, None, 8.0), 24) == "▁ █"
    assert spark((5.0, 5.0), 24) == "▄▄"
    assert spark((1.0, 2.0, 3.0), 2) == "▁█"
    assert spark((1.0, 2.0), 0) == ""
    assert spark((-1e308, 1e308, 0.0), 24)[0] == "▁"
