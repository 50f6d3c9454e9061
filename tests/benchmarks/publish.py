"""How fast are QoS-1 publishes with MQTT 5 properties acknowledged, near and far? Against paho-mqtt on its own.

python publish.py      prints its lines; `python publish.py wire PORT MILLISECONDS` is the way to a broker far away.
"""

from __future__ import annotations

import asyncio
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import uvloop
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))

from brokers import Mosquitto
from wires import Wire

from cdctl.domain.wire import Address, Publish
from cdctl.links.opening import open_pool
from cdctl.links.sockets import send_at_once

NO_DELAY = "set_tcp_nodelay true"  # else every answer waits up to 40 ms for our kernel, whoever asks
WINDOW = 20  # what Mosquitto announces
CONNECTIONS = 8
LATE = 0.05


def orders(count: int) -> list[Publish]:
    """Messages as a command would send them."""
    return [
        Publish(f"v/{n}/cmd", b'{"cmd":"lock"}', response_topic="ops/1/reply", correlation_data=b"%016d" % n, expiry=60)
        for n in range(count)
    ]


async def ours(url: str, count: int, connections: int) -> float:
    """Acknowledged publishes a second; every receipt is looked at."""
    link = open_pool(Address(url), connections)
    await link.connect()
    messages = orders(count)
    began = time.perf_counter()
    receipts = await link.publish(messages)
    spent = time.perf_counter() - began
    assert {receipt.code for receipt in receipts} == {0x10}
    assert link.counters().reconnects == 0, "cut, perhaps for its quota"
    await link.aclose()
    return count / spent


def paho(port: int, count: int, *, in_turn: bool) -> float:
    """The same of paho: all queued with the window that the broker announced, or, `in_turn`, one after another."""
    client = Client(CallbackAPIVersion.VERSION2, protocol=MQTTProtocolVersion.MQTTv5)
    up = threading.Event()
    client.on_connect = lambda *_: up.set()
    client.on_socket_open = lambda client, data, sock: send_at_once(sock)
    client.max_inflight_messages_set(WINDOW)
    client.connect("127.0.0.1", port)
    client.loop_start()
    up.wait()
    began, sent = time.perf_counter(), []
    for message in orders(count):
        properties = Properties(PacketTypes.PUBLISH)
        properties.ResponseTopic, properties.CorrelationData = message.response_topic, message.correlation_data
        properties.MessageExpiryInterval = message.expiry
        info = client.publish(message.topic, message.payload, 1, properties=properties)
        if in_turn:
            info.wait_for_publish()
        sent.append(info)
    for info in sent:
        info.wait_for_publish()
    spent = time.perf_counter() - began
    client.disconnect()
    client.loop_stop()
    return count / spent


def near(port: int, url: str) -> None:
    """On loopback."""
    rates: dict[str, list[float]] = {"ours": [], "queued": [], "in turn": []}
    for _ in range(3):
        rates["ours"].append(uvloop.run(ours(url, 30_000, 1)))
        rates["queued"].append(paho(port, 3_000, in_turn=False))
        rates["in turn"].append(paho(port, 1_500, in_turn=True))
    mine = statistics.median(rates["ours"])
    for name in ("in turn", "queued"):
        theirs = statistics.median(rates[name])
        title = f"QoS-1 publishes, bulk / paho, {name}"
        print(f"{title:58} {mine / theirs:6.2f}x   {mine:7.0f} /s / {theirs:7.0f} /s   asked: 20x", flush=True)


def far(port: int) -> None:
    """50 ms away, over several connections."""
    wire = [sys.executable, __file__, "wire", str(port), str(LATE * 1000)]
    with subprocess.Popen(wire, stdout=subprocess.PIPE, text=True) as proxy:
        assert proxy.stdout is not None
        url = f"mqtt://127.0.0.1:{int(proxy.stdout.readline())}"
        trips = [1 / uvloop.run(ours(url, 1, 1)) for _ in range(9)]
        trip = statistics.median(trips)
        for connections in (1, CONNECTIONS):
            allowed = connections * WINDOW / trip
            rate = uvloop.run(ours(url, int(allowed * 4), connections))
            title = f"{connections} x {WINDOW} in flight, {trip * 1000:.1f} ms away / what it allows"
            print(f"{title:58} {rate / allowed:6.2f}x   {rate:7.0f} /s / {allowed:7.0f} /s   asked: 0.95x", flush=True)
        proxy.terminate()


async def serve_wire(port: int, delay: float) -> None:
    """Until killed."""
    async with Wire(port, delay=delay) as wire:
        print(wire.url.rpartition(":")[2], flush=True)
        await asyncio.Event().wait()


def main(args: Sequence[str]) -> None:
    """Both, or the wire."""
    if args:
        asyncio.run(serve_wire(int(args[1]), float(args[2]) / 1000))
        return
    with tempfile.TemporaryDirectory(prefix="cdctl-bench-") as folder, Mosquitto(Path(folder), NO_DELAY) as broker:
        near(broker.port, broker.url)
        far(broker.port)


if __name__ == "__main__":
    main(sys.argv[1:])
