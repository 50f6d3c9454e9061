"""What the view is told of orders: the numbers of the commands, from a journal that others go on writing."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from screens import Look
from writing import intent, move, write

from cdctl.application.top.orders import MOST, Book, OrderAnswers, again
from cdctl.application.top.orders_wiring import book_of
from cdctl.application.top.rollouts import seen
from cdctl.cli import cmd_kept
from cdctl.domain.boards.ordering import FAILED, RolloutSeen, Sent, SentSight, Targeted, TargetsOf
from cdctl.domain.orders.command import Command, Risk
from cdctl.domain.orders.keeping import Entry, Note
from cdctl.domain.orders.order import State
from cdctl.domain.orders.plan import Plan, Target
from cdctl.domain.orders.rollout import talk
from cdctl.domain.orders.rollout.deciding import decide
from cdctl.domain.orders.rollout.engine import Job, Picture
from cdctl.domain.orders.rollout.rules import Rules
from cdctl.domain.orders.rollout.seen import Control, Seen, Wish
from cdctl.domain.orders.rollout.standing import Cause, Pause, Phase, Standing
from cdctl.domain.orders.rollout.tally import Tally
from cdctl.domain.orders.rollout.waves import Wave
from cdctl.domain.settings import Settings
from cdctl.errors import UnavailableError
from cdctl.panels import orders_data
from cdctl.stores.journal import read_journal

NOW = 1_750_000_010_000


def plan(count: int, first: int = 0, **more: Any) -> Plan:
    targets = tuple(Target(f"WBA{number:014d}", "eu") for number in range(first, first + count))
    told: dict[str, Any] = {"command": "log-level", "arguments": {"level": "debug", "unit": "tcu", "duration": 3600}}
    told = {
        "id": f"01k{first}",
        "context": "test",
        "by": "ada",
        "created": NOW - 10_000,
        "expires": 300,
        **told,
        **more,
    }
    return Plan(targets=targets, timeout=30, **told)


def noted(one: Plan, at: int = NOW - 9_000) -> Note:
    return Note("plan", one.digest(), "ada", at, json.loads(one.content()))


def sent(one: Plan, states: Mapping[int, State | None]) -> list[Entry]:
    """Orders of a plan by number; None: nothing was heard of it yet."""
    digest = one.digest()
    moves = [move(number, state) for number, state in states.items() if state is not None]
    return [*(intent(number, plan=digest) for number in states), *moves]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.db"


def book(path: Path) -> Book:
    return book_of(Settings(journal=str(path)), lambda close: None, plugins=False)


class Nobody:
    async def states(self) -> tuple[Mapping[str, Any], str]:
        return {}, "no operators' topic can be heard"


def answers(path: Path) -> OrderAnswers:
    made = book(path)
    return OrderAnswers(lambda: made, Nobody())


def ask(found: OrderAnswers, vin: str = "") -> SentSight:
    seen = Look(1).lookout.snapshot()
    object.__setattr__(seen, "at", NOW / 1000)
    told = asyncio.run(found.sent(Sent(vin), seen))
    assert isinstance(told, SentSight)
    return told


def test_the_numbers_are_those_of_the_command(path: Path) -> None:
    one, other = plan(4), plan(2, 100, command="ping", arguments={}, reason="a look")
    states = {0: State.SUCCEEDED, 1: State.FAILED, 2: None}
    write(path, [noted(one), noted(other)], sent(one, states))
    plans, rollouts = book(path).read(NOW)
    rows = cmd_kept.plans(read_journal(path), 50)
    assert [orders_data.plan(each) for each in sorted(plans, key=lambda each: each.digest)] == sorted(
        rows, key=lambda row: str(row["plan"])
    )
    assert rollouts == {}
    first = next(each for each in plans if each.digest == one.digest())
    assert (first.open, first.unsent, first.failed, first.given) == (1, 1, 1, "duration=1h level=debug unit=tcu")


def test_what_is_new_is_read_and_what_is_over_is_not_counted_again(path: Path) -> None:
    one = plan(2)
    write(path, [noted(one)], sent(one, {0: State.SENT, 1: State.SUCCEEDED}))
    made = book(path)
    assert made.read(NOW)[0][0].under_way(NOW)
    write(path, [move(0, State.FAILED)])
    (over,) = made.read(NOW)[0]
    assert (dict(over.states), over.under_way(NOW)) == ({"failed": 1, "succeeded": 1}, False)
    asked: list[str] = []
    made._counts = type("Never", (), {"states": lambda self, digest: asked.append(digest)})()  # type: ignore[assignment]
    assert made.read(NOW)[0][0].states == over.states
    assert asked == [], "nothing of it can change any more"


def test_a_plan_that_was_cancelled_says_by_whom(path: Path) -> None:
    one = plan(3)
    write(path, [noted(one)], sent(one, {0: State.SUCCEEDED}))
    made = book(path)
    assert made.read(NOW)[0][0].under_way(NOW), "two may still be told"
    write(path, [Note("cancel", one.digest(), "bea", NOW, {"what": "plan"})])
    (found,) = made.read(NOW)[0]
    assert (found.cancelled, found.under_way(NOW), found.unsent) == ("bea", False, 2)


def test_what_nobody_may_begin_any_more_is_over(path: Path) -> None:
    one = plan(3)
    write(path, [noted(one)], sent(one, {0: State.SUCCEEDED}))
    (found,) = book(path).read(NOW)[0]
    assert found.under_way(NOW)
    assert not found.under_way(one.created + 301_000)


def test_only_so_many_that_are_over_are_kept(path: Path) -> None:
    many = [plan(1, number) for number in range(MOST + 50)]
    write(path, [noted(one) for one in many])
    made = book(path)
    assert len(made.read(NOW)[0]) == MOST + 50, "all may still be sent"
    late = NOW + 400_000
    made.read(late)
    left = made.read(late)[0]
    assert len(left) == MOST
    assert left[-1].digest == many[-1].digest(), "the newest stay"


def test_under_way_comes_first_and_then_the_newest(path: Path) -> None:
    old, new, busy = plan(1, 0), plan(1, 1), plan(2, 2)
    write(path, [noted(busy, NOW - 60_000), noted(old, NOW - 50_000), noted(new, NOW - 40_000)])
    write(path, sent(old, {0: State.SUCCEEDED}), sent(new, {1: State.FAILED}), sent(busy, {2: State.SENT}))
    found = ask(answers(path))
    assert [one.digest for one in found.plans] == [one.digest() for one in (busy, new, old)]
    assert found.notes == ("rollouts of others are not seen: no operators' topic can be heard",)


def test_vehicles_of_a_plan_are_told_one_by_one_the_worst_first(path: Path) -> None:
    one = plan(5)
    write(path, [noted(one)], sent(one, {0: State.SUCCEEDED, 1: State.TIMED_OUT, 2: State.SENT}))
    write(path, [*sent(one, {3: None}), move(3, State.FAILED, reason="stuck")])
    found = book(path).targeted(one.digest(), NOW)
    assert [(each.vin[-1], each.state) for each in found.orders] == [
        ("3", "failed"), ("1", "timed_out"), ("2", "sent"), ("0", "succeeded"), ("4", ""),
    ]  # fmt: skip
    assert (found.orders[0].reason, found.rest, dict(found.plan.states)["failed"]) == ("stuck", 0, 1)
    assert [target.vin[-1] for target in again(found, FAILED)] == ["3", "1"]


def test_a_plan_of_another_journal_cannot_be_told(path: Path) -> None:
    write(path, [noted(plan(1))])
    with pytest.raises(UnavailableError, match="does not hold this plan"):
        book(path).targeted("f" * 64, NOW)


def test_orders_to_one_vehicle_newest_first(path: Path) -> None:
    one, other = plan(2), plan(1, command="ping", arguments={})
    write(path, sent(one, {0: State.SUCCEEDED, 1: None}), [intent(50, plan=other.digest(), vin=f"WBA{0:014d}")])
    found = ask(answers(path), f"WBA{0:014d}")
    assert [(each.plan, each.state) for each in found.orders] == [
        (other.digest(), "queued"), (one.digest(), "succeeded"),
    ]  # fmt: skip


def test_where_nothing_was_ever_sent_nothing_is_shown() -> None:
    nothing = OrderAnswers(lambda: None, Nobody())
    assert (ask(nothing).plans, ask(nothing, "WBA1").orders) == ((), ())
    with pytest.raises(UnavailableError, match="nothing was sent from here yet"):
        asyncio.run(nothing.targets(TargetsOf("f" * 64), Look(1).lookout.snapshot()))


def test_a_journal_that_goes_away_is_told_and_found_again(path: Path) -> None:
    one = plan(1)
    write(path, [noted(one)])
    made = book(path)
    made.read(NOW)
    gone = path.with_suffix(".gone")
    made._journal.close()  # type: ignore[attr-defined]
    made._rollouts._journal.close()  # type: ignore[attr-defined]
    path.rename(gone)
    with pytest.raises(UnavailableError, match="there is no journal"):
        made.read(NOW)
    gone.rename(path)
    assert isinstance(made.targeted(one.digest(), NOW), Targeted)


def rolled(standing: Standing, *controls: Control, approvals: int = 0, at: int = NOW) -> RolloutSeen:
    """A rollout of one wave as the view has it, five seconds after these wishes were heard."""
    one = plan(2, rollout={"name": "p"})
    rules = Rules((Wave(count=2, soak=20, approvals=approvals),), (2,), "ada")
    job = Job(one, one.digest(), Command("ping", "Ping", Risk.SAFE), rules, np.arange(2))
    tally = Tally(planned=0, succeeded=2)
    after, _ = decide(rules, standing, Seen(tally, tally, controls=controls), at)
    return seen(talk.plain(Picture(job, after, [tally], at + 5_000)), at + 5_000, ours=True)


def wish(wish: Wish, by: str = "bea", why: str = "") -> Control:
    return Control(wish, by, NOW, why, 0)


SOAKING = Standing(Phase.SOAKING, since=NOW - 6_000, began=NOW - 20_000)


def test_a_rollout_is_paused_since_the_pause_and_soaks_since_the_soak() -> None:
    assert (rolled(SOAKING).state, rolled(SOAKING).since) == ("soaking", NOW - 6_000)
    held = rolled(SOAKING, wish(Wish.PAUSE))
    assert (held.state, held.phase, held.since) == ("paused", "soaking", NOW)
    guard = Pause(Cause.GUARD, "slo:x", "burns 14x of 2x", NOW - 3_000)
    first = rolled(Standing(Phase.RUNNING, since=NOW - 9_000, pauses=(guard,)), wish(Wish.PAUSE))
    assert first.since == NOW - 3_000, "of several the first one"
    assert first.why == ("slo:x: burns 14x of 2x", "paused by bea")


@pytest.mark.parametrize(("why", "told"), [("", "paused by bea"), ("a look", "paused by bea: a look")])
def test_why_it_does_not_go_on_says_who_paused_it(why: str, told: str) -> None:
    assert rolled(SOAKING, wish(Wish.PAUSE, why=why)).why == (told,)


def test_what_others_tell_of_pauses_may_be_anything() -> None:
    held = {"cause": "operator", "key": "", "words": "", "since": "now"}
    body: dict[str, Any] = {
        "rollout": "01r", "plan": "f", "name": "p", "command": "ping", "by": "ada", "state": "paused",
        "phase": "running", "wave": 0, "at": NOW, "since": NOW - 1, "reason": "", "waves": [], "guards": [],
    }  # fmt: skip
    found = seen({**body, "pauses": [7, {}, held]}, NOW, ours=False)
    assert (found.since, found.why) == (NOW - 1, ("paused by somebody",))


def test_approval_is_waited_for_only_where_it_is_missing() -> None:
    waiting = Standing(Phase.WAITING, since=NOW - 6_000)
    assert rolled(waiting, approvals=2).waits
    assert rolled(waiting, wish(Wish.PAUSE), approvals=1).waits, "an approval is heard in a pause, too"
    assert not rolled(waiting, wish(Wish.PAUSE), wish(Wish.APPROVE), approvals=1).waits
    assert not rolled(SOAKING, wish(Wish.PAUSE), approvals=1).waits
    assert not rolled(SOAKING).waits
