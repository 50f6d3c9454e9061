"""What a fleet of 10 k, 100 k and 1 M vehicles costs: memory, taking in, looking up, asking, and the snapshot.

    python tests/benchmarks/fleet_size.py [SIZE...]

CPU time of this process, medians, so that a busy machine disturbs little; memory as the kernel counts it. Each size
runs in a process of its own, a second process reads what it takes in. `growth` compares the largest with the smallest:
1.0 is linear for what costs by the fleet, and flat for what costs by the message.
"""

from __future__ import annotations

import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from cdctl.domain.fleet.batch import Batch, Presence, Standing
from cdctl.domain.fleet.columns import Columns
from cdctl.domain.fleet.health import status
from cdctl.domain.fleet.index import encode
from cdctl.domain.fleet.layout import HAPPENED, HAPPENINGS, Layout
from cdctl.domain.fleet.reading import FleetStatus, Query
from cdctl.domain.fleet.selection import select
from cdctl.domain.fleet.tables import page, tally
from cdctl.domain.fleet.view import FleetView, fields_of
from cdctl.stores.fleet_memory import FleetMemory
from cdctl.stores.fleet_snapshot import load, save

SIZES = (10_000, 100_000, 1_000_000)
SIGNALS = ("soc", "range", "odo", "speed", "tyre.fl", "tyre.fr", "tyre.rl", "tyre.rr")
REGIONS, MODELS = ("eu", "us", "cn"), tuple(f"m{n}" for n in range(12))
SOFTWARES = tuple(f"23-07.{n}" for n in range(40))
NOW = 1_800_000_000_000
FILTER = "region:eu,us sw<23-07.30 soc<20"
ASKED = {
    "bytes a vehicle, index included": "200",
    "MB of both processes (PSS)": "400 at 1 M",
    "telemetry, ns a message": "1000",
    "filter of three terms, ms": "5 at 1 M",
    "tally by region,model,sw, ms": "10 at 1 M",
    "load and show, s": "1 at 1 M, aim 0.3",
    "slowest batch while growing / median": "a few",
    "slowest batch while saving / median": "a few",
}
BY_FLEET = {"MB of both processes (PSS)", "load and show, s", "index rebuilt, s", "save in another process, s"}


def vin(number: int) -> str:
    """A VIN like those of one maker: eleven characters alike, six of a serial number."""
    return f"WBA{number % 97:02d}CF00X{number:07d}"[:17]


def telemetry(numbers: list[int], signals: int) -> Batch:
    """A message from each; every second signal is told by all, the others by half of them."""
    count = len(numbers)
    batch = Batch([vin(n) for n in numbers], ["eu"] * count, [NOW] * count)
    for signal in range(signals):
        positions = list(range(0, count, 1 + signal % 2))
        batch.signals[signal] = (positions, [random.random() * 100 for _ in positions])
    return batch


def births(numbers: list[int], seq: int) -> Batch:
    return Batch(
        standings=[
            Standing(vin(n), Presence.ONLINE, REGIONS[n % 3], seq, NOW, MODELS[n % 12], SOFTWARES[n % 40])
            for n in numbers
        ]
    )


