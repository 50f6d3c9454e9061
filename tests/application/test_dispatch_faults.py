"""What goes wrong between an operator and vehicles, and how every order ends all the same: links that are cut, brokers
that are killed, vehicles that are away, words that nobody may believe, operators who change their mind."""

from __future__ import annotations

import asyncio
import os
import secrets
import signal
from collections import Counter
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import apsw
import pytest
from dispatching import Operator, operating, results, started_again, states
from ears import Ear, until
from ordered import Lab, ordered
from wires import Wire

from cdctl.application.tally import Outcome
from cdctl.domain.orders.order import State
from cdctl.domain.orders.telling import REPLY
from cdctl.domain.wire import Address, Filter
from cdctl.errors import UnavailableError
from cdctl.lab.vehicles.keys import vehicle_key
from cdctl.links.opening import open_link
from cdctl.security import dsse
from cdctl.stores.journal import SqliteJournal


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with ordered(tmp_path_factory.mktemp("lab"), vehicles=60) as made:
        yield made


def there(lab: Lab, count: int) -> list[str]:
    return [vin for _, vin in lab.online][:count]


def in_state(here: Operator, state: State) -> int:
    return sum(kept.course.state is state for kept in here.journal.orders())


def once(lab: Lab, outcome: Outcome) -> bool:
    """Whether every vehicle that succeeded did it, and did it once."""
    ids = {kept.order.id for kept in outcome.results() if kept.course.state is State.SUCCEEDED}
    done = Counter(one["order"] for one in lab.executions() if one["order"] in ids)
    return done == Counter(ids)


def test_a_vehicle_that_stays_away_expires_and_nobody_guesses(lab: Lab, tmp_path: Path) -> None:
    async def work() -> None:
        async with operating(lab, tmp_path, skew=0.5) as here:
            outcome = await here.dispatch.send(here.plan("ping", lab.away[:2], expires=1), here.command("ping"))
            assert set(states(outcome).values()) == {State.EXPIRED}
            sent = [one.body for one in here.journal.records(kind="move") if one.body.get("state") == "sent"]
            assert len(sent) == 2
            assert all("subscri" in str(one["reason"]) for one in sent)

    asyncio.run(work())


def test_vehicles_that_come_back_get_what_they_missed(lab: Lab, tmp_path: Path) -> None:
    vins = there(lab, 5)

    async def work() -> None:
        async with operating(lab, tmp_path, patience=30.0) as here:  # so it is the birth that has them asked
            lab.fleet.stop()
            sending = asyncio.create_task(here.dispatch.send(here.plan("ping", vins), here.command("ping")))
            await until(lambda: in_state(here, State.SENT) == len(vins))
            lab.restart(kill=False)  # in this thread: servers end with the one that started them
            outcome = await sending
            assert states(outcome) == dict.fromkeys(vins, State.SUCCEEDED)
            assert once(lab, outcome)

    asyncio.run(work())


def test_words_that_are_not_the_vehicles_own_are_counted_and_never_believed(lab: Lab, tmp_path: Path) -> None:
    away, other = lab.away[0], there(lab, 1)[0]

    def word(order: str, vin: str) -> bytes:
        body = f'{{"v":1,"order":"{order}","vin":"{vin}","state":"succeeded","ts":1}}'
        return body.encode()

    async def work() -> None:
        async with operating(lab, tmp_path, skew=0.5) as here:
            sending = asyncio.create_task(
                here.dispatch.send(here.plan("ping", [away], expires=2), here.command("ping"))
            )
            await until(lambda: in_state(here, State.SENT) == 1)
            (kept,) = here.journal.orders()
            order, reply = kept.order.id, kept.order.reply
            stranger = reply.replace(f"/{away}/", f"/{other}/")
            impostor, robot = vehicle_key(lab.plan.seed, other), vehicle_key(99, away)
            itself = vehicle_key(lab.plan.seed, away)
            lies = [
                (reply, b"\xff"),
                (reply, dsse.seal(word(order, away), REPLY, impostor)),
                (reply, dsse.seal(word(order, away), REPLY, robot)),
                (stranger, dsse.seal(word(order, away), REPLY, impostor)),
                (stranger, dsse.seal(word(order, other), REPLY, impostor)),
                (stranger, dsse.seal(word("nobody", other), REPLY, impostor)),
                (reply, dsse.seal(word(order, away), "application/json", itself)),
            ]
            for topic, envelope in lies * 20:
                lab.client.publish(topic, envelope, qos=1)
            outcome = await sending
            assert set(states(outcome).values()) == {State.EXPIRED}
            assert outcome.tally.forged == len(lies) * 20
        async with operating(lab, tmp_path) as here:
            notes = [one.body for one in here.journal.records(kind="forged")]
            assert sum(int(str(one["count"])) for one in notes) == len(lies) * 20
            assert len(notes) <= 4
            assert all(len(one["examples"]) <= 5 for one in notes)  # type: ignore[arg-type]

    asyncio.run(work())


