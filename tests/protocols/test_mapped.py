"""Fleets that a profile describes: what is understood, asked for, promised, and counted as not understood."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from cdctl.domain.fleet.batch import Batch, Event, Presence, Standing
from cdctl.domain.fleet.profile import Profile
from cdctl.domain.fleet.speech import Promises
from cdctl.domain.wire import Filter
from cdctl.errors import UsageError
from cdctl.files import profiles
from cdctl.protocols import mapped
from cdctl.protocols.mapped.payloads import LARGEST

SPEED, PRESSURE, LOCK = "Vehicle.Speed", "Vehicle.Chassis.Axle.Row1.Wheel.Left.Tire.Pressure", "Vehicle.Lock"
ACME = """\
profile: cdctl/v1
name: acme
vehicle: "{maker}/{car}"
region: "{land}"
messages:
  - topic: f/{land}/{maker}/{car}/up
    payload: value
    kept: present
    qos: 1
    presence: {at: "", words: {"1": online, "0": offline, sleeping: unknown}}
  - topic: f/{land}/{maker}/{car}/data
    when: {/t: tele, /v: 2}
    time: {at: /at, unit: rfc3339}
    signals:
      Vehicle.Speed: {at: /drive/mph, convert: mph->km/h}
      Vehicle.Chassis.Axle.Row1.Wheel.Left.Tire.Pressure: {at: /tyres/0/bar, convert: bar->kPa}
      Vehicle.Lock: {at: /drive/lock, words: {open: 0, shut: 1, "true": 1}}
    model: /model
    software: unknowable
  - topic: f/{land}/{maker}/{car}/data
    when: {/t: trouble}
    time: {at: /ms, unit: ms}
    event: {kind: dtc.set, detail: /text, dtcs: /codes}
  - topic: f/{land}/{maker}/{car}/temp
    payload: value
    signals: {Vehicle.Outside: {at: "", convert: F->Celsius}}
