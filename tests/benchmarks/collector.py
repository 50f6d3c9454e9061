"""Twenty viewers on one collector over a million vehicles: what they cost the taking in, how current they are, how big.

    python tests/benchmarks/collector.py [VEHICLES] [SECONDS]

A real broker is filled as fast as it takes messages. Windows with and without viewers take turns; the ratio of messages
taken in a second is what counts, and what the process that takes in spends on each. All of it shares this machine's
cores: nineteen viewers in one process of low priority, as if they were elsewhere, and one in its own that is measured.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))

from brokers import Mosquitto
from waiting import children, eventually

TICK = os.sysconf("SC_CLK_TCK")
SIGNAL = "Vehicle.Powertrain.TractionBattery.StateOfCharge.Displayed"
CHUNK = 1_000
QUERIES = [
    *(
        {"where": f"soc<{n}", "columns": ["vin", "region", "sw", "soc", "state", "age"], "sort": "soc"}
        for n in (20, 30, 40)
    ),
    {"where": "region:eu sw<23-07.30 soc<20", "columns": ["vin", "soc", "age"], "sort": "-soc"},
    {"where": "offline", "columns": ["vin", "since"], "sort": "-since"},
    {"columns": ["vin", "state", "age"]},
    {"by": ["region", "sw"]},
    {"by": ["region", "model", "sw"]},
    {"where": "soc<50", "by": ["sw"]},
    {"where": "model:m3", "by": ["region", "state"]},
]
"""Two viewers a question."""


def packet(topic: str, body: bytes) -> bytes:
    """A PUBLISH of MQTT 3.1.1 at QoS 0."""
    rest = len(topic).to_bytes(2, "big") + topic.encode() + body
    length, size = b"", len(rest)
    while True:
        size, digit = divmod(size, 128)
        length += bytes([digit | (0x80 if size else 0)])
        if not size:
            return b"\x30" + length + rest


def connected(port: int) -> socket.socket:
    made = socket.create_connection(("127.0.0.1", port))
    name = f"flood-{os.getpid()}-{time.monotonic_ns()}".encode()
    rest = b"\x00\x04MQTT\x04\x02\x00\x00" + len(name).to_bytes(2, "big") + name
    made.sendall(b"\x10" + bytes([len(rest)]) + rest)
    assert made.recv(4)[3] == 0
    return made


def vin(number: int) -> str:
    return f"WBA{number % 97:02d}CF00X{number:07d}"[:17]


def births(port: int, vehicles: int) -> None:
    """Every vehicle comes online once."""
    sock = connected(port)
    for begin in range(0, vehicles, CHUNK):
        some = range(begin, min(begin + CHUNK, vehicles))
        bodies = (
            (n, {"v": 1, "ts": 1, "seq": 1, "online": True, "model": f"m{n % 12}", "sw": f"23-07.{n % 40}"})
            for n in some
        )
        sock.sendall(b"".join(packet(f"cd/eu/{vin(n)}/birth", json.dumps(body).encode()) for n, body in bodies))
    sock.close()


def flood(port: int, vehicles: int) -> None:
    """Telemetry without end, prepared once, sent as fast as the broker reads."""
    step = max(vehicles // 100_000, 1)
    parts = []
    for begin in range(0, vehicles, CHUNK * step):
        some = range(begin, min(begin + CHUNK * step, vehicles), step)
        values = ((n, f'{{"ts":{n},"s":{{"{SIGNAL}":{n * 7 % 1000 / 10}}}}}'.encode()) for n in some)
        parts.append(b"".join(packet(f"cd/eu/{vin(n)}/tele", body) for n, body in values))
    sock = connected(port)
    while True:
        for part in parts:
            sock.sendall(part)


async def view(url: str, token: str, queries: list[dict[str, object]], told: list[tuple[float, float]]) -> None:
    """Follow until ended; (arrival, the moment it shows) of every frame goes to `told`."""
    from cdctl.application.wiring import WallClock
    from cdctl.collector.client import RemoteFleet
    from cdctl.collector.reaching import Place
    from cdctl.domain.fleet.reading import Query

    async def one(query: dict[str, object]) -> None:
        fleet = RemoteFleet(Place(url, token), WallClock())
        if "by" in query:
            frames = fleet.follow_tally(str(query.get("where", "")), query["by"])
        else:
            frames = fleet.follow(
                Query(str(query.get("where", "")), tuple(query["columns"]), str(query.get("sort", "")), 50)
            )
        async for frame in frames:
            told.append((time.time(), frame.status.at))  # noqa: PERF401 - told while it goes on

    await asyncio.gather(*(one(query) for query in queries))


def viewer(url: str, token: str, number: int) -> None:
    """A process of viewers: `number` of them; one that is alone says at the end how it was."""
    told: list[tuple[float, float]] = []
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    os.nice(0 if number == 1 else 10)
    try:
        asyncio.run(view(url, token, [QUERIES[n % len(QUERIES)] for n in range(number)], told))
    finally:
        pss = next(
            int(line.split()[1]) for line in Path("/proc/self/smaps_rollup").read_text().splitlines() if "Pss:" in line
        )
        ages = sorted(later[0] - shown[1] for shown, later in itertools.pairwise(told))
        print(json.dumps({"pss_mb": pss / 1024, "ages": ages, "numpy": "numpy" in sys.modules}), flush=True)


def cpu(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def pss(pid: int) -> float:
    return next(
        int(line.split()[1]) / 1024
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        if line.startswith("Pss:")
    )


class Scene:
    """Broker and collector."""

    def __init__(self, folder: Path, broker: Mosquitto) -> None:
        self.port = broker.port
        config = folder / "cdctl.toml"
        config.write_text(
            f'default_context = "x"\n[paths]\ncache = "{folder}/cache"\n[contexts.x]\n'
            f'brokers = {{ eu = {{ url = "{broker.url}" }} }}\n[fleet.columns]\nsoc = "{SIGNAL}"\n'
        )
        argv = [sys.executable, "-m", "cdctl", "--config", str(config), "-q", "collect", "--listen", "127.0.0.1:0"]
        self.process = subprocess.Popen(argv, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout
        where = json.loads(self.process.stdout.readline())["collector"]
        self.url, self.token = where["url"], Path(where["token_file"]).read_text().strip()
        (self.ingest,) = children(self.process.pid)

    def get(self, path: str) -> str:
        request = urllib.request.Request(self.url + path, headers={"Authorization": f"Bearer {self.token}"})
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.read().decode()

    def settled(self) -> bool:
        return bool(json.loads(self.get("/v1/status"))["settled"])

    def metric(self, name: str) -> float:
        text = self.get("/metrics")
        return float(
            next(line.rpartition(" ")[2] for line in text.splitlines() if line.startswith(f"cdctl_collector_{name} "))
        )

    def window(self, seconds: float) -> tuple[float, float, float]:
        """Messages a second, µs of CPU that taking in spends on one, share of a core that serving takes."""
        began, before, spent, served = (
            time.monotonic(),
            self.metric("received_total"),
            cpu(self.ingest),
            cpu(self.process.pid),
        )
        time.sleep(seconds)
        count, took = self.metric("received_total") - before, time.monotonic() - began
        return count / took, (cpu(self.ingest) - spent) / max(count, 1) * 1e6, (cpu(self.process.pid) - served) / took


def started(scene: Scene) -> list[subprocess.Popen[str]]:
    return [
        subprocess.Popen(
            [sys.executable, __file__, "view", scene.url, scene.token, str(number)], stdout=subprocess.PIPE, text=True
        )
        for number in (19, 1)
    ]


def ended(viewers: list[subprocess.Popen[str]]) -> dict[str, object]:
    for process in viewers:
        process.terminate()
    told = [process.communicate()[0] for process in viewers]
    return dict(json.loads(told[1]))


def main(vehicles: int, seconds: float) -> None:
    with tempfile.TemporaryDirectory() as folder, Mosquitto(Path(folder) / "broker", "max_queued_messages 0") as broker:
        scene = Scene(Path(folder), broker)
        flooding = None
        try:
            assert eventually(scene.settled, 30), "the collector does not listen"
            births(scene.port, vehicles)
            assert eventually(lambda: scene.metric("received_total") >= vehicles, 40), "births are missing"
            flooding = subprocess.Popen([sys.executable, __file__, "flood", str(scene.port), str(vehicles)])
            time.sleep(5)
            alone, watched, states = [], [], []
            for _ in range(3):
                alone.append(scene.window(seconds))
                viewers = started(scene)
                time.sleep(3)
                watched.append(scene.window(seconds))
                states.append(ended(viewers))
            report(scene, vehicles, alone, watched, states)
        finally:
            if flooding:
                flooding.kill()
                flooding.wait()
            scene.process.send_signal(signal.SIGINT)
            scene.process.wait(30)


def report(scene: Scene, vehicles: int, alone: list, watched: list, states: list) -> None:
    ratio = statistics.median(with_[0] / without[0] for without, with_ in zip(alone, watched, strict=True))
    print(f"{vehicles:,} vehicles, 20 viewers of {len(QUERIES)} questions")
    for name, rows in (("without viewers", alone), ("with 20 viewers", watched)):
        rate, each, share = (statistics.median(column) for column in zip(*rows, strict=True))
        print(f"  {name}: {rate:,.0f} messages/s, {each:.2f} us CPU each, serving takes {share:.2f} of a core")
    print(f"  taken in with viewers / without: {ratio:.3f}   asked: 0.9")
    ages = sorted(age for state in states for age in state["ages"])
    late = ages[int(len(ages) * 0.95)]
    print(f"  oldest that a viewer shows, s: median {statistics.median(ages):.2f}, p95 {late:.2f}   asked: 1")
    print(f"  a viewer: {max(state['pss_mb'] for state in states):.1f} MB PSS   asked: 50; numpy: {states[0]['numpy']}")
    print(f"  serving {pss(scene.process.pid):.0f} MB, taking in {pss(scene.ingest):.0f} MB (PSS)")
    print(f"  evaluating all questions once: {scene.metric('evaluation_seconds'):.2f} s at the end, without viewers")


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["flood", port, count]:
            flood(int(port), int(count))
        case ["view", url, token, count]:
            viewer(url, token, int(count))
        case given:
            main(int(given[0]) if given else 1_000_000, float(given[1]) if given[1:] else 6.0)
