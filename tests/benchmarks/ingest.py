"""Taking in, from the socket of a saturated Mosquitto to columns, against mosquitto_sub and against bare paho.

    python tests/benchmarks/ingest.py [--signals N] [--rounds N]

One broker on one core, a publisher of ready-made packets that never waits, telemetry of 20,000 vehicles. Listeners take
turns in the same minute. A broker drops what a slow listener does not take, so the rate of each is its own. Printed are
ratios of messages a second, and of messages a processor second, decoding and columns included.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import os
import random
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from multiprocessing.synchronize import Event
from pathlib import Path

import mqtt5

from cdctl.application import fleet_wiring, wiring
from cdctl.lab.child import find_program
from cdctl.lab.servers import free_port

TICK = os.sysconf("SC_CLK_TCK")
VEHICLES = 20_000
SECONDS = 5.0
MESSAGES = 400_000
WARM = 1.0
PATHS = [f"Vehicle.Powertrain.TractionBattery.Cell{n}.Voltage.Displayed" for n in range(64)]
Measured = tuple[float, float]
"""Messages a second, and messages a processor second."""

_PAHO = """
import sys, time
import paho.mqtt.client as mqtt
count = 0
def on_message(client, data, message):
    global count
    count += 1
client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5)
client.on_message = on_message
client.connect("127.0.0.1", int(sys.argv[1]))
client.subscribe("cd/eu/+/tele")
client.loop_start()
time.sleep(float(sys.argv[2]))
first, wall, cpu = count, time.perf_counter(), time.process_time()
time.sleep(float(sys.argv[3]))
print((count - first) / (time.perf_counter() - wall), (count - first) / (time.process_time() - cpu))
"""


def packets(signals: int) -> bytes:
    """Telemetry of every vehicle, as it goes over the wire."""
    random.seed(1)
    found = []
    for number in range(VEHICLES):
        values = {path: round(random.uniform(0, 100), 1) for path in PATHS[:signals]}
        body = json.dumps({"ts": 1_790_000_000_000, "s": values}, separators=(",", ":")).encode()
        found.append(mqtt5.PublishPacket(f"cd/eu/WBA{number:014d}/tele", body).write())
    return b"".join(found)


def publish(port: int, signals: int, stop: Event) -> None:
    """Send without end, as fast as the broker reads."""
    flood = memoryview(packets(signals))
    with socket.create_connection(("127.0.0.1", port)) as wire:
        wire.sendall(mqtt5.ConnectPacket("publisher", keep_alive=0).write())
        wire.recv(1000)
        while not stop.is_set():
            wire.sendall(flood)


def spent(pid: int) -> float:
    """Processor seconds of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def mosquitto_sub(port: int) -> Measured:
    """What the broker's own listener takes, its output thrown away."""
    program = find_program("mosquitto_sub", "mosquitto-clients")
    argv = [program, "-p", str(port), "-t", "cd/eu/+/tele", "-F", "x", "-C", str(MESSAGES)]
    began = time.perf_counter()
    child = subprocess.Popen(argv, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise SystemExit("mosquitto_sub failed")
    return MESSAGES / (time.perf_counter() - began), MESSAGES / (used.ru_utime + used.ru_stime)


def bare_paho(port: int) -> Measured:
    """A callback that only counts."""
    argv = [sys.executable, "-c", _PAHO, str(port), str(WARM), str(SECONDS)]
    rate, each = subprocess.run(argv, check=True, capture_output=True, text=True).stdout.split()
    return float(rate), float(each)


def ours(file: str) -> Measured:
    """The process that takes in, started as every command starts it."""

    async def work() -> Measured:
        fleet = await fleet_wiring.open_fleet(wiring.read_settings(config=file), config=file, snapshot=False)
        try:
            await asyncio.sleep(WARM + 1)
            pid = fleet._process._process.pid  # type: ignore[attr-defined]
            first, wall, cpu = (await fleet.status()).decoded, time.perf_counter(), spent(pid)
            await asyncio.sleep(SECONDS)
            count = (await fleet.status()).decoded - first
            return count / (time.perf_counter() - wall), count / (spent(pid) - cpu)
        finally:
            await fleet.aclose()

    return asyncio.run(work())


def settings(folder: Path, port: int, signals: int) -> str:
    """A settings file that keeps all signals that are sent."""
    columns = "\n".join(f's{number} = "{path}"' for number, path in enumerate(PATHS[:signals]))
    file = folder / "cdctl.toml"
    file.write_text(
        f'[contexts.x]\nprometheus = {{ url = "http://127.0.0.1:1" }}\n'
        f'brokers = {{ eu = {{ url = "mqtt://127.0.0.1:{port}" }} }}\n[fleet.columns]\n{columns}\n'
    )
    return str(file)


def broker(folder: Path, port: int) -> subprocess.Popen[bytes]:
    """A Mosquitto that lets everyone in."""
    config = folder / "mosquitto.conf"
    config.write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\n")
    return subprocess.Popen([find_program("mosquitto", "mosquitto"), "-c", str(config)], stderr=subprocess.DEVNULL)


def main() -> None:
    """Take turns and print."""
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--signals", type=int, default=8)
    arguments.add_argument("--rounds", type=int, default=3)
    given = arguments.parse_args()
    with tempfile.TemporaryDirectory(prefix="cdctl-bench-") as folder:
        port = free_port()
        server = broker(Path(folder), port)
        stop = multiprocessing.Event()
        publisher = multiprocessing.Process(target=publish, args=(port, given.signals, stop), daemon=True)
        try:
            _wait_for(port)
            publisher.start()
            file = settings(Path(folder), port, given.signals)
            turns: list[Callable[[], Measured]] = [
                lambda: mosquitto_sub(port),
                lambda: ours(file),
                lambda: bare_paho(port),
            ]
            _tell([[turn() for turn in turns] for _ in range(given.rounds)], given.signals)
        finally:
            stop.set()
            publisher.terminate()
            publisher.join()
            server.terminate()
            server.wait()


def _wait_for(port: int) -> None:
    for _ in range(500):
        with socket.socket() as probe:
            if not probe.connect_ex(("127.0.0.1", port)):
                return
        time.sleep(0.01)
    raise SystemExit("the broker does not start")


def _tell(rounds: list[list[Measured]], signals: int) -> None:
    sub, we, paho = (
        [statistics.median(turn[number][part] for turn in rounds) for part in (0, 1)] for number in range(3)
    )
    rate = statistics.median(turn[1][0] / turn[0][0] for turn in rounds)
    each = statistics.median(turn[1][1] / turn[2][1] for turn in rounds)
    title = f"take in, {signals} signals"
    print(f"{title + ' / mosquitto_sub':58} {rate:6.2f}x   {we[0]:7,.0f} / {sub[0]:7,.0f} a second   asked: 0.9x")
    print(
        f"{title + ' / bare paho, a CPU second':58} {each:6.2f}x   {we[1]:7,.0f} / {paho[1]:7,.0f}   asked: 5x",
        flush=True,
    )


if __name__ == "__main__":
    main()
