"""Orders that are taken back: by whoever sent them, by somebody beside them, and by somebody after them."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest
from dispatching import Operator, operating, states
from ears import until
from ordered import Lab, ordered

from cdctl.domain.orders.keeping import Kept
from cdctl.domain.orders.order import State
from cdctl.domain.orders.telling import REPLY
from cdctl.errors import RefusedError
from cdctl.lab.vehicles.keys import vehicle_key
from cdctl.security import dsse
from cdctl.stores.session_lock import claimed


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with ordered(tmp_path_factory.mktemp("lab"), vehicles=30) as made:
        yield made


def there(lab: Lab) -> list[str]:
    return [vin for _, vin in lab.online][:6]


async def sent(here: Operator, count: int) -> list[Kept]:
    await until(lambda: sum(kept.course.state is State.SENT for kept in here.journal.orders()) == count)
    return list(here.journal.orders())


def test_what_vehicles_have_not_begun_is_taken_back_by_their_own_word(lab: Lab, tmp_path: Path) -> None:
    vins = there(lab)

    async def work() -> None:
        async with operating(lab, tmp_path) as here:
            lab.fleet.stop()
            sending = asyncio.create_task(here.dispatch.send(here.plan("ping", vins), here.command("ping")))
            orders = await sent(here, len(vins))
            cancelling = asyncio.create_task(here.dispatch.cancel(orders[:3]))
            await until(lambda: sum(1 for _ in here.journal.records(kind="cancel")) == 3)
            lab.restart(kill=False)
            outcome = await cancelling
            assert set(states(outcome).values()) <= {State.CANCELLED, State.SUCCEEDED}  # as each vehicle heard it
            await sending
            assert all(kept.by for kept in outcome.results())
            ids = {kept.order.id for kept in outcome.results() if kept.course.state is State.CANCELLED}
            assert not any(one["order"] in ids for one in lab.executions())

    asyncio.run(work())


def test_what_a_dead_operator_left_is_taken_back_by_another(lab: Lab, tmp_path: Path) -> None:
    away = lab.away[:2]

    async def work() -> None:
        async with operating(lab, tmp_path) as here:
            outcome = await here.dispatch.send(here.plan("ping", away), here.command("ping"), wait=False)
            assert outcome.waiting
            await sent(here, len(away))
        async with operating(lab, tmp_path) as another:
            assert another.dispatch.session != outcome.session
            cancelling = asyncio.create_task(another.dispatch.cancel(list(another.journal.orders())))
            await until(lambda: sum(1 for _ in another.journal.records(kind="cancel")) == 2)
            orders = list(another.journal.orders())
            for kept in orders:  # as the vehicles would say it, to whom they were told to
                word = f'{{"v":1,"order":"{kept.order.id}","vin":"{kept.order.vin}","state":"cancelled","ts":1}}'
                assert kept.order.reply.endswith(outcome.session)
                key = vehicle_key(lab.plan.seed, kept.order.vin)
                lab.client.publish(kept.order.reply, dsse.seal(word.encode(), REPLY, key), qos=1)
            found = await cancelling
            assert set(states(found).values()) == {State.CANCELLED}

    asyncio.run(work())


def test_a_session_belongs_to_one_process(tmp_path: Path) -> None:
    session = secrets.token_hex(8)
    with claimed(tmp_path, session, "ada"):
        with pytest.raises(RefusedError, match=r"ada \(process \d+ on .+\) goes on with these orders"):
            claimed(tmp_path, session, "ben").__enter__()
        with claimed(tmp_path, "another", "ben"):
            pass
    with claimed(tmp_path, session, "ben"):
        pass
    assert list(tmp_path.iterdir()) == []
