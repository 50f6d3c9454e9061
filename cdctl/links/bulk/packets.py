"""Packets that we send, encoded."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import mqtt5

from cdctl.domain.wire import Address, Filter, Publish

_QOS = (mqtt5.QoS.AT_MOST_ONCE, mqtt5.QoS.AT_LEAST_ONCE)
PING = mqtt5.PingReqPacket().write()
GOODBYE = mqtt5.DisconnectPacket().write()


def connect(address: Address, client_id: str) -> bytes:
    """CONNECT. Topic aliases are not announced: nobody needs to keep a table of them."""
    return mqtt5.ConnectPacket(
        client_id,
        username=address.username,
        password=None if address.password is None else address.password.encode(),
        clean_start=address.session_expiry <= 0,
        keep_alive=address.keep_alive,
        session_expiry_interval=max(0, address.session_expiry),
        receive_max=max(1, min(address.receive_maximum, 65_535)),
        max_packet_size=address.maximum_packet,
    ).write()


def publish(message: Publish, mid: int, duplicate: bool = False) -> bytes:
    """PUBLISH; `mid` is 0 at QoS 0. Raises ValueError, OverflowError or TypeError for what cannot be encoded."""
    return mqtt5.PublishPacket(
        message.topic,
        message.payload,
        qos=_QOS[message.qos],
        retain=message.retain,
        packet_id=mid or None,
        duplicate=duplicate,
        message_expiry_interval=message.expiry,
        response_topic=message.response_topic,
        correlation_data=message.correlation_data,
        user_properties=list(message.user_properties) if message.user_properties else None,
    ).write()


def subscribe(mid: int, filters: Sequence[Filter]) -> bytes:
    """SUBSCRIBE, for QoS 1 at most. The broker tells a retained message from one of the moment, as MQTT 3.1.1 does."""
    return mqtt5.SubscribePacket(mid, [_topic_filter(wanted) for wanted in filters]).write()


def _topic_filter(wanted: Filter) -> mqtt5.TopicFilter:
    handling = mqtt5.RetainHandling.SEND_ALWAYS if wanted.retained else mqtt5.RetainHandling.SEND_NEVER
    return mqtt5.TopicFilter(
        wanted.topic, max_qos=_QOS[min(wanted.qos, 1)], retain_as_published=False, retain_handling=handling
    )


def unsubscribe(mid: int, topics: Sequence[str]) -> bytes:
    """UNSUBSCRIBE."""
    return mqtt5.UnsubscribePacket(mid, list(topics)).write()


def acknowledgements(messages: Iterable[mqtt5.PublishPacket]) -> bytes:
    """PUBACK for every message of QoS 1, PUBREC for those of QoS 2."""
    return b"".join(
        [
            (b"\x40\x02" if message.qos == 1 else b"\x50\x02") + message.packet_id.to_bytes(2, "big")
            for message in messages
            if message.packet_id is not None
        ]
    )


def unreadable(mid: int) -> bytes:
    """PUBACK for a message of QoS 1 whose texts are not UTF-8: it would come again and again."""
    return mqtt5.PubAckPacket(mid, reason_code=mqtt5.PubAckReasonCode.TOPIC_NAME_INVALID).write()


def released(mid: int) -> bytes:
    """PUBCOMP."""
    return mqtt5.PubCompPacket(mid).write()


def malformed() -> bytes:
    """DISCONNECT because of what the broker sent."""
    return mqtt5.DisconnectPacket(reason_code=mqtt5.DisconnectReasonCode.MALFORMED_PACKET).write()
