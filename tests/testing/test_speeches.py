"""The contract kit for protocols: what ships keeps it, and every broken twin is found out."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from cdctl.application import wiring
from cdctl.domain.fleet.batch import Batch, Presence, Standing
from cdctl.domain.fleet.speech import Promises, Speech
from cdctl.domain.ports import Plugin
from cdctl.domain.settings import Settings
from cdctl.domain.wire import Filter, Message
from cdctl.files import profiles
from cdctl.testing.contract import ContractError
from cdctl.testing.speeches import Sent, check_speech, speech_breaches

SIGNALS = ("Vehicle.Speed", "Vehicle.Powertrain.TractionBattery.StateOfCharge.Displayed")


def told(topic: str, **content: object) -> Sent:
    return Sent(topic, json.dumps(content).encode())


NATIVE = [
    told("cd/eu/V1/birth", v=1, ts=5, seq=1, online=True, model="i4", sw="1"),
    told("cd/eu/V1/tele", ts=5, s={SIGNALS[0]: 4, SIGNALS[1]: None}),
    told("cd/eu/V1/event", v=1, ts=5, kind="dtc.set", dtcs=["P1"]),
    Sent("cd/eu/V1/cmd", b"\x00"),
]
OWNTRACKS = [
    told("owntracks/j/p", _type="location", vel=4, batt=80, created_at=1),
    told("owntracks/j/p", _type="lwt", tst=1),
    told("owntracks/j/p/event", _type="transition", event="enter", tst=1),
]
TESLAMATE = [
    Sent("teslamate/cars/1/state", b"online", retain=True),
    Sent("teslamate/cars/1/battery_level", b"80"),
    Sent("teslamate/cars/1/model", b"3"),
]


@pytest.mark.parametrize(("name", "samples"), [("", NATIVE), ("owntracks", OWNTRACKS), ("teslamate", TESLAMATE)])
def test_what_ships_keeps_the_contract(name: str, samples: list[Sent]) -> None:
    plugin = wiring.catalogue(Settings()).load("protocols", "mapped" if name else "native")
    settings = {"profile": profiles.read(Path(name))} if name else {}
    check_speech(plugin, samples, settings=settings, signals=SIGNALS)


class Twin:
    """A sound protocol (`t/VIN`, a number), until a piece of it is broken."""

    promises = Promises()
    flaw = ""

    def births(self, region: str) -> Sequence[Filter]:
        return ()

    def stream(self, region: str, vins: Sequence[str] | None = None) -> Sequence[Filter]:
        return [Filter(f"t/{vin}") for vin in (["+"] if vins is None else vins)]

    def decode(self, messages: Sequence[Message], region: str, batch: Batch) -> None:
        for message in messages:
            try:
                _, vin = message.topic.split("/")
                value = float(message.payload.decode())
            except ValueError:
                batch.reject("no number", message.topic)
                continue
            self.tell(message, vin, value, batch)

    def tell(self, message: Message, vin: str, value: float, batch: Batch) -> None:
        kept = batch.signals.setdefault(0, ([], []))
        kept[0].append(len(batch.vins))
        kept[1].append(value)
        batch.vins.append(vin)
        batch.regions.append("")
        batch.ts.append(0)


GOOD = [Sent("t/V", b"1.5")]


def plugin_of(make: Callable[[], Speech]) -> Plugin:
    return Plugin(1, "protocols", "twin", "1", "a test", lambda settings, signals: make())


def test_a_good_one_passes() -> None:
    check_speech(plugin_of(Twin), GOOD, signals=SIGNALS[:1])


def broken(**pieces: Any) -> Callable[[], Speech]:
    return type("Broken", (Twin,), pieces)


def raising(self: Twin, messages: Sequence[Message], region: str, batch: Batch) -> None:
    for message in messages:
        batch.ignored += message.payload != b"1.5"
        if message.payload == b"1.5":
            self.tell(message, "V", float(message.payload.decode("ascii")), batch)
        if b"\xff" in message.payload:
            message.payload.decode()


def counting_by_content(self: Twin, messages: Sequence[Message], region: str, batch: Batch) -> None:
    for message in messages:
        if message.payload == b"1.5":
            self.tell(message, "V", 1.5, batch)
        else:
            batch.reject(f"not a number: {message.payload!r}", message.topic)


def silent(self: Twin, messages: Sequence[Message], region: str, batch: Batch) -> None:
    for message in messages:
        if message.payload == b"1.5":
            self.tell(message, "V", 1.5, batch)


def from_the_start(self: Twin, messages: Sequence[Message], region: str, batch: Batch) -> None:
    for at, message in enumerate(m for m in messages if m.payload == b"1.5"):
        self.tell(message, "V", 1.5, batch)
        batch.signals[0][0][-1] = at
    batch.ignored += len([m for m in messages if m.payload != b"1.5"])


def last_only(self: Twin, messages: Sequence[Message], region: str, batch: Batch) -> None:
    batch.ignored += len(messages) - 1
    Twin.decode(self, messages[-1:], region, batch)


def telling(change: Callable[[Batch], object]) -> dict[str, object]:
    def tell(self: Twin, message: Message, vin: str, value: float, batch: Batch) -> None:
        Twin.tell(self, message, vin, value, batch)
        change(batch)

    return {"tell": tell}


class Moody(Twin):
    """Says something else every time."""

    times = 0

    def tell(self, message: Message, vin: str, value: float, batch: Batch) -> None:
        Moody.times += 1
        super().tell(message, vin, Moody.times, batch)


@pytest.mark.parametrize(
    ("make", "breach"),
    [
        (broken(decode=raising), "decode raised UnicodeDecodeError"),
        (broken(decode=counting_by_content), "reasons for malformed messages; each is kept for ever"),
        (broken(decode=silent), "is neither told, ignored nor rejected"),
        (broken(decode=last_only), "a message is understood otherwise when there are others around it"),
        (broken(**telling(lambda b: b.ts.append(0))), "tells 1 vehicles, 1 regions and 2 times"),
        (broken(**telling(lambda b: b.signals.setdefault(1, ([], [])))), "tells signal 1 of 1"),
        (broken(**telling(lambda b: b.signals[0][0].append(7))), "tells a signal at positions that are not there"),
        (broken(**telling(lambda b: b.retained.append(3))), "marks a position as kept that is not there"),
        (broken(**telling(lambda b: b.ts.__setitem__(0, None))), "tells an id, region or time of the wrong type"),
        (broken(**telling(lambda b: b.signals[0][1].__setitem__(0, "1.5"))), "tells a signal that is no number"),
        (broken(**telling(lambda b: [b.reject("x", "t"), b.reject("x", "t")])), "is rejected more than once"),
        (broken(**telling(lambda b: print("seen"))), "printed to stdout"),
        (broken(stream=lambda self, region, vins=None: []), "stream asks for nothing"),
        (broken(stream=lambda self, region, vins=None: [Filter("t/+x")]), "which is no topic filter"),
        (broken(stream=lambda self, region, vins=None: [Filter("t/+")]), "stream of no vehicle asks for something"),
        (broken(promises=Promises(retained_births=True)), "promises retained births, but has no filter for them"),
        (Moody, "says something else the second time"),
    ],
)
def test_a_broken_one_is_found_out(make: Callable[[], Speech], breach: str) -> None:
    with pytest.raises(ContractError) as caught:
        check_speech(plugin_of(make), GOOD, signals=SIGNALS[:1])
    assert breach in str(caught.value)


def test_positions_that_start_anew_in_a_filled_batch_are_found_out() -> None:
    breaches = speech_breaches(broken(decode=from_the_start), [*GOOD, Sent("t/W", b"1.5")], signals=1)
    assert breaches == ("a message is understood otherwise when there are others around it",)


def test_a_sample_that_is_not_understood_is_told() -> None:
    assert any(
        "is not understood: no number" in breach for breach in speech_breaches(Twin, [Sent("t/V", b"x")], signals=1)
    )
    assert "there is no sample to look at" in speech_breaches(Twin, [Sent("t/V", b"1")][:0], signals=1)


def test_births_alone_are_told_too() -> None:
    def tell(self: Twin, message: Message, vin: str, value: float, batch: Batch) -> None:
        batch.standings.append(Standing(vin, Presence.ONLINE))

    check_speech(plugin_of(broken(tell=tell)), GOOD)
