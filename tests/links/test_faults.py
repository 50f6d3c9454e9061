"""Bad days of a link, over each carrier: brokers killed, wires cut or silent, sessions kept or lost, slow listeners."""

from __future__ import annotations

import asyncio

import mqtt5
import pytest
from brokers import Mosquitto
from ears import Ear, until
from wires import Wire

from cdctl.domain.wire import Address, Filter, Publish
from cdctl.errors import UnavailableError
from cdctl.links.opening import open_link

PUBLISHED = b"\x40\x02"


async def connected(url, carrier, ear, **more):
    link = open_link(Address(url, **more), ear, carrier=carrier)
    await link.connect()
    return link


def test_a_broker_that_is_killed_and_comes_back_has_its_subscriptions_renewed(own_broker, carrier, topic, run):
    async def work():
        ear = Ear()
        link = await connected(own_broker.url, carrier, ear)
        await link.subscribe([Filter(topic, 1), Filter("gone")])
        await link.unsubscribe(["gone"])
        own_broker.kill()
        await until(lambda: ear.downs)
        (receipt,) = await link.publish([Publish(topic, b"lost")])
        assert receipt.code is None and "the link is down" in receipt.reason
        assert (await link.subscribe([Filter("other")]))[0].reason.startswith("the link is down")
        await until(lambda: "nobody listens there" in ear.downs)
        await asyncio.to_thread(own_broker.again)
        await until(lambda: ear.grants)
        assert [(grant.topic, grant.qos) for grant in ear.grants] == [(topic, 1)]
        assert (await link.publish([Publish(topic, b"here")]))[0].taken
        await until(lambda: ear.got)
        assert (ear.payloads, len(ear.ups), link.counters().reconnects) == ([b"here"], 2, 1)
        await link.aclose()

    run(work())


def test_subscriptions_refused_at_a_renewal_are_told(own_broker, carrier, topic, run):
    async def work():
        ear = Ear()
        link = await connected(own_broker.url, carrier, ear)
        await link.subscribe([Filter("secret/x"), Filter(topic)])
        own_broker.kill()
        own_broker.refuses = True
        await asyncio.to_thread(own_broker.again)
        await until(lambda: ear.grants)
        assert [(grant.topic, grant.qos) for grant in ear.grants] == [("secret/x", None), (topic, 0)]
        assert "not authorized" in ear.grants[0].reason
        await link.aclose()

    run(work())


def test_a_silent_wire_is_noticed_and_what_was_in_flight_is_not_known(broker, carrier, topic, run):
    async def work():
        ear = Ear()
        async with Wire(broker.port) as wire:
            link = await connected(wire.url, carrier, ear, keep_alive=1, receive_maximum=2)
            wire.hold()
            receipts = await link.publish([Publish(topic, b"%d" % n) for n in range(5)])
            assert {receipt.code for receipt in receipts} == {None}
            assert all("no sign of life" in receipt.reason for receipt in receipts)
            assert [receipt.reason.startswith("not sent") for receipt in receipts] == [False] * 2 + [True] * 3
            assert "no sign of life" in ear.downs[0]
            wire.release()
            await until(lambda: len(ear.ups) == 2)
            assert (await link.publish([Publish(topic, b"x")]))[0].code == 0x10
            await link.aclose()

    run(work())


def test_a_quiet_link_is_kept_alive(broker, carrier, run):
    async def work():
        ear = Ear()
        async with Wire(broker.port) as wire:
            link = await connected(wire.url, carrier, ear, keep_alive=1)
            await until(lambda: wire.down.count(b"\xd0\x00") >= 3)
            assert ear.downs == []
            await link.aclose()

    run(work())


