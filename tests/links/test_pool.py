"""Several links that publish as one."""

from __future__ import annotations

import asyncio

import pytest
from brokers import Mosquitto
from ears import Ear, until
from waiting import eventually
from wires import Wire

from cdctl.domain.wire import Address, Filter, Publish
from cdctl.errors import UnavailableError
from cdctl.links.opening import open_pool


def test_a_pool_publishes_over_all_and_keeps_the_order_of_a_topic(own_broker, topic, run):
    async def work():
        ear = Ear()
        pool = open_pool(Address(own_broker.url, client_id="p"), 3, ear)
        up = await pool.connect()
        assert up.receive_maximum == 3 * 20
        await pool.subscribe([Filter(f"{topic}/#", 1)])
        messages = [Publish(f"{topic}/{n % 5}", b"%d" % n) for n in range(300)] + [Publish("nobody", b"")]
        receipts = await pool.publish(messages)
        assert [receipt.code for receipt in receipts] == [0] * 300 + [0x10]
        await until(lambda: len(ear.got) == 300)
        for k in range(5):
            of = [int(m.payload) for m in ear.got if m.topic == f"{topic}/{k}"]
            assert of == list(range(k, 300, 5))
        assert pool.counters().published == 301
        await pool.unsubscribe([f"{topic}/#"])
        await pool.aclose()

    run(work())
    assert eventually(lambda: all(f" as {name} " in own_broker.log.read_text() for name in ("p", "p-1", "p-2")))


def test_a_pool_of_which_one_cannot_connect_leaves_nothing_behind(tmp_path, run):
    async def work(url):
        with pytest.raises(UnavailableError):
            await open_pool(Address(url), 4).connect()

    with Mosquitto(tmp_path / "b", "max_connections 2") as broker:
        run(work(broker.url))


def test_a_pool_has_the_windows_of_all_its_links(broker, topic, run):
    async def work():
        async with Wire(broker.port) as wire:
            for count in (1, 4):
                pool = open_pool(Address(wire.url), count)
                await pool.connect()
                wire.hold(up=False)
                before = wire.up.count(topic.encode())
                sending = asyncio.create_task(pool.publish([Publish(f"{topic}/{n}", b"x") for n in range(160)]))
                await until(lambda count=count, before=before: wire.up.count(topic.encode()) - before >= count * 20)
                await asyncio.sleep(0.05)  # for one too many
                assert wire.up.count(topic.encode()) - before == pool.counters().in_flight == count * 20
                wire.release()
                assert {receipt.code for receipt in await sending} == {0x10}
                await pool.aclose()

    run(work())
