"""Strictly above aborts, at least succeeds, and too small a sample says nothing."""

from __future__ import annotations

from dataclasses import astuple, fields
from fractions import Fraction

import pytest

from cdctl.domain.orders.order import State
from cdctl.domain.orders.rollout.tally import PLACES, Tally
from cdctl.domain.orders.rollout.thresholds import Among, Failure, Limit, Success, crossed

NONE = Tally()


def percent(value: float | str) -> Fraction:
    return Fraction(str(value))


def test_the_fields_of_a_tally_are_the_places_in_order() -> None:
    assert tuple(one.name for one in fields(Tally)) == PLACES
    assert len(PLACES) == len(State) + 2


def test_every_target_is_counted_once() -> None:
    tally = Tally(*range(1, len(PLACES) + 1))
    assert tally.total == sum(astuple(tally))
    assert tally.total == tally.planned + tally.again + tally.open + tally.ended + tally.cancelled
    assert not tally.over
    assert Tally(succeeded=1, cancelled=2).over
    assert (tally + tally).total == 2 * tally.total


@pytest.mark.parametrize(
    ("above", "failed", "stops"),
    [(5, 4, False), (5, 5, False), (5, 6, True), ("4.9", 5, True), (0, 1, True), (0, 0, False), (100, 100, False)],
)
def test_a_limit_is_crossed_strictly_above(above: float | str, failed: int, stops: bool) -> None:
    wave = Tally(succeeded=100 - failed, failed=failed)
    assert bool(Limit(percent(above)).crossed(wave, NONE)) is stops


def test_a_share_that_floats_would_round_up_is_not_above() -> None:
    wave = Tally(succeeded=93, failed=7)
    assert 7 / 100 * 100 > 7, "the float is above"
    assert not Limit(percent(7)).crossed(wave, NONE)


@pytest.mark.parametrize(("least", "succeeded", "enough"), [(95, 94, False), (95, 95, True), (0, 0, True)])
def test_success_is_at_least(least: float, succeeded: int, enough: bool) -> None:
    wave = Tally(succeeded=succeeded, failed=100 - succeeded)
    assert (Success(percent(least)).short(wave) == "") is enough


def test_a_sample_that_is_too_small_says_nothing() -> None:
    one_of_one = Tally(failed=1, planned=99)
    assert Limit(percent(5), minimum=1).crossed(one_of_one, NONE)
    assert not Limit(percent(5), minimum=20).crossed(one_of_one, NONE)
    assert not Limit(percent(5), minimum=0).crossed(NONE, NONE)
    assert Success(percent(50), minimum=20).short(Tally(succeeded=5, planned=95)) == "5 of at least 20 ended orders"
    assert not Success(percent(50), minimum=20).short(Tally(succeeded=5)), "the wave has no more than five"


def test_the_denominators_differ() -> None:
    wave = Tally(planned=40, sent=20, succeeded=20, failed=10, expired=10)
    assert [among.of(wave) for among in (Among.ANSWERED, Among.ENDED, Among.TOLD, Among.TOTAL)] == [30, 40, 60, 100]
    limits = {among: Limit(percent(24), among=among).crossed(wave, NONE) for among in Among}
    assert [among for among, why in limits.items() if why] == [Among.ANSWERED, Among.ENDED]
    assert limits[Among.ENDED] == "10 of 40 ended orders of the wave failed, were rejected or timed out: 25 % > 24 %"
    assert "about 33.33 % > 24 %" in limits[Among.ANSWERED]


def test_each_kind_of_failure_has_its_limit() -> None:
    wave = Tally(succeeded=60, failed=5, rejected=10, timed_out=15, expired=30)
    counts = {kind: kind.of(wave) for kind in Failure}
    assert counts == {
        Failure.FAILED: 5,
        Failure.REJECTED: 10,
        Failure.TIMED_OUT: 15,
        Failure.ANY: 30,
        Failure.UNANSWERED: 30,
    }


def test_never_answered_is_no_failure() -> None:
    asleep = Tally(succeeded=50, expired=50)
    assert not Limit(percent(0)).crossed(asleep, NONE)
    assert Limit(percent(40), Failure.UNANSWERED).crossed(asleep, NONE).endswith("were never answered: 50 % > 40 %")


def test_what_was_cancelled_is_in_no_share() -> None:
    wave = Tally(failed=1, succeeded=9, cancelled=90)
    assert Limit(percent("9.9")).crossed(wave, NONE)
    assert Success(percent(90)).short(wave) == ""


def test_over_the_wave_or_over_the_rollout() -> None:
    wave, rollout = Tally(succeeded=9, failed=1), Tally(succeeded=1009, failed=1)
    assert Limit(percent(5)).crossed(wave, rollout)
    assert not Limit(percent(5), whole=True).crossed(wave, rollout)


def test_what_aborts_comes_before_what_pauses() -> None:
    wave = Tally(failed=10)
    pauses, aborts = Limit(percent(1), pause=True), Limit(percent(2))
    assert (crossed((pauses, aborts), wave, wave) or (None,))[0] is aborts
    assert (crossed((pauses,), wave, wave) or (None,))[0] is pauses
    assert crossed((Limit(percent(100)),), wave, wave) is None


def test_thresholds_in_words() -> None:
    assert str(Limit(percent(5))) == (
        "aborts when > 5 % of ended orders of the wave failed, were rejected or timed out"
    )
    whole = Limit(percent("2.5"), Failure.UNANSWERED, Among.TOLD, 20, whole=True, pause=True)
    assert str(whole) == "pauses when > 2.5 % of told orders of the rollout were never answered, from 20 orders on"
    assert str(Success(percent(95), Among.TOTAL, 3)) == "a wave needs >= 95 % of its total orders, from 3 orders on"
