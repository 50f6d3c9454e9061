"""Rollouts that are called off: by their plan, without a runner, and taken up by another process before."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from commanding import OTHERS, House
from ordered import Lab, ordered
from rollout_house import begun, executed, state, told, until, written

SLOW = ("grace: 5s", "grace: 5s\npace: {fixed: 90}")


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with ordered(tmp_path_factory.mktemp("lab"), vehicles=60, others=OTHERS, pace=0.1) as made:
        yield made


@pytest.fixture
def house(lab: Lab, tmp_path: Path) -> House:
    return House(tmp_path, lab)


def killed(house: House, path: Path) -> str:
    """A rollout whose process was killed in its second wave."""
    with begun(house, path) as (process, rollout):
        until(house, rollout, lambda body: told(body) > 2)
        process.send_signal(signal.SIGKILL)
        process.wait(10)
    return rollout


def words(house: House, rollout: str) -> list[tuple[str, str]]:
    return [(one["word"], one["by"]) for one in state(house, rollout)["events"]]


def test_a_cancelled_plan_ends_its_rollout(house: House) -> None:
    with begun(house, written(house, SLOW)) as (process, rollout):
        plan = str(until(house, rollout, lambda body: told(body) > 2)["plan"])
        done = house.run("cmd", "cancel", plan[:16], "--yes")
        assert f"the rollout {rollout} is ended" in done.stderr, done.stderr
        assert process.wait(30) == 1
    after = state(house, rollout)
    assert (after["phase"], after["reason"]) == ("aborted", "its plan was cancelled")
    noted = house.noted("cancel")[0].at
    assert told(after) < sum(wave["size"] for wave in after["waves"])
    assert max(one.at for one in house.noted("intent")) <= noted + 2000, "nothing leaves later than two seconds after"
    assert house.run("audit", "verify").returncode == 0


def test_a_cancelled_plan_whose_runner_died_is_not_gone_on_with(house: House) -> None:
    rollout = killed(house, written(house, SLOW))
    before, left = state(house, rollout), len(house.noted("intent"))
    done = house.run("cmd", "cancel", str(before["plan"]), "--yes")
    assert "it is ended here" in done.stderr, done.stderr
    resumed = house.run("rollout", "resume", rollout, "--yes")
    assert (resumed.returncode, "it was aborted at" in resumed.stderr) == (5, True)
    after = state(house, rollout)
    assert after["phase"] == "aborted"
    assert len(house.noted("intent")) == left < sum(wave["size"] for wave in after["waves"]), "nothing left since"
    assert told(before) <= told(after) <= left, "what was told before the kill may be an order behind"


def test_an_abort_works_where_nobody_runs_it(house: House) -> None:
    rollout = killed(house, written(house, SLOW))
    before, left = state(house, rollout), len(house.noted("intent"))
    assert house.run("rollout", "abort", rollout, by="viewer").returncode == 5
    done = house.run("rollout", "abort", rollout, "--reason", "burns", by="second")
    assert done.returncode == 0, done.stderr
    after = state(house, rollout)
    assert (after["phase"], after["reason"]) == ("aborted", "burns")
    assert len(house.noted("intent")) == left < sum(wave["size"] for wave in after["waves"]), "nothing left since"
    assert told(before) <= told(after) <= left, "what was told before the kill may be an order behind"
    found = words(house, rollout)
    assert ("started", "rollout") in found
    assert found[-2:] == [("aborting", "second"), ("aborted", "rollout")]
    assert sum(executed(house, rollout).values()) <= told(after)
    assert house.run("audit", "verify").returncode == 0


def test_taken_up_with_a_guard_that_burns_it_goes_on_anyway_when_told_so(house: House) -> None:
    burning = written(house, ("grace: 5s", "grace: 5s\nguards: [{guard: 'fleet:share of online < 1%', every: 1s}]"))
    with begun(house, burning) as (process, rollout):
        until(house, rollout, lambda body: body["state"] == "paused")
        house.run("rollout", "pause", rollout, "--reason", "a look", by="second")
        until(house, rollout, lambda body: len(body["pauses"]) > 1)
        process.send_signal(signal.SIGKILL)
        process.wait(10)
    process = house.start("rollout", "resume", rollout, "--yes", "--anyway", "--reason", "known")
    try:
        until(house, rollout, lambda body: told(body) > 0)
        house.run("rollout", "abort", rollout, by="second")
        process.wait(30)
    finally:
        process.kill()
        process.communicate()
    found = state(house, rollout)["events"]
    names = [(one["word"], one["by"]) for one in found]
    assert ("paused", "second") in names, "what happened before is not forgotten"
    taken = next(one for one in found if one["word"] == "taken up")
    assert (taken["by"], taken["words"]) == ("engineer", "wave 1, paused: known")
    assert ("resumed", "engineer") in names
    assert "not read" not in " ".join(one["words"] for one in found), found


def test_orders_that_an_aborted_rollout_leaves_are_told_of_and_can_be_ended(house: House) -> None:
    away = ",".join(house.lab.away[:2])
    to_nobody = (
        ("where: region:eu online", f"where: vin:{away}"), ("expires: 15s", "expires: 8s"), ("grace: 5s", "grace: 1s"),
        ("  - {to: 2}\n", ""), ("  - {to: 30%}\n", ""),
    )  # fmt: skip
    with begun(house, written(house, *to_nobody)) as (process, rollout):
        body = until(house, rollout, lambda body: body["waves"][0].get("sent", 0) == 2)
        assert house.run("rollout", "abort", rollout).returncode == 0
        _, said = process.communicate(timeout=30)
    hint = f"2 orders have not ended: cdctl cmd resume {body['plan'][:16]} asks"
    assert hint in said
    assert hint in house.run("rollout", "status", rollout).stderr
    assert f"not ended yet: {body['plan'][:16]}" in house.run("cmd", "status").stderr
    house.run("cmd", "resume", body["plan"][:16], "--yes")
    assert {one.course.state.value for one in house.kept()} <= {"expired", "cancelled"}
    assert "have not ended" not in house.run("rollout", "status", rollout).stderr
