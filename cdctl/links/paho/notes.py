"""What callbacks of paho noted: told to the link when paho has returned, so that nothing happens inside of paho."""

from __future__ import annotations

from typing import Any

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from cdctl.links.carrier import Hub
from cdctl.links.paho.messages import Received, received


class Notes:
    """Callbacks that never raise, and what they noted since it was last told."""

    def __init__(self, version: int, maximum_packet: int) -> None:
        """`maximum_packet` in bytes: a broker of MQTT 3.1.1 does not know of it; larger ones are dropped here."""
        self.reading = False
        """Whether paho reads: only then is `on_publish` about an acknowledgement, else about a write at QoS 0."""
        self._version = version
        self._maximum = maximum_packet
        self._run: list[Received] = []
        self._size = 0
        self._wants = False
        self._dropped = 0
        self._taken: list[int] = []
        self._answers: list[tuple[int, int, str]] = []
        self._grants: list[tuple[int, list[int], str]] = []

    def attach(self, client: Client) -> None:
        """Listen to a client."""
        client.on_message = self._on_message
        client.on_publish = self._on_publish
        client.on_subscribe = client.on_unsubscribe = self._on_granted

    def tell(self, hub: Hub) -> None:
        """Tell everything, messages first, and forget it."""
        run, size, wants, dropped = self._run, self._size, self._wants, self._dropped
        taken, answers, grants = self._taken, self._answers, self._grants
        self.clear()
        if run:
            hub.arrived(run, size, acknowledge=wants)
        if dropped:
            hub.dropped(dropped)
        if taken:
            hub.taken(taken)
        for answer in answers:
            hub.answered(*answer)
        for grant in grants:
            hub.granted(*grant)
        if taken or answers:
            hub.settled()

    def clear(self) -> None:
        """Forget it."""
        self._run, self._taken, self._answers, self._grants = [], [], [], []
        self._size = self._dropped = 0
        self._wants = False

    def _on_message(self, client: Client, data: Any, message: MQTTMessage) -> None:
        try:
            noted = received(message)
        except ValueError:  # a topic that is not UTF-8
            self._drop(client, message)
            return
        size = noted.size(self._version)
        if size > self._maximum:
            self._drop(client, message)
            return
        self._run.append(noted)
        self._size += size
        self._wants = self._wants or message.qos > 0

    def _drop(self, client: Client, message: MQTTMessage) -> None:
        self._dropped += 1
        client.ack(message.mid, message.qos)  # else it would come again and again

    def _on_publish(self, client: Client, data: Any, mid: int, reason: ReasonCode, properties: Properties) -> None:
        if not self.reading:
            return
        if reason.value == 0:
            self._taken.append(mid)
        else:
            self._answers.append((mid, reason.value, text_of(properties)))

    def _on_granted(
        self, client: Client, data: Any, mid: int, reasons: list[ReasonCode], properties: Properties | None
    ) -> None:
        self._grants.append((mid, [reason.value for reason in reasons], text_of(properties)))


def text_of(properties: Properties | None) -> str:
    """The broker's own words, when it has some."""
    return str(getattr(properties, "ReasonString", ""))