def test_with_its_session_what_was_not_acknowledged_is_sent_again(broker, carrier, topic, run):
    async def work():
        ear, other = Ear(), Ear()
        listening = await connected(broker.url, "bulk", other)
        await listening.subscribe([Filter(topic, 1)])
        async with Wire(broker.port) as wire:
            link = await connected(wire.url, carrier, ear, session_expiry=60, receive_maximum=4, client_id=topic)
            wire.hold(up=False)
            sending = asyncio.create_task(link.publish([Publish(topic, b"%d" % n) for n in range(10)]))
            await until(lambda: len(other.got) == 4)
            wire.cut()
            wire.release()
            receipts = await sending
            assert {receipt.code for receipt in receipts} == {0}
            await until(lambda: {int(payload) for payload in other.payloads} == set(range(10)))
            assert ear.ups[1].session_present and other.payloads[4:8] == other.payloads[:4], "no duplicates were sent"
            await link.aclose()
        await listening.aclose()

    run(work())


def test_without_its_session_nobody_knows_and_nothing_is_sent_twice(own_broker, carrier, topic, run):
    async def work():
        ear = Ear()
        async with Wire(own_broker.port) as wire:
            link = await connected(wire.url, carrier, ear, session_expiry=60, receive_maximum=4)
            await link.subscribe([Filter(topic, 1)])
            wire.hold(up=False)
            sending = asyncio.create_task(link.publish([Publish(topic, b"%d" % n) for n in range(10)]))
            await until(lambda: wire.up.count(topic.encode()) >= 5)
            own_broker.kill()
            await asyncio.to_thread(own_broker.again)
            wire.release()
            wire.cut()
            receipts = await sending
            assert {receipt.code for receipt in receipts} == {None}
            assert "forgotten the session" in receipts[0].reason and "not sent" in receipts[9].reason
            await until(lambda: ear.grants)
            assert (await link.publish([Publish(topic, b"after")]))[0].taken
            await until(lambda: ear.got)
            assert ear.payloads == [b"after"] and not ear.ups[1].session_present
            await link.aclose()

    run(work())


def test_a_session_that_expires_meanwhile_ends_the_wait(own_broker, carrier, topic, run):
    async def work():
        ear = Ear()
        async with Wire(own_broker.port) as wire:
            link = await connected(wire.url, carrier, ear, session_expiry=1)
            wire.hold(up=False)
            sending = asyncio.create_task(link.publish([Publish(topic, b"x")]))
            await until(lambda: topic.encode() in wire.up)
            own_broker.kill()
            wire.cut()
            (receipt,) = await sending
            assert receipt.code is None and "has expired" in receipt.reason
            await link.aclose()

    run(work())


def test_the_receive_maximum_of_the_broker_is_honoured(tmp_path, carrier, topic, run):
    async def work(port):
        ear = Ear()
        async with Wire(port) as wire:
            link = await connected(wire.url, carrier, ear)
            assert ear.ups[0].receive_maximum == 7
            wire.hold(up=False)
            sending = asyncio.create_task(link.publish([Publish(topic, b"%d" % n) for n in range(100)]))
            await until(lambda: wire.up.count(topic.encode()) >= 7)
            await asyncio.sleep(0.05)  # for an eighth, which would be too many
            assert (wire.up.count(topic.encode()), link.counters().in_flight) == (7, 7)
            wire.release()
            assert {receipt.code for receipt in await sending} == {0x10}
            assert ear.downs == []
            await link.aclose()

    with Mosquitto(tmp_path / "b", "max_inflight_messages 7") as broker:
        run(work(broker.port))


def test_messages_are_acknowledged_when_the_listener_is_done(broker, carrier, topic, run):
    async def work():
        done = asyncio.Event()
        ear = Ear(lambda messages: done.wait())
        async with Wire(broker.port) as wire:
            link = await connected(wire.url, carrier, ear, receive_maximum=3)
            await link.subscribe([Filter(topic, 1)])
            other = await connected(broker.url, "bulk", Ear())
            await other.publish([Publish(topic, b"%d" % n) for n in range(12)])
            await until(lambda: wire.down.count(topic.encode()) == 3)
            await asyncio.sleep(0.05)  # for a fourth
            assert wire.down.count(topic.encode()) == 3 and PUBLISHED not in wire.up
            done.set()
            await until(lambda: len(ear.got) == 12)
            assert [int(payload) for payload in ear.payloads] == list(range(12))
            await until(lambda: wire.up.count(PUBLISHED) == 12)
            await link.aclose()
            await other.aclose()

    run(work())


