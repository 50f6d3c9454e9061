"""`cdctl rollout` end to end: a real broker, vehicles that verify and sign, two operators, a process that is killed."""

from __future__ import annotations

import json
import signal
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from commanding import OTHERS, House
from ordered import Lab, ordered
from rollout_house import begun, executed, state, told, until, written
from waiting import eventually


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with ordered(tmp_path_factory.mktemp("lab"), vehicles=60, others=OTHERS, pace=0.1) as made:
        yield made


@pytest.fixture
def house(lab: Lab, tmp_path: Path) -> House:
    return House(tmp_path, lab)


def test_a_plan_says_who_is_in_which_wave_and_sends_nothing(house: House) -> None:
    before = len(house.lab.executions())
    done = house.run("rollout", "plan", written(house), "--for", "1s", "-o", "json")
    assert "the file has no abort threshold" in done.stderr
    assert "no guard watches it" in done.stderr
    found = json.loads(done.stdout)
    there = sum(region == "eu" for region, _ in house.lab.online)
    assert found["count"] == there
    assert [wave["total"] for wave in found["waves"]] == [2, -(-there * 3 // 10), there]
    assert found["waves"][0]["regions"] == {"eu": 2}
    assert house.json("rollout", "ls") == []
    assert len(house.lab.executions()) == before


def test_a_file_that_is_wrong_is_told_with_its_places(house: House) -> None:
    done = house.run("rollout", "plan", written(house, ("grace:", "grce:")))
    assert done.returncode == 2
    assert 'r.yaml:14:1: error: unknown key "grce"' in done.stderr
    done = house.run("rollout", "plan", written(house, ('value: "30"}', "}")))
    assert (done.returncode, "value" in done.stderr) == (2, True)
    many = written(
        house, ("grace:", "guards: ['slo:nobody', 'promql:up > 0']\ngrce:"), ("region:eu", "regin:eu"),
        ("parameter.set", "parametr.set"), ("{to: 100%}", "{to: 90%}"),
    )  # fmt: skip
    told_of = house.run("rollout", "plan", many).stderr
    for fault in ("grce", "no SLO nobody", "has no prometheus", "no field 'regin'", "called 'parametr.set'", "90"):
        assert fault in told_of, (fault, told_of)
    assert "not to everybody" in house.run("rollout", "plan", written(house, ("{to: 100%}", "{to: 90%}"))).stderr
    guarded = written(house, ("grace: 5s", "guards: ['slo:nobody-promised']"))
    assert "there is no SLO nobody-promised" in house.run("rollout", "plan", guarded).stderr
    queried = written(house, ("grace: 5s", "guards: ['promql:up > 0']"))
    assert "has no prometheus" in house.run("rollout", "plan", queried).stderr


def test_another_number_of_vehicles_is_refused(house: House) -> None:
    assert house.run("rollout", "start", written(house), "--for", "1s", "--yes", "--expect", "3").returncode == 5


def test_where_nobody_matches_nothing_is_begun(house: House) -> None:
    nobody = written(house, ("region:eu online", "region:nowhere"))
    assert "no vehicle matches" in house.run("rollout", "plan", nobody, "--for", "1s").stderr
    assert house.run("rollout", "start", nobody, "--for", "1s", "--yes").returncode == 0
    done = house.run("rollout", "resume", "01")
    assert (done.returncode, "nobody tells of such a rollout" in done.stderr) == (3, True)


def test_everybody_is_told_once_and_others_can_read_it(house: House) -> None:
    body = house.json("rollout", "start", written(house), "--for", "1s", "--yes")
    assert body["phase"] == "completed"
    seen = state(house, body["rollout"])
    assert (seen["phase"], seen["waves"], seen["by"]) == ("completed", body["waves"], "engineer")
    runs = executed(house, body["rollout"])
    assert set(runs.values()) == {1}
    assert len(runs) == told(body)
    watched = house.run("rollout", "watch", body["rollout"], by="viewer")
    assert watched.returncode == 0
    assert "completed: every wave is over" in watched.stdout
    assert house.run("audit", "verify").returncode == 0


def test_a_teammate_pauses_and_aborts_it_from_another_process(house: House) -> None:
    slow = written(house, ("grace: 5s", "grace: 5s\npace: {fixed: 90}"))
    with begun(house, slow) as (process, rollout):
        until(house, rollout, lambda body: told(body) > 2)
        refused = house.run("rollout", "abort", rollout, by="viewer")
        assert (refused.returncode, "error" in refused.stderr) == (5, True)
        assert eventually(lambda: [(one.actor, one.body["action"]) for one in house.noted("refusal")])
        assert [(one.actor, one.body["action"]) for one in house.noted("refusal")] == [("viewer", "abort")]
        assert process.poll() is None, "it is written down while the rollout goes on"
        assert house.run("rollout", "pause", rollout, "--reason", "a look", by="second").returncode == 0
        paused = until(house, rollout, lambda body: body["state"] == "paused")
        assert paused["pauses"][0]["words"] == "a look"
        assert house.run("rollout", "approve", rollout, by="second").returncode == 5, "nothing waits for approval"
        assert told(state(house, rollout)) == told(paused), "nothing leaves while it is paused"
        assert house.run("rollout", "resume", rollout, by="second").returncode == 0
        until(house, rollout, lambda body: told(body) > told(paused))
        assert house.run("rollout", "abort", rollout, "--reason", "wrong value", by="second").returncode == 0
        aborted = until(house, rollout, lambda body: body["phase"] == "aborted")
        assert process.wait(30) == 1
        assert aborted["reason"] == "wrong value"
        assert {(one["word"], one["by"]) for one in aborted["events"]} >= {
            ("paused", "second"),
            ("resumed", "second"),
            ("aborting", "second"),
        }
        done_by = {(one["word"], note.actor) for note in house.noted("rollout") for one in note.body["events"]}
        assert done_by >= {("paused", "second"), ("aborting", "second"), ("started", "engineer")}
        assert told(aborted) < sum(wave["size"] for wave in aborted["waves"])
        assert sum(executed(house, rollout).values()) <= told(aborted)
    for wish in ("resume", "pause", "abort"):
        over = house.run("rollout", wish, rollout)
        assert (over.returncode, "it was aborted at" in over.stderr) == (5, True), over.stderr


def test_a_wave_waits_for_somebody_else_to_approve_it(house: House) -> None:
    with begun(house, written(house, ("{to: 2}", "{to: 2, approvals: 1}"))) as (process, rollout):
        waiting = until(house, rollout, lambda body: body["state"] == "waiting")
        assert told(waiting) == 0
        own = house.run("rollout", "approve", rollout)
        assert (own.returncode, "cannot approve" in own.stderr) == (5, True)
        assert house.run("rollout", "approve", rollout, by="viewer").returncode == 5
        assert told(state(house, rollout)) == 0
        assert house.run("rollout", "approve", rollout, by="second").returncode == 0
        assert process.wait(60) in {0, 1, 4}
    assert ("approved", "second") in [(one["word"], one["by"]) for one in state(house, rollout)["events"]]


def test_policy_asks_for_another_engineer_and_waits_for_one(house: House) -> None:
    dangerous = written(
        house,
        ("command: parameter.set", "command: reboot"),
        ('arguments: {name: telemetry.interval, value: "30"}\n', "reason: hung\n"),
        ("region:eu", "region:us"),
    )
    with begun(house, dangerous) as (process, rollout):
        waiting = until(house, rollout, lambda body: body["state"] == "waiting")
        assert (told(waiting), waiting["approvals"]) == (0, 1)
        assert house.run("rollout", "approve", rollout).returncode == 5
        assert house.run("rollout", "approve", rollout, by="second").returncode == 0
        assert process.wait(60) in {0, 1, 4}
    (approval,) = [one for one in house.json("audit", "show") if one["kind"] == "approval"]
    assert (approval["actor"], approval["body"]["wave"]) == ("second", 1)
    refused = house.run("rollout", "start", dangerous, "--for", "1s", "--yes", "--break-glass")
    assert (refused.returncode, "role break-glass" in refused.stderr) == (5, True)
    done = house.run("rollout", "start", dangerous, "--for", "1s", "--yes", "--break-glass", by="second")
    assert "BREAK GLASS" in done.stderr
    assert done.returncode != 5, done.stderr
    assert [one["actor"] for one in house.json("audit", "show") if one["kind"] == "break-glass"] == ["second"]


def test_a_guard_that_burns_lets_nothing_leave(house: House) -> None:
    guarded = written(house, ("grace: 5s", "grace: 5s\nguards: [{guard: 'fleet:share of online < 1%', every: 1s}]"))
    with begun(house, guarded) as (process, rollout):
        paused = until(house, rollout, lambda body: body["state"] == "paused")
        assert told(paused) == 0
        refused = house.run("rollout", "resume", rollout, by="second")
        assert (refused.returncode, "still burning" in refused.stderr) == (5, True)
        assert house.run("rollout", "abort", rollout, by="second").returncode == 0
        assert process.wait(30) == 1
    assert executed(house, rollout) == Counter()


def test_killed_in_the_middle_it_goes_on_where_it_stood(house: House) -> None:
    with begun(house, written(house, ("grace: 5s", "grace: 5s\npace: {fixed: 240}"))) as (process, rollout):
        until(house, rollout, lambda body: told(body) > 3)
        process.send_signal(signal.SIGKILL)
        process.wait(10)
    before = state(house, rollout)
    assert before["phase"] in {"running", "soaking"}
    done = house.run("rollout", "resume", rollout, "--yes")
    assert "it goes on here" in done.stderr
    after = state(house, rollout)
    assert after["phase"] == "completed", done.stderr
    assert told(after) == sum(wave["size"] for wave in after["waves"])
    assert max(executed(house, rollout).values()) == 1
    assert house.run("audit", "verify").returncode == 0
