"""The table of vehicles under the hand: what moves, what stays, what is said."""

from __future__ import annotations

import pytest
from screens import HOSTILE, NOW, Look, vin

from cdctl.domain.boards.asking import Missing
from cdctl.domain.boards.drawing import text_of
from cdctl.domain.fleet.batch import Presence


def rows(look: Look, width: int = 100, height: int = 12) -> list[str]:
    """The lines below the names of the columns."""
    lines = look.lines(width, height)
    return lines[next(n for n, line in enumerate(lines) if " VIN" in line) + 1 :]


def cursor(look: Look) -> str:
    """The id under the cursor, as it is drawn."""
    look.lines()
    drawn = [line for line in look.stage.draw(100, 20) if any("cursor" in role for _, role in line)]
    assert len(drawn) == 1
    return "".join(text for text, _ in drawn[0]).split()[0].strip("●")


def test_rows_are_what_the_fleet_says():
    first = rows(Look(200))[0].split()
    assert first[:5] == [vin(0), "eu", "i4", "23-07.0", "online"]
    assert first[5:] == ["0s", "-", "0"]


def test_the_filter_counts_while_it_is_written():
    look = Look(200)
    look.press("slash", *"region:eu")
    assert "vehicles · 67 of 200 · /region:eu" in "\n".join(look.lines())
    look.press(*" offl", "enter")
    assert "0 of 200" in "\n".join(look.lines())
    look.press("slash", "backspace", "backspace", "backspace", "backspace", *"-state:online", "enter")
    assert {row.split()[4] for row in rows(look) if row.strip()} == {"offline"}


def test_an_error_stands_under_its_place_and_the_last_rows_stay():
    look = Look(200)
    look.press("slash", *"online ~")
    lines = look.lines()
    prompt = next(n for n, line in enumerate(lines) if line.startswith(" / "))
    assert lines[prompt + 1][lines[prompt].index("online")] == "^"
    assert vin(0) in "\n".join(lines)
    look.press("escape")
    assert "^" not in "\n".join(look.lines())
    assert "200" in look.stage.panels["f"].title


def test_escape_gives_back_the_filter_then_all_then_the_marks():
    look = Look(200)
    look.press("space", "slash", *"region:eu", "enter", "slash", *" zzz", "escape")
    assert look.stage.data()["f"]["where"] == "region:eu"
    look.press("escape")
    assert look.stage.data()["f"]["matched"] == 200
    assert "1 marked" in look.stage.panels["f"].title
    look.press("escape")
    assert "marked" not in look.stage.panels["f"].title


@pytest.mark.parametrize("name", ["region", "model", "sw", "state", "age", "messages", "dtcs", "vin"])
def test_every_column_sorts_both_ways(name):
    look = Look(200)
    columns = ["vin", "region", "model", "sw", "state", "age", "dtcs", "messages"]
    look.press(*["shift+right"] * columns.index(name), "O", "home")
    up = look.stage.data()["f"]
    assert up["sort"] == name
    look.press("O", "home")
    look.lines()
    down = look.stage.data()["f"]
    if name not in {"dtcs"}:
        assert up["rows"][0][name] != down["rows"][0][name]
    assert "▼" in "\n".join(look.lines())


def test_cursor_and_marks_stay_on_their_vehicle_while_rows_move():
    look = Look(200)
    look.press(*["down"] * 4, "space")
    assert cursor(look) == vin(5)
    before = rows(look).index(next(row for row in rows(look) if vin(5) in row))
    look.press(*["shift+right"] * 7, "O", "O")
    assert cursor(look) == vin(5)
    assert look.stage.panels["f"].hand.marks == {4}
    look.columns.messages[5] = 999_999
    look.clock.at = NOW + 10
    assert cursor(look) == vin(5)
    look.press("home")
    assert vin(5) in rows(look)[0]
    assert before == 5


def test_nothing_moves_by_itself_right_after_a_key():
    look = Look(200)
    look.press(*["shift+right"] * 7, "O", "O")
    look.clock.at = NOW + 100
    top = rows(look)[0].split()[0]
    look.press("down")
    look.columns.messages[7] = 1_000_000
    look.clock.at += 1.5
    assert rows(look)[0].split()[0] == top
    look.clock.at += 1.5
    look.press("home")
    look.clock.at += 3
    assert vin(7) in rows(look)[0]


def test_a_frozen_picture_stays_as_it_was():
    look = Look(200)
    look.lines()
    look.stage.frozen = True
    look.lookout.freeze(look.stage.fields)
    before = rows(look)
    look.columns.messages[:200] = 37
    look.columns.presence[:200] = int(Presence.UNKNOWN)
    look.clock.at += 30
    assert rows(look) == before
    assert "FROZEN" in look.lines()[0]
    assert "for 30s" in look.lines()[0]
    look.press("slash", *"messages=37", "enter")
    assert look.stage.data()["f"]["matched"] == 1
    look.lookout.thaw()
    look.clock.at += 10
    look.lines()
    assert look.stage.data()["f"]["matched"] == 200


def test_old_rows_are_dim():
    look = Look(200)
    look.lines()
    drawn = look.stage.draw(100, 20)

    def roles(number: int) -> list[str]:
        return next([role for _, role in line] for line in drawn if vin(number) in text_of(line))

    assert all("dim" in role for role in roles(6)[:-1])
    assert not any("dim" in role for role in roles(1))


def test_nothing_from_outside_acts_on_the_terminal():
    look = Look(20)
    look.columns.region[0] = look.columns.regions.code(HOSTILE)
    look.columns.model[0] = look.columns.models.code(HOSTILE)
    look.press("slash", *HOSTILE[4:6])
    for line in look.lines():
        assert line.isprintable() or all(c.isprintable() for c in line)
        assert "\u202e" not in line


def test_places_of_vehicles_cannot_be_asked_about():
    look = Look(20, hidden=["soc"])
    look.press("slash", *"soc<20")
    assert "soc tells where a vehicle is" in "\n".join(look.lines())


def test_without_a_fleet_it_says_why():
    look = Look(fleet=Missing("no broker", "write one"))
    assert "no broker: write one" in "\n".join(look.lines())
    look.press("down", "space", "slash", "a", "escape", "O", "end")


def test_an_empty_fleet():
    look = Look(0)
    look.press("down", "space", "pageup", "end", "O", "slash", *"soc<1", "enter", "escape")
    assert "vehicles · 0" in "\n".join(look.lines())
