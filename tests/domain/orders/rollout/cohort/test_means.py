"""Means of a signal, compared by betting; and who is compared with whom."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from cdctl.domain.orders.plan import Target
from cdctl.domain.orders.rollout.cohort.judging import of_capital
from cdctl.domain.orders.rollout.cohort.matching import strata
from cdctl.domain.orders.rollout.cohort.means import Capital, Scale, bet, missing, penniless
from cdctl.domain.orders.rollout.guards import Health

HEAT = Scale(least=0, most=100, rise=5)


def runs(rise: float, *, scale: Scale = HEAT, looks: int = 40, runs: int = 1000) -> Capital:
    """40 looks at 10 pairs each, temperatures around 40 with a spread of 10."""
    chance = np.random.default_rng(5)
    capital = penniless((runs,))
    for _ in range(looks):
        told, others = chance.normal(40 + rise, 10, (runs, 10)), chance.normal(40, 10, (runs, 10))
        capital = bet(scale, capital, scale.worse(told, others))
    return capital


def test_a_rise_is_stopped_and_none_is_not() -> None:
    assert runs(5).harmful.mean() >= 0.9
    assert runs(5).proved.mean() <= 0.1
    assert runs(0).harmful.mean() <= 0.01
    assert runs(-5).harmful.mean() <= 0.01
    assert runs(0).proved.mean() >= 0.9


def test_lower_can_be_worse() -> None:
    low = replace(HEAT, lower=True)
    assert runs(-5, scale=low).harmful.mean() >= 0.9
    assert runs(5, scale=low).harmful.mean() <= 0.01


def test_values_beyond_the_bounds_count_as_the_bound() -> None:
    worse = HEAT.worse(np.array([1e9, np.inf]), np.array([-1e9, 100.0]))
    assert worse.tolist() == [1.0, 0.0]


def test_readings_in_words() -> None:
    def reading(*differences: float) -> tuple[Health, str]:
        found = of_capital("g", HEAT, bet(HEAT, penniless(), np.array(differences)), 5, " °C")
        return found.health, found.words

    assert reading(*[0.3] * 40)[0] is Health.BURNING
    assert reading(*[-0.01, 0.01] * 200) == (
        Health.HEALTHY,
        "a rise of 5 °C is ruled out (power 0.9): +0 °C worse on average over 400 pairs of vehicles",
    )
    health, words = reading(0.01, -0.01)
    assert health is Health.THIN
    assert words.startswith("needs ")
    assert missing(HEAT, penniless()) > missing(HEAT, bet(HEAT, penniless(), np.array([-0.01, 0.01] * 20)))


def test_vehicles_are_compared_with_their_like_alone() -> None:
    fleet = [
        Target("A", "eu", "i4", "1"), Target("B", "eu", "i4", "1"), Target("C", "eu", "i4", "2"),
        Target("D", "us", "i4", "1"), Target("E", "us", "i4", "1"),
    ]  # fmt: skip
    found = strata(fleet)
    assert found.names == (("eu", "i4", "1"), ("eu", "i4", "2"), ("us", "i4", "1"))
    told = np.array([True, False, True, False, False])
    assert found.unmatched(told) == 1
    block = found.block(told, np.array([1.0, 0, 1, 1, 0]), np.full(5, 2.0))
    assert block.a_bad.tolist() == [1, 1, 0]
    assert block.a_size.tolist() == [2, 2, 0]
    assert block.b_bad.tolist() == [0, 0, 1]
    assert block.b_size.tolist() == [2, 0, 4]


def test_a_fleet_of_nobody() -> None:
    assert strata([]).unmatched(np.zeros(0, bool)) == 0
    assert missing(HEAT, bet(HEAT, penniless(), np.zeros(0))) == pytest.approx(missing(HEAT, penniless()))
