"""What a frame of the live view costs at 10 k, 100 k and 1 M vehicles, through a real pty.

    python tests/benchmarks/view.py [SIZE...]

Each view runs in a process of its own on a pty of 160x50, over columns in memory in which vehicles change under it. A
frame is what the view computes and paints at a tick: from its look at the columns until its bytes are handed to the
terminal; nothing waits for idle. `cpu` is what the whole process used from one tick to the next, orders of rows that
are worked out aside included; what changes the vehicles is left out. `calm`: no vehicle changes; `busy`: at every
frame one in fifty does; `paging`: a page further at each tick. Bytes are counted on the other side of the pty. The
baseline is Textual's own DataTable with the same cells, moved by a page a tick, by its processor time.
"""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import pty
import resource
import select
import struct
import subprocess
import sys
import termios
import time
from pathlib import Path

HERE = Path(__file__).parent
SIZES = (10_000, 100_000, 1_000_000)
PHASES = ("calm", "busy", "paging")
FRAMES = 60
STOCK = (10_000, 100_000)
"""Rows of the table that it is compared with."""
ASKED = {"busy": "25 ms p95 at 1 M", "paging": "40 ms"}


def percentile(values: list[float], share: float) -> float:
    """The nearest rank."""
    return sorted(values)[min(int(len(values) * share), len(values) - 1)]


def told(times: list[float]) -> dict[str, float]:
    """p50 and p95 in milliseconds."""
    return {"p50": 1000 * percentile(times, 0.5), "p95": 1000 * percentile(times, 0.95)}


