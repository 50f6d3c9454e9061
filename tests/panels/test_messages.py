"""The ring of messages under the hand."""

from __future__ import annotations

from dataclasses import replace

import pytest
from happened import SAID, answering, listened
from screens import NOW, Look, vin
from zones import at_greenwich

from cdctl.domain.boards.drawing import width_of
from cdctl.domain.boards.messages import Listen, Listened
from cdctl.domain.boards.requests import About, Copy
from cdctl.errors import UnavailableError


@pytest.fixture(autouse=True)
def greenwich(monkeypatch):
    with at_greenwich(monkeypatch):
        yield


def look(number: int | None = 4, **changes: object) -> Look:
    async def told(ask: Listen, seen: object) -> Listened:
        return replace(await listened(ask, seen), **changes)  # type: ignore[arg-type]

    about = About(vin=vin(number)) if number is not None else About()
    shown = Look(30, "vehicle", answering={**answering(), Listen: told}, about=about)
    shown.stage.focus = "m"
    return shown


def drawn(one: Look, width: int = 100, height: int = 20) -> list[str]:
    one.look()
    lines = one.stage.panels["m"].draw(width, height)
    return ["".join(text for text, _ in line).rstrip() for line in lines]


def test_newest_first_with_topic_quality_size_and_payload():
    lines = drawn(look())
    assert lines[0].startswith(' 07:59:59.600 tele         q0      102 B {"ts": 1800000000000, "s": {"Vehicle.Speed"')
    assert lines[2].split()[:4] == ["07:57:49.800", "event", "q1", "67"]
    assert lines[4].split()[:4] == ["04:53:00.000", "birth", "q1r", "88"]
    narrow = drawn(look(), 40)
    assert narrow[0].startswith(' 07:59:59 tele   q0  {"ts"')


def test_every_text_is_harmless():
    for size in ((160, 50), (80, 24), (20, 5)):
        for line in look().lines(*size):
            assert line.isprintable()
    shown = look()
    shown.press("down", "down", "down", "y", "enter")
    assert all(line.isprintable() for line in drawn(shown))
    assert all(one.text.isprintable() for one in shown.asked if isinstance(one, Copy))


def test_enter_shows_the_whole_message_and_goes_back():
    shown = look()
    shown.press("down", "down", "enter")
    lines = drawn(shown)
    assert lines[0] == f" 07:57:49.800 · cd/eu/{vin(4)}/event · QoS 1 · 67 bytes"
    assert lines[1:4] == [" {", '   "v": 1,', '   "ts": 1799999870000,']
    shown.press("enter")
    assert drawn(shown)[0].startswith(" 07:59:59.600 tele")
    shown.press("enter", "escape")
    assert drawn(shown)[0].startswith(" 07:59:59.600 tele")
    shown.press("end", "enter")
    assert "kept by the broker" in drawn(shown)[0]


def test_a_whole_message_is_scrolled_and_stays_when_it_is_forgotten():
    said = [SAID[2]]

    async def told(ask: Listen, seen: object) -> Listened:
        return Listened(ask.vin, tuple(said), NOW, 1)

    shown = Look(30, "vehicle", answering={**answering(), Listen: told}, about=About(vin=vin(4)))
    shown.stage.focus = "m"
    shown.press("enter")
    assert drawn(shown, 100, 4)[1:] == [" {", '   "v": 1,', '   "ts": 1799999870000,']
    shown.stage.panels["m"].press("last", None)  # type: ignore[arg-type]
    said.clear()
    shown.clock.at += 5
    assert drawn(shown, 100, 4)[-1] == " }"
    shown.press("escape")
    assert "nothing since" in " ".join(drawn(shown))


def test_copy_gives_the_payload():
    shown = look()
    shown.press("y")
    assert shown.asked == [Copy(SAID[0].text, "payload")]


def test_the_cursor_stays_on_its_message():
    said = list(SAID)

    async def told(ask: Listen, seen: object) -> Listened:
        return Listened(ask.vin, tuple(said), NOW, 9)

    shown = Look(30, "vehicle", answering={**answering(), Listen: told}, about=About(vin=vin(4)))
    shown.stage.focus = "m"
    shown.press("down")
    said.insert(0, replace(SAID[0], number=6))
    shown.clock.at += 5
    assert len(drawn(shown)) == 6
    shown.press("y")
    assert shown.asked == [Copy(SAID[1].text, "payload")]


def test_the_mouse_chooses_a_line_below_what_is_said():
    shown = look(notes=("eu: the broker refuses it",))
    assert drawn(shown)[0] == " eu: the broker refuses it"
    lines = shown.lines(160, 50)
    at = next(n for n, line in enumerate(lines) if " event " in line)
    shown.click(120, at)
    shown.press("y")
    assert shown.asked == [Copy(SAID[2].text, "payload")]


def test_silence_is_explained():
    said = " ".join(" ".join(drawn(look(messages=(), count=0))).split())
    assert said == "nothing since 07:59:30: listening on eu (mqtt://127.0.0.1:1883)"


def test_what_was_cut_is_told():
    shown = look(messages=(replace(SAID[0], whole=False),))
    shown.press("enter")
    assert "it is longer: the rest was not kept" in "\n".join(drawn(shown))


def test_without_a_vehicle_or_a_broker_it_says_why():
    assert "no vehicle is chosen" in "\n".join(drawn(look(None)))

    async def deaf(ask: Listen, seen: object) -> object:
        raise UnavailableError("messages cannot be seen through a collector", hint="brokers can")

    shown = Look(30, "vehicle", answering={**answering(), Listen: deaf}, about=About(vin=vin(4)))
    assert drawn(shown) == [" messages cannot be seen through a collector", " brokers can"]
    assert shown.stage.panels["m"].data() == {"missing": "messages cannot be seen through a collector"}
    shown.stage.focus = "m"
    shown.press("enter")
    assert "there is no message here" in shown.last()


def test_data():
    told = look().stage.data()["m"]
    assert told["count"] == 5
    assert told["rows"][0]["payload"] == SAID[0].text
    assert told["rows"][-1] == {
        "at": "2027-01-15T04:53:00.000Z", "topic": f"cd/eu/{vin(4)}/birth", "qos": 1, "retain": True, "size": 88,
        "payload": SAID[-1].text,
    }  # fmt: skip


@pytest.mark.parametrize(("width", "height"), [(20, 5), (20, 24), (80, 24), (160, 50)])
def test_every_size_is_filled(width, height):
    shown = look()
    shown.press("enter")
    shown.lines(width, height)
    lines = shown.stage.draw(width, height)
    assert len(lines) == height
    assert {width_of(line) for line in lines} == {width}
