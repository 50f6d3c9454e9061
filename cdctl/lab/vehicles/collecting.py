"""What a simulated vehicle tells of its own health: `diagnostics.collect`."""

from __future__ import annotations

import zlib
from typing import Any

from cdctl.lab.vehicles.body import Bodies
from cdctl.lab.vehicles.columns import Doing

_PARTS = ("dtc", "signals", "versions", "network", "events")
_LETTERS = "PCBU"
_FAILURES = {"P": 0x00, "C": 0x11, "B": 0x13, "U": 0x87}
"""Failure type by family of code (SAE J2012-DA): no detail, circuit short to ground, circuit open, missing message."""
_CONFIRMED, _LAMP, _FAILED = 0x2F, 0x80, 0x01
"""ISO 14229-1 status: failed now and before, pending, confirmed; warning indicator asked for."""


def collect(bodies: Bodies, row: int, part: str, now: int) -> dict[str, Any]:
    """One part or all of them. now: epoch milliseconds by the vehicle's clock."""
    makers = {"dtc": _codes, "signals": _signals, "versions": _versions, "network": _network, "events": _events}
    return {one: makers[one](bodies, row, now) for one in _PARTS if part in ("all", one)}


def written(code: str, failure: int) -> str:
    """Three bytes, hexadecimal: P0A9B with failure type 0x17 is 0A9B17 (SAE J2012)."""
    first = _LETTERS.index(code[0]) << 14 | int(code[1:], 16)
    return f"{first:04X}{failure:02X}"


def _codes(bodies: Bodies, row: int, now: int) -> list[dict[str, Any]]:
    found = []
    for code in bodies.story.columns.standing(row):
        mark = zlib.crc32(f"{bodies.vin(row)} {code}".encode())
        status = _CONFIRMED | (_LAMP if mark % 3 == 0 else 0)
        if mark % 4 == 0:
            status &= ~_FAILED  # it was so, and is not now
        found.append(
            {"code": written(code, _FAILURES[code[0]]), "status": status, "frame": _frame(bodies, row, mark, now)}
        )
    return found


def _frame(bodies: Bodies, row: int, mark: int, now: int) -> dict[str, Any]:
    """Signals as they were when the code was set."""
    columns = bodies.story.columns
    metres = float(columns.odometer[row])
    return {
        "at": now - mark % 86_400_000,
        "Vehicle.Speed": mark % 130,
        "Vehicle.TraveledDistance": round(max(0.0, metres - mark % 90_000)),
        "Vehicle.LowVoltageBattery.CurrentVoltage": round(11.2 + mark % 300 / 100, 2),
    }


def _signals(bodies: Bodies, row: int, now: int) -> dict[str, Any]:
    from cdctl.lab.vehicles import wording as said

    now_ = bodies.story.columns
    charge = float(now_.charge[row])
    return {
        said.SPEED: round(float(now_.speed[row]), 1),
        said.CHARGE: round(charge, 1),
        said.RANGE: round(charge * float(now_.range_m[row]) / 100),
        said.ODOMETER: round(float(now_.odometer[row])),
        said.CHARGING: bodies.charging(row),
        said.BATTERY: round(float(now_.battery[row]), 2),
        **{path: round(value) for path, value in zip(said.TYRES, now_.tyres[row].tolist(), strict=True)},
    }


def _versions(bodies: Bodies, row: int, now: int) -> dict[str, str]:
    software = bodies.story.who.versions[bodies.story.columns.software[row]]
    mark = zlib.crc32(bodies.vin(row).encode())
    return {"tcu": software, "head-unit": software, "gateway": f"4.{mark % 7}.{mark % 13}", "bms": f"2.{mark % 5}"}


def _network(bodies: Bodies, row: int, now: int) -> dict[str, Any]:
    mark = zlib.crc32(f"{bodies.vin(row)} {bodies.story.number // 30}".encode())
    weak = bool(bodies.story.columns.flapping[row])
    technology = "LTE" if mark % 4 else "5G"
    return {"operator": f"Simulated {mark % 3 + 1}", "technology": technology, "signal": -70 - mark % 25 - 20 * weak}


def _events(bodies: Bodies, row: int, now: int) -> list[dict[str, Any]]:
    columns = bodies.story.columns
    doing = Doing(int(columns.doing[row])).name.lower()
    found = [{"at": now, "kind": "state", "text": doing}]
    found += [{"at": now - 60_000, "kind": "dtc.set", "text": code} for code in columns.standing(row)]
    found.append({"at": now - 120_000, "kind": "connect", "text": f"number {int(columns.seq[row])}"})
    return found
