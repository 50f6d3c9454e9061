"""Packet ids are not used twice at once; a message of QoS 2 is handed on once, on a real broker, too."""

from __future__ import annotations

import threading

import mqtt5
import paho.mqtt.client as paho
from ears import Ear, until

from cdctl.domain.wire import Address, Publish
from cdctl.links.bulk.ids import PacketIds, Unreleased
from cdctl.links.opening import open_link


def test_ids_in_use_are_left_out_when_they_come_round():
    ids = PacketIds()
    taken = [ids.take() for _ in range(65_000)]
    assert len(set(taken)) == 65_000 and min(taken) == 1
    ids.free(taken[:1000])
    ids.free(taken[1001:])
    more = [ids.take() for _ in range(65_534)]
    assert taken[1000] not in more and 0 not in more and max(more) == 65_535
    ids.clear()
    assert ids.take()


def test_what_comes_again_before_its_release_is_not_handed_on():
    seen = Unreleased()
    message = mqtt5.PublishPacket("t", b"", qos=mqtt5.QoS.EXACTLY_ONCE, packet_id=7)
    assert seen.sort([message, message]) == ([message], [message])
    seen.release(7)
    assert seen.sort([message])[0] == [message]


def test_a_session_that_another_client_left_with_qos_2(broker, carrier, topic, run):
    name = topic.replace("/", "-")
    granted = threading.Event()
    left = paho.Client(paho.CallbackAPIVersion.VERSION2, client_id=name, protocol=paho.MQTTv5)
    left.on_connect = lambda *_: left.subscribe(topic, 2)
    left.on_subscribe = lambda *_: granted.set()
    properties = paho.Properties(paho.PacketTypes.CONNECT)
    properties.SessionExpiryInterval = 60
    left.connect(broker.host, broker.port, clean_start=False, properties=properties)
    left.loop_start()
    assert granted.wait(10)
    left.disconnect()
    left.loop_stop()
    sender = paho.Client(paho.CallbackAPIVersion.VERSION2, protocol=paho.MQTTv5)
    sender.connect(broker.host, broker.port)
    sender.loop_start()
    for n in range(30):
        sender.publish(topic, b"%d" % n, 2).wait_for_publish(10)
    sender.disconnect()
    sender.loop_stop()

    async def work():
        ear = Ear()
        link = open_link(Address(broker.url, client_id=name, session_expiry=60), ear, carrier=carrier)
        up = await link.connect()
        assert up.session_present
        await until(lambda: len(ear.got) == 30)
        assert [int(payload) for payload in ear.payloads] == list(range(30))
        assert all(message.qos == 2 for message in ear.got)
        await link.publish([Publish("t", b"x")])
        assert len(ear.got) == 30 and ear.downs == []
        await link.aclose()

    run(work())
