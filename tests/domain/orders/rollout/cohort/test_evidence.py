"""The cohort guard's evidence: harm is found, luck is not taken for it, and enough evidence is asked for."""

from __future__ import annotations

import json
from math import inf, log

import numpy as np
import pytest
from cohorts import simulate

from cdctl.domain.orders.rollout.cohort import kept
from cdctl.domain.orders.rollout.cohort.evidence import STAKES, Evidence, Trial, missing, none, weigh
from cdctl.domain.orders.rollout.cohort.families import Block, Rates, Shares, log_e, nearest
from cdctl.domain.orders.rollout.cohort.judging import of_evidence, toll
from cdctl.domain.orders.rollout.guards import Health

TWO_POINTS = Trial(rise=0.02)
HOURLY = Trial(rise=0.02, rates=True)


def one(*counts: float) -> Block:
    return Block(*(np.array([float(count)]) for count in counts))


def watched(trial: Trial, *blocks: Block) -> Evidence:
    evidence = none((1,))
    for block in blocks:
        evidence = weigh(trial, evidence, block)
    return evidence


@pytest.mark.parametrize("trial", [TWO_POINTS, HOURLY], ids=["shares", "rates"])
def test_a_rise_of_two_points_is_stopped_in_nine_of_ten_runs(trial: Trial) -> None:
    found = simulate(trial, 0.01, 0.03)
    assert found.stopped >= 0.9
    assert found.passed <= trial.beta, "a wave that does this harm is passed at most as often as stated"
    assert found.harmed <= 30


@pytest.mark.parametrize("trial", [TWO_POINTS, HOURLY], ids=["shares", "rates"])
@pytest.mark.parametrize("usual", [0.002, 0.01, 0.05])
def test_no_rise_is_stopped_in_at_most_one_of_a_hundred_runs(trial: Trial, usual: float) -> None:
    found = simulate(trial, usual, usual, looks=80)
    assert found.stopped <= 0.01
    assert simulate(trial, usual, usual / 2).stopped <= 0.01, "better than the others is no harm either"


def test_what_is_no_worse_is_passed_soon() -> None:
    assert simulate(TWO_POINTS, 0.01, 0.01).passed >= 0.95


def test_a_test_that_is_only_right_once_stops_far_too_often() -> None:
    """What the guard would be without a sequential test: the usual one at 1 %, looked at as often."""
    chance = np.random.default_rng(7)
    a, b = (np.cumsum(chance.binomial(size, 0.05, (1000, 80)), 1) for size in (25, 100))
    sizes = np.arange(1, 81) * 25
    pooled = (a + b) / (5 * sizes)
    z = (a / sizes - b / (4 * sizes)) / np.sqrt(np.maximum(pooled * (1 - pooled), 1e-9) * 1.25 / sizes)
    assert (z > 2.326).any(1).mean() > 0.05


@pytest.mark.parametrize("family", [Shares(), Rates()], ids=["shares", "rates"])
@pytest.mark.parametrize("rise", [0.0, 0.02, -0.01])
@pytest.mark.parametrize(("a_size", "b_size"), [(1.0, 1.0), (3.0, 17.0), (20.0, 2.0)])
def test_no_null_point_expects_more_than_one(family: Shares | Rates, rise: float, a_size: float, b_size: float) -> None:
    """The defining property, exactly: the expectation of E under points with a difference of `rise` and beyond it."""
    a, b = np.array(0.08), np.array(0.03)
    block = Block(np.array(0.0), np.array(a_size), np.array(0.0), np.array(b_size))
    base = float(log_e(family, block, a, b, rise))
    one_a = float(log_e(family, Block(np.array(1.0), np.array(a_size), np.array(0.0), np.array(b_size)), a, b, rise))
    one_b = float(log_e(family, Block(np.array(0.0), np.array(a_size), np.array(1.0), np.array(b_size)), a, b, rise))
    for below in (0.0, 0.005, 0.02):
        for s_b in (0.011, 0.03, 0.05, 0.2):
            s_a = s_b + rise - below
            if s_a <= 0:
                continue
            mean = expectation(family, (s_a, s_b), (a_size, b_size), (base, one_a - base, one_b - base))
            assert mean <= 1 + 1e-6, (s_a, s_b)
    bad = expectation(family, (0.3, 0.03), (a_size, b_size), (base, one_a - base, one_b - base))
    assert bad > 1, "and a point far beyond it does"


def expectation(
    family: Shares | Rates, point: tuple[float, float], sizes: tuple[float, float], logs: tuple[float, float, float]
) -> float:
    """Of exp(base + a * gain_a + b * gain_b), a and b binomial or Poisson: by their generating functions."""
    base, *gains = logs
    total = base
    for rate, size, gain in zip(point, sizes, gains, strict=True):
        if isinstance(family, Shares):
            total += size * log(1 - rate + rate * np.exp(gain))
        else:
            total += size * rate * (np.exp(gain) - 1)
    return float(np.exp(total))


