"""The journal's disk fills while orders are under way: nothing new leaves, what has left is seen to its end, and an
operator can let go of it."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import small_disk
from commanding import OTHERS, House
from ordered import ordered
from rollout_house import begun, state, told, until, written
from waiting import eventually


def a_send_ends(disk: Path) -> None:
    with tempfile.TemporaryDirectory() as other, ordered(Path(other), vehicles=60, others=OTHERS) as lab:
        house = House(disk / "house", lab)
        house.run("cmd", "send", "ping", "--to", lab.online[0][1])  # all files are there
        vins = [*lab.away[:3], *(vin for _, vin in lab.online)][:40]
        to = [word for vin in vins for word in ("--to", vin)]
        process = house.start("cmd", "send", "ping", *to, "--for", "1s", "--rate", "6/s", "--expires", "4s")
        assert eventually(lambda: len(house.kept()) > 8, 60)
        small_disk.fill(disk)
        _, said = process.communicate(timeout=60)
        assert process.returncode == 3, said
        assert "the journal cannot be written: no space is left on its disk" in said
        assert "not sent" in said, said
        kept = house.kept()
        assert 8 < len(kept) < 40
        states = {one.course.state.value for one in kept}
        assert "expired" in states, "who is away is waited for"
        assert states <= {"succeeded", "cancelled", "expired"}
        assert house.run("audit", "verify").returncode == 0


def a_cancel_works(disk: Path) -> None:
    with tempfile.TemporaryDirectory() as other, ordered(Path(other), vehicles=60, others=OTHERS) as lab:
        house = House(disk / "house", lab)
        house.run("cmd", "send", "ping", "--to", lab.online[0][1])  # all files are there
        process = house.start("cmd", "send", "ping", "--to", lab.away[0], "--expires", "10m", "--region", "eu")
        assert eventually(lambda: house.kept()[0].course.state.value == "sent", 60)
        process.kill()
        process.communicate()
        small_disk.fill(disk)
        refused = house.run("cmd", "send", "ping", "--to", lab.online[0][1])
        assert (refused.returncode, "the journal cannot be written" in refused.stderr) == (3, True), refused.stderr
        kept = house.kept()[0]
        cancelling = house.start("cmd", "cancel", kept.order.plan, "--yes")
        assert eventually(lambda: bool(house.noted("cancel")), 60), "that it was cancelled is written down"
        cancelling.kill()
        cancelling.communicate()


def a_rollout_waits(disk: Path) -> None:
    with tempfile.TemporaryDirectory() as other, ordered(Path(other), vehicles=60, others=OTHERS) as lab:
        house = House(disk / "house", lab)
        with begun(house, written(house, ("grace: 5s", "grace: 5s\npace: {fixed: 90}"))) as (process, rollout):
            until(house, rollout, lambda body: told(body) > 2)
            small_disk.fill(disk)
            paused = until(house, rollout, lambda body: body["state"] == "paused")
            assert "no space is left" in json.dumps(paused["pauses"])
            assert process.poll() is None
            assert house.run("rollout", "abort", rollout, by="second").returncode == 0
            assert process.wait(30) == 1
        assert state(house, rollout)["phase"] == "aborted"


def test_what_is_under_way_is_ended(tmp_path: Path) -> None:
    small_disk.run(__file__, "a_send_ends", "24m", tmp_path)


def test_a_plan_can_be_cancelled(tmp_path: Path) -> None:
    small_disk.run(__file__, "a_cancel_works", "24m", tmp_path)


def test_a_rollout_pauses_and_can_be_aborted(tmp_path: Path) -> None:
    small_disk.run(__file__, "a_rollout_waits", "24m", tmp_path)