def test_what_was_not_acknowledged_comes_again_with_the_session(broker, carrier, topic, run):
    async def work():
        never = asyncio.Event()
        first, second = Ear(lambda messages: never.wait()), Ear()
        more = {"session_expiry": 60, "client_id": topic.replace("/", "-")}
        link = await connected(broker.url, carrier, first, connect_timeout=0.2, **more)
        await link.subscribe([Filter(topic, 1)])
        other = await connected(broker.url, "bulk", Ear())
        await other.publish([Publish(topic, b"once")])
        await until(lambda: first.got)
        await link.aclose()
        again = await connected(broker.url, carrier, second, **more)
        await until(lambda: second.got)
        assert second.payloads == [b"once"] and second.ups[0].session_present
        await again.aclose()
        await other.aclose()

    run(work())


def test_a_slow_listener_makes_the_broker_wait_and_the_link_stays_up(broker, carrier, topic, run):
    async def work():
        done = asyncio.Event()
        ear = Ear(lambda messages: done.wait())
        async with Wire(broker.port) as wire:
            link = await connected(wire.url, carrier, ear, keep_alive=1)
            await link.subscribe([Filter(topic)])
            other = await connected(broker.url, "bulk", Ear())
            payload = bytes(20_000)
            for n in range(20):
                await other.publish([Publish(topic, b"%06d" % (n * 40 + k) + payload, 0) for k in range(40)])
            await until(lambda: wire.up.count(b"\xc0\x00") >= 4)  # pings go on, answers are not read
            assert len(ear.got) < 800 and ear.downs == []
            assert link.counters().received_bytes < 8_000_000
            done.set()
            await other.publish([Publish(topic, b"the end", 1)])
            await until(lambda: ear.got[-1].payload == b"the end")
            numbers = [int(payload[:6]) for payload in ear.payloads[:-1]]
            assert numbers == sorted(numbers) and ear.downs == []
            await link.aclose()
            await other.aclose()

    run(work())


@pytest.mark.parametrize("late", [False, True])
def test_a_listener_that_raises_costs_the_connection_but_not_the_link(broker, carrier, topic, late, run):
    async def work():
        calls = []

        async def fail_later():
            raise RuntimeError("late")

        def then(messages):
            calls.append(messages)
            if len(calls) > 1:
                return None
            if late:
                return fail_later()
            raise RuntimeError("at once")

        ear = Ear(then)
        link = await connected(broker.url, carrier, ear)
        await link.subscribe([Filter(topic, 1)])
        other = await connected(broker.url, "bulk", Ear())
        await other.publish([Publish(topic, b"1")])
        await until(lambda: ear.grants)
        assert ear.downs == ["the listener failed: RuntimeError"]
        await other.publish([Publish(topic, b"2")])
        await until(lambda: ear.payloads == [b"1", b"2"])
        await link.aclose()
        await other.aclose()

    run(work(), strays=1)


@pytest.mark.parametrize(
    "junk",
    [
        b"\xf0\x00",
        b"\x00\x00",
        b"\x36\x05\x00\x01a\x00\x01\x00",
        b"\x90\x02\x00\x01",
        b"\x40\x01\x00",
    ],
)
def test_what_is_no_mqtt_takes_the_link_down_with_a_reason_and_it_comes_back(broker, carrier, junk, run):
    async def work():
        ear = Ear()
        async with Wire(broker.port) as wire:
            link = await connected(wire.url, carrier, ear)
            wire.say(junk)
            await until(lambda: len(ear.ups) == 2)
            assert "no MQTT" in ear.downs[0] or "closed" in ear.downs[0]
            await link.aclose()

    run(work())


