"""What a cell is worth as evidence."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from cdctl.domain.why.evidence import Witnesses, log_tail
from cdctl.domain.why.rows import NONE, Rows
from cdctl.domain.why.scan import gain


def made(seed: int = 1, n: int = 20_000, rate: float = 0.05) -> Rows:
    rng = np.random.default_rng(seed)
    codes = rng.integers(0, 4, n).astype(np.int32)
    bad = (rng.random(n) < np.where(codes == 0, rate, 0.01)).astype(float)
    unit = rng.integers(0, 2_000, n).astype(np.int32)
    return Rows((codes,), (4,), bad, np.ones(n), np.zeros(n, np.int32), unit)


def test_tails_are_those_of_the_normal_distribution() -> None:
    assert math.exp(log_tail(0)) == pytest.approx(0.5)
    assert math.exp(log_tail(1.959964**2 / 2)) == pytest.approx(0.025, rel=1e-5)
    assert log_tail(299.9) == pytest.approx(log_tail(300.1), abs=0.3)
    assert math.isfinite(log_tail(1e6))


def test_with_one_slice_of_time_it_is_the_gain_of_the_scan() -> None:
    rows = made()
    inside = rows.codes[0] == 0
    weighed = Witnesses(rows).weigh(inside)
    bad, total = rows.bad[inside].sum(), float(inside.sum())
    plain = gain(np.array([bad]), np.array([total]), rows.bad.sum(), len(rows))[0]
    assert weighed.gain == pytest.approx(plain)
    assert weighed.gain == pytest.approx(Witnesses(rows).gain(inside)[2])
    assert weighed.expected == pytest.approx(rows.bad.sum() * total / len(rows))
    assert 1 <= weighed.effect < 1.2
    assert weighed.units > 100


def test_less_than_expected_is_no_evidence() -> None:
    rows = made()
    assert Witnesses(rows).weigh(rows.codes[0] == 1).gain == 0
    assert Witnesses(rows).weigh(rows.codes[0] == 1).log10_p(1) == pytest.approx(math.log10(0.5))


def test_an_outage_of_all_is_no_evidence_against_who_was_busy_then() -> None:
    rng = np.random.default_rng(2)
    n = 40_000
    stratum = rng.integers(0, 10, n).astype(np.int32)
    busy = rng.random(n) < np.where(stratum == 3, 0.9, 0.1)
    bad = (rng.random(n) < np.where(stratum == 3, 0.3, 0.001)).astype(float)
    unit = np.full(n, NONE, np.int32)
    rows = Rows((busy.astype(np.int32),), (2,), bad, np.ones(n), stratum, unit)
    assert Witnesses(rows).weigh(busy).log10_p(10) > -2
    flat = replace(rows, stratum=np.zeros(n, np.int32))
    assert Witnesses(flat).weigh(busy).log10_p(10) < -100


def test_one_vehicle_that_fails_often_is_one_witness() -> None:
    rng = np.random.default_rng(3)
    n = 20_000
    codes = rng.integers(0, 10, n).astype(np.int32)
    unit = (codes * 200 + rng.integers(0, 200, n)).astype(np.int32)
    bad = rng.random(n) < 0.005
    bad |= (unit >= 7) & (unit < 10)  # all of value 0
    rows = Rows((codes,), (10,), bad.astype(float), np.ones(n), np.zeros(n, np.int32), unit)
    weighed = Witnesses(rows).weigh(codes == 0)
    assert weighed.gain > 15
    assert weighed.effect > 5
    assert weighed.log10_p(100) > -1
    strangers = replace(rows, unit=np.full(n, NONE, np.int32))
    alone = Witnesses(strangers).weigh(codes == 0)
    assert alone.log10_p(100) < -5
    assert (alone.units, alone.heaviest) == (0, 0.0)


def test_the_price_of_searching() -> None:
    weighed = Witnesses(made(rate=0.02)).weigh(made().codes[0] == 0)
    assert weighed.log10_p(1_000) == pytest.approx(weighed.log10_p(1) + 3)
    assert weighed.log10_p(10**300) == 0
