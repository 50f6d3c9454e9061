"""The simulated platform as a process: serves /metrics, moving on from where its past ended.

Run as `python -m cdctl.lab.platform STANDING_FILE PORT OTLP_URL`: the last one is where spans go, empty for nowhere.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np

from cdctl.domain.slo.series import Floats
from cdctl.lab.healed import FILE as HEALED
from cdctl.lab.healed import Healed
from cdctl.lab.history import escape, number
from cdctl.lab.model import Exposed, Level, Metric, Outcomes, Scenario, draw, exposed
from cdctl.lab.order_counts import FILE, OrderCounts
from cdctl.lab.past import STEP, TRACED, Standing
from cdctl.lab.scenarios import scenario
from cdctl.lab.servers import Server, get

_SPAN_SECONDS = 300.0
_MOST_STEPS = 2000
"""After a long pause (a laptop that slept) the time since is drawn in this many steps, not second by second."""


class Live:
    """The platform's counters now. Safe to use from several threads."""

    def __init__(
        self,
        standing: Standing,
        heard: Callable[[int, Floats, Floats], None] | None = None,
        ordered: Callable[[int], Floats] | None = None,
        healed: Callable[[], Scenario] | None = None,
    ) -> None:
        """Starts where the past ended. `heard` is told of remote commands: which region, [n_outcomes, n] events,
        [n + 1] edges of the intervals. `ordered` tells of real ones: which region -> how many so far, [n_outcomes].
        `healed`: the scenario as it is by now."""
        self._heard = heard
        self._ordered = ordered
        self._standing = standing
        self._scenario = scenario(standing.scenario)
        self._now = healed or (lambda: self._scenario)
        self._rng = np.random.default_rng([standing.seed, standing.end, 1])
        self._age = 0.0
        self._atoms = {key: np.array(sums) for key, sums in standing.atoms.items()}
        self._lock = threading.Lock()

    def text(self, now: float) -> str:
        """/metrics at `now` (epoch seconds), in the Prometheus text format."""
        with self._lock:
            self._advance(now - self._standing.end)
            lines: list[str] = []
            for metric in self._scenario.metrics:
                places = enumerate(self._scenario.regions)
                series = [(place, one) for place, region in places for one in exposed(metric, region)]
                lines.append(f"# TYPE {metric.metric} {series[0][1].kind}")
                lines += [_line(one, self._so_far(metric, place)) for place, one in series]
        return "\n".join(lines) + "\n"

    def _so_far(self, metric: Metric, place: int) -> Floats:
        """The atoms of one metric in one region: what was drawn, and orders that were really sent."""
        drawn = self._atoms[f"{metric.metric} {self._scenario.regions[place].name}"]
        if self._ordered is None or metric.metric != TRACED or not isinstance(metric, Outcomes):
            return drawn
        return drawn + self._ordered(place)

    def _advance(self, age: float) -> None:
        if age <= self._age:
            return
        steps = min(_MOST_STEPS, int(age - self._age) + 1)
        ages = np.linspace(self._age, age, steps + 1)
        story = self._now()
        for metric in story.metrics:
            for place, region in enumerate(story.regions):
                drawn = draw(metric, region, story, self._standing.vehicles, ages, self._standing.end, self._rng)
                key = f"{metric.metric} {region.name}"
                if metric.metric == TRACED and self._heard:
                    self._heard(place, *_latest(drawn, ages))
                self._atoms[key] = drawn[:, -1] if isinstance(metric, Level) else self._atoms[key] + drawn.sum(axis=1)
        self._age = age


def _latest(drawn: Floats, ages: Floats) -> tuple[Floats, Floats]:
    """What was drawn for the last minutes: nobody looks at the spans of a night that a laptop slept."""
    first = min(int(np.searchsorted(ages[:-1], ages[-1] - _SPAN_SECONDS)), drawn.shape[1] - 1)
    return drawn[:, first:], ages[first:]


def _line(one: Exposed, atoms: Floats) -> str:
    labels = ",".join(f'{key}="{escape(text)}"' for key, text in one.labels.items())
    return f"{one.name}{{{labels}}} {number(float(one.of(atoms)))}"


class Platform(Server):
    """The process that serves it. Its folder holds `standing.json`, written beforehand."""

    def __init__(self, folder: Path, otlp: str, *, survives: bool = False) -> None:
        """otlp: base address of what takes spans in; empty for nothing, and then nobody makes any."""
        super().__init__(folder, survives=survives)
        self._otlp = otlp

    def _argv(self) -> list[str]:
        standing = str(self.folder / "standing.json")
        return [sys.executable, "-m", "cdctl.lab.platform", standing, str(self.port), self._otlp]

    def _ready(self) -> bool:
        return get(self.port, "/folder") == (200, str(self.folder))


def serve(standing_file: Path, port: int, otlp: str) -> None:
    """Serve until killed."""
    from cdctl.lab.commands import Commands
    from cdctl.lab.exporting import exporter

    standing = Standing.read(standing_file)
    story = scenario(standing.scenario)
    tell = None
    if otlp:
        tell = Commands(story, standing.fleet, standing.seed, standing.end, exporter(otlp)).tell
        for place, region in enumerate(story.regions):
            if recent := standing.recent.get(f"{TRACED} {region.name}"):
                ages = np.arange(-len(recent[0]), 1, dtype=np.float64) * STEP
                tell(place, np.array(recent), ages)
    ordered = OrderCounts(standing_file.parent / FILE, story)
    live = Live(standing, tell, ordered.of, Healed(standing_file.parent / HEALED, story).scenario)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            known = {"/metrics": lambda: live.text(time.time()), "/folder": lambda: str(standing_file.parent)}
            answer = known.get(self.path)
            body = (answer() if answer else "not found\n").encode()
            self.send_response(200 if answer else 404)
            self.send_header("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class named it
            """Nobody reads one line a scrape."""

    ThreadingHTTPServer(("127.0.0.1", port), Handler).serve_forever()


if __name__ == "__main__":
    serve(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3])