def cpu(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began


def median(work: Callable[[], object], runs: int = 9) -> float:
    work()
    return statistics.median(cpu(work) for _ in range(runs))


def pss(pid: int | str = "self") -> float:
    text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    return next(int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:")) / 1000


def taking(columns: Columns, batch: Batch) -> float:
    return cpu(lambda: columns.apply(batch, NOW, "eu"))


def grow(columns: Columns, size: int) -> dict[str, float]:
    times = [taking(columns, telemetry(list(range(begin, begin + 2000)), 8)) for begin in range(0, size, 2000)]
    usual = statistics.median(times)
    return {
        "first message of a vehicle, ns": usual / 2000 * 1e9,
        "slowest batch while growing / median": max(times[1:]) / usual,
    }


def steady(columns: Columns, size: int) -> dict[str, float]:
    def message(count: int, signals: int) -> float:
        batches = [telemetry(random.sample(range(size), count), signals) for _ in range(40)]
        return statistics.median(taking(columns, one) for one in batches) / count * 1e9

    storm = [births(random.sample(range(size), 2000), seq) for seq in range(2, 12)]
    ids = [encode([vin(n) for n in random.sample(range(size), 5000)])[0] for _ in range(20)]
    return {
        "telemetry, ns a message": message(5000, 4),
        "the same in batches of 1,000": message(1000, 4),
        "the same with 8 signals": message(5000, 8),
        "birth, ns a message": statistics.median(taking(columns, one) for one in storm) / 2000 * 1e9,
        "lookup, ns an id": statistics.median(cpu(lambda one=one: columns.index.find(one)) for one in ids) / 5000 * 1e9,
    }


def asked(columns: Columns, size: int) -> dict[str, float]:
    told = FleetStatus(at=0)
    chosen = select(FILTER, fields_of(SIGNALS))
    everyone = np.arange(size)
    columns.region[:size] = everyone % 3 + 2
    for column, table, names in (
        (columns.model, columns.models, MODELS),
        (columns.software, columns.softwares, SOFTWARES),
    ):
        column[:size] = np.array([table.code(name) for name in names])[everyone * 7919 % len(names)]
    by = ("region", "model", "sw")
    return {
        "filter of three terms, ms": median(lambda: chosen.match(FleetView(columns, NOW))) * 1e3,
        "tally by region,model,sw, ms": median(lambda: tally(FleetView(columns, NOW), by, None, {}, told)) * 1e3,
        "first 50 by soc, ms": median(
            lambda: list(page(FleetView(columns, NOW), Query(sort="soc", limit=50), None, {}, told).rows)
        )
        * 1e3,
        "first 50 by vin, ms": median(
            lambda: list(page(FleetView(columns, NOW), Query(sort="vin", limit=50), None, {}, told).rows)
        )
        * 1e3,
        "status line, ms": median(lambda: status(columns, NOW)) * 1e3,
    }


def look(fd: int, path: str) -> None:
    """The other process: asks what a viewer asks, says its memory, then writes a snapshot when told."""
    columns = Columns.attach(FleetMemory.attach(fd).buffer)
    asking = FleetView(columns, NOW)
    match = select(FILTER, asking.fields).match(asking)
    list(page(asking, Query(limit=50, sort="soc"), match.mask, match.left_out, status(columns, NOW)).rows)
    tally(asking, ("region", "model", "sw"), None, {}, FleetStatus(at=0))
    print(pss(), flush=True)
    sys.stdin.readline()
    began = time.perf_counter()
    save(columns, Path(path), NOW)
    print(time.perf_counter() - began, flush=True)


def shared(columns: Columns, memory: FleetMemory, size: int, folder: Path) -> dict[str, float]:
    command = [sys.executable, __file__, "look", str(memory.fd), str(folder / "snapshot")]
    with subprocess.Popen(
        command, pass_fds=[memory.fd], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdin
        assert other.stdout
        viewer = float(other.stdout.readline())
        both = pss() + viewer
        batches = [telemetry(random.sample(range(size), 2000), 4) for _ in range(100)]
        usual = statistics.median(taking(columns, one) for one in batches)
        other.stdin.write("save\n")
        other.stdin.flush()
        slowest, done = 0.0, 0
        while other.poll() is None:
            slowest = max(slowest, taking(columns, batches[done % 100]))
            done += 1
        saved = float(other.stdout.readline())
    return {
        "MB of both processes (PSS)": both,
        "save in another process, s": saved,
        "slowest batch while saving / median": slowest / usual,
    }


def again(size: int, folder: Path) -> dict[str, float]:
    layout = Layout(SIGNALS)

    def show() -> None:
        memory = FleetMemory.create(layout.size)
        columns = Columns(layout, memory.buffer)
        assert load(columns, folder / "snapshot", NOW) is None
        list(page(FleetView(columns, NOW), Query(limit=50), None, {}, status(columns, NOW)).rows)
        assert columns.rows == size
        memory.close()

    memory = FleetMemory.create(layout.size)
    columns = Columns(layout, memory.buffer)
    load(columns, folder / "snapshot", NOW)
    return {"load and show, s": median(show, 3), "index rebuilt, s": cpu(lambda: columns.index)}


def measure(size: int) -> dict[str, float]:
    random.seed(size)
    layout = Layout(SIGNALS)
    memory = FleetMemory.create(layout.size)
    columns = Columns(layout, memory.buffer)
    columns.link_up("eu", "mqtts://broker", NOW)
    empty = os.fstat(memory.fd).st_blocks * 512
    with tempfile.TemporaryDirectory() as name:
        found = grow(columns, size)
        ring = min(size, HAPPENINGS) * HAPPENED.itemsize  # of the same size whatever the fleet's
        used = os.fstat(memory.fd).st_blocks * 512 - empty - ring + columns.index.nbytes
        found["bytes a vehicle, index included"] = used / size
        found |= shared(columns, memory, size, Path(name))
        found |= steady(columns, size) | asked(columns, size) | again(size, Path(name))
    return found


def main(sizes: list[int]) -> None:
    found = [json.loads(subprocess.check_output([sys.executable, __file__, "one", str(size)])) for size in sizes]
    print(f"{'':42}" + "".join(f"{size:>12,}" for size in sizes) + f"{'growth':>9}  asked")
    for name in found[0]:
        values = [one[name] for one in found]
        growth = values[-1] / values[0] / (sizes[-1] / sizes[0] if name in BY_FLEET or name.endswith(" ms") else 1)
        print(f"{name:42}" + "".join(f"{value:12.2f}" for value in values) + f"{growth:9.2f}  {ASKED.get(name, '')}")


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["one", size]:
            print(json.dumps(measure(int(size))))
        case ["look", fd, path]:
            look(int(fd), path)
        case some:
            main([int(size) for size in some] or list(SIZES))
