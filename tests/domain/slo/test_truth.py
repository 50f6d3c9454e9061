"""From buckets of two levels to a verdict, against every event that happened."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cdctl.domain.slo.alert_windows import BURN_WINDOWS
from cdctl.domain.slo.objective import Budgeting
from cdctl.domain.slo.series import Buckets, Span
from cdctl.domain.slo.tiling import FINE, Tiling, assemble, join, slices, take, tile
from cdctl.domain.slo.window import Rolling

HOUR = 3600
DAY = 86_400
REGIONS = (("eu",), ("us",))

instants = st.integers(5_000_000, 5_003_000).map(lambda count: count * FINE)


class Events:
    """What happened in two regions in the ten days before an instant: times [n], good and bad [2, n]."""

    def __init__(self, at: int, seed: int) -> None:
        rng = np.random.default_rng(seed)
        self.times = np.sort(rng.integers(at - 10 * DAY, at + 1, 3000))
        self.times[:60] = np.repeat(np.arange(at - 20 * FINE, at, FINE), 3)  # on edges, where mistakes are made
        self.good = rng.integers(0, 40, (2, 3000)).astype(float)
        self.bad = rng.integers(0, 9, (2, 3000)) * (rng.random((2, 3000)) < 0.1)

    def count(self, values: np.ndarray, start: int, end: int) -> np.ndarray:
        """Events in (start, end] by region."""
        return values[:, (self.times > start) & (self.times <= end)].sum(axis=1)

    def buckets(self, span: Span) -> Buckets:
        """What a source answers for one span, looked at once a minute."""
        cells = np.searchsorted(span.ends, self.times, side="left")
        inside = (self.times > span.start) & (self.times <= span.end)
        shape = (2, len(span))
        good, total = np.zeros(shape), np.zeros(shape)
        for i in range(2):
            np.add.at(good[i], cells[inside], self.good[i, inside])
            np.add.at(total[i], cells[inside], (self.good + self.bad)[i, inside])
        widths = np.full(len(span), span.step, np.int64)
        return Buckets(REGIONS, span.ends, widths, good, total, np.full(shape, span.step / 60))

    def answer(self, tiling: Tiling) -> Buckets:
        return assemble({step: join(map(self.buckets, tiling.of(step))) for step in tiling.steps}, tiling)


def tiled(at: int, seconds: int) -> Tiling:
    return tile([at - seconds, *(at - length for length in BURN_WINDOWS.values())], at)


@settings(max_examples=50)
@given(instants, st.integers(1, 9 * DAY // FINE), st.integers(0, 2**32), st.sampled_from(["0.9", "0.99", "0.999"]))
def test_rows_are_what_happened(promise, judged, at, fines, seed, target):
    events, seconds = Events(at, seed), fines * FINE
    slo = promise(target, window=Rolling(seconds), group_by=("region",))
    rows = judged(slo, events.answer(tiled(at, seconds)), at=at)
    good, bad = (events.count(values, at - seconds, at) for values in (events.good, events.bad))
    assert [row.group["region"] for row in rows] == ["eu", "us"]
    assert [row.good for row in rows] == good.tolist()
    assert [row.bad for row in rows] == bad.tolist()
    for i, row in enumerate(rows):
        assert row.coverage == 1.0
        assert row.error_budget.allowed == pytest.approx(float(1 - Decimal(target)) * row.total)
        assert row.history.good.sum() == good[i]
        assert int(row.history.widths.sum()) == seconds


@settings(max_examples=50)
@given(instants, st.integers(0, 2**32))
def test_burn_rates_are_what_happened(promise, judged, at, seed):
    events = Events(at, seed)
    slo = promise("0.99", window=Rolling(4 * DAY), group_by=("region",))
    rows = judged(slo, events.answer(tiled(at, 4 * DAY)), at=at)
    for name, seconds in BURN_WINDOWS.items():
        good, bad = (events.count(values, at - seconds, at) for values in (events.good, events.bad))
        for i, row in enumerate(rows):
            ratio = bad[i] / (good[i] + bad[i]) if good[i] + bad[i] else 0
            assert row.burn_rates[name] == pytest.approx(ratio / 0.01)


@settings(max_examples=20)
@given(instants, st.integers(0, 2**32), st.sampled_from([60, 300, 900, 1800]), st.sampled_from(list(Budgeting)[1:]))
def test_slices_are_what_happened(promise, judged, at, seed, step, method):
    events, at = Events(at, seed), at // step * step
    more = {"window": Rolling(2 * DAY), "group_by": ("region",), "slice_seconds": step, "slice_target": Decimal("0.97")}
    slo = promise("0.9", budgeting=method, **more)
    rows = judged(slo, events.answer(slices(at - 4 * DAY, at, step)), at=at)
    for i, row in enumerate(rows):
        bad = 0.0
        for end in range(at - 2 * DAY + step, at + 1, step):
            good, wrong = (events.count(values, end - step, end)[i] for values in (events.good, events.bad))
            share = wrong / (good + wrong) if good + wrong else 0
            bad += share if method is Budgeting.RATIO_TIMESLICES else share > 0.03 + 1e-12
        assert row.total == 2 * DAY / step
        assert row.bad == pytest.approx(bad)
        assert row.error_budget.allowed == pytest.approx(2 * DAY / step / 10)


@settings(max_examples=50)
@given(instants, st.integers(0, 2**32), st.integers(0, 2**32), st.floats(0.01, 0.1))
def test_what_is_not_there_is_not_covered_and_the_rest_is_the_truth(promise, judged, at, seed, holes, share):
    events = Events(at, seed)
    whole = events.answer(tiled(at, 4 * DAY))
    keep = np.random.default_rng(holes).random(len(whole.ends)) > share
    keep[:3] = True
    kept = take(whole, np.flatnonzero(keep))
    slo = promise("0.99", window=Rolling(4 * DAY), group_by=("region",))
    inside = [(end - width, end) for end, width in zip(kept.ends, kept.widths, strict=True) if end > at - 4 * DAY]
    for i, row in enumerate(judged(slo, kept, at=at)):
        assert row.bad == sum(events.count(events.bad, *one)[i] for one in inside)
        assert row.good == sum(events.count(events.good, *one)[i] for one in inside)
        assert row.coverage == pytest.approx(sum(end - start for start, end in inside) / (4 * DAY))


def test_the_yardstick_finds_a_bucket_too_many(promise, judged, at):
    events = Events(at, 7)
    shifted = events.answer(tiled(at, 4 * DAY))
    shifted.total[:, -1] += 1
    (row, _) = judged(promise(window=Rolling(4 * DAY), group_by=("region",)), shifted, at=at)
    assert row.good + row.bad == (events.count(events.good + events.bad, at - 4 * DAY, at) + 1)[0]
