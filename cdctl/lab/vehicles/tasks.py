"""What the commands do at a simulated vehicle: how long it takes, what changes, what it answers."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from cdctl.lab.vehicles.body import PARAMETERS, Bodies
from cdctl.lab.vehicles.collecting import collect

Values = Mapping[str, Any]


class Failed(Exception):  # noqa: N818 - a vehicle's answer, no error of ours
    """It was tried, and did not succeed; the text is the reason."""


@dataclass(frozen=True, slots=True)
class Task:
    """What one order does to one vehicle. received: epoch milliseconds by its clock, as `now` is."""

    row: int
    args: Values
    received: int
    bodies: Bodies

    @property
    def vin(self) -> str:
        """Whose task it is."""
        return self.bodies.vin(self.row)


Doing = Callable[[Task, int], dict[str, Any]]


def _ping(task: Task, now: int) -> dict[str, Any]:
    return {"received": task.received, "sent": now}


def _lock(on: bool) -> Doing:
    return lambda task, now: {"locked": on, "before": task.bodies.lock(task.row, on)}


def _charge_start(task: Task, now: int) -> dict[str, Any]:
    task.bodies.ledger.keep(task.vin, "limit", str(int(task.args["limit"])))
    return {"charging": True, "before": task.bodies.charge(task.row, True)}


def _charge_stop(task: Task, now: int) -> dict[str, Any]:
    limit = int(task.bodies.ledger.fact(task.vin, "limit") or 80)
    before = task.bodies.charge(task.row, False)
    return {"charging": False, "before": before, "limit": limit}


def _climate_start(task: Task, now: int) -> dict[str, Any]:
    before = task.bodies.climate(task.row, now)
    until = now + int(task.args["duration"]) * 1000
    task.bodies.ledger.keep(task.vin, "climate", f"{until} {float(task.args['temperature'])}")
    return {"running": True, "before": before is not None}


def _climate_stop(task: Task, now: int) -> dict[str, Any]:
    before = task.bodies.climate(task.row, now)
    task.bodies.ledger.keep(task.vin, "climate", "0 0")
    if before is None:
        return {"running": False, "before": False}
    return {"running": False, "before": True, "temperature": before[1], "left": (before[0] - now) // 1000}


def _noticed(task: Task, now: int) -> dict[str, Any]:
    return {"times": task.args.get("times", 1)}


def _locate(task: Task, now: int) -> dict[str, Any]:
    latitude, longitude = task.bodies.place(task.row)
    return {"latitude": latitude, "longitude": longitude, "accuracy": 5, "at": now}


def _reboot(task: Task, now: int) -> dict[str, Any]:
    return {"uptime": 1}


def _log_level(task: Task, now: int) -> dict[str, Any]:
    name = f"log {task.args['unit']}"
    before = task.bodies.ledger.fact(task.vin, name) or "info"
    task.bodies.ledger.keep(task.vin, name, str(task.args["level"]))
    return {"level": task.args["level"], "before": before}


def _parameter_get(task: Task, now: int) -> dict[str, Any]:
    value = parameter(task, str(task.args["name"]))
    if value is None:
        raise Failed("no such parameter")
    return {"value": value}


def _parameter_set(task: Task, now: int) -> dict[str, Any]:
    name, value = str(task.args["name"]), str(task.args["value"])
    prior = parameter(task, name)
    task.bodies.ledger.keep(task.vin, f"parameter {name}", value)
    task.bodies.configured(task.row, name, value)
    return {"value": value, "prior": prior}


def parameter(task: Task, name: str) -> str | None:
    """A parameter's value: as it was set, else as it left the factory."""
    told = task.bodies.ledger.fact(task.vin, f"parameter {name}")
    return PARAMETERS.get(name) if told is None else told


def _collect(task: Task, now: int) -> dict[str, Any]:
    return collect(task.bodies, task.row, str(task.args.get("part", "all")), now)


TASKS: Mapping[str, tuple[Doing, float, float]] = {
    "ping": (_ping, 0.0, 0.0),
    "lock": (_lock(True), 0.3, 1.2),
    "unlock": (_lock(False), 0.3, 1.2),
    "charge.start": (_charge_start, 1.2, 3.0),
    "charge.stop": (_charge_stop, 0.8, 2.0),
    "climate.start": (_climate_start, 0.8, 2.5),
    "climate.stop": (_climate_stop, 0.5, 1.5),
    "horn": (_noticed, 1.0, 2.0),
    "flash": (_noticed, 1.0, 2.0),
    "locate": (_locate, 0.3, 1.5),
    "reboot": (_reboot, 5.0, 12.0),
    "log-level": (_log_level, 0.1, 0.4),
    "parameter.get": (_parameter_get, 0.05, 0.2),
    "parameter.set": (_parameter_set, 0.2, 0.6),
    "diagnostics.collect": (_collect, 1.0, 3.0),
}
"""Command -> what it does, and how long it takes, seconds, at least and at most."""


def seconds(command: str, key: str, vin: str) -> float:
    """How long this one will take; the same every time that it is asked."""
    _, least, most = TASKS[command]
    return least + (most - least) * (zlib.crc32(f"{key} {vin}".encode()) / 2**32)
