"""`cdctl top` as people run it: a real terminal, a real broker, the snapshot of a million vehicles, 20,000 messages/s.

    python tests/benchmarks/top.py [VEHICLES...]

The process tree is the command and the process that takes in; broker and publisher are left out. A frame is what the
view computes and paints at a tick, until its bytes are handed to the terminal; it is timed inside the process. What is
counted outside: bytes on the pty, processor time of the tree from /proc, memory of it (proportional set size: what two
processes share is counted once). Keys are timed from the write of the key to the first byte that shows its effect.
"""

from __future__ import annotations

import fcntl
import json
import multiprocessing
import os
import pty
import re
import select
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import time
from multiprocessing.synchronize import Event
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent / "support")]
SIZES = (1_000_000,)
RATE = 20_000
"""Messages a second."""
SECONDS = 15.0
TALKING = 20_000
"""Vehicles that speak, spread over the fleet."""
TICK = os.sysconf("SC_CLK_TCK")
KEYS = 20
PAINTS = 9
_TIMED = """
import json, sys, time
from pathlib import Path
report = Path(sys.argv.pop(1))
from textual.screen import Screen
from cdctl.tui import screen as ours
from cdctl.cli.main import run
frames, last = [], [0.0]
look, update = ours.BoardView.look, Screen._on_timer_update
def timed_look(self):
    begin = time.perf_counter()
    look(self)
    last[0] += time.perf_counter() - begin
def timed_update(self):
    begin = time.perf_counter()
    update(self)
    if last[0]:
        frames.append(last[0] + time.perf_counter() - begin)
        last[0] = 0.0
ours.BoardView.look = timed_look
Screen._on_timer_update = timed_update
try:
    run()
finally:
    report.write_text(json.dumps(frames))
"""


def publish(port: int, size: int, stop: Event) -> None:
    """Telemetry of vehicles all over the fleet, RATE a second in portions of a hundredth of a second."""
    import socket

    import mqtt5

    step = max(size // TALKING, 1)
    body = json.dumps({"ts": 1_790_000_000_000, "s": {"Vehicle.Speed": 42.0}}, separators=(",", ":")).encode()
    told = [mqtt5.PublishPacket(f"cd/eu/WBA{n * step:014d}/tele", body).write() for n in range(min(TALKING, size))]
    portion = RATE // 100
    runs = [b"".join(told[at : at + portion]) for at in range(0, len(told), portion)]
    with socket.create_connection(("127.0.0.1", port)) as wire:
        wire.sendall(mqtt5.ConnectPacket("publisher", keep_alive=0).write())
        wire.recv(1000)
        due = time.perf_counter()
        for number in range(1 << 60):
            if stop.is_set():
                return
            wire.sendall(runs[number % len(runs)])
            due += 0.01
            time.sleep(max(due - time.perf_counter(), 0))


def prepare(folder: Path, port: int, size: int) -> str:
    """Settings, and the snapshot of a fleet, as if the view had been open before."""
    from screens import NOW, columns

    from cdctl.application import fleet_wiring, wiring
    from cdctl.stores.fleet_snapshot import save

    file = folder / "cdctl.toml"
    file.write_text(
        f'[contexts.x]\nbrokers = {{ eu = {{ url = "mqtt://127.0.0.1:{port}" }} }}\n'
        f'[paths]\ncache = "{folder}/cache"\njournal = "{folder}/journal.sqlite"\n'
        f'[fleet.columns]\nsoc = "Vehicle.Speed"\n'
    )
    settings = wiring.read_settings(config=str(file))
    path = fleet_wiring.snapshot_path(settings, settings.context())
    assert path is not None
    path.parent.mkdir(parents=True)
    made, now_ms = columns(size), round(time.time() * 1000)
    made.seen_ms[:size] -= round(NOW * 1000) - now_ms
    save(made, path, now_ms)
    return str(file)


class Top:
    """The command on a pty of 160x50."""

    def __init__(self, file: str, report: Path, *words: str) -> None:
        self.main, there = pty.openpty()
        fcntl.ioctl(there, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 160, 0, 0))
        env = {name: value for name, value in os.environ.items() if name not in {"COLUMNS", "LINES"}}
        argv = [sys.executable, "-c", _TIMED, str(report), "--config", file, "top", *words]
        self.began = time.perf_counter()
        self.child = subprocess.Popen(
            argv, stdin=there, stdout=there, stderr=there, start_new_session=True,
            env={**env, "TERM": "xterm-256color", "TEXTUAL_ANIMATIONS": "none"},
        )  # fmt: skip
        os.close(there)
        self.bytes = 0

    def read(self, seconds: float) -> bytes:
        """What is written until so long from now."""
        end, parts = time.perf_counter() + seconds, []
        while (left := end - time.perf_counter()) > 0 and select.select([self.main], [], [], left)[0]:
            try:
                parts.append(os.read(self.main, 1 << 16))
            except OSError:
                break
        found = b"".join(parts)
        self.bytes += len(found)
        return found

    def until(self, pattern: bytes, seconds: float = 30.0) -> float:
        """Seconds until this is written."""
        begin, found = time.perf_counter(), b""
        while time.perf_counter() < begin + seconds:
            if select.select([self.main], [], [], 0.5)[0]:
                try:
                    part = os.read(self.main, 1 << 16)
                except OSError:
                    break
                self.bytes += len(part)
                found += part
                if re.search(pattern, found):
                    return time.perf_counter() - begin
        raise SystemExit(f"{pattern!r} never came: {found[-2000:]!r}")

    def key(self, key: bytes, pattern: bytes) -> float:
        """Seconds from a key until this is written."""
        self.read(0.3)
        begin = time.perf_counter()
        os.write(self.main, key)
        self.until(pattern)
        return time.perf_counter() - begin

    def tree(self) -> list[int]:
        """Its processes."""
        found = [self.child.pid]
        for pid in found:
            found += map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())
        return found

    def spent(self) -> float:
        """Processor seconds of them so far."""
        total = 0
        for pid in self.tree():
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
            total += int(fields[11]) + int(fields[12])
        return total / TICK

    def memory(self) -> float:
        """MB of them."""
        told = [Path(f"/proc/{pid}/smaps_rollup").read_text() for pid in self.tree()]
        return sum(int(re.search(r"^Pss:\s+(\d+)", text, re.MULTILINE)[1]) for text in told) / 1024  # type: ignore[index]

    def leave(self) -> None:
        """End it."""
        for _ in range(10):
            self.read(0.5)  # an Esc just before would make it another key
            if self.child.poll() is not None:
                break
            os.write(self.main, b"q")
        self.child.kill()
        self.child.wait()
        os.close(self.main)


