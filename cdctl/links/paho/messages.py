"""Messages and options in the words of paho-mqtt, and back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from paho.mqtt.client import MQTTMessage
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.subscribeoptions import SubscribeOptions

from cdctl.domain.wire import Address, Filter, Publish
from cdctl.links.sizes import publish_size


@dataclass(frozen=True, slots=True)
class Received:
    """One message, as `cdctl.domain.wire.Message` has it, and its packet id for the acknowledgement."""

    topic: str
    payload: bytes
    retain: bool
    qos: int
    mid: int
    response_topic: str | None = None
    correlation_data: bytes | None = None
    user_properties: Sequence[tuple[str, str]] = ()
    expiry: int | None = None

    def size(self, version: int) -> int:
        """Bytes of it on the wire; properties that we do not know are left out."""
        return publish_size(
            self.topic,
            self.payload,
            self.qos,
            version,
            response_topic=self.response_topic,
            correlation_data=self.correlation_data,
            expiry=self.expiry,
            user_properties=self.user_properties,
        )


def received(message: MQTTMessage) -> Received:
    """A message of paho. Raises UnicodeDecodeError for a topic that is not UTF-8."""
    properties = message.properties
    return Received(
        message.topic,
        bytes(message.payload),
        bool(message.retain),
        message.qos,
        message.mid,
        getattr(properties, "ResponseTopic", None),
        getattr(properties, "CorrelationData", None),
        getattr(properties, "UserProperty", ()),
        getattr(properties, "MessageExpiryInterval", None),
    )


def connect_properties(address: Address) -> Properties:
    """What we announce to a broker of MQTT 5."""
    properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
    properties.SessionExpiryInterval = max(0, address.session_expiry)
    properties.ReceiveMaximum = max(1, min(address.receive_maximum, 65_535))
    properties.MaximumPacketSize = address.maximum_packet
    return properties


def publish_properties(message: Publish) -> Properties | None:
    """The MQTT 5 fields of a message. Raises ValueError or TypeError for those that cannot be encoded."""
    properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
    if message.expiry is not None:
        if not 0 <= message.expiry < 1 << 32:
            raise ValueError("an expiry that does not fit in 32 bits")
        properties.MessageExpiryInterval = message.expiry
    if message.response_topic is not None:
        message.response_topic.encode()
        properties.ResponseTopic = message.response_topic
    if message.correlation_data is not None:
        if len(message.correlation_data) > 65_535:
            raise ValueError("correlation data of more than 65,535 bytes")
        properties.CorrelationData = message.correlation_data
    if message.user_properties:
        properties.UserProperty = list(message.user_properties)
    return properties


def subscribe_options(wanted: Filter) -> SubscribeOptions:
    """A filter's options in MQTT 5; retained messages are marked only when the broker had kept them."""
    return SubscribeOptions(
        qos=min(wanted.qos, 1),
        retainHandling=SubscribeOptions.RETAIN_SEND_ON_SUBSCRIBE
        if wanted.retained
        else SubscribeOptions.RETAIN_DO_NOT_SEND,
    )
