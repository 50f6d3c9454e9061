"""What is asked before orders are steered, what is refused at once, and whom a command is prepared for once more."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from ordering import ORDERS, order, plan, rollout
from screens import HOSTILE, Still, vin

from cdctl.application.top.flights import Flights
from cdctl.application.top.sending import Ways
from cdctl.application.top.steering import Again, Question, Steering
from cdctl.domain.boards.ordering import SentSight, Targeted
from cdctl.errors import RefusedError, UsageError

BUSY = plan(1, vehicles=12, states={"succeeded": 4, "sent": 3}, command="lock")
OVER = plan(2)
WAITING = rollout(5, "waiting", asked=2, approvers=("bea",))
SIGHT = SentSight(
    (BUSY, OVER), (rollout(1), rollout(2, "aborted"), rollout(3, runner="nobody"), rollout(4, name=HOSTILE), WAITING)
)


def never(*_: Any) -> Any:
    raise AssertionError("nothing is opened to ask a question")


def steering(found: Targeted | None = None) -> Steering:
    ways = Ways(never, never, never, never, never, Still())

    async def sight() -> SentSight:
        return SIGHT

    async def targeted(digest: str) -> Targeted:
        return found or Targeted(BUSY, ORDERS)

    return Steering(ways, Flights(ways, never), never, sight, targeted)


def asked(what: str, subject: str) -> Question:
    return asyncio.run(steering().question(what, subject))


@pytest.mark.parametrize(
    ("what", "number", "typed", "texts"),
    [
        ("pause", 1, "", ("Pause the rollout charge-limit", "running, wave 2 of 3: 280 of 10,000 told", "go on")),
        ("resume", 1, "y", ("Resume the rollout", "280 of 10,000")),
        ("resume", 3, "10000", ("nobody runs it: it goes on here",)),
        ("abort", 1, "abort", ("40 vehicles that are open", "9,720 vehicles are told nothing", "cannot be taken up")),
        ("approve", 5, "y", ("you agree that this wave begins",)),
    ],
)
def test_a_question_names_the_rollout_and_its_numbers(
    what: str, number: int, typed: str, texts: tuple[str, ...]
) -> None:
    found = asked(what, rollout(number).id)
    whole = " ".join((found.title, *found.lines))
    assert all(text in whole for text in texts), whole
    assert rollout(number).id in found.title
    assert (found.typed, found.reasoned) == (typed, True)
    assert found.agreed(f" {typed.upper()} ")
    assert not found.agreed("no")


def test_a_plan_is_cancelled_by_the_word() -> None:
    found = asked("cancel", BUSY.digest)
    assert found.title == f"Cancel lock {BUSY.digest[:16]}, 12 vehicles"
    assert "3 vehicles that have it are asked to drop it" in found.lines[0]
    assert "5 vehicles are told nothing any more" in found.lines[1]
    assert (found.typed, found.reasoned) == ("cancel", False)


@pytest.mark.parametrize(
    ("what", "subject", "error", "why"),
    [
        ("cancel", OVER.digest, RefusedError, "it is over: nothing of it can be taken back"),
        ("cancel", "f" * 64, UsageError, "no such plan in the journal of this host"),
        ("pause", rollout(2).id, RefusedError, "it is aborted: nothing more can be wanted"),
        ("abort", "01rnone\x1b", UsageError, "nobody tells of such a rollout"),
    ],
)
def test_what_is_over_or_not_there_is_not_asked_about(
    what: str, subject: str, error: type[Exception], why: str
) -> None:
    with pytest.raises(error, match=why) as found:
        asked(what, subject)
    assert "\x1b" not in str(found.value)


def test_nothing_hostile_stands_in_a_question() -> None:
    assert not {"\x1b", "\x07", "\u202e"} & set(asked("abort", rollout(4).id).title)


def again(found: Targeted) -> Again:
    return asyncio.run(steering(found).again("f" * 64))


def test_once_more_is_for_exactly_those_that_failed() -> None:
    told = plan(1, command="climate.start", arguments={"temperature": "22"})
    more = again(Targeted(told, (*ORDERS[:8], order(10, "cancelled"), order(11, "unknown"))))
    assert [one[-1] for one in more.meant.vins[:4]] == ["1", "2", "3", "4"]
    assert set(more.meant.vins[:4]) == {vin(number) for number in range(1, 5)}
    assert len(more.meant.vins) == 5, "and the one with the odd name; not what is open, succeeded or was cancelled"
    assert [one.region for one in more.meant.targets[:4]] == ["eu"] * 4
    assert (more.command, more.arguments) == ("climate.start", {"temperature": "22"})
    assert more.said == "once more: 2 failed, 1 rejected, 1 timed out, 1 expired"


def test_more_that_failed_than_are_told_one_by_one_are_not_tried_in_part() -> None:
    with pytest.raises(RefusedError, match="3,000 vehicles failed, and 2 can be told again"):
        again(
            Targeted(plan(1, vehicles=3_000, states={"failed": 3_000}), (order(1, "failed"), order(2, "failed")), 2_998)
        )


def test_where_nothing_failed_there_is_nothing_to_be_tried_again() -> None:
    with pytest.raises(UsageError, match="nothing of it failed"):
        again(Targeted(plan(1), (order(1, "succeeded"), order(2, "cancelled"))))
