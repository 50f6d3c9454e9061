"""A plan's bytes: the same however often they are asked for, and another for every change."""

from __future__ import annotations

import json
from dataclasses import asdict, fields, replace

import pytest

from cdctl.domain.orders.plan import Plan, Target, read_plan

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


def test_a_plan_is_read_from_its_own_bytes() -> None:
    assert read_plan(PLAN.content()) == PLAN
    assert read_plan(PLAN.content()).digest() == PLAN.digest()


BODY = json.loads(PLAN.content())


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"{", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        ([], "no part of a plan"),
        (BODY | {"more": 1}, "no part of a plan"),
        ({name: value for name, value in BODY.items() if name != "expires"}, "missing"),
        (BODY | {"targets": [{"vin": "V"}]}, "no vehicle"),
        (BODY | {"targets": {}}, "no vehicle"),
        (BODY | {"expires": True}, "wrong type"),
        (BODY | {"by": None}, "wrong type"),
        (json.dumps(BODY, sort_keys=True).encode(), "not written as a plan is"),
        (PLAN.content().replace(b'"by":"ada"', b'"by":"eve","by":"ada"'), "not written as a plan is"),
    ],
)
def test_other_bytes_are_no_plan(body: object, reason: str) -> None:
    content = body if isinstance(body, bytes) else json.dumps(body, sort_keys=True, separators=(",", ":")).encode()
    with pytest.raises(ValueError, match=reason):
        read_plan(content)
