"""The native protocol: what is understood, and what is counted as not understood."""

from __future__ import annotations

import json

import pytest
from sending import Sent

from cdctl.domain.fleet.batch import Batch, Event, Presence, Standing
from cdctl.errors import UsageError
from cdctl.protocols import native

SPEED, CHARGE = "Vehicle.Speed", "Vehicle.Powertrain.TractionBattery.StateOfCharge.Displayed"
VIN = "WBA12345678901234"


def understood(*messages: Sent, root: str = "cd") -> Batch:
    batch = Batch()
    native.make({"topic_root": root}, (SPEED, CHARGE)).decode(messages, "eu", batch)
    return batch


def sent(kind: str, content: object, *, vin: str = VIN, root: str = "cd", retain: bool = False) -> Sent:
    payload = content if isinstance(content, bytes) else json.dumps(content).encode()
    return Sent(f"{root}/eu/{vin}/{kind}", payload, retain)


def test_telemetry_gives_the_kept_signals_and_skips_the_others() -> None:
    batch = understood(
        sent("tele", {"ts": 5, "s": {SPEED: 42.5, "Vehicle.Other": "text", CHARGE: 80}}),
        sent("tele", {"ts": 6, "s": {CHARGE: 79}}, vin="B"),
        sent("tele", {"ts": 7, "s": {SPEED: None}}, vin="C"),
    )
    assert (batch.vins, batch.regions, batch.ts) == ([VIN, "B", "C"], ["eu"] * 3, [5, 6, 7])
    assert batch.signals == {0: ([0], [42.5]), 1: ([0, 1], [80.0, 79.0])}
    assert not batch.malformed


def test_positions_go_on_when_a_batch_is_filled_twice() -> None:
    speech = native.make({}, (SPEED,))
    batch = Batch()
    for speed in (1, 2):
        speech.decode([sent("tele", {"ts": 5, "s": {SPEED: speed}})], "eu", batch)
    assert batch.signals == {0: ([0, 1], [1.0, 2.0])}


def test_truth_values_are_numbers() -> None:
    assert understood(sent("tele", {"ts": 5, "s": {SPEED: True}})).signals == {0: ([0], [1.0])}


def test_kept_telemetry_is_marked_as_old() -> None:
    batch = understood(sent("tele", {"ts": 5, "s": {}}), sent("tele", {"ts": 5, "s": {}}, retain=True))
    assert batch.retained == [1]


def test_births_and_deaths_in_order() -> None:
    birth = {"v": 1, "ts": 9, "seq": 3, "online": True, "model": "i4", "sw": "23-07.55", "caps": ["lock"]}
    batch = understood(sent("birth", birth, retain=True), sent("birth", birth | {"online": False}))
    assert batch.standings == [
        Standing(VIN, Presence.ONLINE, "eu", 3, 9, "i4", "23-07.55", retained=True, caps=("lock",)),
        Standing(VIN, Presence.OFFLINE, "eu", 3, 9, "i4", "23-07.55", retained=False, caps=("lock",)),
    ]


def test_events() -> None:
    event = {"v": 1, "ts": 9, "kind": "dtc.set", "dtcs": ["P0A9B-17"], "detail": "cell 3"}
    assert understood(sent("event", event)).events == [Event(VIN, "dtc.set", "eu", 9, ("P0A9B-17",), "", "cell 3")]


def test_a_birth_that_was_taken_back_is_no_news() -> None:
    batch = understood(sent("birth", b""))
    assert (batch.ignored, batch.standings, batch.malformed) == (1, [], {})


