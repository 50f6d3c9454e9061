"""Answers about one vehicle: the numbers of `fleet show`, a past of its signals, its orders."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from collectors import served
from screens import NOW, Look, columns, vin
from writing import intent, move, write

from cdctl.application.fleet import LocalFleet
from cdctl.application.top import vehicle_wiring
from cdctl.application.top.lookout import Lookout, Setting
from cdctl.application.top.lookout_wiring import Means
from cdctl.application.top.vehicle import Samples
from cdctl.cli import fleet_rows
from cdctl.domain.boards.asking import Missing
from cdctl.domain.boards.requests import About
from cdctl.domain.boards.vehicle import PART_SECONDS, PARTS, Inspect, Inspected
from cdctl.domain.fleet.columns import Columns
from cdctl.domain.fleet.layout import Layout
from cdctl.domain.orders.order import State
from cdctl.domain.settings import Context, Settings
from cdctl.errors import UnavailableError

PATHS = {
    "soc": "Vehicle.Powertrain.TractionBattery.StateOfCharge.Displayed",
    "charging": "Vehicle.Powertrain.TractionBattery.Charging.IsCharging",
    "lat": "Vehicle.CurrentLocation.Latitude",
}


def vehicles(count: int) -> Columns:
    """The fleet of `screens`, with three signals."""
    plain = columns(count)
    layout = Layout(tuple(PATHS), plain.layout.capacity)
    made = Columns(layout, memoryview(bytearray(layout.size)))
    for name in plain.parts:
        if name in made.parts and not name.startswith("signal"):
            made.parts[name][:] = plain.parts[name]
    for name in plain.header.dtype.names:
        if name != "signal_names":
            made.header[name] = plain.header[name]
    for signal in made.signals:
        signal[:] = np.nan
    return made


class House:
    """A view of ten vehicles with a journal in a folder."""

    def __init__(self, folder: Path) -> None:
        self.journal = folder / "journal.db"
        self.columns = vehicles(10)
        self.look = Look(vehicles=self.columns)
        settings = Settings({"x": Context("x")}, "x", journal=str(self.journal), fleet_columns=PATHS)
        fleet = LocalFleet(self.columns, self.look.clock)
        self.means = Means(settings, self.look.clock, fleet, Missing("none"))
        self.answer = vehicle_wiring.answering(self.means)[Inspect]

    def signal(self, name: str, value: float, number: int = 4) -> None:
        self.columns.signals[list(PATHS).index(name)][number] = value

    def ask(self, one: str = vin(4)) -> Inspected:
        async def once() -> Inspected:
            found = await self.answer(Inspect(one), self.look.lookout.snapshot())
            assert isinstance(found, Inspected)
            return found

        return asyncio.run(once())


@pytest.fixture
def house(tmp_path) -> Iterator[House]:
    made = House(tmp_path)
    yield made
    asyncio.run(made.means.closing.aclose())


def shown(house: House) -> dict[str, object]:
    """What `cdctl fleet show -o json` prints of the same vehicle."""
    fleet = house.means.fleet
    assert isinstance(fleet, LocalFleet)
    card = asyncio.run(fleet.card(vin(4)))
    assert card is not None
    render = fleet_rows.card(card, frozenset({"lat"}), {}, frozenset({"charging"}))
    told: dict[str, object] = json.loads(render("json", False, None))
    return told


def test_the_numbers_are_those_of_the_command(house):
    house.signal("soc", 61.5)
    house.signal("charging", 1.0)
    house.signal("lat", 48.137)
    code = house.columns.troubles.code({"P0A9B", "U0100-87"}, house.columns.dtcs[:10])
    house.columns.dtcs[4] = code
    look = Look(vehicles=house.columns, board="vehicle", about=About(vin=vin(4)), answering={Inspect: house.answer})
    panel = look.stage.panels["v"].data()
    command = shown(house)
    for name in ("happenings", "status"):
        command.pop(name)
    assert {name: panel[name] for name in command} == command
    assert "lat" not in panel
    assert panel["kept_back"] == ["lat"]
    assert panel["charging"] is True
    assert panel["units"] == {"soc": "%"}
    assert panel["dtc"] == ["P0A9B", "U0100-87"]
    assert panel["meanings"]["P0A9B"]  # type: ignore[index]


def test_no_place_is_anywhere_in_the_answer(house):
    house.signal("lat", 48.137)
    told = house.ask()
    assert "lat" not in told.cells
    assert [one.name for one in told.gauges] == ["soc", "charging"]
    assert "48.137" not in repr(told)


def test_signals_get_a_past_while_one_looks(house):
    for second in range(60):
        house.signal("soc", 50.0 + second)
        told = house.ask()
        house.look.clock.at += 1
    past = told.gauges[0].past
    assert len(past) == PARTS
    known = [value for value in past if value is not None]
    assert known == sorted(known)
    assert 5 <= len(known) <= 6
    assert house.ask(vin(5)).gauges[0].past == (None,) * PARTS
    house.signal("soc", 99.0)
    assert [value for value in house.ask().gauges[0].past if value is not None] == [99.0]


def test_a_clock_that_is_set_back_begins_anew():
    samples = Samples()
    samples.take("V", NOW, {"soc": 1.0})
    samples.take("V", NOW - 3_600, {"soc": 2.0})
    assert [value for value in samples.past("soc", NOW - 3_600) if value is not None] == [2.0]
    assert [value for value in samples.past("soc", NOW) if value is not None] == []


def test_samples_are_bounded_and_parts_are_means():
    samples = Samples()
    for n in range(5_000):
        samples.take("V", NOW + n, {"soc": float(n % 2)})
    assert len(samples._taken) == 600
    past = samples.past("soc", NOW + 4_999)
    assert all(value is not None and 0.3 < value < 0.7 for value in past[:-1])
    assert PARTS * PART_SECONDS == 300


def test_its_orders_as_the_journal_has_them(house):
    assert house.ask().orders_note == "no order was sent from here yet"
    assert not house.journal.exists()
    write(house.journal, [intent(1, vin=vin(4)), intent(2, vin=vin(5))])
    told = house.ask()
    assert [(one.command, one.state) for one in told.orders] == [("lock", "queued")]
    write(house.journal, [move(1, State.SENT), move(1, State.FAILED, reason="the door is open"), intent(3, vin=vin(4))])
    told = house.ask()
    assert [(one.command, one.state, one.reason) for one in told.orders] == [
        ("lock", "queued", ""), ("lock", "failed", "the door is open"),
    ]  # fmt: skip
    assert told.orders_note == ""
    assert house.ask(vin(6)).orders_note == "no order was sent to it from here"


def test_a_journal_that_cannot_be_read_takes_only_the_orders(house):
    house.journal.write_bytes(b"no journal at all" * 100)
    told = house.ask()
    assert told.orders == ()
    assert "journal" in told.orders_note
    assert told.cells["state"] == "online"


def test_a_vehicle_that_nobody_knows(house):
    with pytest.raises(UnavailableError, match="nothing was heard of WBX"):
        house.ask("WBX")
    with pytest.raises(UnavailableError) as caught:
        house.ask(vin(4)[:-2])
    assert caught.value.hint == f"did you mean {vin(0)}?"
    house.columns.expect(["WBX"], ["eu"], ["i4"], [""])
    assert house.ask("WBX").cells["state"] == "never"


def test_through_a_collector_the_same(tmp_path):
    async def run() -> None:
        async with served(tmp_path, 20) as one, one.fleet() as fleet:
            one.soc([4], [61.5])
            settings = Settings({"x": Context("x")}, "x", fleet_columns={"soc": PATHS["soc"]})
            lookout = Lookout(Setting("x", signals=("soc",)), one.clock, fleet, Missing("none"))
            means = Means(settings, one.clock, fleet, Missing("none"))
            answer = vehicle_wiring.answering(means)[Inspect]
            lookout.snapshot()
            await lookout.ready(20)
            told = await answer(Inspect(vin(4)), lookout.snapshot())
            assert isinstance(told, Inspected)
            assert (told.cells["soc"], told.cells["state"], told.cells["region"]) == (61.5, "online", "eu")
            with pytest.raises(UnavailableError, match="nothing was heard of WBX"):
                await answer(Inspect("WBX"), lookout.snapshot())
            await lookout.aclose()
            await means.closing.aclose()

    asyncio.run(run())
