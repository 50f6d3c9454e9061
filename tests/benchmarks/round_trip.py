"""How long from a request to its reply? Over both links, against a bare loop of paho with TCP_NODELAY.

python round_trip.py     prints its lines; `python round_trip.py echo PORT` is who replies.
"""

from __future__ import annotations

import asyncio
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path

import uvloop
from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))

from brokers import Mosquitto
from ears import Ear

from cdctl.domain.wire import Address, Filter, Message, Publish
from cdctl.links.opening import CarrierName, open_link
from cdctl.links.sockets import send_at_once

NO_DELAY = "set_tcp_nodelay true"  # else every answer waits up to 40 ms for our kernel, whoever asks
TRIPS = 400
ROUNDS = 7
REPLIES = "ops/1/reply"
REQUESTS = "v/1/cmd"


def bare_client(port: int, topic: str, heard: Callable[[MQTTMessage], None]) -> Client:
    """A client of paho that is connected and subscribed, without a thread."""
    client = Client(CallbackAPIVersion.VERSION2, protocol=MQTTProtocolVersion.MQTTv5)
    granted: list[int] = []
    client.on_connect = lambda *_: client.subscribe(topic, 1)
    client.on_subscribe = lambda *_: granted.append(1)
    client.on_message = lambda client, data, message: heard(message)
    client.on_socket_open = lambda client, data, sock: send_at_once(sock)
    client.connect("127.0.0.1", port)
    while not granted:
        client.loop(1.0)
    return client


def echo(port: int) -> None:
    """Reply to every request, until killed."""
    replies: list[MQTTMessage] = []
    client = bare_client(port, REQUESTS, replies.append)
    print("ready", flush=True)
    while True:
        client.loop(1.0)
        for request in replies:
            properties = Properties(PacketTypes.PUBLISH)
            properties.CorrelationData = request.properties.CorrelationData
            client.publish(request.properties.ResponseTopic, request.payload, 1, properties=properties)
        replies.clear()


def bare(port: int) -> float:
    """Median seconds of a bare loop of paho."""
    got: list[bytes] = []
    client = bare_client(port, REPLIES, lambda message: got.append(message.properties.CorrelationData))
    spent = []
    for n in range(TRIPS):
        properties = Properties(PacketTypes.PUBLISH)
        properties.ResponseTopic, properties.CorrelationData = REPLIES, b"%016d" % n
        began = time.perf_counter()
        client.publish(REQUESTS, b"{}", 1, properties=properties)
        while not got:
            client.loop(1.0)
        spent.append(time.perf_counter() - began)
        assert got.pop() == b"%016d" % n
    client.disconnect()
    return statistics.median(spent)


async def linked(url: str, carrier: CarrierName) -> float:
    """Median seconds over a link."""
    loop = asyncio.get_running_loop()
    reply: asyncio.Future[bytes | None] = loop.create_future()

    def heard(messages: Sequence[Message]) -> None:
        reply.set_result(messages[0].correlation_data)

    link = open_link(Address(url), Ear(heard), carrier=carrier)
    await link.connect()
    await link.subscribe([Filter(REPLIES, 1)])
    spent = []
    for n in range(TRIPS):
        reply = loop.create_future()
        request = Publish(REQUESTS, b"{}", response_topic=REPLIES, correlation_data=b"%016d" % n)
        began = time.perf_counter()
        sending = loop.create_task(link.publish([request]))
        said = await reply
        spent.append(time.perf_counter() - began)
        assert said == b"%016d" % n and (await sending)[0].taken
    await link.aclose()
    return statistics.median(spent)


def main(args: Sequence[str]) -> None:
    """All three in turn, or the echo."""
    if args:
        echo(int(args[1]))
        return
    times: dict[str, list[float]] = {"bare": [], "bulk": [], "paho": []}
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="cdctl-bench-")))
        broker = stack.enter_context(Mosquitto(folder, NO_DELAY))
        echoing = [sys.executable, __file__, "echo", str(broker.port)]
        replying = stack.enter_context(subprocess.Popen(echoing, stdout=subprocess.PIPE))
        stack.callback(replying.terminate)
        assert replying.stdout is not None
        replying.stdout.readline()
        for _ in range(ROUNDS):
            times["bare"].append(bare(broker.port))
            times["bulk"].append(uvloop.run(linked(broker.url, "bulk")))
            times["paho"].append(uvloop.run(linked(broker.url, "paho")))
    for name, bound in (("bulk", "1.0x"), ("paho", "1.3x")):
        ratio = statistics.median(a / b for a, b in zip(times[name], times["bare"], strict=True))
        mine, theirs = (statistics.median(times[key]) * 1e6 for key in (name, "bare"))
        title = f"round trip, {name} link / bare paho loop, p50"
        print(f"{title:58} {ratio:6.2f}x   {mine:7.0f} us / {theirs:7.0f} us   asked: {bound}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
