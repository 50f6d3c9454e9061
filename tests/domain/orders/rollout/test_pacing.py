"""How fast a rollout goes: never above its rate, slower when a promise burns."""

from __future__ import annotations

from math import inf

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cdctl.domain.orders.rollout.pacing import BURST, Adaptive, Bucket, Exponential, Fixed, first, rate

AWS = Exponential(base=50, factor=2, every=1000, most=1000)
CAREFUL = Adaptive(start=60, least=6, most=600, step=30)


@pytest.mark.parametrize(
    ("count", "expected"), [(0, 50), (999, 50), (1000, 100), (2000, 200), (3000, 400), (4000, 800), (5000, 1000)]
)
def test_exponential_as_aws_documents_it(count: int, expected: float) -> None:
    assert rate(AWS, 0, sent=count, succeeded=0) == expected


def test_exponential_by_what_succeeded_waits_for_success() -> None:
    by_success = Exponential(50, 2, 1000, 1000, by="succeeded")
    assert rate(by_success, 0, sent=5000, succeeded=999) == 50
    assert rate(by_success, 0, sent=5000, succeeded=1000) == 100


def test_exponential_stays_at_its_most_however_long_it_goes() -> None:
    assert AWS.at(10**9) == 1000


def test_first_rates() -> None:
    assert [first(Fixed(7)), first(AWS), first(CAREFUL), first(None)] == [7, 50, 60, inf]


def test_a_fixed_rate_does_not_care() -> None:
    assert rate(Fixed(7), 99, sent=10**6, succeeded=10**6) == 7


def test_adaptive_adds_while_calm_and_cuts_when_burn_rises() -> None:
    assert CAREFUL.next(60, 0.4) == 90
    assert CAREFUL.next(60, 1.5) == 30, "a little above calm costs one whole cut"
    assert CAREFUL.next(60, 3.0) == 15, "two units above calm cost two"


def test_adaptive_is_bounded() -> None:
    assert CAREFUL.next(590, 0) == 600
    assert CAREFUL.next(600, 0) == 600
    assert CAREFUL.next(10, 50) == 6
    assert CAREFUL.next(10, 1e300) == 6


def test_adaptive_does_not_grow_by_a_rate_that_was_not_used() -> None:
    assert CAREFUL.next(60, 0.4, used=False) == 60
    assert CAREFUL.next(60, 1.5, used=False) == 30, "burn counts whether used or not"


@settings(max_examples=100, deadline=None)
@given(
    per_minute=st.floats(0.5, 60_000),
    waits=st.lists(st.integers(-50, 20_000), min_size=1, max_size=60),
)
def test_never_more_than_the_rate_and_one_burst(per_minute: float, waits: list[int]) -> None:
    """Over any run of turns, however late they come, and also when the clock is set back."""
    bucket, now, published = Bucket(at=0), 0, 0
    for wait in waits:
        now += wait
        bucket = bucket.filled(per_minute, now)
        count = int(bucket.tokens)
        bucket = bucket.taken(count)
        published += count
        assert bucket.tokens >= 0
        passed = sum(max(0, one) for one in waits)
        assert published <= per_minute * passed / 60_000 + max(1.0, per_minute * BURST / 60) + 1


def test_after_a_long_pause_there_is_one_burst_no_more() -> None:
    assert Bucket(0, 0).filled(600, 3_600_000).tokens == 20


def test_a_slow_rate_still_gets_its_one_order() -> None:
    bucket = Bucket(0, 0).filled(0.5, 60_000)
    assert int(bucket.tokens) == 0
    assert int(bucket.filled(0.5, 120_000).tokens) == 1


def test_no_pace_is_no_limit() -> None:
    bucket = Bucket(at=5).filled(inf, 5)
    assert bucket.tokens == inf
    assert bucket.taken(10**6).tokens == inf
