"""What every link does, over each carrier, on a real broker."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager

import pytest
from brokers import Mosquitto, WebSockets, WithPassword
from ears import Ear, until
from waiting import eventually
from wires import Wire

from cdctl.domain.wire import Address, Filter, LinkCounters, Publish
from cdctl.errors import UnavailableError, UsageError
from cdctl.lab.servers import free_port
from cdctl.links.opening import open_link


@asynccontextmanager
async def linked(url, carrier, ear=None, **more):
    link = open_link(Address(url, **more), ear or Ear(), carrier=carrier)
    try:
        await link.connect()
        yield link
    finally:
        await link.aclose()


def test_a_message_arrives_with_all_it_has(broker, carrier, topic, run):
    sent = Publish(topic, b"\x00\xff", response_topic="r/1", correlation_data=b"\xff\x00", expiry=60,
                   user_properties=(("traceparent", "00-1"), ("k", "ü")))  # fmt: skip

    async def work():
        ear = Ear()
        async with linked(broker.url, carrier, ear) as link:
            assert (await link.subscribe([Filter(topic, 1)]))[0].qos == 1
            assert (await link.publish([sent]))[0].taken
            await until(lambda: ear.got)
        (got,) = ear.got
        assert (got.topic, got.payload, got.retain, got.qos == 1) == (topic, b"\x00\xff", False, True)
        assert (got.response_topic, got.correlation_data) == ("r/1", b"\xff\x00")
        assert list(got.user_properties) == list(sent.user_properties)

    run(work())


def test_retained_messages_are_told_from_those_of_the_moment_and_may_be_left_out(broker, carrier, topic, run):
    async def work():
        ear, other = Ear(), Ear()
        async with linked(broker.url, carrier, ear) as link, linked(broker.url, carrier, other) as second:
            await link.publish([Publish(f"{topic}/kept", b"old", retain=True)])
            await link.subscribe([Filter(f"{topic}/+")])
            await until(lambda: ear.got)
            await second.subscribe([Filter(f"{topic}/+", retained=False)])
            await link.publish([Publish(f"{topic}/kept", b"new", retain=True)])
            await until(lambda: len(ear.got) == 2 and other.got)
            await link.publish([Publish(f"{topic}/kept", b"", retain=True)])
        assert [(m.payload, m.retain) for m in ear.got][:2] == [(b"old", True), (b"new", False)]
        assert other.payloads[0] == b"new"

    run(work())


def test_receipts_say_who_took_what_in_order(refusing, carrier, topic, run):
    async def work():
        ear = Ear()
        async with linked(refusing.url, carrier, ear) as link:
            grants = await link.subscribe(
                [Filter("secret/a"), Filter(topic, 2), Filter("a/#/b", 1), Filter("x+/y"), Filter("#x")]
            )
            assert [grant.qos for grant in grants] == [None, 1, None, None, None]
            assert "not authorized (0x87)" in grants[0].reason and "not a valid filter" in grants[2].reason
            receipts = await link.publish(
                [
                    Publish(topic, b"1"),
                    Publish("secret/a", b"2"),
                    Publish("nobody/listens", b"3"),
                    Publish(topic, b"4", 0),
                ]
            )
            assert [receipt.code for receipt in receipts] == [0, 0x87, 0x10, 0]
            assert [receipt.taken for receipt in receipts] == [True, False, False, True]
            assert "not authorized" in receipts[1].reason and "nobody is subscribed" in receipts[2].reason
            await until(lambda: len(ear.got) == 2)
            assert link.counters().acknowledged == 3
        assert ear.payloads == [b"1", b"4"] and ear.downs == []

    run(work())


def test_many_publishes_at_once_arrive_in_order(broker, carrier, topic, run):
    async def work():
        ear = Ear()
        async with linked(broker.url, carrier, ear) as link:
            await link.subscribe([Filter(f"{topic}/#", 1)])
            first, second = [[Publish(f"{topic}/{call}", b"%d" % n) for n in range(300)] for call in "ab"]
            for receipts in await asyncio.gather(link.publish(first), link.publish(second)):
                assert {receipt.code for receipt in receipts} == {0}
            await until(lambda: len(ear.got) == 600)
            counters = link.counters()
        for call in "ab":
            assert [int(m.payload) for m in ear.got if m.topic.endswith(f"/{call}")] == list(range(300))
        calls = "".join(m.topic[-1] for m in ear.got)
        assert calls.index("b") < calls.rindex("a"), "the second call had no turn before the first was done"
        size = counters.received_bytes
        assert counters == LinkCounters(600, size, 600, 600) and size > 600 * len(topic)

    run(work())


def test_both_carriers_count_the_same_bytes(broker, topic, run):
    async def work():
        sizes = []
        for carrier in ("bulk", "paho"):
            ear = Ear()
            async with linked(broker.url, carrier, ear) as link:
                await link.subscribe([Filter(topic)])
                await link.publish([Publish(topic, b"x" * 200, 1, response_topic="r", user_properties=(("k", "v"),))])
                await until(lambda ear=ear: ear.got)
                sizes.append(link.counters().received_bytes)
        assert sizes[0] == sizes[1] > 200

    run(work())


def test_what_is_unsubscribed_comes_no_more(broker, carrier, topic, run):
    async def work():
        ear = Ear()
        async with linked(broker.url, carrier, ear) as link:
            await link.subscribe([Filter(f"{topic}/a"), Filter(f"{topic}/b")])
            await link.unsubscribe([f"{topic}/a", "not/#/valid"])
            await link.publish([Publish(f"{topic}/a", b"gone"), Publish(f"{topic}/b", b"here")])
            await until(lambda: ear.got)
        assert ear.payloads == [b"here"]

    run(work())


def test_more_filters_than_fit_in_one_request(broker, carrier, topic, run):
    async def work():
        async with linked(broker.url, carrier) as link:
            wanted = [Filter(f"{topic}/{n}", n % 2) for n in range(50)]
            grants = await link.subscribe(wanted)
            assert [(grant.topic, grant.qos) for grant in grants] == [(one.topic, one.qos) for one in wanted]

    run(work())


@pytest.mark.parametrize("bad", ["", "a/+", "a/#", "a\0b", "\ud800", "ü" * 32_768])
def test_topics_that_would_cost_the_connection_are_a_mistake_of_the_caller(broker, carrier, bad, run):
    async def work():
        ear = Ear()
        async with linked(broker.url, carrier, ear) as link:
            with pytest.raises(UsageError, match="not a topic"):
                await link.publish([Publish(bad, b"x")])
            assert (await link.publish([Publish("fine", b"x")]))[0].code == 0x10
        assert ear.downs == []

    run(work())


def test_qos_2_is_a_mistake_of_the_caller(broker, carrier, run):
    async def work():
        async with linked(broker.url, carrier) as link:
            with pytest.raises(UsageError, match="QoS 0 or 1"):
                await link.publish([Publish("t", b"x", 2)])
            assert await link.publish([]) == []

    run(work())


@pytest.mark.parametrize(
    "broken",
    [{"expiry": -1}, {"expiry": 2**32}, {"correlation_data": bytes(65_536)}, {"response_topic": "\ud800"}],
)
def test_what_cannot_be_encoded_is_refused_and_costs_nothing_else(broker, carrier, topic, broken, run):
    async def work():
        ear = Ear()
        async with linked(broker.url, carrier, ear) as link:
            await link.subscribe([Filter(topic)])
            good, bad = await link.publish([Publish(topic, b"x"), Publish(topic, b"x", **broken)])
            assert good.taken and bad.code == 0x80 and "not sent" in bad.reason
        assert ear.downs == []

    run(work())


def test_nobody_listens(carrier, run):
    async def work():
        link = open_link(Address(f"mqtt://127.0.0.1:{free_port()}"), Ear(), carrier=carrier)
        with pytest.raises(UnavailableError, match="nobody listens there") as caught:
            await link.connect()
        assert caught.value.subject.startswith("mqtt://127.0.0.1:") and caught.value.hint
        assert (await link.publish([Publish("t", b"x")]))[0].code is None
        assert (await link.subscribe([Filter("t")]))[0].qos is None
        await link.aclose()

    run(work())


def test_a_broker_that_says_nothing(broker, carrier, run):
    async def work():
        async with Wire(broker.port) as wire:
            wire.hold()
            link = open_link(Address(wire.url, connect_timeout=0.3), Ear(), carrier=carrier)
            with pytest.raises(UnavailableError, match="no answer in time"):
                await link.connect()
            wire.release()
            await link.connect()  # a later attempt is none the worse
            await link.aclose()

    run(work())


def test_passwords(tmp_path, carrier, run):
    async def work(url):
        async with linked(url, carrier, username="user", password="pass word"):
            pass
        for wrong in ({"username": "user", "password": "no"}, {}):
            link = open_link(Address(url, **wrong), Ear(), carrier=carrier)
            with pytest.raises(UnavailableError, match=r"refused us: (bad user|not auth)") as caught:
                await link.connect()
            assert caught.value.hint
            assert "no'" not in repr(Address(url, **wrong))

    with WithPassword(tmp_path / "b") as broker:
        run(work(broker.url))


def test_websockets(tmp_path, carrier, topic, run):
    async def work(url):
        ear = Ear()
        async with linked(url, carrier, ear) as link:
            await link.subscribe([Filter(topic, 1)])
            receipts = await link.publish([Publish(topic, b"%d" % n) for n in range(50)])
            assert {receipt.code for receipt in receipts} == {0}
            await until(lambda: len(ear.got) == 50)
            assert ear.ups[0].version == 5

    with WebSockets(tmp_path / "b") as broker:
        run(work(broker.url))


def test_an_endpoint_without_websockets_is_no_endless_wait(broker, carrier, run):
    async def work():
        link = open_link(Address(broker.url.replace("mqtt", "ws")), Ear(), carrier=carrier)
        with pytest.raises(UnavailableError):
            await link.connect()
        await link.aclose()

    run(work())


def test_closing_sends_what_is_queued(broker, carrier, topic, run):
    async def work():
        ear = Ear()
        async with linked(broker.url, carrier, ear) as listening:
            await listening.subscribe([Filter(topic, 1)])
            link = open_link(Address(broker.url), Ear(), carrier=carrier)
            await link.connect()
            sending = asyncio.create_task(link.publish([Publish(topic, b"%d" % n) for n in range(400)]))
            await asyncio.sleep(0)
            await link.aclose()
            assert {receipt.code for receipt in await sending} == {0}
            await link.aclose()
            await until(lambda: len(ear.got) == 400)
            with pytest.raises(UsageError, match="closed"):
                await link.connect()
            assert (await link.publish([Publish(topic, b"late")]))[0].code is None

    run(work())


def test_closing_is_clean(own_broker, carrier, run):
    async def work():
        async with linked(own_broker.url, carrier, client_id="polite"):
            pass

    run(work())
    assert eventually(lambda: "polite disconnected." in own_broker.log.read_text())


def test_a_second_client_of_the_same_name_takes_over_and_is_told(broker, carrier, run):
    async def work():
        ear = Ear()
        name = f"twin-{carrier}"
        async with linked(broker.url, carrier, ear, client_id=name), linked(broker.url, "bulk", client_id=name):
            await until(lambda: ear.downs)
        assert "the broker closed" in ear.downs[0]  # Mosquitto 2.0.11 gives no reason

    run(work())


def test_ids_are_unique_and_short_enough_for_every_broker(broker, carrier, run):
    async def work():
        ears = [Ear(), Ear()]
        async with linked(broker.url, carrier, ears[0]), linked(broker.url, carrier, ears[1]):
            ids = [ear.ups[0].client_id for ear in ears]
        assert len(set(ids)) == 2 and all(len(name) <= 23 for name in ids)

    run(work())


def test_what_the_broker_has_not_is_said(tmp_path, carrier, run):
    async def work(url):
        ear = Ear()
        async with linked(url, carrier, ear) as link:
            assert (await link.publish([Publish("t", b"x", retain=True)]))[0].code == 0x9A
            assert (await link.publish([Publish("t", b"x")]))[0].code == 0x10
        assert not ear.ups[0].retain and "no retained messages" in ear.ups[0].note and ear.downs == []

    with Mosquitto(tmp_path / "b", "retain_available false") as broker:
        run(work(broker.url))


def test_rate_caps_delay_and_lose_nothing(broker, carrier, topic, run):
    async def work():
        async with linked(broker.url, carrier, rate=400.0, byte_rate=1e6) as link:
            receipts = await link.publish([Publish(topic, b"x") for _ in range(60)])
            assert {receipt.code for receipt in receipts} == {0x10}

    run(work())
