"""The columns against a plain dict of vehicles that reads every message in turn."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from cdctl.domain.fleet.batch import Batch, Event, Presence, Standing
from cdctl.domain.fleet.columns import Columns
from cdctl.domain.fleet.layout import Layout
from cdctl.domain.fleet.view import FleetView

NOW = 1_800_000_000_000
VINS = ("A", "BB", "CCC")
REGIONS = ("eu", "us")
ON, OFF, UNKNOWN = Presence.ONLINE, Presence.OFFLINE, Presence.UNKNOWN


@dataclass
class Car:
    """What a careful clerk would note of one vehicle."""

    state: Presence = UNKNOWN
    before: Presence = UNKNOWN
    seq: int | None = None
    live: bool = False
    region: str = ""
    link: str = ""
    seen: int = 0
    messages: int = 0
    events: int = 0
    model: str = ""
    dtcs: frozenset[str] | None = None
    soc: float = math.nan


@dataclass
class Clerk:
    """The rules of INTERFACE: births, deaths, telemetry and cuts, one at a time."""

    cars: dict[str, Car] = field(default_factory=dict)

    def standing(self, said: Standing, now: int) -> None:
        car = self.cars.setdefault(said.vin, Car())
        if not self._counts(car, said):
            return
        birth = said.presence is ON
        if birth and not said.retained:
            car.seen, car.messages = now, car.messages + 1
        car.state, car.before, car.live = said.presence, UNKNOWN, not said.retained
        car.seq = car.seq if said.seq is None else said.seq
        car.region = car.link = said.region
        car.model = said.model or car.model
        car.dtcs = car.dtcs if said.dtcs is None else frozenset(said.dtcs)

    @staticmethod
    def _counts(car: Car, said: Standing) -> bool:
        birth = said.presence is ON
        if said.seq is not None and car.seq is not None and said.seq != car.seq:
            return said.seq > car.seq or (birth and not said.retained and car.state is not ON)
        if not birth and car.link and said.region != car.region:
            return False
        if said.retained and car.live:
            return False
        return not (said.retained and birth and car.before is not UNKNOWN)

    def speaks(self, vin: str, region: str, now: int) -> Car:
        car = self.cars.setdefault(vin, Car())
        car.seen, car.messages = now, car.messages + 1
        if car.state is UNKNOWN:
            car.state, car.before = ON, UNKNOWN
        if car.state is ON:
            car.region = car.link = region
        return car

    def event(self, said: Event, now: int) -> None:
        car = self.speaks(said.vin, said.region, now)
        car.events += 1
        if said.kind == "dtc.set":
            car.dtcs = (car.dtcs or frozenset()) | set(said.dtcs)
        elif said.kind == "dtc.cleared" and not said.dtcs:
            car.dtcs = frozenset()
        elif said.kind == "dtc.cleared" and car.dtcs is not None:
            car.dtcs -= set(said.dtcs)

    def cut(self, region: str) -> None:
        for car in self.cars.values():
            if car.link == region and car.state is not UNKNOWN:
                car.before, car.state, car.live = car.state, UNKNOWN, False


vin, region = st.sampled_from(VINS), st.sampled_from(REGIONS)
dtcs = st.lists(st.sampled_from(["P0A9B", "C0123", "U0100-87"]), max_size=3).map(tuple)
standings = st.builds(
    Standing,
    vin=vin,
    presence=st.sampled_from([ON, OFF]),
    seq=st.none() | st.integers(0, 4),
    ts=st.just(NOW),
    model=st.sampled_from(["", "i4", "ix"]),
    retained=st.booleans(),
    dtcs=st.none() | dtcs,
)
events = st.builds(Event, vin=vin, kind=st.sampled_from(["dtc.set", "dtc.cleared", "door.open"]), dtcs=dtcs)
telemetry = st.tuples(vin, st.none() | st.floats(width=32, allow_nan=True, allow_infinity=True))
batches = st.tuples(
    st.just("batch"),
    region,
    st.lists(standings, max_size=4),
    st.lists(events, max_size=2),
    st.lists(telemetry, max_size=4),
)
steps = st.lists(batches | st.tuples(st.just("cut"), region), max_size=12)


def batch_of(place: str, births: list[Standing], happened: list[Event], told: list[tuple[str, float | None]]) -> Batch:
    batch = Batch(standings=births, events=happened, vins=[name for name, _ in told])
    batch.regions, batch.ts = [""] * len(told), [NOW] * len(told)
    some = [(at, value) for at, (_, value) in enumerate(told) if value is not None]
    if some:
        batch.signals[0] = ([at for at, _ in some], [value for _, value in some])
    return batch


def take(clerk: Clerk, place: str, batch: Batch, now: int) -> None:
    for said in batch.standings:
        clerk.standing(said, now)
    for event in batch.events:
        clerk.event(event, now)
    for name in batch.vins:
        clerk.speaks(name, place, now)
    for at, value in zip(*batch.signals.get(0, ([], [])), strict=True):
        if math.isfinite(value):
            clerk.cars[batch.vins[at]].soc = value


def noted(columns: Columns, name: str) -> Car:
    """The columns' word on one vehicle, as the clerk writes it."""
    row = columns.row(name)
    view = FleetView(columns, NOW)
    codes, texts = view.coded("region")
    models, names = view.coded("model")
    sets, members = view.code_sets("dtc")
    return Car(
        state=Presence(int(columns.presence[row])),
        seq=None if columns.seq[row] == 0 else int(columns.seq[row]) - 1,
        region=texts[codes[row]],
        seen=int(columns.seen_ms[row]),
        messages=int(columns.messages[row]),
        events=int(columns.events[row]),
        model=names[models[row]],
        dtcs=frozenset(members[sets[row]]) if sets[row] else None,
        soc=float(columns.signals[0][row]),
    )


