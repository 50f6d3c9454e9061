"""The past of remote commands as spans: every bad one, and one in 64 of the others, as a sampling agent keeps them.

A span's tracestate says how many it stands for (`ot=th:fc` is one in 64), so that rates come out right again:
https://opentelemetry.io/docs/specs/otel/trace/tracestate-probability-sampling/.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np

from cdctl.domain.slo.series import Floats
from cdctl.domain.traces.attributes import Attribute
from cdctl.domain.traces.batch import Coded, Pairs, SpanBatch
from cdctl.lab.model import DAY, Outcomes, Scenario
from cdctl.lab.past import RECENT, SPAN_DAYS, STEP, TRACED, Past
from cdctl.lab.vehicles.columns import Ints
from cdctl.lab.vehicles.population import Population
from cdctl.lab.whose import NOBODY, Whose
from cdctl.stores.spans.folder import SpanFolder

KEPT = 64
"""One in so many good commands is kept."""
ORDERS = ("climate", "lock", "lights", "charge", "horn")
ERRORS: Mapping[str, str] = {"failed": "vehicle_error", "timeout": "timeout"}
"""Outcomes that are errors, and `error.type`."""
TIMEOUT = 30.0
MEDIAN, SPREAD, LEAST = 0.47, 0.6, 0.05
"""Of the seconds that a command takes: logarithm of the median, sigma of the logarithm, and what it takes at least."""
_STATES = ("ot=th:0", "ot=th:fc")
_SERVER, _ERROR = 2, 2
_NONE = -1


def write_spans(folder: Path, scenario: Scenario, who: Population, made: Past) -> None:
    """The spans of the past into a store, but for the last minutes, which the platform tells itself."""
    metric = next((one for one in scenario.metrics if one.metric == TRACED), None)
    if not isinstance(metric, Outcomes):
        return
    first, last = max(0, len(made.ages) - 1 - int(SPAN_DAYS * DAY) // STEP), len(made.ages) - 1 - RECENT
    drawn = {region: events[:, first:last] for region, events in made.commands.items()}
    ages, end = made.ages[first : last + 1], made.standing.end
    with SpanFolder(folder) as store:
        for batch in past_spans(scenario, who, metric, drawn, ages, end, made.standing.seed):
            store.write(batch)
        store.write_all([], heard=[(end + float(ages[0]), end + float(ages[-1]))])


def past_spans(
    scenario: Scenario,
    who: Population,
    metric: Outcomes,
    drawn: Mapping[int, Floats],
    ages: Floats,
    end: int,
    seed: int,
) -> Iterator[SpanBatch]:
    """Batches of a day each, in the order of time.

    drawn: region -> events of each outcome in each interval, [n_outcomes, n]; ages: [n + 1] edges of the intervals,
    seconds relative to `end` (epoch seconds).
    """
    rng = np.random.default_rng([seed, 21])
    whose = Whose(scenario, who, metric, rng)
    errors = np.array([name in ERRORS for name in metric.shares])
    kept = {
        region: np.where(errors[:, None], events, rng.binomial(events.astype(np.int64), 1 / KEPT)).astype(np.int64)
        for region, events in drawn.items()
    }
    for low in range(0, len(ages) - 1, int(DAY / (ages[1] - ages[0]))):
        high = min(low + int(DAY / (ages[1] - ages[0])), len(ages) - 1)
        parts = [
            _commands(whose, region, events[:, low:high], ages[low : high + 1], rng) for region, events in kept.items()
        ]
        when, outcome, row = (np.concatenate(column) for column in zip(*parts, strict=True))
        order = np.argsort(when)
        yield _batch(scenario, who, metric, (when[order] + end, outcome[order], row[order]), rng)


def _commands(
    whose: Whose, region: int, events: Ints, ages: Floats, rng: np.random.Generator
) -> tuple[Floats, Ints, Ints]:
    """Age, outcome and vehicle of every command of one region."""
    counts = events.ravel()
    outcome, step = (np.repeat(axis, counts) for axis in np.indices(events.shape).reshape(2, -1))
    when = ages[step] + np.diff(ages)[step] * rng.random(len(step))
    row = np.full(len(when), NOBODY, dtype=np.int64)
    edges = np.array([*whose.changes(region), np.inf])
    part = np.searchsorted(edges, when)
    for number in np.unique(part).tolist():
        mine = part == number
        row[mine] = whose.of(region, outcome[mine], float(when[mine][0]))
    there = row != NOBODY
    return when[there], outcome[there], row[there]


def _batch(
    scenario: Scenario, who: Population, metric: Outcomes, commands: tuple[Floats, Ints, Ints], rng: np.random.Generator
) -> SpanBatch:
    when, outcome, row = commands
    count, names = len(when), list(metric.shares)
    took = np.where(outcome == names.index("timeout"), TIMEOUT, rng.lognormal(MEDIAN, SPREAD, count) + LEAST)
    end = (when * 1e9).astype(np.int64)
    errors = np.array([name in ERRORS for name in names])[outcome]
    order = rng.integers(len(ORDERS), size=count)
    kinds = list(ERRORS.values())
    error = np.array([kinds.index(ERRORS[name]) if name in ERRORS else _NONE for name in names])[outcome]
    rows, vehicle = np.unique(row, return_inverse=True)
    same = np.zeros(count, np.int32)
    columns = {
        Attribute("resource", "service.name"): Coded(same, ("remote-command",)),
        Attribute("span", "region"): Coded(
            who.region[row].astype(np.int32), tuple(one.name for one in scenario.regions)
        ),
        Attribute("span", "vehicle.id"): Coded(
            vehicle.astype(np.int32), tuple(who.vins[number] for number in rows.tolist())
        ),
        Attribute("span", "command.name"): Coded(order.astype(np.int32), ORDERS),
        Attribute("span", "command.outcome"): Coded(outcome.astype(np.int32), tuple(names)),
        Attribute("span", "error.type"): Coded(error.astype(np.int32), tuple(kinds)),
    }
    nothing = Coded(np.full(count, _NONE, np.int32), ())
    empty = Pairs(np.zeros(count + 1, np.int32), Coded(np.zeros(0, np.int32), ()), Coded(np.zeros(0, np.int32), ()))
    return SpanBatch(
        trace=_ids(rng, count, 16),
        span=_ids(rng, count, 8),
        parent=np.zeros((count, 8), np.uint8),
        start=end - (took * 1e9).astype(np.int64),
        end=end,
        kind=np.full(count, _SERVER, np.int8),
        status=np.where(errors, _ERROR, 0).astype(np.int8),
        weight=np.where(errors, 1.0, float(KEPT)),
        texts={
            "name": Coded(order.astype(np.int32), tuple(f"remote_command {one}" for one in ORDERS)),
            "scope": Coded(same, ("cdctl.lab",)),
            "message": Coded(np.where(errors, outcome, _NONE).astype(np.int32), tuple(names)),
            "state": Coded((~errors).astype(np.int32), _STATES),
            "events": nothing,
            "links": nothing,
        },
        columns=columns,
        attributes=empty,
        resource=empty,
    )


def _ids(rng: np.random.Generator, count: int, width: int) -> np.ndarray[tuple[int, int], np.dtype[np.uint8]]:
    made = rng.integers(0, 256, (count, width), dtype=np.uint8)
    made[:, -1] |= 1  # an id of zeros is none
    return made