def test_texts_that_are_not_utf8_are_counted_and_do_no_harm(broker, carrier, topic, run, capfd):
    async def work():
        ear = Ear()
        async with Wire(broker.port) as wire:
            link = await connected(wire.url, carrier, ear)
            await link.subscribe([Filter(topic)])
            wire.say(b"\x30\x05\x00\x01\xff\x00a" + b"\x32\x07\x00\x01\xfe\x00\x09\x00a")
            assert (await link.publish([Publish(topic, b"after")]))[0].taken
            await until(lambda: ear.got)
            assert ear.payloads == [b"after"] and ear.downs == [] and link.counters().dropped == 2
            await link.aclose()

    run(work())
    assert capfd.readouterr() == ("", "")


def test_packets_that_are_too_large_either_way(tmp_path, carrier, topic, run):
    async def work(url):
        ear = Ear()
        link = await connected(url, carrier, ear, maximum_packet=500)
        await link.subscribe([Filter(topic)])
        assert ear.ups[0].maximum_packet == 2000
        small, large, middle = await link.publish([Publish(topic, bytes(n)) for n in (100, 2000, 1000)])
        assert small.taken and middle.taken and large.code == 0x95 and "of 2,000" in large.reason
        await link.publish([Publish(topic, b"end")])
        await until(lambda: ear.payloads[-1:] == [b"end"])
        assert [len(payload) for payload in ear.payloads] == [100, 3] and ear.downs == []
        await link.aclose()

    with Mosquitto(tmp_path / "b", "max_packet_size 2000") as broker:
        run(work(broker.url))


def test_a_broker_that_ignores_our_largest_packet(broker, carrier, topic, run):
    async def work():
        ear = Ear()
        async with Wire(broker.port) as wire:
            link = await connected(wire.url, carrier, ear, maximum_packet=500)
            wire.say(mqtt5.PublishPacket(topic, bytes(1000)).write())
            await until(lambda: ear.downs or link.counters().dropped)
            assert ear.got == []
            if carrier == "bulk":
                assert "more than the 500" in ear.downs[0]
            await link.aclose()

    run(work())


def test_a_message_of_many_reads(broker, carrier, topic, run):
    async def work():
        ear = Ear()
        link = await connected(broker.url, carrier, ear, maximum_packet=8_000_000)
        await link.subscribe([Filter(topic, 1)])
        payload = bytes(range(256)) * 12_000
        assert (await link.publish([Publish(topic, payload), Publish(topic, b"next")]))[0].taken
        await until(lambda: len(ear.got) == 2)
        assert ear.payloads == [payload, b"next"]
        await link.aclose()

    run(work())


def test_closing_a_link_that_is_down_gives_up_at_once(own_broker, carrier, topic, run):
    async def work():
        ear = Ear()
        link = await connected(own_broker.url, carrier, ear, session_expiry=60)
        own_broker.kill()
        await until(lambda: ear.downs)
        await link.aclose()
        with pytest.raises(UnavailableError):
            await connected(own_broker.url, carrier, Ear())

    run(work())


def test_a_cancelled_publish_leaves_the_link_as_it_was(broker, carrier, topic, run):
    async def work():
        ear = Ear()
        async with Wire(broker.port) as wire:
            link = await connected(wire.url, carrier, ear, receive_maximum=3)
            wire.hold(up=False)
            sending = asyncio.create_task(link.publish([Publish(topic, b"x")] * 50))
            await until(lambda: link.counters().in_flight == 3)
            sending.cancel()
            wire.release()
            assert (await link.publish([Publish(topic, b"y")]))[0].code == 0x10
            assert link.counters().published == 4
            await link.aclose()

    run(work())
