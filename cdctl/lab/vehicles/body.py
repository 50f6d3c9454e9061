"""What of a vehicle orders touch: doors, plug, charging, place; read from the story's columns and from kept facts."""

from __future__ import annotations

import zlib

import numpy as np

from cdctl.domain.orders.command import Precondition
from cdctl.lab.vehicles.columns import Doing
from cdctl.lab.vehicles.ledger import Ledger
from cdctl.lab.vehicles.story import Story, Told

LOCKED = "Vehicle.Cabin.Door.Row1.DriverSide.IsLocked"
CLIMATE = "Vehicle.Cabin.HVAC.IsAirConditioningActive"
PARAMETERS = {
    "telemetry.interval": "10",
    "telemetry.batch": "1",
    "charge.limit": "80",
    "climate.default": "21",
    "gateway.cache": "on",
    "modem.band": "auto",
    "log.upload": "off",
    "bms.map": "v1",
}
"""What every vehicle knows from the factory."""
HARMFUL = "bms.map"
_HARM = "P0A80"
_HARMS_WITHIN = 20
_CHARGES_FOR = 1800
_DOORS_OPEN = 0.02
_PLUGGED = 0.35


class Bodies:
    """All vehicles of a fleet. A row is a vehicle's place in the story."""

    def __init__(self, story: Story, ledger: Ledger, seed: int) -> None:
        rng = np.random.default_rng([seed, 20])
        self.story = story
        self.ledger = ledger
        self._doors = rng.random(story.who.size)
        self._plug = rng.random(story.who.size)

    def holds(self, condition: Precondition, row: int) -> bool:
        """Whether a precondition holds at this vehicle now."""
        now = self.story.columns
        doing = now.doing[row]
        match condition:
            case Precondition.PARKED:
                return bool(doing != Doing.DRIVING)
            case Precondition.STANDING:
                return bool(now.speed[row] == 0)
            case Precondition.DOORS_CLOSED:
                return bool(doing != Doing.PARKED or self._doors[row] >= _DOORS_OPEN)
            case Precondition.CHARGER_PLUGGED:
                return self.plugged(row)
            case Precondition.BATTERY_ABOVE_20:
                return bool(now.charge[row] > 20)

    def plugged(self, row: int) -> bool:
        """Whether a cable is in."""
        doing = self.story.columns.doing[row]
        return bool(doing == Doing.CHARGING or (doing != Doing.DRIVING and self._plug[row] < _PLUGGED))

    def charging(self, row: int) -> bool:
        """Whether it charges."""
        return bool(self.story.columns.doing[row] == Doing.CHARGING)

    def charge(self, row: int, on: bool) -> bool:
        """Begin or end charging; whether it was charging before."""
        now = self.story.columns
        before = self.charging(row)
        if before is not on:
            now.doing[row] = Doing.CHARGING if on else Doing.PARKED
            now.until[row] = self.story.number + _CHARGES_FOR
            now.speed[row] = 0.0
        self._plug[row] = 0.0  # charging ended, and the cable is in as it was
        return before

    def locked(self, row: int) -> bool:
        """Whether the doors are locked: as they were told last, else as most people leave them."""
        told = self.ledger.fact(self.vin(row), "locked")
        if told is not None:
            return told == "true"
        return bool(self.story.columns.doing[row] != Doing.PARKED or self._doors[row] >= 0.2)

    def lock(self, row: int, on: bool) -> bool:
        """Lock or unlock; whether they were locked before."""
        before = self.locked(row)
        self.ledger.keep(self.vin(row), "locked", "true" if on else "false")
        return before

    def climate(self, row: int, now: int) -> tuple[int, float] | None:
        """Until when climate runs (epoch milliseconds, as now) and at how many degrees; None when it does not."""
        until, _, temperature = (self.ledger.fact(self.vin(row), "climate") or "0 0").partition(" ")
        return (int(until), float(temperature)) if int(until) > now else None

    def told(self, row: int, now: int) -> str:
        """What telemetry says of it beyond what every vehicle tells: only of what somebody has ordered."""
        vin, found = self.vin(row), ""
        if locked := self.ledger.fact(vin, "locked"):
            found += f',"{LOCKED}":{locked}'
        if self.ledger.fact(vin, "climate"):
            found += f',"{CLIMATE}":{"true" if self.climate(row, now) else "false"}'
        return found

    def configured(self, row: int, name: str, value: str) -> None:
        """What follows from a parameter that was set: another map of the battery's control unit is one that a third of
        the vehicles cannot bear."""
        self.story.configured(row, name, value)
        mark = zlib.crc32(self.vin(row).encode())
        if name == HARMFUL and mark % 3 == 0:
            kind = "dtc.cleared" if value == PARAMETERS[HARMFUL] else "dtc.set"
            self.story.expect(Told(row, kind, (_HARM,)), 1 + mark % _HARMS_WITHIN)

    def vin(self, row: int) -> str:
        """Its name."""
        return self.story.who.vins[row]

    def place(self, row: int) -> tuple[float, float]:
        """Where it is, degrees: somewhere near the middle of its region, and not far from where it was."""
        name = self.story.scenario.regions[self.story.who.region[row]].name
        latitude, longitude = _MIDDLES.get(name, (0.0, 0.0))
        mark = zlib.crc32(self.vin(row).encode())
        way = float(self.story.columns.odometer[row]) / 5e4
        return (
            round(latitude + (mark % 1000 - 500) / 400 + 0.02 * float(np.sin(way)), 5),
            round(longitude + (mark // 1000 % 1000 - 500) / 300 + 0.02 * float(np.cos(way)), 5),
        )


_MIDDLES = {"eu": (48.8, 11.4), "us": (39.8, -98.6), "cn": (32.1, 114.3)}
