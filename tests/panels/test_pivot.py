"""Vehicles by their fields under the hand: what is counted, what keys do, what is said."""

from __future__ import annotations

import numpy as np
import pytest
from graphs import waves
from pictures import same
from screens import HOSTILE, NOW, Look, columns, vin
from zones import at_greenwich

from cdctl.domain.boards.asking import Missing
from cdctl.domain.boards.drawing import width_of
from cdctl.domain.boards.keys import Key
from cdctl.domain.boards.requests import Copy
from cdctl.domain.fleet.batch import Presence
from cdctl.domain.fleet.columns import Columns
from cdctl.errors import UsageError
from cdctl.panels.pivot import make


def look(count: int = 200, vehicles: Columns | None = None, **more: object) -> Look:
    return Look(count, "pivot", vehicles=vehicles, answering=waves().answering, **more)  # type: ignore[arg-type]


def rows(seen: Look, width: int = 120, height: int = 40) -> list[list[str]]:
    """The words of each group's line."""
    lines = seen.lines(width, height)
    head = next(n for n, line in enumerate(lines) if " VEHICLES" in line)
    end = next(n for n, line in enumerate(lines) if "messages delivered" in line)
    return [line.split() for line in lines[head + 1 : end] if line.strip()]


def under(seen: Look) -> str:
    """The line under the cursor."""
    seen.lines(120, 40)
    drawn = [line for line in seen.stage.draw(120, 40) if any("cursor" in role for _, role in line)]
    assert len(drawn) == 1
    return "".join(text for text, _ in drawn[0]).strip()


def title(seen: Look) -> str:
    return seen.stage.panels["p"].title


