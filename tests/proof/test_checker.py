"""The checker of histories rejects each kind of broken history, and only those."""

from __future__ import annotations

from dataclasses import replace

import pytest
from histories import PROMISES, Answered, Executed, History, Intended, Moved, Published, Ruled, violations

from cdctl.domain.orders.order import State

GOOD = History(
    intended=[Intended(0, "o1", "k1", "V1", "p"), Intended(0, "o2", "k2", "V2", "p")],
    published=[Published(5, "o1", "V1"), Published(6, "o2", "V2"), Published(900, "o1", "V1")],
    answered=[Answered(20, "o1", "V1", "acked", "f1"), Answered(30, "o1", "V1", "succeeded", "f1")],
    executed=[Executed(25, "o1", "k1", "V1")],
    moved=[
        Moved(6, "o1", State.SENT),
        Moved(7, "o2", State.SENT),
        Moved(21, "o1", State.ACKED, "f1"),
        Moved(31, "o1", State.SUCCEEDED, "f1"),
        Moved(40, "o1", State.FAILED, "f1", late=True),
        Moved(300_000, "o2", State.EXPIRED),
    ],
    plans={"p": Ruled(by="ann", needs=1, approved=("bea",), limit=2, aborted=1_000)},
    reachable=frozenset({"V1", "V2"}),
)


def test_a_good_history_passes() -> None:
    assert violations(GOOD) == []


BROKEN = {
    "once": replace(GOOD, executed=[*GOOD.executed, Executed(60, "o1", "k1", "V1")]),
    "ended": replace(GOOD, moved=[*GOOD.moved[:-1], Moved(50, "o2", State.UNKNOWN)]),
    "intent_first": replace(GOOD, intended=[replace(GOOD.intended[0], at=5.5), GOOD.intended[1]]),
    "vehicle_says_so": replace(GOOD, answered=[GOOD.answered[0], replace(GOOD.answered[1], by="f9")]),
    "within_limit": replace(GOOD, plans={"p": replace(GOOD.plans["p"], limit=1)}),
    "abort_holds": replace(GOOD, published=[*GOOD.published, Published(3_001, "o2", "V2")]),
    "terminal_stays": replace(GOOD, moved=[*GOOD.moved, Moved(50, "o1", State.FAILED, "f1")]),
    "approved": replace(GOOD, plans={"p": replace(GOOD.plans["p"], approved=("ann", "ann"))}),
    "chained": replace(GOOD, executed=[*GOOD.executed, Executed(60, "o9", "k9", "V1")]),
}


@pytest.mark.parametrize("promise", PROMISES)
def test_each_promise_is_found_broken(promise: str) -> None:
    found = {line.partition(":")[0] for line in violations(BROKEN[promise])}
    assert found == {promise}


def test_unknown_is_allowed_of_a_vehicle_that_nobody_reaches() -> None:
    assert violations(replace(BROKEN["ended"], reachable=frozenset({"V1"}))) == []
    silent = replace(GOOD, moved=GOOD.moved[:-1])
    assert violations(replace(silent, reachable=frozenset())) == ["ended: o2 is left sent"]


def test_the_limit_counts_what_is_in_flight_alone() -> None:
    turns = [Moved(1, "o1", State.SENT), Moved(2, "o1", State.EXPIRED), Moved(3, "o2", State.SENT)]
    one = replace(GOOD, plans={"p": replace(GOOD.plans["p"], limit=1)}, moved=turns)
    assert list(PROMISES["within_limit"](one)) == []