def test_the_vehicles_own_word_is_believed(lab: Lab, tmp_path: Path) -> None:
    """The good twin of the lies above: the same words, rightly signed."""
    away = lab.away[1]

    async def work() -> None:
        async with operating(lab, tmp_path) as here:
            sending = asyncio.create_task(here.dispatch.send(here.plan("horn", [away]), here.command("horn")))
            await until(lambda: in_state(here, State.SENT) == 1)
            (kept,) = here.journal.orders()
            body = f'{{"v":1,"order":"{kept.order.id}","vin":"{away}","state":"failed","ts":1,"reason":"worn out"}}'
            lab.client.publish(
                kept.order.reply, dsse.seal(body.encode(), REPLY, vehicle_key(lab.plan.seed, away)), qos=1
            )
            outcome = await sending
            assert states(outcome) == {away: State.FAILED}
            assert outcome.tally.reasons == Counter({(State.FAILED, "worn out"): 1})

    asyncio.run(work())


@pytest.mark.parametrize("half_open", [False, True], ids=["reset", "held first"])
def test_a_link_that_is_cut_in_the_middle_loses_and_doubles_nothing(lab: Lab, tmp_path: Path, half_open: bool) -> None:
    vins = there(lab, 40)

    async def work() -> None:
        async with Wire(lab.broker.port) as wire:
            urls = dict.fromkeys(lab.plan.brokers, wire.url)
            async with operating(lab, tmp_path, urls=urls) as here:
                plan = here.plan("ping", vins)
                sending = asyncio.create_task(here.dispatch.send(plan, here.command("ping"), rate=100))
                await until(lambda: in_state(here, State.SUCCEEDED) >= 5)
                if half_open:
                    wire.hold(down=True, up=False)
                    await until(lambda: in_state(here, State.QUEUED) >= 5)
                wire.cut()
                wire.release()
                outcome = await sending
                assert states(outcome) == dict.fromkeys(vins, State.SUCCEEDED)
                assert once(lab, outcome)
                heard = {one.body.get("state") for one in here.journal.records(kind="move")}
                assert "unknown" in heard or not half_open

    asyncio.run(work())


@pytest.mark.parametrize("keeps", [False, True], ids=["forgets", "remembers"])
def test_a_broker_that_is_killed_loses_and_doubles_nothing(tmp_path: Path, keeps: bool) -> None:
    async def work(lab: Lab) -> None:
        vins = there(lab, 30)
        async with operating(lab, tmp_path) as here:
            plan = here.plan("ping", vins)
            sending = asyncio.create_task(here.dispatch.send(plan, here.command("ping"), rate=60))
            await until(lambda: in_state(here, State.SUCCEEDED) >= 3)
            os.kill(lab.broker.pid, signal.SIGKILL)
            started_again(lab.broker)
            outcome = await sending
            assert states(outcome) == dict.fromkeys(vins, State.SUCCEEDED)
            assert once(lab, outcome)

    with ordered(tmp_path / "lab", vehicles=40) as lab:
        if keeps:
            disk = ["persistence true", f"persistence_location {tmp_path}/", "autosave_interval 1"]
            lab.broker._lines += [*disk, "autosave_on_changes true"]
            started_again(lab.broker)
        asyncio.run(work(lab))


async def ear(lab: Lab, stack: AsyncExitStack) -> Ear:
    """What goes to vehicles."""
    heard = Ear()
    link = open_link(Address(lab.broker.url, client_id=f"ear-{secrets.token_hex(4)}"), heard)
    await link.connect()
    stack.push_async_callback(link.aclose)
    await link.subscribe([Filter("cd/+/+/cmd", 1)])
    return heard


def test_after_an_abort_nothing_leaves(lab: Lab, tmp_path: Path) -> None:
    vins = there(lab, 40)

    async def work() -> None:
        async with AsyncExitStack() as stack:
            heard = await ear(lab, stack)
            here = await stack.enter_async_context(operating(lab, tmp_path))
            plan = here.plan("ping", vins)
            sending = asyncio.create_task(here.dispatch.send(plan, here.command("ping"), rate=40))
            await until(lambda: len(heard.got) >= 8)
            await here.dispatch.abort()
            written = sum(1 for _ in here.journal.orders())
            outcome = await sending
            assert outcome.stopped
            left = Counter(states(outcome).values())[State.SUCCEEDED]
            assert 8 <= left <= written < len(vins)
            assert outcome.tally.queued == len(vins) - outcome.tally.ended
            again = await here.dispatch.resume()
            assert [one.stopped for one in again] == [True]
            assert sum(1 for _ in here.journal.orders()) == written
            await until(lambda: len(heard.got) >= left)
            assert len(heard.got) == left

    asyncio.run(work())