def percentile(values: list[float], share: float) -> float:
    """The nearest rank, in milliseconds."""
    return 1000 * sorted(values)[min(int(len(values) * share), len(values) - 1)]


def told(values: list[float]) -> str:
    """p50 and p95 of seconds."""
    return f"p50 {percentile(values, 0.5):.1f}, p95 {percentile(values, 0.95):.1f} ms"


def line(what: str, got: str, asked: str = "") -> None:
    """A line of the table."""
    print(f"{what:50} {got:>24}   {asked and f'asked: {asked}'}", flush=True)


def measure(size: int) -> None:
    """All figures of one size of fleet."""
    from ingest import _wait_for, broker

    from cdctl.lab.servers import free_port

    with tempfile.TemporaryDirectory(prefix="cdctl-bench-") as name:
        folder, port = Path(name), free_port()
        server, stop = broker(folder, port), multiprocessing.Event()
        publisher = multiprocessing.Process(target=publish, args=(port, size, stop), daemon=True)
        try:
            _wait_for(port)
            file = prepare(folder, port, size)
            painted = []
            for _ in range(PAINTS):
                top = Top(file, folder / "times.json")
                painted.append(top.until(rb"WBA0{10}"))
                top.leave()
            first = f"{statistics.median(painted):.2f} s ({min(painted):.2f} to {max(painted):.2f})"
            line(f"{size:,} vehicles: first paint", first, "0.8 s")
            top = Top(file, folder / "times.json")
            top.until(rb"WBA0{10}")
            publisher.start()
            top.until(rb"(19|20|21),\d\d\d msg/s")
            top.read(2.0)
            top.bytes, cpu, wall = 0, top.spent(), time.perf_counter()
            top.read(SECONDS)
            wall = time.perf_counter() - wall
            share, sent, memory = (top.spent() - cpu) / wall, top.bytes / wall / 10, top.memory()
            pages = [top.key(b"\x1b[6~", rb"WBA0") for _ in range(KEYS)]
            filters = []
            for number in range(KEYS):
                top.key(b"/", rb"/")
                filters.append(top.key(b"i" if number % 2 else b"x", rb"\d of|\^"))
                top.key(b"\x1b", rb"vehicles")
            top.leave()
            frames = json.loads((folder / "times.json").read_text())
        finally:
            stop.set()
            if publisher.pid:
                publisher.terminate()
                publisher.join()
            server.terminate()
            server.wait()
    line(f"{size:,} vehicles, {RATE:,} msg/s: frame", told(frames), "25 ms p95")
    line("  bytes a frame", f"{sent:,.0f}", "2,000")
    line("  processor, the whole tree", f"{share:.0%} of a core", "45 %")
    line("  memory, the whole tree", f"{memory:.0f} MB", "400 MB")
    line("  page key to paint", told(pages), "40 ms")
    line("  filter key to result", told(filters), "100 ms")


if __name__ == "__main__":
    for size in [int(word) for word in sys.argv[1:]] or SIZES:
        measure(size)
