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
from cdctl.lab.servers import free_port
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


def test_a_pool_goes_on_with_as_many_as_the_broker_takes_and_says_so(tmp_path, topic, run):
    async def work(url):
        pool = open_pool(Address(url), 4)
        up = await pool.connect()
        assert up.receive_maximum == 2 * 20
        assert up.note.startswith("2 of 4 connections: ")
        receipts = await pool.publish([Publish(f"{topic}/{n}", b"x") for n in range(100)])
        assert {receipt.code for receipt in receipts} == {0x10}
        await pool.aclose()

    with Mosquitto(tmp_path / "b", "max_connections 2") as broker:
        run(work(broker.url))


def test_a_pool_without_its_first_link_is_none(run):
    async def work():
        with pytest.raises(UnavailableError):
            await open_pool(Address(f"mqtt://127.0.0.1:{free_port()}"), 4).connect()

    run(work())


def test_a_topic_stays_on_a_link_while_it_has_messages_there(broker, topic, run):
    """Whatever else is published meanwhile, in as many calls: no message overtakes another of its topic."""

    async def work():
        ear = Ear()
        async with Wire(broker.port, delay=0.02) as wire:
            pool = open_pool(Address(wire.url), 3, ear)
            await pool.connect()
            await pool.subscribe([Filter(f"{topic}/#", 1)])
            calls = [
                asyncio.create_task(
                    pool.publish([Publish(f"{topic}/{n % 4}", b"%d" % n), Publish(f"{topic}/x{n}", b"")])
                )
                for n in range(200)
            ]
            await asyncio.gather(*calls)
            await until(lambda: len(ear.got) == 400)
            for k in range(4):
                of = [int(m.payload) for m in ear.got if m.topic == f"{topic}/{k}"]
                assert of == list(range(k, 200, 4))
            await pool.aclose()

    run(work())


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
