"""What a dispatch makes of every answer: receipts, retries, words that nobody signed, executors that promise little."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from dispatching import Operator, operating, states
from ears import until
from scripted import Scripted

from cdctl.application.tally import Outcome, Tally
from cdctl.domain.fleet.speech import Promises
from cdctl.domain.orders.executing import Outgoing
from cdctl.domain.orders.order import Heard, State
from cdctl.domain.wire import Receipt
from cdctl.errors import UnavailableError, UsageError
from cdctl.lab.vehicles.keys import trust_toml, vehicles_csv
from cdctl.security.ed25519 import PrivateKey, written

VINS = [f"WCDA{number:013d}" for number in range(12)]
DONE = [(Heard.ACKED, ""), (Heard.SUCCEEDED, "")]
BUSY = [(Heard.FAILED, "busy")]


@pytest.fixture
def place(tmp_path: Path) -> Any:
    """Where no broker is."""
    ada = written(PrivateKey(b"a" * 32).public)
    (tmp_path / "vehicles.csv").write_text(vehicles_csv(1, VINS))
    (tmp_path / "trust.toml").write_text(trust_toml({"ada": (ada, ["engineer"])}, "vehicles.csv"))
    return SimpleNamespace(
        broker=SimpleNamespace(port=1),
        plan=SimpleNamespace(brokers={"eu": ("127.0.0.1", 1)}),
        trust=tmp_path / "trust.toml",
        regions=dict.fromkeys(VINS, "eu"),
    )


def sent(place: Any, fleet: Scripted, vins: Sequence[str] = VINS, *, expires: int = 60, **how: Any) -> Outcome:
    async def work() -> Outcome:
        async with operating(place, place.trust.parent, executor=fleet, skew=0.5, patience=0.3) as here:
            outcome = await here.dispatch.send(here.plan("ping", vins, expires=expires), here.command("ping"), **how)
            place.states, place.moves = states(outcome), moves(here)
            place.tries = len(list(here.journal.orders()))
            return outcome

    return asyncio.run(work())


def moves(here: Operator) -> list[str]:
    return [str(one.body["heard"]) for one in here.journal.records(kind="move")]


def test_words_that_need_no_signature_are_believed_where_nobody_promised_one(place: Any) -> None:
    sent(place, Scripted(lambda one: DONE))
    assert place.states == dict.fromkeys(VINS, State.SUCCEEDED)


def test_words_without_a_signature_are_nothing_where_signatures_are_promised(place: Any) -> None:
    fleet = Scripted(lambda one: DONE, promises=Promises(dedupe=True, signed_replies=True))
    outcome = sent(place, fleet, VINS[:2], expires=1)
    assert set(place.states.values()) == {State.EXPIRED}
    assert outcome.tally.forged >= 4


def test_what_the_broker_will_never_take_has_failed(place: Any) -> None:
    def receipt(one: Outgoing, often: int) -> Receipt:
        return Receipt(0x87, "not authorised") if one.order.vin == VINS[0] else Receipt(0)

    outcome = sent(place, Scripted(lambda one: DONE, receipt=receipt))
    assert place.states == {**dict.fromkeys(VINS, State.SUCCEEDED), VINS[0]: State.FAILED}
    assert outcome.tally.reasons == Counter({(State.FAILED, "not authorised"): 1})


def test_what_the_broker_takes_later_is_sent_later(place: Any) -> None:
    fleet = Scripted(lambda one: DONE, receipt=lambda one, often: Receipt(0 if often else 0x97, "quota exceeded"))
    sent(place, fleet, VINS[:3])
    assert set(place.states.values()) == {State.SUCCEEDED}
    assert Counter(one.order.id for one in fleet.handed).most_common(1)[0][1] == 2
    assert {one.envelope for one in fleet.handed[:3]} == {one.envelope for one in fleet.handed[3:]}


def test_what_nobody_knows_is_asked_for_and_sent_again_only_when_it_is_not_held(place: Any) -> None:
    held = VINS[0]

    def ledger(one: Outgoing) -> Sequence[tuple[Heard, str]]:
        return DONE if one.order.vin == held else [(Heard.UNHELD, "")]

    fleet = Scripted(lambda one: DONE, receipt=lambda one, often: Receipt(0 if often else None, "cut"), ledger=ledger)
    sent(place, fleet, VINS[:3])
    assert set(place.states.values()) == {State.SUCCEEDED}
    handed = Counter(one.order.vin for one in fleet.handed)
    assert handed == {VINS[0]: 1, VINS[1]: 2, VINS[2]: 2}


def test_without_dedupe_nothing_is_ever_sent_twice(place: Any) -> None:
    fleet = Scripted(lambda one: DONE, receipt=lambda one, often: Receipt(None, "cut"), promises=Promises())
    sent(place, fleet, VINS[:3], expires=1)
    assert set(place.states.values()) == {State.EXPIRED}
    assert Counter(one.order.id for one in fleet.handed).most_common(1)[0][1] == 1


@pytest.mark.parametrize(("reason", "tries"), [("busy", 3), ("worn out", 1)])
def test_a_failure_is_tried_again_when_the_command_says_so(place: Any, reason: str, tries: int) -> None:
    outcome = sent(place, Scripted(lambda one: [(Heard.FAILED, reason)]), VINS[:2], retries=2)
    assert set(place.states.values()) == {State.FAILED}
    assert place.tries == 2 * tries
    assert outcome.tally.retried == 2 * (tries - 1)
    assert outcome.tally.states[State.FAILED] == 2
    assert len(list(outcome.results())) == 2


def test_a_refusal_is_never_tried_again(place: Any) -> None:
    sent(place, Scripted(lambda one: [(Heard.REJECTED, "busy")]), VINS[:2], retries=2)
    assert place.tries == 2


def test_a_retry_may_succeed(place: Any) -> None:
    seen: set[str] = set()

    def script(one: Outgoing) -> Sequence[tuple[Heard, str]]:
        first = one.order.key not in seen
        seen.add(one.order.key)
        return [(Heard.FAILED, "no coverage")] if first else DONE

    outcome = sent(place, Scripted(script), VINS[:2], retries=1)
    assert set(place.states.values()) == {State.SUCCEEDED}
    assert outcome.tally.ended == outcome.tally.total == 2


def test_time_that_a_vehicle_does_not_keep_ends_its_order(place: Any) -> None:
    async def work() -> None:
        fleet = Scripted(lambda one: [(Heard.ACKED, ""), (Heard.RUNNING, "")], ledger=lambda one: [(Heard.RUNNING, "")])
        async with operating(place, place.trust.parent, executor=fleet, skew=0.3, patience=0.3) as here:
            plan = here.plan("ping", VINS[:2], timeout=1)
            outcome = await here.dispatch.send(plan, here.command("ping"))
            assert set(states(outcome).values()) == {State.TIMED_OUT}
            assert len(fleet.asked) >= 2  # the end could have been lost: it was asked for first

    asyncio.run(work())


def test_what_is_said_after_the_end_is_late_and_changes_nothing(place: Any) -> None:
    async def work() -> None:
        fleet = Scripted(lambda one: [(Heard.FAILED, "worn out")])
        async with operating(place, place.trust.parent, executor=fleet) as here:
            outcome = await here.dispatch.send(here.plan("ping", VINS[:1]), here.command("ping"))
            (one,) = fleet.handed
            for word in (Heard.FAILED, Heard.ACKED, Heard.SUCCEEDED):
                fleet._say(one, [(word, "")])
            await until(lambda: next(iter(here.journal.orders())).lates == 1)
            assert states(outcome) == {VINS[0]: State.FAILED}
            assert here.journal.verify() == []

    asyncio.run(work())


def test_a_rate_is_kept_and_told(place: Any) -> None:
    told: list[tuple[float, float]] = []

    def tell(tally: Tally) -> None:
        told.append((tally.elapsed, tally.published))

    outcome = sent(place, Scripted(lambda one: DONE), rate=20, tell=tell)
    assert outcome.tally.elapsed >= (len(VINS) - 4) / 20
    assert all(published <= elapsed * 20 + 4 for elapsed, published in told)


def test_what_waits_for_its_turn_is_cancelled_by_an_abort_at_once(place: Any) -> None:
    async def work() -> None:
        fleet = Scripted(lambda one: DONE, receipt=lambda one, often: Receipt(0x97, "quota exceeded"))
        async with operating(place, place.trust.parent, executor=fleet) as here:
            sending = asyncio.create_task(here.dispatch.send(here.plan("ping", VINS), here.command("ping")))
            await until(lambda: len(fleet.handed) == len(VINS))
            await here.dispatch.abort()
            outcome = await sending
            assert states(outcome) == dict.fromkeys(VINS, State.CANCELLED)
            assert set(moves(here)) == {"withdrawn"}
            assert len(fleet.handed) == len(VINS)

    asyncio.run(work())


def test_an_end_that_is_told_twice_at_once_is_one_end(place: Any) -> None:
    """As when a copy of an answer waited at the broker: the journal does not know of the first yet."""
    fleet = Scripted(lambda one: [*DONE, (Heard.SUCCEEDED, ""), (Heard.FAILED, "worn out")])
    sent(place, fleet, VINS[:3])
    assert set(place.states.values()) == {State.SUCCEEDED}
    assert Counter(place.moves) - Counter({"sent": 3}) == {"acked": 3, "succeeded": 3, "failed": 3}


def test_whoever_is_told_and_fails_ends_the_sending(place: Any) -> None:
    def tell(tally: Tally) -> None:
        if tally.published:
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        sent(place, Scripted(lambda one: []), VINS[:2], tell=tell)


def test_a_plan_to_a_region_without_a_broker_is_refused_before_anything_is_written(place: Any) -> None:
    async def work() -> None:
        async with operating(place, place.trust.parent) as here:
            plan = here.plan("ping", VINS[:2])
            elsewhere = [replace(target, region="mars") for target in plan.targets]
            with pytest.raises(UsageError, match="mars: no broker of this region"):
                await here.dispatch.send(plan, here.command("ping"), targets=elsewhere)
            with pytest.raises(UnavailableError, match="nobody listens there"):
                await here.dispatch.send(plan, here.command("ping"))
            assert here.journal.head().number == 0

    asyncio.run(work())


def test_an_abort_that_cancels_asks_vehicles_to_drop_what_they_have(place: Any) -> None:
    async def work() -> None:
        fleet = Scripted(lambda one: [(Heard.ACKED, "")])
        async with operating(place, place.trust.parent, executor=fleet) as here:
            sending = asyncio.create_task(here.dispatch.send(here.plan("ping", VINS), here.command("ping")))
            await until(lambda: moves(here).count("acked") == len(VINS))
            await here.dispatch.abort(cancel=True)
            outcome = await sending
            assert states(outcome) == dict.fromkeys(VINS, State.CANCELLED)
            assert len(fleet.cancelled) == len(VINS)
            assert fleet.asked == []

    asyncio.run(work())


def test_sendings_that_nobody_waits_for_are_forgotten_when_they_are_over(place: Any) -> None:
    async def work() -> None:
        async with operating(place, place.trust.parent, executor=Scripted(lambda one: DONE)) as here:
            plan = here.plan("ping", VINS)
            for target in plan.targets:
                await here.dispatch.send(plan, here.command("ping"), targets=[target], wait=False)
            await until(lambda: moves(here).count("succeeded") == len(VINS))
            await until(lambda: not here.dispatch._sendings)
            assert here.journal.verify() == []
            assert sum(1 for _ in here.journal.records(kind="plan")) == 1

    asyncio.run(work())


def test_tries_before_a_crash_count_after_it(place: Any) -> None:
    """The second try of --retries 1 was under way when the program ended: there is no third."""
    folder, session, first = place.trust.parent, "00000000000000ee", Scripted(lambda one: [])
    later = Scripted(lambda one: DONE, ledger=lambda one: BUSY)

    def script(one: Outgoing) -> list[tuple[Heard, str]]:
        return BUSY if len(first.handed) == 1 else []

    async def crash() -> None:
        first._script = script
        async with operating(place, folder, executor=first, session=session, patience=0.3) as here:
            plan = here.plan("ping", VINS[:1])
            sending = asyncio.create_task(here.dispatch.send(plan, here.command("ping"), retries=1))
            await until(lambda: len(first.handed) == 2)
            await until(lambda: moves(here).count("sent") == 2)
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)

    async def go_on() -> Outcome:
        async with operating(place, folder, executor=later, session=session, skew=0.5, patience=0.3) as here:
            (outcome,) = await here.dispatch.resume()
            assert list(states(outcome).values()) == [State.FAILED]
            return outcome

    asyncio.run(crash())
    assert asyncio.run(go_on()).tally.retried == 0
    assert later.handed == []
