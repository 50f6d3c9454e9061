"""What operators tell each other: read back as written, and nothing else is taken."""

from __future__ import annotations

import json

import numpy as np
import pytest

from cdctl.domain.orders.command import Command, Risk
from cdctl.domain.orders.plan import Plan, Target
from cdctl.domain.orders.rollout import talk
from cdctl.domain.orders.rollout.engine import Event, Job, Picture
from cdctl.domain.orders.rollout.guards import Health, Reading
from cdctl.domain.orders.rollout.rules import Rules
from cdctl.domain.orders.rollout.seen import Control, Wish
from cdctl.domain.orders.rollout.standing import Cause, Pause, Phase, Standing
from cdctl.domain.orders.rollout.tally import Tally
from cdctl.domain.orders.rollout.waves import Wave

ASKED = talk.Asked("01k", Control(Wish.APPROVE, "", 5, "fine", 2, anyway=True), "n" * 24, 65_000, "f" * 64)
PLAN = Plan(
    "01k", "lab", "ping", {}, (Target("WBA1", "eu"), Target("WBA2", "eu")), "ada", 1, 2, 3, rollout={"name": "p"}
)
JOB = Job(
    PLAN,
    PLAN.digest(),
    Command("ping", "Ping", Risk.SAFE),
    Rules((Wave(count=2, name="all"),), (2,), "ada"),
    np.array([1, 0]),
)
PICTURE = Picture(
    JOB, Standing(Phase.RUNNING, since=3, pauses=(Pause(Cause.GUARD, "slo:x", "burns", 4),)),
    [Tally(planned=1, sent=1)], 9, {"slo:x": Reading("slo:x", Health.BURNING, 8, "burns")},
    [Event(3, "started", "wave 1 of 1", "rollout")],
)  # fmt: skip


def changed(payload: bytes, **changes: object) -> bytes:
    body = {**json.loads(payload), **changes}
    return json.dumps({key: value for key, value in body.items() if value is not ...}).encode()


def test_topics_are_the_operators() -> None:
    assert talk.state_topic("cd", "eu", "01k") == "cd/ops/eu/rollout/01k/state"
    assert talk.state_topic("cd", "eu") == "cd/ops/eu/rollout/+/state"
    assert talk.control_topic("cd", "eu", "01k") == "cd/ops/eu/rollout/01k/control"


def test_a_wish_is_read_as_it_was_written() -> None:
    assert talk.read_control(talk.write_control(ASKED)) == ASKED


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"v": 2}, "version 1"),
        ({"what": "state"}, "not a control"),
        ({"wish": "explode"}, "explode"),
        ({"wave": "1"}, "number"),
        ({"exp": True}, "number"),
        ({"exp": ...}, "without exp"),
        ({"plan": ...}, "without plan"),
        ({"nonce": "short"}, "nonce"),
        ({"why": "x" * 501}, "reason"),
    ],
)
def test_a_wish_that_is_none_is_refused(changes: dict[str, object], fault: str) -> None:
    with pytest.raises(ValueError, match=fault):
        talk.read_control(changed(talk.write_control(ASKED), **changes))


def test_a_state_names_no_vehicle() -> None:
    payload = talk.write_state(PICTURE, {"n1": ""})
    assert b"WBA" not in payload
    body = talk.read_state(payload)
    assert (body["state"], body["phase"], body["name"], body["heard"]) == ("paused", "running", "p", {"n1": ""})
    assert body["rate"] is None
    assert body["waves"][0]["name"] == "all"  # type: ignore[index]
    assert body["guards"] == [{"guard": "slo:x", "health": "burning", "words": "burns", "at": 8}]


@pytest.mark.parametrize("changes", [{"v": 0}, {"waves": {}}, {"at": "now"}, {"heard": ...}, {"name": 3}])
def test_a_state_that_is_none_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="a state"):
        talk.read_state(changed(talk.write_state(PICTURE, {}), **changes))


@pytest.mark.parametrize("payload", [b"", b"[]", b"\xff", b"nul"])
def test_what_is_no_json_is_refused(payload: bytes) -> None:
    with pytest.raises(ValueError, match=r"JSON|not a"):
        talk.read_control(payload)
    with pytest.raises(ValueError, match=r"JSON|not a"):
        talk.read_state(payload)