def pass_time(seen: Look, seconds: int, step: int = 15) -> None:
    for _ in range(seconds // step):
        seen.clock.at += step
        seen.columns.beat(round(seen.clock.at * 1000))
        seen.look()


def test_the_board_looks_as_it_did(monkeypatch):
    fleet = columns(900)
    fleet.dtcs[:900] = 1 + (np.arange(900) % 40 == 7)
    seen = look(vehicles=fleet)
    for step in range(64):
        fleet.messages[:900] += (np.arange(900) % 7 * 10).astype(np.uint32)
        if step == 40:
            fleet.presence[:900:11] = int(Presence.OFFLINE)
        pass_time(seen, 15)
    fleet.seen_ms[:900] = round(seen.clock.at * 1000)
    seen.press("down", "down", "shift+right")
    with at_greenwich(monkeypatch):
        same(seen, "pivot")


def test_groups_are_counted():
    seen = look()
    first = rows(seen)[0]
    assert first == ["cn", "23-07.1", "2", "2", "100.0%", "-", "0", "-", "-", "-", "━" * 20]
    assert title(seen) == "vehicles by region, sw · 120 groups · change not known yet"
    assert sum(int(row[2]) for row in rows(seen, 120, 250)) == 200


def test_its_data_have_the_names_of_fleet_stats():
    seen = look()
    told = seen.stage.data()["p"]
    assert (told["by"], told["matched"], len(told["rows"])) == (["region", "sw"], 200, 120)
    assert told["rows"][0] == {
        "region": "cn", "sw": "23-07.1", "vehicles": 2, "online": 2, "offline": 0, "unknown": 0, "never_seen": 0,
        "online_share": 1.0, "online_change": None, "faulty": None, "faulty_share": None, "messages_per_s": None,
    }  # fmt: skip


def test_g_groups_by_other_fields_and_tells_the_nearest_name():
    seen = look()
    seen.press("g", "ctrl+u", *"regin sw", "enter")
    assert "there is no column 'regin' to group by: did you mean region?" in "\n".join(seen.lines(120, 40))
    assert len(rows(seen)[0]) == 11, "what was shown stays"
    seen.press("g", "ctrl+u", *"vin", "enter")
    assert "vehicles cannot be grouped by vin: by region, model, sw, state" in "\n".join(seen.lines(120, 40))
    seen.press("g")
    assert " by region sw" in "\n".join(seen.lines(120, 40))
    seen.press("ctrl+u", *"state, model", "enter")
    assert [row[:3] for row in rows(seen)[:2]] == [["online", "i4", "60"], ["online", "i7", "60"]]
    assert title(seen).startswith("vehicles by state, model · 6 groups")
    seen.press("g", *" sw", "escape")
    assert title(seen).startswith("vehicles by state, model · 6 groups")
    seen.press("g", "ctrl+u", *"inventory", "enter", "g", "ctrl+u", "enter")
    assert "name at least one of region" in "\n".join(seen.lines(120, 40))


def test_the_filter_is_in_the_language_of_selections():
    seen = look()
    seen.press("slash", *"region:eu offline", "enter")
    assert {row[0] for row in rows(seen)} == {"eu"}
    assert "/region:eu offline" in title(seen)
    assert seen.stage.data()["p"]["matched"] == 7
    seen.press("slash", *" ~", "enter")
    assert "^ " in "\n".join(seen.lines(120, 40))
    assert {row[0] for row in rows(seen)} == {"eu"}
    seen.press("escape")
    assert "^" not in "\n".join(seen.lines(120, 40))
    assert seen.stage.data()["p"]["matched"] == 200
    seen.press("slash", *"soc<20", "enter")
    assert "not judged: 200 without soc" in title(seen)
    assert " no vehicle matches" in "\n".join(seen.lines(120, 40))


def test_where_a_vehicle_is_cannot_be_asked():
    seen = look(hidden=("soc",))
    seen.press("slash", *"soc<5", "enter")
    text = "\n".join(seen.lines(120, 40))
    assert "soc" in text.split("^")[-1] or "tells where a vehicle is" in text
    assert seen.stage.data()["p"]["matched"] == 200


def test_any_column_sorts_numbers_from_the_largest_names_from_the_first():
    seen = look()
    seen.press("O")
    assert [row[0] for row in rows(seen)][:3] == ["cn", "cn", "cn"]
    assert "REGION▲" in "\n".join(seen.lines(120, 40))
    seen.press("O")
    assert rows(seen)[0][0] == "us"
    seen.press("shift+right", "O", "O")
    assert rows(seen)[0][1] == "23-07.39", "as versions, not as texts"
    seen.press("shift+right", "shift+right", "O")
    assert "ONLINE▼" in "\n".join(seen.lines(120, 40))
    counts = [int(row["online"]) for row in seen.stage.data()["p"]["rows"]]
    assert counts == sorted(counts, reverse=True)
    seen.press("shift+left", "shift+left", "shift+left", "shift+left", "O")
    assert seen.stage.data()["p"]["rows"][0]["region"] == "cn"


def test_the_mouse_sorts_and_points():
    seen = look()
    lines = seen.lines(120, 40)
    head = next(n for n, line in enumerate(lines) if " VEHICLES" in line)
    seen.click(lines[head].index("ONLINE") + 1, head)
    assert "ONLINE▼" in seen.lines(120, 40)[head]
    seen.click(20, head + 4)
    assert under(seen).split()[:2] == rows(seen)[3][:2]
    seen.click(20, head + 4, "wheeldown")
    assert under(seen).split()[:2] == rows(seen)[4][:2]


def test_the_mouse_before_anything_was_counted():
    panel = make({})
    assert panel.press("click", Key("click", at=(5, 0))) is None


@pytest.mark.parametrize("change", ["sort", "count"])
def test_the_cursor_stays_on_its_group(change):
    seen = look()
    seen.press("down", "down", "down")
    before = under(seen).split()[:2]
    if change == "sort":
        seen.press("shift+right", "O", "O")
    else:
        seen.columns.expect([vin(1000 + n) for n in range(9)], ["us"] * 9, ["i4"] * 9, ["23-07.1"] * 9)
        pass_time(seen, 30)
        first = seen.stage.data()["p"]["rows"][0]
        assert (first["region"], first["sw"], first["vehicles"]) == ("us", "23-07.1", 11)
    assert under(seen).split()[:2] == before


def test_moving_stays_within():
    seen = look()
    seen.press("end")
    assert under(seen).startswith("us")
    seen.press("pageup", "up", "home", "pagedown", "down", "pageup", "pageup")
    assert under(seen).split()[:2] == ["cn", "23-07.1"]


def test_enter_goes_to_the_vehicles_of_the_group():
    seen = look()
    seen.press("slash", *"online | offline", "enter", "down", "enter")
    assert seen.stage.board.name == "fleet"
    table = seen.stage.data()["f"]
    assert table["where"] == "(online | offline) region:cn sw:23-07.10"
    assert table["matched"] == 2


def test_of_what_was_not_told_no_filter_can_speak():
    fleet = columns(0)
    fleet.expect([vin(1), vin(2)], ["eu", "eu"], ["i4", "i4"], ["", ""])
    seen = look(vehicles=fleet)
    assert "(not told)" in "\n".join(seen.lines(120, 40))
    seen.press("enter")
    assert seen.stage.data()["f"]["where"] == "region:eu"
    assert "did not tell their sw" in seen.last()
    other = look(vehicles=fleet)
    other.press("g", "ctrl+u", *"sw", "enter", "enter")
    assert other.stage.board.name == "pivot"
    assert "did not tell their sw" in other.last()


def test_copies():
    seen = look()
    seen.press("y", "Y")
    assert seen.asked == [
        Copy("region:cn sw:23-07.1", "filter"),
        Copy("cn\t23-07.1\t2\t2\t100.0%\t-\t0\t-\t-\t-", "row"),
    ]
    nobody = look(0)
    for key in ("y", "Y", "enter"):
        nobody.press(key)
    assert "there is no group here" in nobody.last()
    assert nobody.asked == []


def test_change_and_rate_come_with_time():
    seen = look()
    pass_time(seen, 30)
    seen.columns.presence[9:12] = [int(Presence.ONLINE), int(Presence.OFFLINE), int(Presence.OFFLINE)]
    seen.columns.messages[:200] += np.uint32(600)
    pass_time(seen, 30)
    seen.press("g", "ctrl+u", *"region", "enter")
    assert "change not known yet" in title(seen), "of other groups nothing is remembered"
    seen.press("g", *" sw", "enter", "slash", "enter", "g", "ctrl+u", *"region sw", "enter")
    assert title(seen).endswith("change over 1m00s")
    told = {(row["region"], row["sw"]): row for row in seen.stage.data()["p"]["rows"]}
    assert told["eu", "23-07.9"]["online_change"] == 1
    assert told["us", "23-07.10"]["online_change"] == told["cn", "23-07.11"]["online_change"] == -1
    assert told["cn", "23-07.14"]["online_change"] == 0
    assert told["cn", "23-07.14"]["messages_per_s"] == pytest.approx(2 * 600 / 60)
    changes = {(row[0], row[1]): row[5] for row in rows(seen, 120, 250)}
    assert [changes["eu", "23-07.9"], changes["us", "23-07.10"], changes["cn", "23-07.14"]] == ["▲1", "▼1", "·"]
    pass_time(seen, 1200)
    assert title(seen).endswith("change over 15m")
    assert {row["online_change"] for row in seen.stage.data()["p"]["rows"]} == {0}
    assert seen.stage.data()["p"]["change_over_s"] == 900


def test_trouble_is_a_share_of_those_who_told():
    fleet = columns(30)
    fleet.dtcs[:30:3] = 1
    fleet.dtcs[0] = 2
    seen = look(vehicles=fleet)
    seen.press("g", "ctrl+u", *"region", "enter")
    told = {row["region"]: (row["faulty"], row["faulty_share"]) for row in seen.stage.data()["p"]["rows"]}
    assert told == {"eu": (1, 0.1), "us": (None, None), "cn": (None, None)}


def test_a_frozen_picture_stays_and_its_past_too():
    seen = look()
    pass_time(seen, 30)
    seen.press("p")
    seen.columns.presence[:200] = int(Presence.OFFLINE)
    pass_time(seen, 60)
    assert seen.stage.data()["p"]["rows"][0]["online"] == 2
    seen.press("g", "ctrl+u", *"region", "enter")
    assert sum(row["online"] for row in seen.stage.data()["p"]["rows"]) == 180, "frozen vehicles are counted"
    seen.press("p")
    pass_time(seen, 30)
    assert sum(row["online"] for row in seen.stage.data()["p"]["rows"]) == 0


def test_columns_that_find_no_room_are_left_out_whole():
    seen = look()
    for width in range(20, 130):
        lines = seen.lines(width, 24)
        head = next((line for line in lines if " REGION" in line), "")
        assert head.rstrip().split()[-1] in {
            "REGION", "SW", "VEHICLES", "ONLINE", "ONLINE%", "CHANGE", "UNKNOWN", "TROUBLE", "TROUBLE%", "MSG/S",
        }, head  # fmt: skip
        assert {width_of(line) for line in seen.stage.draw(width, 24)} == {width}
    for height in range(5, 12):
        assert len(seen.lines(20, height)) == height


def test_hostile_names_are_harmless():
    fleet = columns(0)
    fleet.expect([vin(1), vin(2)], [HOSTILE, "eu"], ["i4", "i4"], [HOSTILE * 3, "x" * 60])
    seen = look(vehicles=fleet)
    for size in ((160, 50), (80, 24), (20, 5)):
        for line in seen.lines(*size):
            assert line.isprintable()
    seen.press("end", "Y", "enter")
    assert seen.last().isprintable()
    assert isinstance(seen.asked[0], Copy)


def test_without_vehicles_it_says_why():
    lines = "\n".join(look(fleet=Missing("no broker answers", "start one")).lines(100, 20))
    assert "no broker answers: start one" in lines
    seen = look(0)
    assert " there is no vehicle yet" in "\n".join(seen.lines(100, 20))


def test_old_counts_tell_their_age():
    seen = look()
    panel = seen.stage.panels["p"]
    snapshot = seen.lookout.snapshot()
    seen.clock.at = NOW + 40
    panel.see(seen.lookout.snapshot(), "p")
    assert title(seen).endswith("counted 40s ago")
    assert snapshot.at == NOW


@pytest.mark.parametrize(
    ("settings", "subject"),
    [
        ({"by": "region"}, "by"),
        ({"by": []}, "by"),
        ({"by": ["regin"]}, "by"),
        ({"by": ["vin"]}, "by"),
        ({"where": 1}, "where"),
        ({"sort": "soc"}, "sort"),
    ],
)
def test_wrong_settings_are_told(settings, subject):
    with pytest.raises(UsageError) as caught:
        make(settings)
    assert caught.value.subject == subject
    assert caught.value.hint


def test_settings_are_kept():
    panel = make({"by": ["sw", "sw"], "where": "online", "sort": "-online_share"})
    assert panel.data() == {"by": ["sw"], "where": "online", "rows": []}
