"""What happened to a fleet of `screens`, as answers that stand still: a timeline, a vehicle's card, its messages.

look = Look(200, "vehicle", answering=happened.answering(), about=About(vin=vin(4)))
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from screens import HOSTILE, NOW, vin

from cdctl.application.top.lookout import Answering
from cdctl.domain.boards.asking import Ask
from cdctl.domain.boards.messages import Listen, Listened, Overheard
from cdctl.domain.boards.requests import About, Open
from cdctl.domain.boards.snapshot import Snapshot
from cdctl.domain.boards.timeline import Occasion, Reach, Recall, Recalled
from cdctl.domain.boards.vehicle import PARTS, Gauge, Inspect, Inspected, Sent, Trouble

CHARGE = "Vehicle.Powertrain.TractionBattery.StateOfCharge.Displayed"


def one(ago: float, kind: str, word: str, subject: str, text: str, role: str = "", **more: object) -> Occasion:
    return Occasion(f"{ago}.{word}", NOW - ago, kind, word, subject, text, role, **more)  # type: ignore[arg-type]


def of_vehicle(ago: float, number: int, word: str, text: str, role: str, kind: str = "presence") -> Occasion:
    opens = Open("vehicle", About(vin=vin(number)))
    return one(ago, kind, word, vin(number), text, role, vin=vin(number), region="eu", opens=opens)


STORM = one(
    12, "presence", "offline", "eu", "1,240 vehicles went offline", "warn", region="eu", count=1_240, began=NOW - 16
)
BURNS = "region=eu: met → breached; burns: 1h/5m > 13.44"
DOOR = {"vin": vin(4), "region": "eu", "opens": Open("orders", About(vin=vin(4)))}
INCIDENT = Open("incident", About(promise="remote-command-availability", group={"region": "eu"}))
STORY = (
    of_vehicle(2, 4, "online", "came online", "good"),
    STORM,
    one(40, "promises", "breached", "remote-command-availability", BURNS, "bad", opens=INCIDENT),
    one(65, "orders", "failed", vin(4), "unlock failed: the door is open", "bad", **DOOR),
    one(90, "promises", "firing", "RemoteCommandBurn", "alert fires: region=eu severity=page", "bad"),
    of_vehicle(130, 4, "dtc.set", "P0A9B set: hybrid battery temperature sensor A circuit", "bad", "events"),
    one(190, "orders", "wave", "winter-update", "wave 2 begins: 400 vehicles", opens=Open("orders")),
    one(300, "links", "link.up", "us", "link is up", "good", region="us"),
    one(420, "changes", "deployment", "remote-command", "deployment: remote-command 1.4.2 by ci"),
    of_vehicle(3_700, 8, "sw.changed", "other software: 23-07.60", "", "events"),
    one(90_000, "changes", "flag", HOSTILE, HOSTILE),
)  # fmt: skip
REACHES = (
    Reach("vehicles", NOW - 4_000, "this view"),
    Reach("orders"),
    Reach("promises", NOW - 4_000, "this view"),
    Reach("changes", None, "no file /home/ada/changes.jsonl"),
    Reach("alerts", NOW - 21_600),
)


async def recalled(ask: Recall, seen: Snapshot) -> Recalled:
    """The story, as far as it is asked for."""
    told: list[Occasion] = []
    for event in STORY:
        words = f"{event.subject} {event.text}".casefold()
        if event.kind not in ask.kinds or not all(word in words for word in ask.text.casefold().split()):
            continue
        if ask.vin and event.vin != ask.vin:
            continue
        told.append(event)
        if event.key in ask.unfolded:
            told += [
                replace(of_vehicle(12 + n, n, "offline", "went offline", "warn"), part_of=event.key) for n in range(3)
            ]
    return Recalled(told, REACHES[:2] if ask.vin else REACHES)


def gauge(name: str, path: str, value: float | bool | None, unit: str = "", step: float = 0.0) -> Gauge:
    past = tuple(None if n < 4 else 50.0 - step * (n % 7) for n in range(PARTS)) if value is not None else ()
    return Gauge(name, path, value, unit, past)


async def inspected(ask: Inspect, seen: Snapshot) -> Inspected:
    """A vehicle with something of everything."""
    cells = {
        "vin": ask.vin, "region": "eu", "model": "i4", "sw": "23-07.55", "state": "online", "age": 1.6,
        "since": 11_220.0,
        "dtcs": 2, "caps": "climate lock ping reboot unlock", "messages": 4_120, "events": 3, "flaps": 2, "skew": -42.5,
        "duplicate": "no", "inventory": "yes", "snapshot": "no", "soc": 62.0, "charging": True, "pressure": None,
    }  # fmt: skip
    return Inspected(
        ask.vin,
        NOW,
        cells,
        (Trouble("P0A9B", "hybrid battery temperature sensor A circuit"), Trouble("U0100-87")),
        (
            gauge("soc", CHARGE, 62.0, "%", 3.0),
            gauge("speed", "Vehicle.Speed", 88.5, "km/h", -4.0),
            gauge("charging", "Vehicle.Powertrain.TractionBattery.Charging.IsCharging", True),
            gauge("pressure", "Vehicle.Chassis.Axle.Row1.Wheel.Left.Tire.Pressure", None, "kPa"),
        ),
        (
            Sent("o2", "p", "unlock", "failed", "the door is open", NOW - 65, NOW - 64),
            Sent("o1", "p", "climate", "succeeded", "", NOW - 7_300, NOW - 7_298),
            Sent("o0", "p", HOSTILE, "timed_out", HOSTILE, NOW - 90_000, NOW - 89_000),
        ),
        "",
        ("latitude", "longitude"),
    )


def overheard(number: int, ago: float, suffix: str, text: str, qos: int = 0, retain: bool = False) -> Overheard:
    topic = f"cd/eu/{vin(4)}/{suffix}"
    return Overheard(number, NOW - ago, topic, suffix, qos, retain, len(text), text)


SPEED = '{"ts": 1800000000000, "s": {"Vehicle.Speed": 88.5, "Vehicle.CurrentLocation.Latitude": "(kept back)"}}'
BIRTH = '{"v": 1, "ts": 1799988780000, "seq": 3, "online": true, "model": "i4", "sw": "23-07.55"}'
SAID = (
    overheard(5, 0.4, "tele", SPEED),
    overheard(4, 1.4, "tele", '{"ts": 1799999999000, "s": {"Vehicle.Speed": 86.0}}'),
    overheard(3, 130.2, "event", '{"v": 1, "ts": 1799999870000, "kind": "dtc.set", "dtcs": ["P0A9B"]}', 1),
    overheard(2, 200.0, HOSTILE, HOSTILE),
    overheard(1, 11_220.0, "birth", BIRTH, 1, True),
)  # fmt: skip


async def listened(ask: Listen, seen: Snapshot) -> Listened:
    """Five messages."""
    return Listened(ask.vin, SAID, NOW - 30, 5, ("eu (mqtt://127.0.0.1:1883)",))


def answering() -> Mapping[type[Ask], Answering]:
    """Who answers."""
    return {Recall: recalled, Inspect: inspected, Listen: listened}