def test_an_abort_while_the_link_is_cut_keeps_what_waits_from_leaving(lab: Lab, tmp_path: Path) -> None:
    vins = there(lab, 30)

    async def work() -> None:
        async with AsyncExitStack() as stack:
            heard = await ear(lab, stack)
            wire = await stack.enter_async_context(Wire(lab.broker.port))
            urls = dict.fromkeys(lab.plan.brokers, wire.url)
            here = await stack.enter_async_context(operating(lab, tmp_path, urls=urls, skew=0.5))
            plan = here.plan("ping", vins, expires=2)
            sending = asyncio.create_task(here.dispatch.send(plan, here.command("ping"), rate=60))
            await until(lambda: in_state(here, State.SUCCEEDED) >= 4)
            wire.hold()
            await until(lambda: here.means.executor.in_flight >= 3)  # type: ignore[attr-defined]
            passed = bytes(wire.up)
            wire.cut()
            await here.dispatch.abort()
            wire.release()
            outcome = await sending
            assert outcome.stopped
            orders = [one.correlation_data for one in heard.got if b"vnd.cdctl.order" in one.payload]
            assert orders
            assert all(order in passed for order in orders if order)
            assert all(kept.course.state.terminal for kept in results(outcome).values())

    asyncio.run(work())


def test_what_is_sent_again_does_not_leave_after_an_abort_either(lab: Lab, tmp_path: Path) -> None:
    """Vehicles did not hold it, so it was to leave again; then the link was cut, and somebody said stop."""
    vins = lab.away[:3]

    async def work() -> None:
        async with AsyncExitStack() as stack:
            heard = await ear(lab, stack)
            wire = await stack.enter_async_context(Wire(lab.broker.port))
            urls = dict.fromkeys(lab.plan.brokers, wire.url)
            here = await stack.enter_async_context(operating(lab, tmp_path, urls=urls, skew=0.5, patience=60.0))
            plan = here.plan("ping", vins, expires=2)
            sending = asyncio.create_task(here.dispatch.send(plan, here.command("ping")))
            await until(lambda: in_state(here, State.SENT) == len(vins))
            wire.hold(up=True, down=False)
            for kept in here.journal.orders():
                word = f'{{"v":1,"order":"{kept.order.id}","vin":"{kept.order.vin}","state":"unheld","ts":1}}'
                key = vehicle_key(lab.plan.seed, kept.order.vin)
                lab.client.publish(kept.order.reply, dsse.seal(word.encode(), REPLY, key), qos=1)
            await until(lambda: here.means.executor.in_flight == len(vins))  # type: ignore[attr-defined]
            wire.hold()
            wire.cut()
            await here.dispatch.abort()
            wire.release()
            await sending
            assert sum(b"vnd.cdctl.order" in one.payload for one in heard.got) == len(vins)

    asyncio.run(work())


async def lose_disk(journal: SqliteJournal) -> None:
    """As a disk that is gone; the thread that writes may be at it just now."""
    while True:
        try:
            journal._chain.close()  # type: ignore[union-attr]
            return
        except apsw.ThreadingViolationError:
            await asyncio.sleep(0.01)


def test_answers_that_cannot_be_written_down_are_not_lost(lab: Lab, tmp_path: Path) -> None:
    vins, session = there(lab, 5), secrets.token_hex(8)

    async def work() -> None:
        async with operating(lab, tmp_path, session=session) as here:
            lab.fleet.stop()
            sending = asyncio.create_task(here.dispatch.send(here.plan("ping", vins), here.command("ping")))
            await until(lambda: in_state(here, State.SENT) == len(vins))
            await lose_disk(here.journal)
            lab.restart(kill=False)
            with pytest.raises(UnavailableError):
                await sending
        async with operating(lab, tmp_path, session=session) as here:
            assert in_state(here, State.SENT) == len(vins)
            (outcome,) = await here.dispatch.resume()
            assert states(outcome) == dict.fromkeys(vins, State.SUCCEEDED)
            assert once(lab, outcome)

    asyncio.run(work())


def test_a_journal_that_cannot_be_written_sends_nothing(lab: Lab, tmp_path: Path) -> None:
    async def work() -> None:
        async with AsyncExitStack() as stack:
            heard = await ear(lab, stack)
            here = await stack.enter_async_context(operating(lab, tmp_path))
            plan = here.plan("ping", there(lab, 10))
            await lose_disk(here.journal)
            with pytest.raises(UnavailableError):
                await here.dispatch.send(plan, here.command("ping"))
            assert heard.got == []

    asyncio.run(work())