"""


@pytest.fixture
def acme(tmp_path: Path) -> Profile:
    (tmp_path / "p.yaml").write_text(ACME)
    return profiles.read(tmp_path / "p.yaml")


@pytest.fixture
def understood(acme: Profile, sent: Callable[..., Any]) -> Callable[..., Batch]:
    """What messages to f/eu/kia/7/KIND say; a tuple is kind, payload and whether it was kept."""

    def decode(*messages: tuple[Any, ...], signals: Sequence[str] = (SPEED, PRESSURE, LOCK)) -> Batch:
        batch = Batch()
        made = []
        for kind, content, *kept in messages:
            payload = content if isinstance(content, bytes) else json.dumps(content).encode()
            made.append(sent(kind if "/" in kind else f"f/eu/kia/7/{kind}", payload, bool(kept)))
        mapped.make({"profile": acme}, signals).decode(made, "link", batch)
        return batch

    return decode


TELE = {"t": "tele", "v": 2, "at": "2026-01-01T00:00:00Z", "drive": {"mph": 10, "lock": "shut"}, "model": "EV9"}


def test_fields_units_words_and_time(understood: Callable[..., Batch]) -> None:
    batch = understood(("data", TELE | {"tyres": [{"bar": 2.5}]}), ("data", TELE | {"drive": {"lock": True}}))
    assert (batch.vins, batch.regions, batch.ts) == (["kia/7"] * 2, ["eu"] * 2, [1767225600000] * 2)
    assert batch.signals == {0: ([0], [pytest.approx(16.09344)]), 1: ([0], [250.0]), 2: ([0, 1], [1.0, 1.0])}
    facts = Standing("kia/7", Presence.UNKNOWN, "eu", None, 1767225600000, "EV9", "unknowable")
    assert batch.standings == [facts] * 2
    assert not batch.malformed


def test_only_the_signals_that_are_kept_in_their_order(understood: Callable[..., Batch]) -> None:
    batch = understood(("data", TELE), signals=("Vehicle.Other", LOCK, SPEED))
    assert batch.signals == {1: ([0], [1.0]), 2: ([0], [pytest.approx(16.09344)])}


def test_what_is_absent_or_null_is_not_told(understood: Callable[..., Batch]) -> None:
    batch = understood(
        ("data", {"t": "tele", "v": "2"}),
        ("data", {"t": "tele", "v": 2, "drive": None, "at": None, "model": None, "tyres": []}),
    )
    assert (batch.vins, batch.ts, batch.signals) == (["kia/7"] * 2, [0, 0], {})
    assert {standing.model for standing in batch.standings} == {""}


def test_presence_by_words_and_what_was_kept_says_so(understood: Callable[..., Batch]) -> None:
    batch = understood(("up", b"1", True), ("up", b" 0\n"), ("up", b"sleeping"))
    assert batch.standings == [
        Standing("kia/7", Presence.ONLINE, "eu", retained=True),
        Standing("kia/7", Presence.OFFLINE, "eu"),
    ]
    assert (batch.ignored, batch.vins) == (1, [])


def test_events(understood: Callable[..., Batch]) -> None:
    trouble = {"t": "trouble", "ms": 5, "text": "cell 3", "codes": ["P0A9B-17"]}
    batch = understood(("data", trouble), ("data", trouble | {"codes": "P1, P2 P3"}), ("data", trouble, True))
    assert batch.events == [
        Event("kia/7", "dtc.set", "eu", 5, ("P0A9B-17",), "", "cell 3"),
        Event("kia/7", "dtc.set", "eu", 5, ("P1", "P2", "P3"), "", "cell 3"),
    ]
    assert batch.ignored == 1  # an event that the broker had kept is no news


def test_single_values(understood: Callable[..., Batch]) -> None:
    outside = ("Vehicle.Outside",)
    batch = understood(("temp", b"68"), ("temp", b"-4e1\n"), ("temp", b"true", True), ("temp", b" "), signals=outside)
    assert batch.signals == {0: ([0, 1, 2], pytest.approx([20.0, -40.0, -17.2222], rel=1e-3))}  # type: ignore[comparison-overlap]
    assert (batch.retained, batch.ignored) == ([2], 1)


def test_kinds_that_no_rule_knows_and_what_was_taken_back_are_ignored(understood: Callable[..., Batch]) -> None:
    batch = understood(("data", {"t": "card"}), ("data", {"t": "tele", "v": 3}), ("data", b""), ("up", b"", True))
    assert (batch.ignored, batch.vins, batch.standings, batch.malformed) == (4, [], [], {})


@pytest.mark.parametrize(
    ("kind", "content", "reason"),
    [
        ("data", b'{"t":', "not JSON"),
        ("data", b'\xff{"t":1}', "not JSON"),
        ("data", b"{" + b'"t":{"a":' * 100, "not JSON"),
        ("data", b'{"t":' + b"[" * 100_000 + b"]" * 100_000 + b"}", "nested too deep"),
        ("data", b" " * LARGEST + b"{}", "payload too large"),
        ("data", TELE | {"drive": {"mph": "fast"}}, "wrong type or missing field"),
        ("data", TELE | {"drive": {"mph": [1]}}, "wrong type or missing field"),
        ("data", TELE | {"drive": {"mph": "1_0"}}, "wrong type or missing field"),
        ("data", TELE | {"drive": {"mph": 10**400}}, "wrong type or missing field"),
        ("data", TELE | {"drive": {"lock": "ajar"}}, "a word that the profile does not know"),
        ("data", TELE | {"at": "2026-01-01T00:00:00"}, "wrong type or missing field"),
        ("data", TELE | {"at": "0001-01-01T00:00:00Z"}, "wrong type or missing field"),
        ("data", TELE | {"at": {}}, "wrong type or missing field"),
        ("data", TELE | {"model": ["EV9"]}, "wrong type or missing field"),
        ("data", {"t": "trouble", "ms": -1}, "wrong type or missing field"),
        ("data", {"t": "trouble", "ms": True}, "wrong type or missing field"),
        ("data", {"t": "trouble", "codes": [7]}, "wrong type or missing field"),
        ("data", {"t": "trouble", "codes": ["P"] * 65}, "wrong type or missing field"),
        ("up", b"2", "a word that the profile does not know"),
        ("up", b"\xff", "not UTF-8"),
        ("f/eu/kia/7", b"", "wrong topic"),
        ("f/eu/kia/7/up/x", b"1", "wrong topic"),
        ("f/eu/kia/7/down", b"1", "wrong topic"),
        ("g/eu/kia/7/up", b"1", "foreign topic"),
    ],
)
def test_what_cannot_be_understood_is_counted_and_harms_nobody(
    understood: Callable[..., Batch], kind: str, content: object, reason: str
) -> None:
    batch = understood(("data", TELE), (kind, content), ("data", TELE))
    assert batch.malformed == {reason: 1}
    assert batch.example.startswith(f"{reason}: ")
    assert (batch.vins, batch.signals[0][0], len(batch.standings)) == (["kia/7"] * 2, [0, 1], 2)


def test_numbers_beyond_a_float_are_left_to_the_columns(understood: Callable[..., Batch]) -> None:
    batch = understood(("data", b'{"t":"tele","v":2,"drive":{"mph":1e999}}'))
    assert not batch.vins or batch.signals[0][1] == [float("inf")]


def test_filters_name_the_region_and_no_topic_without_use(acme: Profile) -> None:
    speech = mapped.make({"profile": acme}, (SPEED,))
    assert speech.births("eu") == [Filter("f/eu/+/+/up", 0, retained=True)]
    assert speech.stream("eu") == [
        Filter("f/eu/+/+/up", 1, retained=False),
        Filter("f/eu/+/+/data", 0, retained=False),
    ]
    with_outside = mapped.make({"profile": acme}, (SPEED, "Vehicle.Outside"))
    assert [f.topic for f in with_outside.stream("eu", ["kia/7", "no-slash", "a/b/c"])] == [
        "f/eu/kia/7/up",
        "f/eu/kia/7/data",
        "f/eu/kia/7/temp",
    ]


def test_promises_are_what_the_profile_can_keep(acme: Profile, tmp_path: Path) -> None:
    assert mapped.make({"profile": acme}, ()).promises == Promises(retained_births=True, presence=True)
    (tmp_path / "q.yaml").write_text(
        'profile: cdctl/v1\nname: mute\nvehicle: "{car}"\nmessages:\n'
        "  - {topic: 'x/{car}', presence: online, signals: {Vehicle.Speed: /v}}\n"
    )
    assert mapped.make({"profile": profiles.read(tmp_path / "q.yaml")}, ()).promises == Promises()


def test_the_region_may_be_one_for_all_or_the_link_s(acme: Profile, tmp_path: Path, sent: Callable[..., Any]) -> None:
    for region, expected in (("", ""), ("region: us\n", "us")):
        text = f'profile: cdctl/v1\nname: x\nvehicle: "{{c}}"\n{region}messages: [{{topic: "x/{{c}}"}}]\n'
        (tmp_path / "q.yaml").write_text(text)
        speech, batch = mapped.make({"profile": profiles.read(tmp_path / "q.yaml")}, ()), Batch()
        speech.decode([sent("x/1", b"7")], "eu", batch)
        assert (batch.vins, batch.regions, batch.ts) == (["1"], [expected], [0])
        assert speech.births("eu") == []


def test_without_a_profile_it_is_refused_and_told_how() -> None:
    with pytest.raises(UsageError, match="needs a profile") as caught:
        mapped.make({"topic_root": "cd", "profile": "owntracks"}, ())
    assert "teslamate" in caught.value.hint


# The profiles that ship

CHARGE = "Vehicle.Powertrain.TractionBattery.StateOfCharge.Displayed"


def shipped(name: str, signals: Sequence[str], *messages: Any) -> Batch:
    batch = Batch()
    speech = mapped.make({"profile": profiles.read(Path(name))}, signals)
    speech.decode(messages, "eu", batch)
    return batch


def test_owntracks(sent: Callable[..., Any]) -> None:
    location = {"_type": "location", "tid": "JP", "lat": 52.5, "lon": 13.4, "batt": 80, "vel": 54, "tst": 1, "acc": 9}
    topic = "owntracks/jane/phone"

    def say(content: object, end: str = "", kept: bool = False) -> Any:
        return sent(topic + end, json.dumps(content).encode(), kept)

    batch = shipped(
        "owntracks",
        (SPEED, CHARGE),
        say(location, kept=True),
        say(location | {"created_at": 1767225600}),
        say(location | {"created_at": 1767225601}),
        say({"_type": "lwt", "tst": 1767225500}),
        say(location | {"created_at": 1767225602}),
        say({"_type": "transition", "event": "enter", "tst": 1767225603, "wtst": 1, "desc": "Home"}, "/event"),
        say({"_type": "card", "name": "Jane"}),
        say({"_type": "status"}, "/status"),
    )
    assert (batch.vins, batch.retained) == (["jane/phone"] * 4, [0])
    assert batch.ts == [0, 1767225600000, 1767225601000, 1767225602000]
    assert batch.signals == {0: ([0, 1, 2, 3], [54.0] * 4), 1: ([0, 1, 2, 3], [80.0] * 4)}
    assert [standing.presence.name for standing in batch.standings] == ["ONLINE", "OFFLINE", "ONLINE"]
    assert batch.events == [Event("jane/phone", "enter", "", 1767225603000)]
    assert (batch.ignored, batch.malformed) == (1, {"wrong topic": 1})


def test_owntracks_keeps_a_location_only_where_a_signal_asks(sent: Callable[..., Any]) -> None:
    location = sent("owntracks/j/p", b'{"_type":"location","lat":52.5,"lon":13.4}')
    assert "52.5" not in repr(shipped("owntracks", (SPEED, CHARGE), location))
    assert shipped("owntracks", ("Vehicle.CurrentLocation.Latitude",), location).signals == {0: ([0], [52.5])}


def test_owntracks_does_not_know_who_is_there_before_they_speak() -> None:
    speech = mapped.make({"profile": profiles.read(Path("owntracks"))}, (SPEED,))
    assert speech.promises == Promises(retained_births=False, presence=True)
    assert [(f.topic, f.retained) for f in speech.stream("eu", ["jane/phone"])] == [
        ("owntracks/jane/phone", True),
        ("owntracks/jane/phone/event", False),
    ]


def test_teslamate(sent: Callable[..., Any]) -> None:
    values = {
        "state": "driving", "model": "3", "version": "2019.32.12.2", "battery_level": "88", "speed": "12",
        "odometer": "1653", "tpms_pressure_fl": "2.9", "locked": "true", "shift_state": "D", "latitude": "35.278131",
    }  # fmt: skip
    signals = (CHARGE, SPEED, "Vehicle.TraveledDistance", PRESSURE, "Vehicle.Cabin.Door.Row1.DriverSide.IsLocked")
    messages = [sent(f"teslamate/cars/1/{name}", value.encode(), retain=True) for name, value in values.items()]
    batch = shipped("teslamate", signals, *messages, sent("teslamate/cars/1/state", b"asleep"))
    assert batch.standings == [
        Standing("1", Presence.ONLINE, retained=True),
        Standing("1", Presence.UNKNOWN, model="3", retained=True),
        Standing("1", Presence.UNKNOWN, software="2019.32.12.2", retained=True),
        Standing("1", Presence.OFFLINE),
    ]
    told = {signals[number]: values for number, (_, values) in batch.signals.items()}
    assert told == {
        CHARGE: [88.0],
        SPEED: [12.0],
        "Vehicle.TraveledDistance": [1_653_000.0],
        PRESSURE: [290.0],
        "Vehicle.Cabin.Door.Row1.DriverSide.IsLocked": [1.0],
    }
    assert (batch.vins, batch.retained) == (["1"] * 5, [0, 1, 2, 3, 4])
    assert (batch.ignored, batch.malformed) == (2, {})


def test_teslamate_is_asked_for_what_is_kept_and_for_nothing_personal() -> None:
    speech = mapped.make({"profile": profiles.read(Path("teslamate"))}, (CHARGE,))
    assert speech.births("eu") == [Filter("teslamate/cars/+/state")]
    assert [f.topic.rpartition("/")[2] for f in speech.stream("eu")] == ["state", "model", "version", "battery_level"]
