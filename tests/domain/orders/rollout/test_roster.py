"""The roster: every target counted once, told in order, tried again only so often."""

from __future__ import annotations

import numpy as np
import pytest

from cdctl.domain.orders.order import State
from cdctl.domain.orders.rollout.roster import Roster
from cdctl.domain.orders.rollout.rules import Retry, Rules
from cdctl.domain.orders.rollout.seen import Publish
from cdctl.domain.orders.rollout.tally import Tally
from cdctl.domain.orders.rollout.waves import Wave

RULES = Rules((Wave(count=2), Wave(count=5)), (2, 5), "ada")
ORDER = np.array([4, 1, 3, 0, 2])


def test_targets_are_told_in_their_order_and_wave() -> None:
    roster = Roster(RULES, ORDER)
    assert roster.tally(0) == Tally(planned=2)
    assert roster.take(Publish(0, 1, 0)) == [4]
    assert roster.take(Publish(0, 1, 0)) == [1]
    assert roster.take(Publish(1, 2, 0)) == [3, 0]
    assert [roster.wave(row) for row in range(5)] == [1, 0, 1, 1, 0]
    assert roster.rollout() == Tally(planned=1, queued=4)


def test_more_than_the_wave_has_is_refused() -> None:
    with pytest.raises(ValueError, match="1 targets fewer"):
        Roster(RULES, ORDER).take(Publish(0, 3, 0))
    with pytest.raises(ValueError, match="0 are ready"):
        Roster(RULES, ORDER).take(Publish(0, 0, 1))


def test_what_ended_stays() -> None:
    roster = Roster(RULES, ORDER)
    roster.take(Publish(0, 2, 0))
    roster.move(4, State.SUCCEEDED)
    roster.move(4, State.FAILED)
    roster.move(1, State.ACKED)
    assert roster.tally(0) == Tally(succeeded=1, acked=1)
    assert (roster.place(4), roster.place(0)) == ("succeeded", "planned")


def test_tries_are_counted_and_wait_longer_each_time() -> None:
    roster, retry = Roster(RULES, ORDER), Retry(tries=3, wait=10)
    roster.take(Publish(0, 2, 0))
    assert roster.again(4, retry, now=0)
    assert roster.tally(0) == Tally(again=1, queued=1)
    assert [roster.ready(9_999), roster.ready(10_000)] == [0, 1]
    assert roster.take(Publish(0, 0, 1)) == [4]
    assert roster.again(4, retry, now=0)
    assert [roster.ready(19_999), roster.ready(20_000)] == [0, 1]
    roster.take(Publish(0, 0, 1))
    assert not roster.again(4, retry, now=0), "the third was the last"
    assert roster.tries(4) == 3


def test_an_abort_gives_up_what_waited() -> None:
    roster = Roster(RULES, ORDER)
    roster.take(Publish(0, 2, 0))
    roster.again(4, Retry(2), now=0)
    roster.again(1, Retry(2), now=0)
    assert roster.ready(60_000) == 2
    roster.give_up()
    assert roster.tally(0) == Tally(failed=2)
    assert roster.ready(10**9) == 0


def test_taken_up_again_it_goes_on_where_it_stood() -> None:
    roster = Roster(RULES, ORDER)
    roster.restore(4, State.SUCCEEDED, 1)
    roster.restore(3, State.UNKNOWN, 2)
    assert roster.take(Publish(0, 1, 0)) == [1]
    assert roster.take(Publish(1, 2, 0)) == [0, 2]
    assert roster.tally(1) == Tally(queued=2, unknown=1)
    assert roster.tries(3) == 2


def test_what_could_not_be_sent_is_put_back() -> None:
    roster = Roster(RULES, ORDER)
    roster.take(Publish(0, 2, 0))
    roster.again(1, Retry(3), now=0)
    assert roster.ready(60_000) == 1
    assert roster.take(Publish(0, 0, 1)) == [1]
    roster.put_back([1, 4])
    assert roster.tally(0) == Tally(planned=1, again=1)
    assert roster.told() == [False, True, False, False, False]
    assert roster.take(Publish(0, 1, 1)) == [1, 4]
    assert roster.take(Publish(1, 1, 0)) == [3]
    roster.put_back([3])
    assert roster.take(Publish(1, 1, 0)) == [3]
