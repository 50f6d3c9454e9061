"""An incident as events, and what is told of it: region eu with software 23-07.60 fails from half past on."""

from __future__ import annotations

import numpy as np

from cdctl.domain.traces.batch import Coded
from cdctl.domain.traces.ports import Window
from cdctl.domain.why.events import Column, Events, Origin, recoded
from cdctl.domain.why.explain import Question, explain
from cdctl.domain.why.explanation import Explanation

END = 1_795_996_800
HOUR = 3600
DAY = 86_400
VEHICLES = 300


def incident(
    seed: int = 1, n: int = 12_000, *, rate: float = 0.4, back: int = 0, us: float = 0.002, everywhere: float = 0.002
) -> Events:
    """Events of an hour: vehicles of three regions with three kinds of software; `us` fails at its own rate. `back`:
    seconds before END at which the hour ends."""
    rng = np.random.default_rng(seed)
    vehicle = rng.integers(0, VEHICLES, n)
    region, sw = vehicle % 3, vehicle // 3 % 3
    at = END - back - HOUR + 1 + np.sort(rng.integers(0, HOUR, n))
    hit = (region == 0) & (sw == 2) & (at > END - back - HOUR / 2)
    chance = np.where(hit, rate, np.where(region == 1, us, everywhere))
    bad = rng.random(n) < chance
    texts: dict[str, tuple[list[str], Origin]] = {
        "region": ([("eu", "us", "cn")[code] for code in region], "span"),
        "sw": ([("23-07.50", "23-07.55", "23-07.60")[code] for code in sw], "fleet"),
        "command.name": ([("lock", "climate")[code] for code in rng.integers(0, 2, n)], "span"),
        "service.name": (["remote-command"] * n, "resource"),
        "error.type": (["timeout" if one else "" for one in bad], "span"),
    }
    columns = tuple(Column(name, recoded(told), origin) for name, (told, origin) in texts.items())
    names = [f"WBA000000000{number:05}" for number in range(VEHICLES)]
    trace = rng.integers(0, 256, (n, 16)).astype(np.uint8)
    return Events(bad.astype(float), np.ones(n), np.ones(n), at, columns, Coded(vehicle.astype(np.int32), names), trace)


def asked(**more: object) -> Question:
    """What is asked of it."""
    window, before = Window(END - HOUR, END), Window(END - DAY - HOUR, END - DAY)
    usual = {
        "window": window,
        "reference": before,
        "slo": "remote-command-availability",
        "target": 0.995,
        "source": "spans",
    }
    usual["period"] = 28.0 * DAY
    return Question(**{**usual, **more})  # type: ignore[arg-type]


def told(now: Events | None = None, before: Events | None = None, **more: object) -> Explanation:
    """The explanation of an incident that was not there the day before."""
    calm = before if before is not None else incident(2, rate=0.002, back=DAY)
    return explain(now if now is not None else incident(), calm, asked(**more))
