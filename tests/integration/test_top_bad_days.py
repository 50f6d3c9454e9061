"""Sending from the live view on bad days: the journal's disk is full, the broker dies while orders are in flight."""

from __future__ import annotations

import os
import signal
import tempfile
from pathlib import Path

import small_disk
from commanding import OTHERS, House
from dispatching import started_again
from ordered import ordered
from top_acting import Scene, play

from cdctl.stores.journal import read_journal


async def chosen(scene: Scene, vin: str) -> None:
    """A ping to one vehicle, as far as Enter."""
    await scene.shows("WCD")
    scene.view.stage.narrow(f"vin:{vin}")
    await scene.until(lambda: not scene.lookout.busy and "· 1 of" in scene.board)
    await scene.pilot.press("x")
    await scene.shows("a command, or a word of what it does")
    await scene.write("ping")
    await scene.pilot.press("enter")
    await scene.shows("send to 1 vehicle: Enter")


def nothing_leaves(disk: Path) -> None:
    with tempfile.TemporaryDirectory() as other, ordered(Path(other), vehicles=40, others=OTHERS) as lab:
        house = House(disk / "house", lab)
        house.run("cmd", "send", "ping", "--to", lab.online[0][1], "--for", "1s")  # all files are there
        before = len(lab.executions())

        async def story(scene: Scene) -> None:
            await chosen(scene, lab.online[1][1])
            ballast = small_disk.fill(disk)
            await scene.pilot.press("enter")
            await scene.says("ping to 1 vehicle: ")
            await scene.until(lambda: "no space is left on its disk" in scene.said)
            assert "no space is left on its disk" in scene.said
            assert len(lab.executions()) == before
            await scene.until(lambda: "1 over" in scene.board)
            ballast.unlink()
            scene.view.travel(back=True)
            await scene.pilot.press("x")
            await scene.shows("a command, or a word of what it does")
            await scene.write("ping")
            await scene.pilot.press("enter")
            await scene.shows("send to 1 vehicle: Enter")
            await scene.pilot.press("enter")
            await scene.says("ping to 1 vehicle: 1 of 1 succeeded")

        play(house, story)


def test_nothing_leaves_while_the_disk_is_full(tmp_path: Path) -> None:
    small_disk.run(__file__, "nothing_leaves", "48m", tmp_path)


def test_a_broker_that_dies_with_orders_in_flight_is_told_and_they_go_on(tmp_path: Path) -> None:
    with ordered(tmp_path / "lab", vehicles=40, others=OTHERS) as lab:
        house = House(tmp_path / "house", lab)
        away = lab.away[0]

        async def story(scene: Scene) -> None:
            await chosen(scene, away)
            await scene.pilot.press("enter")
            await scene.until(lambda: "1 under way" in scene.board)
            os.kill(lab.broker.pid, signal.SIGKILL)
            await scene.says("no link")
            await scene.until(lambda: "STALE" in scene.board)
            assert scene.hands is not None and len(scene.hands.flights.under_way) == 1
            started_again(lab.broker)
            await scene.until(lambda: "STALE" not in scene.board, 60)
            await scene.pilot.press("A")
            await scene.shows("type cancel")
            await scene.write("cancel")
            await scene.pilot.press("enter")
            await scene.until(lambda: "cancelled by engineer" in scene.board)

        play(house, story)
        journal = read_journal(house.folder / "journal.db")
        assert [kept.order.vin for kept in journal.orders()] == [away]
        journal.close()
