"""Rollouts on the orders board: seen wave by wave whoever runs them, paused, resumed and aborted, and carried on here
when nobody runs them any more."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from commanding import OTHERS, House
from ordered import Lab, ordered
from rollout_house import begun, executed, state, told, until, written
from top_acting import Scene, play

SLOW = ("grace: 5s", "grace: 5s\npace: {fixed: 40}")


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with ordered(tmp_path_factory.mktemp("lab"), vehicles=60, others=OTHERS, pace=0.1) as made:
        yield made


@pytest.fixture
def house(lab: Lab, tmp_path: Path) -> House:
    return House(tmp_path, lab)


def shown(scene: Scene, rollout: str) -> dict[str, Any]:
    """A rollout as the board has it; brokers keep those of other tests, too."""
    data: Any = scene.view.stage.data()["o"]
    return next((dict(one) for one in data.get("rollouts", ()) if one["rollout"] == rollout), {})


async def is_(scene: Scene, rollout: str, word: str) -> None:
    await scene.until(lambda: shown(scene, rollout).get("state") == word)


async def answered(scene: Scene, key: str, text: str, *keys: str) -> None:
    await scene.pilot.press(key)
    await scene.shows(text)
    await scene.pilot.press(*keys)


def test_a_teammate_pauses_resumes_and_aborts_it_from_the_view(house: House) -> None:
    with begun(house, written(house, SLOW)) as (process, rollout):
        until(house, rollout, lambda body: told(body) > 2)

        async def story(scene: Scene) -> None:
            await scene.until(lambda: "· run by engineer" in scene.board)
            assert "▸" in scene.board
            await answered(scene, "P", "orders that left go on", "enter")
            await scene.says(f"pause: heard by whoever runs {rollout}")
            await is_(scene, rollout, "paused")
            held = shown(scene, rollout)["waves"]
            assert "paused for" in scene.board
            await answered(scene, "R", "type y", "y", "enter")
            await scene.says(f"resume: heard by whoever runs {rollout}")
            await scene.until(lambda: shown(scene, rollout)["waves"] != held)
            await answered(scene, "A", "it cannot be taken up again", *"abrt", "enter")
            await scene.shows("type abort, or Esc: nothing was done")
            assert process.poll() is None
            scene.query("#reason").focus()
            await scene.write("wrong value")
            await scene.pilot.press("tab", *"abort", "enter")
            await scene.says(f"abort: heard by whoever runs {rollout}")
            await is_(scene, rollout, "aborted")
            await scene.until(lambda: shown(scene, rollout)["why"] == "wrong value")
            await scene.pilot.press("A")
            await scene.says("it is over: nothing more can be wanted of it")

        play(house, story, board="orders", by="second")
        assert process.wait(30) == 1
    body = state(house, rollout)
    assert (body["phase"], body["reason"]) == ("aborted", "wrong value")
    assert {(one["word"], one["by"]) for one in body["events"]} >= {
        ("paused", "second"), ("resumed", "second"), ("aborting", "second"),
    }  # fmt: skip


def test_the_board_has_the_numbers_of_the_command(house: House) -> None:
    done = house.json("rollout", "start", written(house), "--for", "1s", "--yes")
    rollout = done["rollout"]
    listed = next(one for one in house.json("rollout", "ls") if one["rollout"] == rollout)
    told_of: list[dict[str, Any]] = []

    async def story(scene: Scene) -> None:
        await is_(scene, rollout, "completed")
        told_of.append(shown(scene, rollout))
        await scene.pilot.press("enter")
        await scene.shows("its vehicles", "succeeded")

    play(house, story, board="orders")
    (one,) = told_of
    assert {key: one[key] for key in listed} == listed
    counts = [{key: wave[key] for key in one["waves"][0]} for wave in done["waves"]]
    assert one["waves"] == counts
    once = house.json("top", "--once", "--board", "orders")
    assert [each["waves"] for each in once["panels"]["o"]["rollouts"] if each["rollout"] == rollout] == [counts]


def test_one_of_another_host_is_seen_and_stopped_without_its_journal(house: House, tmp_path: Path) -> None:
    other = House(tmp_path / "other", house.lab)
    with begun(house, written(house, SLOW)) as (process, rollout):
        until(house, rollout, lambda body: told(body) > 2)

        async def story(scene: Scene) -> None:
            await scene.until(lambda: shown(scene, rollout))
            await scene.pilot.press("enter")
            await scene.says("in the journal of who runs it, not in this one")
            await answered(scene, "A", "type abort", *"abort", "enter")
            await is_(scene, rollout, "aborted")

        play(other, story, board="orders", by="second")
        assert process.wait(30) == 1
    assert not (other.folder / "journal.db").exists()


def test_who_may_not_steer_is_refused_by_whoever_runs_it(house: House) -> None:
    with begun(house, written(house, SLOW)) as (process, rollout):
        until(house, rollout, lambda body: told(body) > 2)

        async def story(scene: Scene) -> None:
            await scene.until(lambda: shown(scene, rollout))
            await answered(scene, "P", "orders that left go on", "enter")
            await scene.says("no rule permits viewer (viewer) to abort parameter.set")
            assert shown(scene, rollout)["state"] == "running"

        play(house, story, board="orders", by="viewer")
        assert process.poll() is None
        assert house.run("rollout", "abort", rollout).returncode == 0
        process.wait(30)


def test_one_that_nobody_runs_goes_on_here_and_is_asked_about_at_the_end(house: House) -> None:
    with begun(house, written(house, SLOW)) as (process, rollout):
        until(house, rollout, lambda body: told(body) > 2)
        process.kill()
        process.wait()
        before = told(state(house, rollout))

        async def story(scene: Scene) -> None:
            await scene.until(lambda: shown(scene, rollout).get("runs") == "nobody", 40)
            assert "nobody runs it" in scene.board
            total = sum(wave["size"] for wave in shown(scene, rollout)["waves"])
            await answered(scene, "R", "it goes on here, as long as this view is open", *str(total), "enter")
            await scene.says(f"nobody ran {rollout}: it goes on here")
            await scene.until(lambda: shown(scene, rollout)["runs"] == "engineer")
            await scene.until(lambda: told({"waves": shown(scene, rollout)["waves"]}) > before)
            await scene.pilot.press("q")
            await scene.shows("1 thing is under way", f"in flight: rollout {rollout}")
            await scene.pilot.press("escape")
            await answered(scene, "A", "type abort", *"abort", "enter")
            await is_(scene, rollout, "aborted")
            await scene.until(lambda: scene.hands is not None and not scene.hands.flights.under_way)

        play(house, story, board="orders")
    assert state(house, rollout)["phase"] == "aborted"
    assert set(executed(house, rollout).values()) == {1}
    assert house.run("audit", "verify").returncode == 0


def test_one_that_nobody_runs_is_ended_here(house: House) -> None:
    with begun(house, written(house, SLOW)) as (process, rollout):
        until(house, rollout, lambda body: told(body) > 2)
        process.kill()
        process.wait()

        async def story(scene: Scene) -> None:
            await scene.until(lambda: shown(scene, rollout).get("runs") == "nobody", 40)
            await answered(scene, "A", "type abort", *"abort", "enter")
            await scene.says(f"nobody runs {rollout}: it is ended here")
            await is_(scene, rollout, "aborted")

        play(house, story, board="orders", by="second")
    assert state(house, rollout)["phase"] == "aborted"
