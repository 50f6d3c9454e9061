"""The reference vehicle on a real broker: what it does, once, and what it refuses."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest
from ordered import SESSION, Lab, ordered
from waiting import eventually

from cdctl.domain.orders.order import Heard, Order
from cdctl.domain.orders.telling import ORDER, QUERY
from cdctl.lab.vehicles.columns import Doing
from cdctl.security.dsse import seal
from cdctl.security.ed25519 import PrivateKey, written

VIEWER, STRANGER, THIEF = PrivateKey(b"v" * 32), PrivateKey(b"s" * 32), PrivateKey(b"t" * 32)


@pytest.fixture(scope="module", params=["singles", "shared"])
def lab(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """Vehicles with a connection each, and the same over a few."""
    many = {} if request.param == "singles" else {"singles": 0}
    operators = {"vi": (written(VIEWER.public), ("viewer",)), "tom": (written(THIEF.public), ("engineer",))}
    with ordered(
        tmp_path_factory.mktemp("ordered"),
        vehicles=90,
        pace=0.05,
        others=operators,
        revoked=[written(THIEF.public)],
        **many,
    ) as found:
        yield found


def slow(lab: Lab, vin: str) -> Order:
    """Takes seconds in life, a twentieth of it here: other orders arrive while it is under way."""
    return lab.order(vin, "reboot", unit="head-unit")


@pytest.fixture
def done(lab: Lab) -> Iterator[list[str]]:
    """Ids of what was executed during the test, in the end."""
    before = len(lab.executions())
    found: list[str] = []
    yield found
    assert [one["order"] for one in lab.executions()[before:]] == found


def test_an_order_is_acked_done_and_answered(lab: Lab, done: list[str]) -> None:
    order = lab.order(lab.fresh(), "ping")
    lab.send(order)
    acked, ended = lab.next(), lab.next()
    assert (acked.order, acked.heard, ended.order, ended.heard) == (order.id, Heard.ACKED, order.id, Heard.SUCCEEDED)
    assert ended.result["received"] <= ended.result["sent"]
    assert not ended.duplicate
    done.append(order.id)


def test_what_takes_longer_tells_that_it_runs(lab: Lab, done: list[str]) -> None:
    order = lab.order(lab.fresh(), "flash", times=2)
    lab.send(order)
    assert [lab.next().heard for _ in range(3)] == [Heard.ACKED, Heard.RUNNING, Heard.SUCCEEDED]
    done.append(order.id)


def test_the_same_order_again_is_answered_from_the_ledger(lab: Lab, done: list[str]) -> None:
    order = lab.order(lab.fresh(), "parameter.set", name="modem.band", value="b20")
    first = lab.end(order)
    again = lab.end(order)
    assert (again.heard, again.result, again.duplicate) == (first.heard, {"value": "b20", "prior": "auto"}, True)
    done.append(order.id)


def test_another_order_with_the_same_key_gets_the_same_answers(lab: Lab, done: list[str]) -> None:
    first = slow(lab, lab.fresh())
    second = replace(slow(lab, first.vin), key=first.key)
    lab.send(first)
    lab.until(first.id, Heard.RUNNING)
    told = lab.end(second)
    assert (told.heard, told.duplicate) == (Heard.SUCCEEDED, True)
    assert next(one.heard for one in lab.heard if one.order == second.id) is Heard.RUNNING
    assert lab.end(replace(slow(lab, first.vin), key=first.key)).duplicate, "and later ones, too"
    done.append(first.id)


def test_a_nonce_is_believed_once(lab: Lab, done: list[str]) -> None:
    order = lab.order(lab.fresh(), "ping")
    lab.end(order)
    other = lab.end(replace(lab.order(order.vin, "ping"), nonce=order.nonce))
    assert (other.heard, other.reason) == (Heard.REJECTED, "replayed")
    done.append(order.id)


@pytest.mark.parametrize(
    ("seconds", "heard", "reason"), [(-30, Heard.EXPIRED, "expired"), (3600, Heard.REJECTED, "not yet")]
)
def test_a_vehicle_goes_by_its_own_clock(lab: Lab, done: list[str], seconds: int, heard: Heard, reason: str) -> None:
    order = lab.order(lab.fresh(), "ping")
    begin = order.not_before + seconds * 1000
    told = lab.end(replace(order, not_before=begin, expires=begin + 10_000))
    assert (told.heard, told.reason) == (heard, reason)


def test_an_order_for_another_vehicle_is_refused(lab: Lab, done: list[str]) -> None:
    order, other = lab.order(lab.fresh(), "ping"), lab.fresh()
    lab.send(order, to=other)
    told = lab.next()
    assert (told.vin, told.heard, told.reason) == (other, Heard.REJECTED, "wrong vehicle")
    elsewhere = next(one for one in ("eu", "us", "cn") if one != order.region)
    assert lab.end(replace(order, region=elsewhere)).reason == "wrong vehicle"


def test_what_nobody_trusted_signed_gets_no_answer(lab: Lab, done: list[str]) -> None:
    before = len(lab.refusals())
    order = lab.order(lab.fresh(), "ping")
    lab.send(order, STRANGER)
    good, other = lab.seal(order), lab.seal(replace(order, command="unlock"))
    lab.publish(order.vin, _payload_of(other, good))
    lab.publish(order.vin, seal(lab.telling.order(order), "application/json", lab.operator))
    lab.publish(order.vin, seal(b'{"v":1}', ORDER, lab.operator))
    lab.publish(order.vin, b"{}")
    assert lab.silent(before + 5)
    reasons = [one["reason"] for one in lab.refusals()[before:]]
    assert reasons == ["unknown key", "bad signature", "wrong type", "malformed", "malformed"]


def _payload_of(other: bytes, envelope: bytes) -> bytes:
    """The payload of one envelope with the signatures of another."""
    return other.split(b'"signatures"')[0] + b'"signatures"' + envelope.split(b'"signatures"')[1]


@pytest.mark.parametrize(
    "reply", ["cd/eu/V/reply/", "cd/eu/V/else/s", "cd/eu/V/reply/+", "cd/eu/V/reply/a b", "reply/s"]
)
def test_an_answer_goes_nowhere_but_to_a_session(lab: Lab, done: list[str], reply: str) -> None:
    before = len(lab.refusals())
    lab.send(replace(lab.order(lab.online[0][1], "ping"), reply=reply))
    assert lab.silent(before + 1)
    assert lab.refusals()[before]["reason"] == "malformed"


def test_an_answer_goes_below_the_vehicles_own_topics(lab: Lab, done: list[str]) -> None:
    order = lab.order(lab.fresh(), "ping")
    told = lab.end(replace(order, reply=f"elsewhere/reply/{SESSION}"))
    assert told.vin == order.vin
    done.append(order.id)


def test_a_revoked_key_is_refused_by_name(lab: Lab, done: list[str]) -> None:
    order = lab.order(lab.fresh(), "ping")
    lab.send(order, THIEF)
    assert lab.until(order.id, Heard.REJECTED).reason == "revoked key"


def test_a_role_may_do_only_so_much(lab: Lab, done: list[str]) -> None:
    lock, ping = (lab.order(vin, name) for vin, name in ((lab.fresh(), "lock"), (lab.fresh(), "ping")))
    lab.send(lock, VIEWER)
    assert lab.until(lock.id, Heard.REJECTED, Heard.SUCCEEDED).reason == "role"
    lab.send(ping, VIEWER)
    lab.until(ping.id, Heard.SUCCEEDED)
    done.append(ping.id)


def test_one_of_those_who_signed_must_have_the_role(lab: Lab, done: list[str]) -> None:
    both, neither = lab.order(lab.fresh(), "lock"), lab.order(lab.fresh(), "lock")
    lab.publish(both.vin, seal(lab.telling.order(both), ORDER, THIEF, VIEWER, lab.operator))
    lab.until(both.id, Heard.SUCCEEDED)
    lab.publish(neither.vin, seal(lab.telling.order(neither), ORDER, VIEWER, STRANGER, THIEF))
    assert lab.until(neither.id, Heard.REJECTED).reason == "role", "a revoked key has none"
    done.append(both.id)


@pytest.mark.parametrize(
    ("command", "args", "reason"),
    [
        ("fly", {}, "unknown command"),
        ("horn", {"times": 99}, "bad arguments"),
        ("ping", {"more": 1}, "bad arguments"),
        ("log-level", {}, "bad arguments"),
    ],
)
def test_what_cannot_be_understood_is_refused(lab: Lab, done: list[str], command: str, args, reason: str) -> None:
    told = lab.end(lab.order(lab.online[0][1], command, **args))
    assert (told.heard, told.reason) == (Heard.REJECTED, reason)


def test_a_vehicle_that_is_driven_keeps_its_doors_and_its_horn_shut(lab: Lab, done: list[str]) -> None:
    vin = lab.fresh(Doing.DRIVING)
    assert lab.end(lab.order(vin, "unlock")).reason == "precondition: parked"
    assert lab.end(lab.order(vin, "horn")).reason == "precondition: parked"
    assert lab.end(lab.order(vin, "climate.start")).reason == "precondition: parked"
    assert lab.end(lab.order(vin, "charge.start")).reason == "precondition: parked"


def test_a_refused_key_may_be_tried_again(lab: Lab, done: list[str]) -> None:
    """What never began was not done: a later order with its key is."""
    refused = lab.order(lab.fresh(), "parameter.set", name="a.b")
    assert lab.end(refused).reason == "bad arguments"
    again = replace(lab.order(refused.vin, "parameter.set", name="a.b", value="1"), key=refused.key)
    assert lab.end(again).heard is Heard.SUCCEEDED
    assert lab.end(refused).heard is Heard.REJECTED, "but its own answer stays"
    done.append(again.id)


def test_a_waiting_order_can_be_taken_back(lab: Lab, done: list[str]) -> None:
    first, second = (slow(lab, vin) for vin in [lab.fresh()] * 2)
    lab.send(first)
    lab.send(second)
    lab.cancel(second)
    assert lab.until(second.id, Heard.CANCELLED, Heard.SUCCEEDED).heard is Heard.CANCELLED
    lab.until(first.id, Heard.SUCCEEDED)
    lab.cancel(first)
    assert lab.until(first.id, Heard.SUCCEEDED, Heard.CANCELLED).duplicate, "what was done stays done"
    done.append(first.id)


def test_an_order_that_comes_after_its_cancel_does_not_run(lab: Lab, done: list[str]) -> None:
    order = lab.order(lab.fresh(), "flash")
    lab.cancel(order)
    lab.until(order.id, Heard.CANCELLED)
    told = lab.end(order)
    assert (told.heard, told.duplicate) == (Heard.CANCELLED, True)


def test_too_many_at_once_are_too_many(lab: Lab, done: list[str]) -> None:
    vin = lab.fresh()
    orders = [slow(lab, vin), *(lab.order(vin, "flash") for _ in range(10))]
    for order in orders:
        lab.send(order)
    told = [lab.until(orders[-2].id, Heard.REJECTED), lab.until(orders[-1].id, Heard.REJECTED)]
    assert {one.reason for one in told} == {"busy"}
    for order in orders[:-2]:
        assert any(one.order == order.id and one.heard is Heard.SUCCEEDED for one in lab.heard) or lab.until(
            order.id, Heard.SUCCEEDED
        )
    done += [one.id for one in orders[:-2]]


def test_an_order_that_cannot_be_done_in_time_says_so(lab: Lab, done: list[str]) -> None:
    order = lab.order(lab.fresh(), "flash", timeout=0.001)
    told = lab.end(order)
    assert (told.heard, told.reason) == (Heard.TIMED_OUT, "took too long")
    done.append(order.id)


def test_a_ledger_tells_what_it_holds(lab: Lab, done: list[str]) -> None:
    order = lab.order(lab.fresh(), "parameter.get", name="charge.limit")
    lab.end(order)
    lab.query(order.vin, order.id, "never")
    told = [lab.next(), lab.next()]
    assert [(one.order, one.heard, one.duplicate) for one in told] == [
        (order.id, Heard.SUCCEEDED, True),
        ("never", Heard.UNHELD, False),
    ]
    assert told[0].result == {"value": "80"}
    done.append(order.id)


def test_a_captured_query_or_cancel_is_not_believed_twice(lab: Lab, done: list[str]) -> None:
    vin, now = lab.fresh(), time.time_ns() // 1_000_000
    reply = lab.order(vin, "ping").reply
    payload = lab.telling.query(vin, ["x"], reply=reply, nonce=os.urandom(8).hex(), now=now, expires=now + 9_000)
    envelope = seal(payload, QUERY, lab.operator)
    lab.publish(vin, envelope)
    assert lab.next().heard is Heard.UNHELD
    before = len(lab.refusals())
    lab.publish(vin, envelope)
    assert lab.silent(before + 1)


def test_a_thousand_orders_that_must_not_run_do_not(lab: Lab, done: list[str]) -> None:
    before, vins = len(lab.refusals()), [vin for _, vin in lab.online]
    good = lab.order(vins[0], "ping")
    lab.end(good)
    kinds = {"forged": 250, "replayed": 250, "elsewhere": 250, "expired": 250}
    for number in range(250):
        vin = vins[number % len(vins)]
        lab.send(lab.order(vin, "unlock"), STRANGER)
        lab.publish(good.vin, lab.seal(good))
        lab.send(lab.order(vins[number % len(vins) - 1], "unlock"), to=vin)
        lab.send(lab.order(vin, "unlock", expires=-60))
    assert eventually(lambda: len(lab.refusals()) >= before + 1000)
    reasons = [one["reason"] for one in lab.refusals()[before:]]
    told = {"forged": "unknown key", "replayed": "duplicate", "elsewhere": "wrong vehicle", "expired": "expired"}
    assert {kind: reasons.count(reason) for kind, reason in told.items()} == kinds
    for _ in range(750):
        assert lab.next().heard is not Heard.ACKED
    done.append(good.id)
