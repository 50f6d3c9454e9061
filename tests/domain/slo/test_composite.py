"""One verdict on several indicators."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cdctl.domain.slo.alert_windows import BURN_WINDOWS
from cdctl.domain.slo.composite import with_composite
from cdctl.domain.slo.judge import judge, no_data
from cdctl.domain.slo.measure import Asked, measure
from cdctl.domain.slo.objective import Budgeting, Objective, Query, Ratio, Slo
from cdctl.domain.slo.series import Buckets
from cdctl.domain.slo.tiling import empty
from cdctl.domain.slo.verdict import Composite, Row, Verdict
from cdctl.domain.slo.window import Calendar, Rolling, Unit

HOUR = 3600
DAY = 86_400
END = 480_000 * HOUR
MET, AT_RISK, BREACHED, NO_DATA = Verdict.MET, Verdict.AT_RISK, Verdict.BREACHED, Verdict.NO_DATA
TWO = (("eu",), ("us",))


@pytest.fixture(scope="session")
def composed(promise) -> Callable[..., tuple[Row, ...]]:
    """Rows of an SLO whose objectives have these series: {name: (buckets, target, weight)}; more are fields of Slo."""

    def build(parts: Mapping[str, tuple[Buckets | None, str, str]], **more: object) -> tuple[Row, ...]:
        own = {name: more.pop(name) for name in ("slice_seconds", "slice_target") if name in more}
        objectives = tuple(
            Objective(name, Ratio(Query(name), Query("good")), Decimal(target), weight=Decimal(weight), **own)
            for name, (_, target, weight) in parts.items()
        )
        least, more = more.pop("least", "0.9"), {"window": Rolling(DAY), **more}
        slo: Slo = replace(promise(composite=True, **more), objectives=objectives)
        rows, measured = [], []
        for objective in objectives:
            asked = Asked(slo, objective, END, Decimal(least))
            series = parts[objective.name][0]
            if series is None:
                rows.append(no_data(asked, {}, "unreachable", Verdict.ERROR))
                continue
            measured.append(measure(asked, series))
            rows.extend(judge(measured[-1]))
        return with_composite(rows, measured, {one.name: one.weight for one in objectives})

    return build


@pytest.fixture(scope="session")
def whole(composed) -> Callable[..., Composite]:
    """The composite that all rows of an ungrouped SLO carry."""

    def build(parts: Mapping[str, tuple[Buckets | None, str, str]], **more: object) -> Composite:
        rows = composed(parts, **more)
        assert all(row.composite == rows[0].composite for row in rows)
        assert rows[0].composite is not None
        return rows[0].composite

    return build


@pytest.fixture(scope="session")
def hourly(even) -> Callable[..., Buckets]:
    """A day of hours, and two before it: good and total of every hour."""

    def build(good, total=100.0, groups=((),), seen=60.0) -> Buckets:
        padded = [np.insert(np.broadcast_to(one, (len(groups), 24)), [0, 0], 0.0, axis=1) for one in (good, total)]
        return even(END - 26 * HOUR, END, HOUR, *padded, seen, groups=groups)

    return build


# --- Occurrences --------------------------------------------------------------------------------------------------


def test_occurrences_weigh_burn_budget_and_sli(whole, hourly):
    """Burn 2 at weight 1 and burn 0.4 at weight 3: (2 + 1.2) / 4 = 0.8."""
    found = whole({"api": (hourly(98.0), "0.99", "1"), "push": (hourly(98.0), "0.95", "3")})
    assert found.burn_rates == pytest.approx(dict.fromkeys(BURN_WINDOWS, 0.8))
    assert found.remaining_ratio == pytest.approx((-1 * 1 + 0.6 * 3) / 4)
    assert found.sli == pytest.approx(0.98)
    assert found.target == Decimal("0.96")
    assert found.verdict is MET


def test_the_heavier_objective_decides(whole, hourly):
    light = {"api": (hourly(98.0), "0.99", "3"), "push": (hourly(98.0), "0.95", "1")}
    assert whole(light).verdict is BREACHED
    assert whole(light).remaining_ratio == pytest.approx((-1 * 3 + 0.6) / 4)
    assert whole(light).burn_rates["1d"] == pytest.approx((2 * 3 + 0.4) / 4)


@pytest.mark.parametrize(("good", "verdict"), [(99.2, MET), (99.12, MET), (99.08, AT_RISK), (98.9, BREACHED)])
def test_a_budget_that_is_nearly_spent_is_a_risk(whole, hourly, good, verdict):
    parts = {"a": (hourly(good), "0.99", "1"), "b": (hourly(good), "0.99", "1")}
    assert whole(parts).verdict is verdict


@pytest.mark.parametrize(("target", "allowed"), [("0.999", 2.4), ("0.99", 24), ("0.95", 120), ("0.7", 720)])
@pytest.mark.parametrize("weights", ["12", "37", "11"])
def test_spent_to_the_last_event_is_not_breached(whole, hourly, target, allowed, weights):
    good = np.full(24, 100.0)
    good[:12] -= allowed / 12
    spent, over = hourly(good), hourly(good - 0.001)
    parts = {name: (spent, target, weight) for name, weight in zip("ab", weights, strict=True)}
    assert whole(parts).verdict is AT_RISK
    assert whole(parts).remaining_ratio == 0
    assert whole({**parts, "a": (over, target, weights[0])}).verdict is BREACHED


def test_weights_are_exact(whole, hourly):
    """0.1 + 0.2 is 0.30000000000000004 in floats."""
    parts = {"a": (hourly(100.0), "0.99", "0.1"), "b": (hourly(100.0), "0.99", "0.2")}
    assert whole(parts).target == Decimal("0.99")


def test_burn_pairs_put_the_whole_at_risk(composed, hourly):
    """One day at 90 %: the pair 1h/5m needs a burn rate above 1.92, and both objectives have one of 3 at the end."""
    good = np.full(24, 100.0)
    good[-1] = 70.0
    rows = composed({"a": (hourly(good), "0.9", "1"), "b": (hourly(good), "0.9", "1")})
    assert [row.firing for row in rows] == [("1h/5m > 1.92",)] * 2
    assert rows[0].composite.verdict is AT_RISK
    good[-1] = 90.0
    assert composed({"a": (hourly(good), "0.9", "1"), "b": (hourly(good), "0.9", "1")})[0].composite.verdict is MET


@pytest.mark.parametrize(("other", "verdict"), [(100.0, MET), (92.0, MET), (90.0, AT_RISK)])
def test_the_mean_of_the_burn_rates_must_exceed_the_factor(whole, hourly, other, verdict):
    """The factor is 1.92; burn rates of 3 and 0 make 1.5, of 3 and 0.8 make 1.9, of 3 and 1 make 2."""
    worse, better = np.full(24, 100.0), np.full(24, 100.0)
    worse[-1], better[-1] = 70.0, other
    assert whole({"a": (hourly(worse), "0.9", "1"), "b": (hourly(better), "0.9", "1")}).verdict is verdict


@pytest.mark.parametrize(
    ("first", "second", "verdict"), [(1, 0, MET), (1, 1, MET), (0, 1, MET), (2, 0, AT_RISK), (0, 2, AT_RISK)]
)
def test_one_bad_event_at_night_puts_nothing_at_risk(whole, hourly, first, second, verdict):
    """A failed request is bad for availability and for latency: one each may be one event."""
    good, total = np.full(24, 1000.0), np.full(24, 1000.0)
    good[-1] = total[-1] = 4.0
    parts = {}
    for name, bad in (("a", first), ("b", second)):
        own = good.copy()
        own[-1] -= bad
        parts[name] = (hourly(own, total), "0.9", "1")
    assert whole(parts).verdict is verdict


def test_bad_events_are_those_of_the_own_group(composed, hourly):
    """One bad event in eu, two in us, and the second objective names the groups in another order."""
    total = np.full((2, 24), 1000.0)
    total[:, -1] = 4.0
    good = total.copy()
    good[:, -1] -= [1, 2]
    first, second = hourly(good, total, groups=TWO), hourly(good[::-1], total[::-1], groups=TWO[::-1])
    rows = composed({"a": (first, "0.9", "1"), "b": (second, "0.9", "1")}, group_by=("region",))
    assert {(row.group["region"], row.composite.verdict) for row in rows} == {("eu", MET), ("us", AT_RISK)}


@pytest.mark.parametrize(
    ("bad", "burn", "verdict"),
    [
        ([0, 0, 0, 0, 0, 30], (3, 0.5), MET),
        ([30, 30, 30, 30, 0, 0], (0, 2), MET),
        ([10, 10, 10, 10, 10, 10], (1, 1), MET),
        ([11, 11, 11, 11, 11, 11], (1.1, 1.1), AT_RISK),
    ],
)
def test_both_windows_of_a_pair_must_exceed_its_factor(whole, hourly, bad, burn, verdict):
    """Two days at 90 %, of which one was seen: 6h/30m fires above 1."""
    good = np.full(24, 100.0)
    good[-6:] -= bad
    parts = {"a": (hourly(good), "0.9", "1"), "b": (hourly(good), "0.9", "1")}
    found = whole(parts, window=Rolling(2 * DAY), least="0.5")
    assert (found.burn_rates["30m"], found.burn_rates["6h"]) == pytest.approx(burn)
    assert found.verdict is verdict


def test_a_tenth_of_the_budget_left_is_no_risk(whole, hourly):
    good = np.full(24, 100.0)
    good[:9] -= 24.0 / 10
    parts = {"a": (hourly(good), "0.99", "1"), "b": (hourly(good), "0.99", "1")}
    assert (whole(parts).remaining_ratio, whole(parts).verdict) == (0.1, MET)


def test_an_objective_without_events_does_not_count(whole, hourly):
    found = whole({"a": (hourly(99.5), "0.99", "1"), "b": (hourly(0.0, 0.0), "0.99", "100")})
    assert found.sli == pytest.approx(0.995)
    assert found.remaining_ratio == pytest.approx(0.5)


def test_no_events_at_all_are_met_and_have_no_number(whole, hourly):
    found = whole({"a": (hourly(0.0, 0.0), "0.99", "1"), "b": (hourly(0.0, 0.0), "0.99", "1")})
    assert (found.verdict, found.sli, found.remaining_ratio) == (MET, None, None)


@given(st.lists(st.tuples(st.integers(900, 1000), st.integers(1, 9)), min_size=2, max_size=4))
@settings(max_examples=30)
def test_a_mean_lies_between_its_parts_and_follows_the_weights(composed, hourly, drawn):
    parts = {f"o{i}": (hourly(float(good), 1000.0), "0.95", str(weight)) for i, (good, weight) in enumerate(drawn)}
    rows = composed(parts)
    weight = sum(weight for _, weight in drawn)
    for name in ("sli", "remaining"):
        own = [row.sli if name == "sli" else row.error_budget.remaining_ratio for row in rows]
        found = rows[0].composite.sli if name == "sli" else rows[0].composite.remaining_ratio
        assert found == pytest.approx(sum(v * w for v, (_, w) in zip(own, drawn, strict=True)) / weight)


# --- slices -------------------------------------------------------------------------------------------------------

SLICES = {"budgeting": Budgeting.TIMESLICES, "slice_seconds": HOUR, "slice_target": Decimal("0.95")}
RATIOS = {"budgeting": Budgeting.RATIO_TIMESLICES, "slice_seconds": HOUR}


def bad_at(*places: int) -> np.ndarray:
    good = np.full(24, 100.0)
    good[list(places)] = 0.0
    return good


def test_a_slice_is_bad_when_it_is_bad_for_any(whole, hourly):
    found = whole({"a": (hourly(bad_at(1, 2)), "0.8", "1"), "b": (hourly(bad_at(2, 3)), "0.8", "9")}, **SLICES)
    assert found.sli == pytest.approx(21 / 24)
    assert found.remaining_ratio == pytest.approx(1 - 3 / 4.8)
    assert found.target == Decimal("0.8")
    assert found.verdict is MET
    assert found.burn_rates["1d"] == pytest.approx(3 / 24 / 0.2)
    assert found.burn_rates["6h"] == 0


@pytest.mark.parametrize(
    ("second", "lost", "verdict"), [((2, 3), 3, MET), ((4, 5), 4, AT_RISK), ((4, 5, 6), 5, BREACHED)]
)
def test_objectives_that_are_met_can_break_the_whole(composed, hourly, second, lost, verdict):
    """Of 4.2 slices that may be bad each objective loses two or three; together they may lose too many."""
    rows = composed({"a": (hourly(bad_at(1, 2)), "0.825", "1"), "b": (hourly(bad_at(*second)), "0.825", "1")}, **SLICES)
    assert [row.verdict for row in rows] == [MET, MET]
    assert rows[0].composite.remaining_ratio == pytest.approx(1 - lost / 4.2)
    assert rows[0].composite.verdict is verdict


def test_ratio_slices_add_what_is_missing(whole, hourly):
    """95 % and 95 % make 90 %."""
    found = whole({"a": (hourly(95.0), "0.8", "1"), "b": (hourly(95.0), "0.8", "7")}, **RATIOS)
    assert found.sli == pytest.approx(0.9)
    assert found.remaining_ratio == pytest.approx(0.5)
    assert found.burn_rates == pytest.approx(dict.fromkeys(BURN_WINDOWS, 0.5))


@pytest.mark.parametrize("target", ["0.9", "0.95", "0.99", "0.999", "0.8125"])
def test_slices_spent_to_the_last_part_are_not_breached(whole, hourly, target):
    missing = float(1 - Decimal(target)) * 50
    parts = {"a": (hourly(100 - missing), target, "1"), "b": (hourly(100 - missing), target, "1")}
    assert whole(parts, **RATIOS).verdict is AT_RISK
    assert whole(parts, **RATIOS).remaining_ratio == 0
    assert whole({**parts, "b": (hourly(100 - missing - 1e-5), target, "1")}, **RATIOS).verdict is BREACHED


@pytest.mark.parametrize("method", [SLICES, RATIOS])
def test_slices_of_a_calendar_month_have_the_budget_of_the_whole_month(whole, hourly, method):
    """The month began a day ago; 720 h at 99 % allow 7.2 bad slices, of which two are spent."""
    begun = datetime.fromtimestamp(END - DAY, UTC).replace(tzinfo=None)
    june = Calendar(30, Unit.DAY, begun, "UTC")
    found = whole(
        {"a": (hourly(bad_at(1, 2)), "0.99", "1"), "b": (hourly(bad_at()), "0.99", "1")}, window=june, **method
    )
    assert found.remaining_ratio == pytest.approx(1 - 2 / 7.2)
    assert found.sli == pytest.approx(22 / 24)


@pytest.mark.parametrize(("second", "verdict"), [((23,), MET), ((22,), AT_RISK)])
def test_one_bad_slice_puts_nothing_at_risk(whole, hourly, second, verdict):
    """6h/30m above 1: one slice of six at 90 % burns 1.67 and is one, for however many objectives it is bad."""
    parts = {"a": (hourly(bad_at(23)), "0.9", "1"), "b": (hourly(bad_at(*second)), "0.9", "1")}
    assert whole(parts, window=Rolling(2 * DAY), least="0.5", **SLICES).verdict is verdict


@pytest.mark.parametrize(("last", "verdict"), [((85, 85, 85), AT_RISK), ((100, 100, 10), MET)])
def test_ratio_slices_that_lack_a_part_are_counted_whole(whole, hourly, last, verdict):
    """Three hours that each lack 15 % lack half a slice and are three bad ones; an hour that lacks 90 % is one."""
    good = np.full(24, 100.0)
    good[-3:] = last
    parts = {"a": (hourly(good), "0.95", "1"), "b": (hourly(100.0), "0.95", "1")}
    assert whole(parts, window=Rolling(2 * DAY), least="0.5", **RATIOS).verdict is verdict


@pytest.mark.parametrize(("target", "left", "verdict"), [("0.5", 1 - 78 / 144, MET), ("0.72", 1 - 78 / 80.64, AT_RISK)])
def test_slices_of_different_lengths_are_cut_to_the_shortest(promise, even, target, left, verdict):
    """Every fourth five minutes are bad but in the last two hours, where six are bad in an hour that is bad as a whole:
    22 x 3 + 12 = 78 of 288 slices."""
    quarter = even(END - 26 * HOUR, END, 300, np.tile([0.0, 100.0, 100.0, 100.0], 78), 100.0)
    quarter.good[0, -24:] = 100.0
    quarter.good[0, -24:-18] = 0.0
    hours = even(END - 26 * HOUR, END, HOUR, np.insert(np.full(25, 100.0), 24, 0.0), 100.0)
    series = {"a": (hours, HOUR), "b": (quarter, 300)}
    for names in ("ab", "ba"):
        objectives = [
            Objective(name, Ratio(Query(name), Query("g")), Decimal(target), Decimal("0.95"), series[name][1])
            for name in names
        ]
        slo = promise(window=Rolling(DAY), budgeting=Budgeting.TIMESLICES, composite=True)
        found = [measure(Asked(slo, one, END, Decimal("0.9")), series[one.name][0]) for one in objectives]
        rows = [row for one in found for row in judge(one)]
        composite = with_composite(rows, found, dict.fromkeys(names, Decimal(1)))[0].composite
        assert composite.verdict is verdict
        assert composite.sli == pytest.approx(210 / 288)
        assert composite.remaining_ratio == pytest.approx(left)
        assert composite.burn_rates["1h"] == 0


def test_a_ratio_slice_is_never_less_than_nothing(whole, hourly):
    found = whole({"a": (hourly(30.0), "0.8", "1"), "b": (hourly(40.0), "0.8", "1")}, **RATIOS)
    assert found.sli == 0
    assert found.verdict is BREACHED


def test_the_same_slices_differ_by_method(whole, hourly):
    parts = {"a": (hourly(94.0), "0.5", "1"), "b": (hourly(90.0), "0.5", "1")}
    assert whole(parts, **SLICES).sli == 0
    assert whole(parts, **RATIOS).sli == pytest.approx(0.84)


@given(st.lists(st.lists(st.integers(0, 100), min_size=24, max_size=24), min_size=1, max_size=3))
@settings(max_examples=30)
def test_slices_are_combined_slice_by_slice(whole, hourly, drawn):
    parts = {f"o{i}": (hourly(np.array(good, float)), "0.5", "1") for i, good in enumerate(drawn)}
    ratios = np.array(drawn) / 100
    assert whole(parts, **SLICES).sli == pytest.approx((ratios >= 0.95).all(axis=0).mean())
    assert whole(parts, **RATIOS).sli == pytest.approx(np.clip(1 - (1 - ratios).sum(axis=0), 0, 1).mean())


def test_slices_that_one_objective_did_not_see_are_judged_by_the_others(whole, hourly):
    seen = np.insert(np.where(np.arange(24) == 5, 0.0, 60.0), [0, 0], 60.0)
    blind = hourly(bad_at(3, 5), bad_at(5), seen=seen)
    found = whole({"a": (blind, "0.5", "1"), "b": (hourly(bad_at(5, 9)), "0.5", "1")}, **SLICES)
    assert found.sli == pytest.approx(21 / 24)


def test_slices_that_nobody_saw_count_for_nothing(whole, hourly):
    seen = np.insert(np.where(np.arange(24) == 5, 0.0, 60.0), [0, 0], 60.0)
    blind = hourly(bad_at(3, 5), bad_at(5), seen=seen)
    assert whole({"a": (blind, "0.5", "1"), "b": (blind, "0.5", "1")}, **SLICES).sli == pytest.approx(22 / 23)


# --- groups, and what is not known --------------------------------------------------------------------------------


@pytest.mark.parametrize(("method", "sli"), [({}, 0.5), (SLICES, 0.0), (RATIOS, 0.0)])
def test_each_group_has_its_own_composite(composed, hourly, method, sli):
    """Half of everything is bad in eu, nothing in us; the second source names the groups in another order."""
    half, fine = np.full(24, 50.0), np.full(24, 100.0)
    first = hourly(np.array([half, fine]), groups=TWO)
    second = hourly(np.array([fine, half]), groups=TWO[::-1])
    rows = composed({"a": (first, "0.6", "1"), "b": (second, "0.6", "1")}, group_by=("region",), **method)
    assert [row.group["region"] for row in rows] == ["eu", "us", "us", "eu"]
    for row in rows:
        healthy = row.group["region"] == "us"
        assert row.composite.sli == pytest.approx(1.0 if healthy else sli)
        assert row.composite.verdict is (MET if healthy else BREACHED)
        assert (row.composite.remaining_ratio == 1) is healthy


@pytest.mark.parametrize("method", [{}, SLICES, RATIOS])
def test_an_objective_that_could_not_be_asked_leaves_the_whole_unknown(composed, hourly, method):
    rows = composed({"a": (hourly(100.0), "0.9", "1"), "b": (None, "0.9", "1")}, **method)
    assert [row.verdict for row in rows] == [MET, Verdict.ERROR]
    for row in rows:
        assert (row.composite.verdict, row.composite.sli, row.composite.remaining_ratio) == (Verdict.ERROR, None, None)
        assert row.composite.burn_rates == dict.fromkeys(BURN_WINDOWS)


def test_an_objective_without_data_leaves_the_whole_unknown(whole, hourly):
    found = whole({"a": (hourly(100.0), "0.9", "1"), "b": (empty(), "0.7", "1")})
    assert (found.verdict, found.target) == (NO_DATA, Decimal("0.8"))


def test_a_group_that_one_objective_does_not_have_is_unknown_as_a_whole(composed, hourly):
    both = hourly(np.full((2, 24), 100.0), groups=TWO)
    only = hourly(100.0, groups=(("eu",),))
    rows = composed({"a": (both, "0.9", "1"), "b": (only, "0.9", "1")}, group_by=("region",))
    found = {(row.objective, row.group["region"]): row.composite.verdict for row in rows}
    assert found == {("a", "eu"): MET, ("a", "us"): NO_DATA, ("b", "eu"): MET}


def test_an_objective_that_failed_leaves_every_group_unknown(composed, hourly):
    both = hourly(np.full((2, 24), 100.0), groups=TWO)
    rows = composed({"a": (both, "0.9", "1"), "b": (None, "0.9", "1")}, group_by=("region",))
    assert [row.composite.verdict for row in rows] == [Verdict.ERROR] * 3


def test_rows_keep_what_they_had(composed, hourly):
    rows = composed({"a": (hourly(95.0), "0.9", "1"), "b": (hourly(80.0), "0.9", "1")})
    assert [(row.objective, row.sli, row.verdict) for row in rows] == [
        ("a", pytest.approx(0.95), MET),
        ("b", pytest.approx(0.8), BREACHED),
    ]