def test_orders_and_replies_are_for_others() -> None:
    assert understood(sent("cmd", b"\x00")).ignored == 1


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (sent("tele", b'{"ts":5,"s":{'), "not JSON"),
        (sent("tele", b""), "not JSON"),
        (sent("tele", b'\xff\xfe{"ts":5}'), "not JSON"),
        (sent("tele", {"ts": "5", "s": {}}), "wrong type or missing field"),
        (sent("tele", {"ts": -1, "s": {}}), "wrong type or missing field"),
        (sent("tele", {"ts": 10**30, "s": {}}), "wrong type or missing field"),
        (sent("tele", {"s": {}}), "wrong type or missing field"),
        (sent("tele", {"ts": 5, "s": {SPEED: "fast"}}), "wrong type or missing field"),
        (sent("tele", b'{"ts":5,"s":{"x":' + b"[" * 100_000 + b"]" * 100_000 + b"}}"), "nested too deep"),
        (sent("tele", b'{"ts":5,"s":{"x":"' + b"a" * native.LARGEST + b'"}}'), "payload too large"),
        (sent("birth", b" " * native.LARGEST + b"{}"), "payload too large"),
        (sent("birth", {"v": 2, "ts": 5, "seq": 1, "online": True}), "unknown version"),
        (sent("birth", {"v": 1, "ts": 5, "seq": 2**32, "online": True}), "wrong type or missing field"),
        (sent("birth", {"v": 1, "ts": 5, "seq": 1, "online": "yes"}), "wrong type or missing field"),
        (sent("event", {"v": 9, "ts": 5, "kind": "dtc.set"}), "unknown version"),
        (sent("event", {"v": 1, "ts": 5, "kind": ""}), "wrong type or missing field"),
        (sent("event", {"v": 1, "ts": 5, "kind": "k", "dtcs": ["P"] * 65}), "wrong type or missing field"),
        (sent("event", {"v": 1, "ts": 5, "kind": "dtc.set", "dtc": "P0A9B"}), "an event without what it is about"),
        (sent("event", {"v": 1, "ts": 5, "kind": "sw.changed"}), "an event without what it is about"),
        (Sent("cd/eu/tele", b"{}"), "wrong topic"),
        (Sent("cd/eu/a/b/tele", b"{}"), "wrong topic"),
        (Sent("other/eu/V/tele", b'{"ts":5,"s":{}}'), "foreign topic"),
        (Sent("xx/eu/V/birth", b'{"v":1,"ts":5,"seq":1,"online":true}'), "foreign topic"),
    ],
)
def test_what_cannot_be_understood_is_counted_and_harms_nobody(message: Sent, reason: str) -> None:
    batch = understood(sent("tele", {"ts": 1, "s": {SPEED: 1}}), message, sent("tele", {"ts": 2, "s": {SPEED: 2}}))
    assert batch.malformed == {reason: 1}
    assert batch.example == f"{reason}: {message.topic}"
    assert batch.ts == [1, 2]
    assert batch.signals == {0: ([0, 1], [1.0, 2.0])}


def test_topic_root_of_several_levels() -> None:
    assert understood(sent("tele", {"ts": 1, "s": {}}, root="prod/cars"), root="prod/cars").vins == [VIN]


@pytest.mark.parametrize("root", ["", "/cd", "cd/", "cd/+", "#", "a b", "a/b/c/d/e"])
def test_a_root_that_cannot_start_a_topic_is_refused(root: str) -> None:
    with pytest.raises(UsageError, match="cannot start a topic"):
        native.make({"topic_root": root}, ())


def test_filters_name_one_region_and_ask_for_what_was_kept_only_once() -> None:
    speech = native.make({}, ())
    assert [(f.topic, f.qos, f.retained) for f in speech.births("eu")] == [("cd/eu/+/birth", 0, True)]
    assert [(f.topic, f.qos, f.retained) for f in speech.stream("eu")] == [
        ("cd/eu/+/birth", 1, False),
        ("cd/eu/+/tele", 0, False),
        ("cd/eu/+/event", 1, False),
    ]
    assert [f.topic for f in speech.stream("eu", ["A"])] == ["cd/eu/A/birth", "cd/eu/A/tele", "cd/eu/A/event"]
