"""Commands from the live view, end to end: a real broker, vehicles that verify and sign, keys pressed on a terminal."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from commanding import OTHERS, House
from ordered import Lab, ordered
from textual.widgets import Input, OptionList
from top_acting import Scene, play

from cdctl.application.resuming import SESSION
from cdctl.domain.boards.requests import About
from cdctl.lab.vehicles.columns import Doing
from cdctl.stores.journal import read_journal
from cdctl.tui.confirm import Confirm
from cdctl.tui.form_fields import FieldRow
from cdctl.tui.send_form import SendForm


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with ordered(tmp_path_factory.mktemp("lab"), vehicles=60, others=OTHERS, pace=0.1) as made:
        yield made


@pytest.fixture
def house(lab: Lab, tmp_path: Path) -> House:
    return House(tmp_path, lab)


def journal(house: House) -> bool:
    return (house.folder / "journal.db").exists()


def looked(house: House, kind: str = "") -> list[Any]:
    """Orders of the journal, or notes of a kind, while a loop runs."""
    if not journal(house):
        return []
    kept = read_journal(house.folder / "journal.db")
    try:
        return list(kept.records(kind=kind)) if kind else list(kept.orders())
    finally:
        kept.close()


def plans(house: House) -> list[dict[str, Any]]:
    return list(house.json("cmd", "status"))


async def narrowed(scene: Scene, where: str) -> None:
    """The table shows what matches, and a command is prepared for them."""
    await scene.shows("WCD")
    scene.view.stage.narrow(where)
    await scene.until(lambda: not scene.lookout.busy and f"/{where}" in scene.board)
    await scene.pilot.press("x")
    await scene.shows("a command, or a word of what it does")


async def chosen(scene: Scene, word: str, shows: str) -> None:
    await scene.write(word)
    await scene.pilot.press("enter")
    await scene.shows(shows)


async def typed(scene: Scene, text: str) -> None:
    """Into the last line, and Enter."""
    scene.query("#typed").focus()
    await scene.write(text)
    await scene.pilot.press("enter")


def row(scene: Scene, name: str) -> FieldRow:
    return next(one for one in scene.pilot.app.screen.query(FieldRow) if one.field.name == name)


def test_something_harmless_to_one_vehicle_takes_enter_alone(house: House) -> None:
    vin = house.lab.online[0][1]

    async def story(scene: Scene) -> None:
        await narrowed(scene, f"vin:{vin}")
        await chosen(scene, "ping", "send to 1 vehicle: Enter")
        assert not scene.query("#typed").display
        assert f"/{vin}/cmd" in scene.dialog
        assert not journal(house), "nothing is written down while one looks"
        await scene.pilot.press("enter")
        await scene.says("ping to 1 vehicle: 1 of 1 succeeded")
        assert scene.view.place[0] == "orders"
        await scene.until(lambda: "1 over" in scene.board)
        await scene.pilot.press("enter")
        await scene.shows(vin, "succeeded")

    play(house, story)
    assert plans(house)[0]["states"] == {"succeeded": 1}
    assert house.run("audit", "verify").returncode == 0


def test_a_selection_takes_a_y_and_is_watched_on_the_orders_board(house: House) -> None:
    vins = sorted(vin for region, vin in house.lab.online if region == "eu")

    async def story(scene: Scene) -> None:
        await narrowed(scene, "region:eu online")
        await chosen(scene, "log", "must be given: error, warning, info, debug or trace")
        row(scene, "level").control.value = "debug"  # type: ignore[union-attr]
        await scene.shows(f"send to {len(vins)} vehicles: type y", "level=debug unit=tcu duration=1h")
        duration = row(scene, "duration")
        duration.control.value = "5s"  # type: ignore[union-attr]
        await scene.shows("5s is out of bounds: 1m to 1d", "it cannot be sent")
        duration.control.value = "10m"  # type: ignore[union-attr]
        await scene.shows("policy allows it", "duration=10m")
        await scene.pilot.press("ctrl+o")
        row(scene, "--rate").control.value = "as fast"  # type: ignore[union-attr]
        await scene.shows("'as fast' is no rate: write 50/s", "it cannot be sent")
        row(scene, "--rate").control.value = "300/m"  # type: ignore[union-attr]
        row(scene, "--retries").control.value = "2"  # type: ignore[union-attr]
        row(scene, "--timeout").control.value = "20s"  # type: ignore[union-attr]
        await scene.shows("policy allows it", "takes at most 20s")
        await typed(scene, "n")
        await scene.shows("'n' is not what was asked for: nothing was sent")
        assert not journal(house)
        await typed(scene, "y")
        await scene.says(f"log-level to {len(vins)} vehicles: {len(vins)} of {len(vins)} succeeded")
        panel = scene.view.stage.panels["o"]

        def over() -> bool:
            found: Any = panel.data()["plans"]
            return bool(found) and not found[0]["open"] and not found[0]["unsent"]

        await scene.until(over)
        shown.extend(panel.data()["plans"])  # type: ignore[arg-type]
        (session,) = looked(house, SESSION)
        assert (session.body["rate"], session.body["retries"]) == (5.0, 2)
        assert {one.order.timeout for one in looked(house)} == {20_000}

    shown: list[dict[str, Any]] = []
    play(house, story)
    assert shown == plans(house)
    done = [one["vin"] for one in house.lab.executions() if str(one["key"]).startswith(shown[0]["plan"][:16])]
    assert sorted(map(str, done)) == vins


def test_many_vehicles_are_counted_aloud(house: House) -> None:
    async def story(scene: Scene) -> None:
        await narrowed(scene, "region:eu,us,cn")
        await chosen(scene, "ping", "send to 60 vehicles: type 60")
        for wrong in ("y", "6", "600"):
            await typed(scene, wrong)
            await scene.shows(f"'{wrong}' is not what was asked for")
        assert not journal(house)
        await typed(scene, "60")
        await scene.says("sending ping to 60 vehicles")
        await scene.until(lambda: "under way" in scene.board and looked(house))
        await scene.until(lambda: sum(one.course.state.value == "succeeded" for one in looked(house)) > 40)
        await scene.pilot.press("q")
        await scene.shows("1 thing is under way", "cdctl cmd resume")
        await scene.pilot.press("enter")
        assert scene.pilot.app.is_running, "only the word ends it"
        await scene.pilot.press("escape", "q")
        await scene.shows("type leave")
        await scene.write("leave")
        await scene.pilot.press("enter")
        await scene.until(lambda: not scene.pilot.app.is_running)
        assert scene.hands is not None
        assert scene.hands.going_on()[0].startswith("in flight: ping to 60 vehicles: ")

    play(house, story)
    (plan,) = plans(house)
    assert plan["open"] > 0, "those that are away have not answered"
    assert house.run("cmd", "resume", plan["plan"][:16], "--yes", "--wait-for", "2s").returncode == 4


def test_escape_goes_back_and_nothing_is_sent(house: House) -> None:
    async def story(scene: Scene) -> None:
        await narrowed(scene, "region:eu")
        await chosen(scene, "climate.start", "policy allows it")
        scene.query("#typed").focus()
        await scene.write("y")
        await scene.pilot.press("escape")
        await scene.shows("climate.stop", "a command, or a word")
        await scene.write("climate st")
        assert not scene.query("#commands").query(Input)
        await scene.pilot.press("escape")
        await scene.until(lambda: not isinstance(scene.pilot.app.screen, SendForm))
        assert scene.view.place[0] == "fleet"
        assert scene.hands is not None and not scene.hands.flights.under_way

    play(house, story)
    assert not journal(house)


def test_the_list_is_searched_and_moved_through(house: House) -> None:
    async def story(scene: Scene) -> None:
        await narrowed(scene, f"vin:{house.lab.online[0][1]}")
        options = scene.pilot.app.screen.query_one(OptionList)
        whole = options.option_count
        await scene.write("doors")
        assert options.option_count < whole
        await scene.write("zzz")
        await scene.shows("no command is called so")
        await scene.pilot.press(*["backspace"] * 8, "down", "down", "up", "enter")
        await scene.shows("lock to 1 vehicle of test")
        await scene.pilot.click("#back")
        await scene.shows("a command, or a word")
        await scene.pilot.click("#commands", offset=(3, 0))
        await scene.shows("ping to 1 vehicle of test")

    play(house, story)


def test_a_dangerous_command_is_written_down_for_others_to_sign(house: House) -> None:
    vin = house.lab.fresh(Doing.PARKED)

    async def story(scene: Scene) -> None:
        await narrowed(scene, f"vin:{vin}")
        await chosen(scene, "reboot", "a dangerous command needs the approval of another engineer")
        assert "1 more approval would do" in " ".join(scene.dialog.replace("│", " ").split())
        assert not scene.query("#send").display
        await scene.pilot.pause()
        await scene.pilot.click("#write")
        await scene.says("then: cdctl cmd send --plan reboot-")
        await scene.pilot.press("escape", "escape")

    play(house, story)
    assert not journal(house), "that it was asked for is no refusal"
    (file,) = house.folder.glob("reboot-*.plan")
    assert house.run("cmd", "approve", file, "--yes", by="second").returncode == 0
    sent = house.json("cmd", "send", "--plan", file, "--yes", code=0)
    assert sent["orders"][0]["vin"] == vin


def test_who_may_not_send_reads_why(house: House) -> None:
    async def story(scene: Scene) -> None:
        await narrowed(scene, "region:eu online")
        await chosen(scene, "lock", "no rule permits viewer (viewer) to send lock")
        assert not scene.query("#send").display
        assert not scene.query("#write").display
        await scene.pilot.press("escape")
        await chosen(scene, "ping", "policy allows it (viewer-diagnostics)")
        await scene.pilot.press("escape", "escape")

    play(house, story, by="viewer")
    assert not journal(house)


def test_a_place_is_told_for_a_reason_alone(house: House) -> None:
    async def story(scene: Scene) -> None:
        await narrowed(scene, f"vin:{house.lab.online[0][1]}")
        await chosen(scene, "locate", "it tells where somebody is: say why you look")
        row(scene, "--reason").control.value = "stolen"  # type: ignore[union-attr]
        await scene.shows("policy allows it", "reason     stolen")
        await typed(scene, "y")
        await scene.says("locate to 1 vehicle: 1 of 1 succeeded")
        await scene.pilot.press("enter")
        await scene.shows("succeeded")
        assert "latitude" not in json.dumps(scene.view.stage.data())

    play(house, story)
    assert house.kept()[0].result


def test_in_a_view_that_may_send_nothing_nothing_can_be_prepared(house: House) -> None:
    async def story(scene: Scene) -> None:
        await scene.shows("WCD", "read only")
        await scene.pilot.press("x")
        await scene.says("nothing can be sent: this view is --readonly")
        assert not isinstance(scene.pilot.app.screen, SendForm)

    play(house, story, readonly=True)
    assert not journal(house)


def test_a_filter_that_nobody_matches_says_so(house: House) -> None:
    async def story(scene: Scene) -> None:
        await scene.shows("WCD")
        scene.view.stage.narrow("region:mars")
        await scene.until(lambda: "0 of 60" in scene.board)
        await scene.pilot.press("x")
        await scene.shows("no vehicle matches: there is nobody to send it to", "Esc goes back")
        await scene.pilot.press("escape")

    play(house, story)


def test_what_failed_is_tried_again_with_exactly_those(house: House) -> None:
    vins = [house.lab.fresh(Doing.DRIVING) for _ in range(3)]
    fine = [house.lab.fresh(Doing.PARKED) for _ in range(2)]
    to = [word for vin in (*vins, *fine) for word in ("--to", vin)]
    house.run("cmd", "send", "climate.start", *to, "--for", "1s", "-a", "temperature=23", "--yes")
    failed = {one.order.vin for one in house.kept() if one.course.state.value in {"failed", "rejected"}}
    assert set(vins) <= failed

    async def story(scene: Scene) -> None:
        await scene.until(lambda: "climate.start" in scene.board)
        await scene.pilot.press("F")
        await scene.shows(f"climate.start to {len(failed)} vehicles of test · once more: {len(failed)} rejected")
        assert row(scene, "temperature").text == "23"
        await typed(scene, "y")
        await scene.says(f"climate.start to {len(failed)} vehicles: 0 of {len(failed)} succeeded")

    play(house, story, board="orders")
    again = [one for one in house.kept() if one.order.plan == plans(house)[0]["plan"]]
    assert {one.order.vin for one in again} == failed
    assert again[0].order.arguments["temperature"] == 23.0


def test_a_plan_is_cancelled_by_a_word(house: House) -> None:
    away = house.lab.away[:2]
    to = [word for vin in away for word in ("--to", vin)]
    house.run("cmd", "send", "lock", *to, "--for", "1s", "--no-wait", "--yes", "--expires", "10m")

    async def story(scene: Scene) -> None:
        await scene.until(lambda: "1 under way" in scene.board)
        await scene.pilot.press("A")
        await scene.shows("Cancel lock", "2 vehicles", "type cancel")
        await scene.pilot.press("enter", "escape")
        await scene.until(lambda: not isinstance(scene.pilot.app.screen, Confirm))
        assert scene.hands is not None and not scene.hands.flights.under_way
        await scene.pilot.press("A")
        await scene.shows("type cancel")
        await scene.write("cancel")
        await scene.pilot.press("enter")
        await scene.until(lambda: bool(looked(house, "cancel")))
        await scene.until(lambda: "cancelled by engineer" in scene.board)

    play(house, story, board="orders")
    assert {note.actor for note in house.noted("cancel")} == {"engineer"}


def test_who_may_not_abort_is_told_and_it_is_written_down(house: House) -> None:
    house.run("cmd", "send", "lock", "--to", house.lab.away[0], "--for", "1s", "--no-wait", "--yes")

    async def story(scene: Scene) -> None:
        await scene.until(lambda: "1 under way" in scene.board)
        await scene.pilot.press("A")
        await scene.shows("type cancel")
        await scene.write("cancel")
        await scene.pilot.press("enter")
        await scene.says("no rule permits viewer (viewer) to abort lock")

    play(house, story, board="orders", by="viewer")
    assert [(note.actor, note.body["action"]) for note in house.noted("refusal")] == [("viewer", "abort")]


def test_orders_to_one_vehicle_alone(house: House) -> None:
    vin = house.lab.online[1][1]
    house.run("cmd", "send", "ping", "--to", vin, "--for", "1s")
    house.run("cmd", "send", "ping", "--to", house.lab.online[2][1], "--for", "1s")

    async def story(scene: Scene) -> None:
        await scene.until(lambda: f"orders to {vin}" in scene.board and "succeeded" in scene.board)
        assert len(scene.view.stage.data()["o"]["rows"]) == 1  # type: ignore[index,arg-type,call-overload]
        await scene.pilot.press("x")
        await scene.shows("A command to 1 vehicle of test")
        await scene.pilot.press("escape")

    play(house, story, board="orders", about=About(vin=vin))


def test_where_the_journal_is_none_of_ours_nothing_leaves(house: House) -> None:
    settings = house.settings()
    (house.folder / "journal.db").write_bytes(b"this is a letter, and no journal at all\n" * 200)

    async def story(scene: Scene) -> None:
        await narrowed(scene, f"vin:{house.lab.online[0][1]}")
        await chosen(scene, "ping", "send to 1 vehicle: Enter")
        await scene.pilot.press("enter")
        await scene.says("ping to 1 vehicle: ")
        await scene.until(lambda: "journal" in scene.said)
        assert scene.view.place[0] == "orders"
        await scene.until(lambda: "journal" in scene.view.stage.data()["o"].get("missing", ""))  # type: ignore[attr-defined]

    before = len(house.lab.executions())
    play(house, story)
    assert settings.exists()
    assert len(house.lab.executions()) == before


def test_a_picture_for_scripts_has_the_numbers_of_the_commands(house: House) -> None:
    house.run("cmd", "send", "ping", "--where", "region:eu online", "--for", "1s")
    with contextlib.chdir(house.folder):
        told = house.json("top", "--once", "--board", "orders", code=0)
    assert told["panels"]["o"]["plans"] == plans(house)
    assert told["panels"]["o"]["rollouts"] == []