def shown(car: Car) -> tuple[object, ...]:
    """What both can be compared by; NaN is equal to itself here."""
    soc = None if math.isnan(car.soc) else car.soc
    return (car.state, car.seq, car.region, car.seen, car.messages, car.events, car.model, car.dtcs, soc)


LAYOUT = Layout(("soc",), 100)


@settings(max_examples=300)
@given(steps)
def test_columns_say_what_the_clerk_says(history):
    columns, clerk = Columns(LAYOUT, memoryview(bytearray(LAYOUT.size))), Clerk()
    for place in REGIONS:
        columns.link_up(place, "mqtt://x", NOW)
    for number, step in enumerate(history):
        now = NOW + number * 1000
        if step[0] == "cut":
            columns.link_down(step[1], "mqtt://x", now)
            clerk.cut(step[1])
            continue
        _, place, births, happened, told = step
        births = [Standing(b.vin, b.presence, place, b.seq, b.ts, b.model, "", b.retained, b.dtcs) for b in births]
        happened = [Event(e.vin, e.kind, place, e.ts, e.dtcs) for e in happened]
        batch = batch_of(place, births, happened, told)
        columns.apply(batch, now, place)
        take(clerk, place, batch, now)
        assert columns.rows == len(clerk.cars)
    assert {name: shown(noted(columns, name)) for name in clerk.cars} == {n: shown(c) for n, c in clerk.cars.items()}
    assert columns.generation % 2 == 0


@given(st.lists(st.tuples(standings, st.booleans()), max_size=15))
def test_births_and_deaths_in_one_batch_are_as_one_by_one(said):
    """How a stream is cut into batches changes nothing but what has the time of the batch."""
    whole, single = (Columns(LAYOUT, memoryview(bytearray(LAYOUT.size))) for _ in range(2))
    for columns in (whole, single):
        columns.link_up("eu", "mqtt://x", NOW)
    told = [one for one, _ in said]
    whole.apply(Batch(standings=told), NOW, "eu")
    for one in told:
        single.apply(Batch(standings=[one]), NOW, "eu")
    for name in ("ids", "presence", "seq", "since_ms", "before_ms", "flags", "flaps", "model", "dtcs", "messages"):
        assert np.array_equal(whole.parts[name], single.parts[name]), name
    assert whole.counters() == single.counters()
    assert [record[1:] for record in whole.ring.since(0)[2]] == [record[1:] for record in single.ring.since(0)[2]]
