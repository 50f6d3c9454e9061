"""What a vehicle's connection owes to the broker, against one that does not always confirm."""

from __future__ import annotations

import asyncio

import mqtt5
import numpy as np
import pytest
from listening import listening

from cdctl.lab.scenarios import scenario
from cdctl.lab.vehicles.carriers import Carrier, Shared
from cdctl.lab.vehicles.singles import Singles
from cdctl.lab.vehicles.story import Story
from cdctl.lab.vehicles.wording import Wording


class Forgetful:
    """A broker that cuts the connection of the first answer instead of confirming it, and confirms all else."""

    def __init__(self) -> None:
        self.answers: list[tuple[str, bytes, bytes | None]] = []
        self.confirmed: list[int] = []
        self.session = 0
        self.subscribed: list[tuple[str, int]] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        buffer = b""
        while data := await reader.read(65_536):
            buffer += data
            while buffer:
                try:
                    packet, size = mqtt5.read(memoryview(buffer))
                except IndexError:
                    break
                buffer = buffer[size:]
                if not self.take(packet, writer):
                    return

    def take(self, packet: object, writer: asyncio.StreamWriter) -> bool:
        if isinstance(packet, mqtt5.ConnectPacket):
            self.session = max(self.session, packet.session_expiry_interval)
            writer.write(mqtt5.ConnAckPacket(receive_max=50).write())
        elif isinstance(packet, mqtt5.SubscribePacket):
            self.subscribed += [(one.pattern, int(one.max_qos)) for one in packet.topic_filters]
        elif isinstance(packet, mqtt5.PubAckPacket):
            self.confirmed.append(packet.packet_id)
        elif isinstance(packet, mqtt5.PublishPacket) and "/reply/" in packet.topic:
            self.answers.append((packet.topic, bytes(packet.payload), packet.correlation_data))
            if len(self.answers) == 1:
                writer.transport.abort()
                return False
            writer.write(mqtt5.PubAckPacket(packet.packet_id or 0).write())
        elif isinstance(packet, mqtt5.PublishPacket) and packet.packet_id:
            writer.write(mqtt5.PubAckPacket(packet.packet_id).write())
        elif isinstance(packet, mqtt5.PingReqPacket):
            writer.write(mqtt5.PingRespPacket().write())
        return True


async def until(condition) -> None:
    async with asyncio.timeout(20):
        while not condition():
            await asyncio.sleep(0.005)


@pytest.mark.parametrize("kind", [Singles, Shared])
def test_an_answer_that_was_not_confirmed_is_given_again(kind: type[Carrier]) -> None:
    asyncio.run(answered(kind))


async def answered(kind: type[Carrier]) -> None:
    broker = Forgetful()
    async with listening(broker.serve) as port:
        story = Story(scenario("calm"), 6, 1)
        first = story.advance()
        carrier = kind(story, Wording(story, "cd", 1), [("127.0.0.1", port)] * 6)
        await carrier.open(first)
        row = int(np.flatnonzero(story.columns.linked)[0])
        said = "cd/eu/V/reply/s", b"done", b"o1"
        try:
            await until(carrier.counters.born.all)
            assert carrier.answer(row, *said)
            await until(lambda: len(broker.answers) == 2)
            assert carrier.answer(row, "cd/eu/V/reply/s", b"more", b"o2")
            await until(lambda: len(broker.answers) == 3)
        finally:
            await carrier.close()
    assert broker.answers == [said, said, ("cd/eu/V/reply/s", b"more", b"o2")], "what was confirmed is not"
    if kind is Singles:
        assert broker.session > 3600, "orders wait for longer than the longest order lives"
        levels = {topic.rpartition("/")[2]: level for topic, level in broker.subscribed}
        assert levels == {"cmd": 1, "birth": 0}, "its own birth is not to wait for it"


def test_a_vehicle_that_is_away_cannot_answer() -> None:
    story = Story(scenario("calm"), 60, 1)
    story.advance()
    row = int(np.flatnonzero(~story.columns.linked)[0])
    for kind in (Singles, Shared):
        carrier = kind(story, Wording(story, "cd", 1), [("127.0.0.1", 1)] * 60)
        assert not carrier.answer(row, "cd/eu/V/reply/s", b"x", b"o")