def view(size: int, report: str) -> None:
    """The view, on the terminal of this process. Writes its times to a file, phase by phase."""
    import numpy as np

    sys.path.insert(0, str(HERE.parent / "support"))
    from screens import Look
    from textual.events import Key

    from cdctl.tui.app import Top
    from cdctl.tui.screen import BoardView

    look = Look(size)
    began = time.time()
    look.clock.now = time.time  # type: ignore[method-assign]
    rng, found, frames = np.random.default_rng(1), {}, []

    class Timed(BoardView):
        """Frames come one after the other, each timed until its bytes are written."""

        def on_mount(self) -> None:
            self.focus()
            self.run_worker(self.frames())

        async def frames(self) -> None:
            frames.append(time.time() - began)
            for phase in PHASES:
                times, used = [], []
                for _ in range(FRAMES):
                    if phase == "busy":
                        changed = rng.integers(0, size, max(size // 50, 1))
                        look.columns.messages[changed] += 1
                        look.columns.seen_ms[changed] = round(time.time() * 1000)
                    look.columns.beat(round(time.time() * 1000))
                    start, cpu = time.perf_counter(), time.process_time()
                    if phase == "paging":
                        self.on_key(Key("pagedown", None))
                    else:
                        self.look()
                    self.screen._on_timer_update()
                    times.append(time.perf_counter() - start)
                    await asyncio.sleep(0.1)
                    used.append(time.process_time() - cpu)
                found[phase] = {**told(times), "cpu": 1000 * percentile(used, 0.5)}
                sys.__stderr__.write(f"\x1b]777;{phase}\x07")
                sys.__stderr__.flush()
            self.app.exit()

    class Whole(Top):
        """The same app with the timed widget."""

        def __init__(self) -> None:
            super().__init__(look.view)
            self._board = Timed(look.view)

    cpu = time.process_time()
    Whole().run()
    found["cpu share"] = (time.process_time() - cpu) / (time.time() - began)
    found["MB"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    Path(report).write_text(json.dumps(found))


def table(size: int, report: str) -> None:
    """Textual's own table with the same cells."""
    from textual.app import App
    from textual.widgets import DataTable

    times: list[float] = []

    class Stock(App[None]):
        """A table that is paged through."""

        def compose(self):
            yield DataTable(fixed_columns=0)

        async def on_mount(self) -> None:
            self.run_worker(self.frames())

        async def frames(self) -> None:
            rows = self.query_one(DataTable)
            began = time.perf_counter()
            for name in ("vin", "region", "model", "sw", "state", "age", "dtcs", "messages"):
                rows.add_column(name, width=12)
            rows.add_rows((f"WBA{n:014d}", "eu", "i4", "23-07", "online", "3s", "-", str(n)) for n in range(size))
            rows.focus()
            await asyncio.sleep(0.1)
            found["until shown, s"] = time.perf_counter() - began
            for _ in range(FRAMES // 2):
                cpu = time.process_time()
                rows.action_page_down()
                await asyncio.sleep(0.1)
                times.append(time.process_time() - cpu)
            self.exit()

    found: dict[str, object] = {}
    Stock().run()
    Path(report).write_text(json.dumps({**found, "cpu": told(times)}))


def on_a_terminal(what: str, size: int) -> dict[str, dict[str, float]]:
    """Run one of the two on a pty of 160x50; its times, and the bytes of each phase a frame."""
    main, there = pty.openpty()
    fcntl.ioctl(there, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 160, 0, 0))
    report = Path(f"/tmp/cdctl-view-{os.getpid()}-{what}-{size}.json")
    env = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "160", "LINES": "50", "TEXTUAL_ANIMATIONS": "none"}
    child = subprocess.Popen(
        [sys.executable, __file__, f"--{what}", str(size), str(report)],
        stdin=there, stdout=there, stderr=there, env=env, start_new_session=True,
    )  # fmt: skip
    os.close(there)
    parts = [b""]
    while select.select([main], [], [], 120)[0]:
        try:
            part = os.read(main, 1 << 16)
        except OSError:
            break
        parts.append(part)
    os.close(main)
    if child.wait(30):
        raise SystemExit(b"".join(parts)[-3000:].decode("utf-8", "replace"))
    found = json.loads(report.read_text())
    report.unlink()
    rest = b"".join(parts)
    for phase in PHASES if what == "view" else ():
        written, _, rest = rest.partition(f"\x1b]777;{phase}\x07".encode())
        found[phase]["bytes"] = len(written) / FRAMES
    return found


def main(sizes: list[int]) -> None:
    """Print a line for each size and phase, then growth and the baseline."""
    found = {size: on_a_terminal("view", size) for size in sizes}
    print(f"{'live view, 160x50':34} {'p50 ms':>8} {'p95 ms':>8} {'cpu ms':>8} {'bytes':>8}   asked")
    for size, told_of in found.items():
        for phase in PHASES:
            one = told_of[phase]
            line = f"{one['p50']:8.1f} {one['p95']:8.1f} {one['cpu']:8.1f} {one['bytes']:8.0f}   {ASKED.get(phase, '')}"
            print(f"{f'{size:,} vehicles, {phase}':34} {line}")
        print(f"{f'{size:,} vehicles, whole process':34} {told_of['MB']:8.0f} MB {told_of['cpu share']:7.0%} of a core")
    if {10_000, 100_000} <= set(sizes):
        ratio = found[100_000]["busy"]["p50"] / found[10_000]["busy"]["p50"]
        print(f"{'100 k / 10 k, busy':34} {ratio:8.2f}x   asked: 1.3x")
    for rows in STOCK:
        stock = on_a_terminal("table", rows)
        one, ours = stock["cpu"]["p50"], found.get(rows, found[min(sizes)])["paging"]["cpu"]
        print(
            f"{f'DataTable, {rows:,} rows, paging':34} {'':17} {one:8.1f}   shown after {stock['until shown, s']:.1f} s"
        )
        print(f"{f'view / DataTable, cpu, {rows:,} rows':34} {ours / one:8.2f}x")


if __name__ == "__main__":
    words = sys.argv[1:]
    if words and words[0] in {"--view", "--table"}:
        (view if words[0] == "--view" else table)(int(words[1]), words[2])
    else:
        main([int(word) for word in words] or list(SIZES))
