"""From events to an explanation."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from why_told import DAY, END, HOUR, asked, incident, told

from cdctl.domain.traces.batch import Coded
from cdctl.domain.why.events import Column
from cdctl.domain.why.explain import explain
from cdctl.domain.why.explanation import Cause, Explanation, Predicate


def where(cause: Cause) -> dict[str, str]:
    return {one.attribute: one.value for one in cause.where}


FAULT = {"region": "eu", "sw": "23-07.60"}


@pytest.fixture(scope="module")
def found() -> Explanation:
    return told()


def test_the_fault_and_nothing_else(found: Explanation) -> None:
    (cause,) = found.causes
    assert where(cause) == FAULT
    assert found.fresh == (cause,)
    assert cause.new is True
    assert cause.log10_p < -9


def test_its_figures(found: Explanation) -> None:
    (cause,) = found.causes
    events = incident()
    mask = np.array([v % 3 == 0 and v // 3 % 3 == 2 for v in (events.vehicle.codes if events.vehicle else ())])
    assert (cause.inside.raw_bad, cause.inside.raw_total) == (events.bad[mask].sum(), mask.sum())
    assert (cause.outside.raw_bad, cause.outside.raw_total) == (events.bad[~mask].sum(), (~mask).sum())
    assert cause.share == pytest.approx(events.bad[mask].sum() / events.bad.sum())
    assert cause.burn == pytest.approx(events.bad[mask].sum() / len(events) / 0.005)
    assert cause.budget == pytest.approx(cause.burn * HOUR / (28 * DAY))
    assert found.burn == pytest.approx(events.bad.sum() / len(events) / 0.005)
    assert cause.since is not None
    assert abs(cause.since - (END - HOUR / 2)) <= 120
    assert (found.timeline.ends[0], found.timeline.ends[-1]) == (END - HOUR + 60, END)
    assert found.timeline.total.sum() == len(events)
    assert cause.timeline.bad.sum() == cause.inside.bad


def test_its_examples_are_bad_events_of_its_own_and_of_different_vehicles(found: Explanation) -> None:
    (cause,) = found.causes
    events = incident()
    assert events.trace is not None
    assert events.vehicle is not None
    rows = [events.trace[:, :].tobytes().hex().find(trace) // 32 for trace in cause.traces]
    assert len(rows) == 3
    assert all(events.bad[row] for row in rows)
    assert len({int(events.vehicle.codes[row]) for row in rows}) == 3


def test_its_selection(found: Explanation) -> None:
    (cause,) = found.causes
    assert cause.picked.where == "region:eu sw:23-07.60"
    assert cause.picked.beyond == ()
    assert 20 < cause.picked.vehicles <= 34


def test_the_group_in_question_is_part_of_the_selection() -> None:
    """Else the software of all regions would be picked."""
    events = incident()
    eu = Coded(np.zeros(len(events), np.int32), ["eu"])
    inside = replace(events, columns=tuple(replace(c, coded=eu) if c.name == "region" else c for c in events.columns))
    found = told(inside, group={"region": "eu"})
    assert found.causes[0].picked.where.startswith("region:eu ")
    beyond = told(inside, group={"zone": "a"}).causes[0].picked.beyond
    assert [one.attribute for one in beyond] == ["zone"]


def test_what_was_searched_and_what_was_not(found: Explanation) -> None:
    assert set(found.attributes) == {"region", "sw", "command.name"}
    assert [(one.attribute, one.reason) for one in found.left_out] == [("error.type", "it says how an event ended")]
    assert found.heavy[0].attribute == "vehicle"
    assert found.heavy[0].bad >= found.heavy[1].bad


def test_what_was_so_before_is_no_cause_of_a_new_burn() -> None:
    """us always fails ten times as often; eu with the new software is what is new."""
    now = incident(us=0.03)
    found = told(now, incident(2, rate=0.002, back=DAY, us=0.03))
    assert [where(cause) for cause in found.fresh] == [FAULT]
    assert [where(cause) for cause in found.standing] == [{"region": "us"}]
    # The bad twin: without the hours before, nobody can tell them apart.
    alone = explain(now, None, asked())
    assert {tuple(where(cause).values()) for cause in alone.fresh} == {("eu", "23-07.60"), ("us",)}
    assert alone.reference is None


def test_the_cause_of_a_burn_that_went_on_all_day_is_its_cause() -> None:
    found = told(before=incident(2, back=DAY))
    assert [cause.new for cause in found.causes] == [False]
    assert not found.risen
    assert [where(cause) for cause in found.fresh] == [FAULT]


def test_nothing_stands_out_when_all_fail_alike() -> None:
    found = told(incident(rate=0.05, us=0.05, everywhere=0.05))
    assert found.causes == ()
    assert found.burn is not None
    assert found.burn > 5


def test_weights_are_for_rates_and_raw_counts_for_certainty() -> None:
    events = incident()
    weighted = replace(events, weight=np.where(events.bad > 0, 1.0, 20.0))
    cause, plain = told(weighted).causes[0], told(events).causes[0]
    assert where(cause) == where(plain)
    assert cause.log10_p == plain.log10_p
    assert cause.inside.rate is not None
    assert plain.inside.rate is not None
    assert cause.inside.rate < plain.inside.rate / 5
    assert cause.inside.raw_total == plain.inside.raw_total


def test_what_defines_the_sli_is_never_a_cause() -> None:
    events = incident()
    found = told(events, defining=("sw",))
    assert all(one.attribute != "sw" for cause in found.causes for one in cause.where)
    assert Predicate("region", "eu") in found.causes[0].where


def test_no_events_at_all() -> None:
    nothing = incident(n=0)
    found = told(nothing)
    assert (found.causes, found.burn, found.events.total) == ((), None, 0)


def test_a_heavy_hitter_is_told_once_and_has_some_bad_events() -> None:
    events = incident()
    assert events.vehicle is not None
    # The fleet knows it by the same id, yet as values of its own.
    same = Column("vehicle.id", Coded(events.vehicle.codes, list(events.vehicle.values)), "span")
    found = told(replace(events, columns=(*events.columns, same)))
    assert len({hit.value for hit in found.heavy}) == len(found.heavy) > 0
    single = np.zeros(len(events))
    single[np.flatnonzero(events.bad)[:20]] = 1.0
    calm = told(replace(events, bad=single))
    assert all(hit.bad >= 3 for hit in calm.heavy)
    assert told(replace(events, bad=np.where(np.arange(len(events)) == 7, 1.0, 0.0))).heavy == ()
