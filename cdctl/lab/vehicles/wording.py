"""What vehicles say, in the native protocol: topics and payloads of births, deaths, telemetry and events."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import msgspec
import numpy as np

from cdctl.lab.vehicles.columns import Doing
from cdctl.lab.vehicles.story import Story, Told
from cdctl.protocols.native import VERSION, BirthPayload, EventPayload

SPEED = "Vehicle.Speed"
CHARGE = "Vehicle.Powertrain.TractionBattery.StateOfCharge.Displayed"
RANGE = "Vehicle.Powertrain.TractionBattery.Range"
ODOMETER = "Vehicle.TraveledDistance"
CHARGING = "Vehicle.Powertrain.TractionBattery.Charging.IsCharging"
BATTERY = "Vehicle.LowVoltageBattery.CurrentVoltage"
TYRES = tuple(
    f"Vehicle.Chassis.Axle.Row{row}.Wheel.{side}.Tire.Pressure" for row in (1, 2) for side in ("Left", "Right")
)
COLUMNS = {
    "soc": CHARGE,
    "speed": SPEED,
    "range": RANGE,
    "odometer": ODOMETER,
    "charging": CHARGING,
    "lowvoltage": BATTERY,
    "tyre.fl": TYRES[0],
    "tyre.fr": TYRES[1],
}
"""Columns of the context `lab`, VSS 6 paths: km/h, %, m, m, truth value, V, kPa."""

CAPABILITIES = ["charge", "climate", "horn", "lights", "lock"]
_WHOLE_EVERY = 4
"""Every so many messages all signals are told; the others tell what moves."""
_WRONG_CLOCKS = 0.004
_SECURE_SKEW = 2_000


class Wording:
    """Topics and payloads of one fleet. Times are epoch milliseconds; every vehicle's clock is a little off, and a few
    are far off."""

    def __init__(self, story: Story, root: str, seed: int) -> None:
        self._story = story
        self._root = root
        regions = [one.name for one in story.scenario.regions]
        self._models = [story.scenario.models[code].name for code in story.who.model.tolist()]
        self._heads = [
            f"{root}/{regions[region]}/{vin}"
            for region, vin in zip(story.who.region.tolist(), story.who.vins, strict=True)
        ]
        rng = np.random.default_rng([seed, 17])
        skew = rng.normal(0, 800, story.who.size)
        wrong = rng.random(story.who.size) < _WRONG_CLOCKS
        skew[wrong] = rng.normal(0, 7.2e6, int(wrong.sum()))
        self._skew = skew.astype(np.int64)
        self.more: Callable[[int], str] = lambda row: ""
        """Further signals of a vehicle as they stand in telemetry, each after a comma."""

    def topic(self, row: int, kind: str) -> str:
        """Where a vehicle says things of this kind."""
        return f"{self._heads[row]}/{kind}"

    def head(self, row: int) -> str:
        """What the topics of a vehicle start with: root, region, VIN."""
        return self._heads[row]

    def every(self, kind: str) -> list[str]:
        """Filters of all vehicles' topics of this kind, one a region."""
        return [f"{self._root}/{one.name}/+/{kind}" for one in self._story.scenario.regions]

    def birth(self, row: int, now: int, *, online: bool = True) -> bytes:
        """The birth that holds now; with `online` false the death that belongs to it."""
        columns = self._story.columns
        return msgspec.json.encode(
            BirthPayload(
                v=VERSION,
                ts=self._clock(row, now),
                seq=int(columns.seq[row]),
                online=online,
                model=self._models[row],
                sw=self._story.who.versions[columns.software[row]],
                caps=CAPABILITIES,
                dtcs=list(columns.standing(row)),
            )
        )

    def event(self, told: Told, now: int) -> bytes:
        """An event as a payload."""
        return msgspec.json.encode(
            EventPayload(
                v=VERSION, ts=self._clock(told.row, now), kind=told.kind, dtcs=list(told.codes), sw=told.software
            )
        )

    def telemetry(self, rows: Sequence[int], second: int, now: int) -> Iterator[tuple[int, bytes]]:
        """What these vehicles say in this second: each with its payload."""
        columns = self._story.columns
        chosen = np.array(rows, dtype=np.int64)
        charge = columns.charge[chosen]
        table = zip(
            rows,
            (self._skew[chosen] + now).tolist(),
            columns.speed[chosen].tolist(),
            charge.tolist(),
            (charge * columns.range_m[chosen] / 100.0).tolist(),
            columns.odometer[chosen].tolist(),
            strict=True,
        )
        whole = (chosen + second // 3) % _WHOLE_EVERY == 0
        for place, (row, ts, speed, soc, metres, odometer) in enumerate(table):
            text = (
                f'{{"ts":{ts},"s":{{"{SPEED}":{speed:.1f},"{CHARGE}":{soc:.1f},"{RANGE}":{metres:.0f},'
                f'"{ODOMETER}":{odometer:.0f}'
            )
            yield row, f"{text}{self._rest(row) if whole[place] else ''}}}}}".encode()

    def _rest(self, row: int) -> str:
        columns = self._story.columns
        charging = "true" if columns.doing[row] == Doing.CHARGING else "false"
        tyres = "".join(
            f',"{path}":{pressure:.0f}' for path, pressure in zip(TYRES, columns.tyres[row].tolist(), strict=True)
        )
        return f',"{CHARGING}":{charging},"{BATTERY}":{columns.battery[row]:.2f}{tyres}{self.more(row)}'

    def secure_clock(self, row: int, now: int) -> int:
        """Now by the clock that orders are judged by: never far off, whatever the clock of telemetry says."""
        return now + max(-_SECURE_SKEW, min(_SECURE_SKEW, int(self._skew[row])))

    def _clock(self, row: int, now: int) -> int:
        return now + int(self._skew[row])
