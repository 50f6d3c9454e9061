"""A plan's bytes: the same however often they are asked for, and another for every change."""

from __future__ import annotations

import json
from dataclasses import asdict, fields, replace

import pytest

from cdctl.domain.orders.plan import Plan, Target

PLAN = Plan(
    id="01k", context="lab", command="ping", arguments={"b": 1, "a": "ä"}, by="ada", created=1, expires=2, timeout=3,
    targets=(Target("WBA1", "eu", "i4", "23-07.55"), Target("WBA2", "us")), rollout={"waves": [1, 100]},
)  # fmt: skip


def test_every_field_of_the_plan_and_of_its_targets_is_in_the_bytes() -> None:
    assert json.loads(PLAN.content()) == json.loads(json.dumps(asdict(PLAN)))
    assert PLAN.content() == PLAN.content()
    assert PLAN.content().isascii()


@pytest.mark.parametrize("name", [one.name for one in fields(Plan) if one.name != "targets"])
def test_any_change_is_another_plan(name: str) -> None:
    old = getattr(PLAN, name)
    new = {"x": 1} if isinstance(old, dict) else old + (1 if isinstance(old, int) else "x")
    assert replace(PLAN, **{name: new}).digest() != PLAN.digest()


@pytest.mark.parametrize("name", [one.name for one in fields(Target)])
def test_another_target_is_another_plan(name: str) -> None:
    other = replace(PLAN.targets[0], **{name: "x"})
    assert replace(PLAN, targets=(other, PLAN.targets[1])).digest() != PLAN.digest()
