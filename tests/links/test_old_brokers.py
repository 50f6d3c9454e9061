"""Brokers that speak MQTT 3.1.1 only: a real one behind a wire that answers MQTT 5 as those do."""

from __future__ import annotations

import pytest
from ears import Ear, until
from listening import listening
from wires import Wire

from cdctl.domain.wire import Address, Filter, Publish
from cdctl.errors import UnavailableError
from cdctl.links.opening import open_link


@pytest.mark.parametrize("silently", [False, True], ids=["refuses", "closes"])
def test_they_are_spoken_to_as_they_can(broker, carrier, topic, silently, run):
    sent = Publish(topic, b"x", response_topic="r", correlation_data=b"c", expiry=9, user_properties=(("k", "v"),))

    async def work():
        ear = Ear()
        async with Wire(broker.port, refuses=5, silently=silently) as wire:
            link = open_link(Address(wire.url), ear, carrier=carrier)
            up = await link.connect()
            assert up.version == 4 and "3.1.1" in up.note and wire.connections == 2
            assert [
                grant.qos for grant in await link.subscribe([Filter(topic, 1), Filter("a", 0, retained=False)])
            ] == [1, 0]
            assert (await link.publish([sent]))[0].taken
            await until(lambda: ear.got)
            assert (ear.got[0].payload, ear.got[0].response_topic, list(ear.got[0].user_properties)) == (b"x", None, [])
            wire.cut()
            await until(lambda: ear.grants)
            assert [up.version for up in ear.ups] == [4, 4]
            await link.aclose()

    run(work())


def test_one_that_speaks_5_is_not_degraded(broker, carrier, run):
    async def work():
        ear = Ear()
        async with Wire(broker.port, refuses=4) as wire:
            link = open_link(Address(wire.url), ear, carrier=carrier)
            up = await link.connect()
            assert (up.version, up.note, wire.connections) == (5, "", 1)
            await link.aclose()

    run(work())


def test_the_settings_may_ask_for_3_1_1(broker, carrier, topic, run):
    async def work():
        link = open_link(Address(broker.url, version=4, receive_maximum=5), Ear(), carrier=carrier)
        up = await link.connect()
        assert up.version == 4 and up.receive_maximum == 5
        receipts = await link.publish([Publish(topic, b"x")] * 50)
        assert {receipt.code for receipt in receipts} == {0}  # it has no other code
        await link.aclose()

    run(work())


def test_a_session_of_3_1_1_is_taken_up_again(broker, carrier, topic, run):
    async def work():
        ear, other = Ear(), Ear()
        listening = open_link(Address(broker.url), other)
        await listening.connect()
        await listening.subscribe([Filter(topic, 1)])
        async with Wire(broker.port, refuses=5) as wire:
            link = open_link(
                Address(wire.url, session_expiry=60, receive_maximum=3, client_id=topic), ear, carrier=carrier
            )
            await link.connect()
            wire.hold(up=False)
            import asyncio

            sending = asyncio.create_task(link.publish([Publish(topic, b"%d" % n) for n in range(6)]))
            await until(lambda: len(other.got) == 3)
            wire.cut()
            wire.release()
            assert {receipt.code for receipt in await sending} == {0}
            assert ear.ups[1].session_present
            await link.aclose()
        await listening.aclose()

    run(work())


def test_what_speaks_neither_is_named_by_the_first_reason(carrier, run):

    async def work():
        async def hang_up(reader, writer):
            await reader.read(100)
            writer.close()

        async def chatter(reader, writer):
            writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            await writer.drain()
            writer.close()

        for kind in (hang_up, chatter):
            async with listening(kind) as port:
                link = open_link(Address(f"mqtt://127.0.0.1:{port}"), Ear(), carrier=carrier)
                with pytest.raises(UnavailableError) as caught:
                    await link.connect()
                assert caught.value.message and caught.value.hint
                await link.aclose()

    run(work())
