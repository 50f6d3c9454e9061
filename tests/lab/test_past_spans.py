"""The past as spans: what was counted is what the kept spans stand for, and the bad ones are whose they should be."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from cdctl.domain.traces.attributes import Attribute
from cdctl.lab.model import DAY, draw
from cdctl.lab.past import STEP, TRACED
from cdctl.lab.past_spans import ERRORS, KEPT, past_spans
from cdctl.lab.scenarios import scenario
from cdctl.lab.vehicles.population import population
from cdctl.lab.whose import Whose

END = 1_790_000_000 // STEP * STEP
STORY = scenario("bad-software")
WHO = population(STORY, 900, 3)
METRIC = next(one for one in STORY.metrics if one.metric == TRACED)
AGES = np.arange(-4 * DAY, 1, STEP)


@pytest.fixture(scope="module")
def drawn():
    rng = np.random.default_rng(1)
    return {i: draw(METRIC, one, STORY, 200_000, AGES, END, rng) for i, one in enumerate(STORY.regions)}


@pytest.fixture(scope="module")
def batches(drawn):
    return list(past_spans(STORY, WHO, METRIC, drawn, AGES, END, seed=5))


def texts(batch, scope: str, key: str) -> list[str | None]:
    column = batch.columns[Attribute(scope, key)]
    return [column.values[code] if code >= 0 else None for code in column.codes.tolist()]


def test_every_bad_command_is_kept_and_the_others_stand_for_all(drawn, batches):
    names = list(METRIC.shares)
    for place, region in enumerate(STORY.regions):
        kept: Counter[str] = Counter()
        stands: Counter[str] = Counter()
        for batch in batches:
            rows = zip(
                texts(batch, "span", "region"), texts(batch, "span", "command.outcome"), batch.weight, strict=True
            )
            for where, outcome, weight in rows:
                if where == region.name:
                    kept[outcome] += 1
                    stands[outcome] += weight
        for code, name in enumerate(names):
            counted = drawn[place][code].sum()
            if name in ERRORS:
                assert kept[name] == stands[name] == counted > 0
            else:
                spread = np.sqrt(counted * (KEPT - 1))
                assert abs(stands[name] - counted) < 5 * spread
                assert kept[name] < counted / (KEPT / 2)


def test_a_weight_is_told_by_the_tracestate(batches):
    for batch in batches:
        states = [batch.texts["state"].values[code] for code in batch.texts["state"].codes.tolist()]
        assert {(state, weight) for state, weight in zip(states, batch.weight.tolist(), strict=True)} == {
            ("ot=th:0", 1.0),
            ("ot=th:fc", float(KEPT)),
        }


def test_the_bad_ones_of_an_incident_are_its_versions(batches):
    software = dict(zip(WHO.vins, (WHO.versions[code] for code in WHO.software.tolist()), strict=True))
    during: Counter[str] = Counter()
    before: Counter[str] = Counter()
    for batch in batches:
        rows = zip(
            texts(batch, "span", "region"), texts(batch, "span", "error.type"), texts(batch, "span", "vehicle.id"),
            ((batch.end / 1e9 - END) / 3600).tolist(), strict=True,
        )  # fmt: skip
        for where, error, vin, age in rows:
            if where == "eu" and error == "vehicle_error":
                (during if age > -38 else before if age < -62 else Counter())[software[vin]] += 1
    assert during["23-07.60"] > 0.9 * during.total() > 1_000
    assert before["23-07.60"] < 0.5 * before.total()


def test_ids_are_unique_and_times_in_order(batches):
    ids = {bytes(one) for batch in batches for one in batch.span}
    assert len(ids) == sum(map(len, batches))
    for batch in batches:
        assert (np.diff(batch.end) >= 0).all()
        assert (batch.start < batch.end).all()
    assert max(batch.end.max() for batch in batches) <= END * 1e9


def test_the_same_seed_gives_the_same_spans(drawn, batches):
    again = list(past_spans(STORY, WHO, METRIC, drawn, AGES, END, seed=5))
    assert all((one.trace == other.trace).all() for one, other in zip(batches, again, strict=True))


def test_a_region_without_vehicles_has_no_commands():
    nobody = population(STORY, 0, 3)
    whose = Whose(STORY, nobody, METRIC, np.random.default_rng(1))
    assert (whose.of(0, np.array([0, 1, 2]), -1.0) == -1).all()