def test_the_nearest_null_point_of_no_rise_is_the_pooled_share() -> None:
    null = nearest(Shares(), np.array(0.05), np.array(0.01), np.array(10.0), np.array(30.0), 0.0)
    assert null == pytest.approx((10 * 0.05 + 30 * 0.01) / 40)


def test_stakes_are_whole() -> None:
    assert STAKES.sum() == pytest.approx(1)
    assert not weigh(TWO_POINTS, none((3,)), Block(*(np.zeros(3),) * 4)).harmful


def test_harm_in_one_stratum_alone_is_found() -> None:
    chance = np.random.default_rng(3)
    evidence = none((6,))
    for _ in range(40):
        told = chance.binomial(5, np.array([0.01] * 5 + [0.25])).astype(float)
        others = chance.binomial(20, 0.01, 6).astype(float)
        evidence = weigh(TWO_POINTS, evidence, Block(told, np.full(6, 5.0), others, np.full(6, 20.0)))
    assert evidence.harmful
    assert not weigh(TWO_POINTS, none((6,)), Block(*(np.full(6, n) for n in (0.0, 200.0, 8.0, 800.0)))).harmful


def test_harm_once_found_stays_found() -> None:
    evidence = watched(TWO_POINTS, *[one(10, 100, 4, 400)] * 3)
    assert evidence.harmful
    for _ in range(20):
        evidence = weigh(TWO_POINTS, evidence, one(0, 100, 40, 400))
    assert evidence.harmful


def test_events_without_anybody_to_compare_with_are_no_evidence() -> None:
    evidence = watched(TWO_POINTS, one(50, 100, 0, 0))
    assert not evidence.harmful
    assert missing(TWO_POINTS, evidence) == inf
    assert of_evidence("g", TWO_POINTS, evidence, "commands", 5).health is Health.NO_DATA


def test_readings_in_words() -> None:
    thin = of_evidence("g", TWO_POINTS, watched(TWO_POINTS, one(1, 50, 2, 200)), "commands", 5)
    assert thin.health is Health.THIN
    assert thin.words.startswith("needs ")
    assert "more commands: 1 bad in 50 commands of vehicles that were told, 2 in 200 of the others" in thin.words
    bad = of_evidence("g", TWO_POINTS, watched(TWO_POINTS, *[one(10, 100, 4, 400)] * 3), "commands", 5, unmatched=12)
    assert bad.health is Health.BURNING
    assert bad.words.endswith("12 vehicles have nobody to be compared with; about 27 harmed")
    good = of_evidence("g", TWO_POINTS, watched(TWO_POINTS, *[one(1, 100, 4, 400)] * 12), "commands", 5)
    assert good.health is Health.HEALTHY
    assert good.words.startswith("a rise of 2 points is ruled out (power 0.9)")
    assert of_evidence("g", TWO_POINTS, none((1,)), "commands", 5).health is Health.THIN


def test_the_toll_is_what_the_others_do_not_explain() -> None:
    cost = toll(watched(TWO_POINTS, one(10, 100, 4, 400)))
    assert (cost.bad, cost.excess) == (10, pytest.approx(9))
    assert toll(watched(TWO_POINTS, one(0, 100, 40, 400))).excess == 0


def test_what_is_missing_shrinks_and_is_about_right() -> None:
    evidence = watched(TWO_POINTS, one(1, 100, 4, 400))
    first = missing(TWO_POINTS, evidence)
    assert 50 < first < 1000
    later = missing(TWO_POINTS, weigh(TWO_POINTS, evidence, one(1, 100, 4, 400)))
    assert later < first
    while not evidence.proved:
        evidence = weigh(TWO_POINTS, evidence, one(1, 100, 4, 400))
    assert missing(TWO_POINTS, evidence) == 0
    assert evidence.seen.a_size.sum() - 100 == pytest.approx(first, rel=1.0)


def test_evidence_is_kept() -> None:
    names = [("eu", "i4", "23-07"), ("us", "i7", "23-07")]
    evidence = weigh(HOURLY, none((2,)), Block(*(np.array([1.0, 2.5]) for _ in range(4))))
    body = json.loads(json.dumps(kept.to_plain(evidence, names), allow_nan=False))
    back = kept.from_plain(body, names)
    assert kept.to_plain(back, names) == kept.to_plain(evidence, names)
    more = [*names, ("cn", "i4", "23-07")]
    wider = kept.from_plain(body, more)
    assert wider.safe.tolist() == [*evidence.safe.tolist(), 0.0]
    assert wider.seen.a_size.tolist() == [1.0, 2.5, 0.0]
    assert kept.names_of(body) == names
    for others in (names[:1], more[::-1]):
        with pytest.raises(ValueError, match="other vehicles"):
            kept.from_plain(body, others)
    for bad in ({"safe": [1]}, {"safe": ["x", 1]}, {"seen": None}, {"harm": None}, {"strata": 1}):
        with pytest.raises(ValueError, match="evidence"):
            kept.from_plain({**body, **bad}, names)
