"""How fast is it? Whole processes in pairs, as ratios against a named baseline of the same minute.

    script/bench [start] [hundred] [far] [thousand] [links] [ingest] [fleet] [collector] [rollouts] [journal] [trust]
                 [orders] [receive] [import] [why] [view]

start: `--help` against a bare typer program, `slo validate` against `python -c pass`.
hundred: 100 SLOs x 4 groups on 28 days of a real Prometheus, against slo-generator 2.6 and against a bare client.
far: the same, every response 50 ms late. thousand: a warm run of 1,000 SLOs x 4 groups.
links: publishes and round trips over MQTT, against paho-mqtt on its own.
ingest: from the socket of a saturated broker to columns, against mosquitto_sub and against paho-mqtt that only counts.
fleet: 10 k, 100 k and 1 M vehicles in columns: memory, taking in, asking, the snapshot.
collector: twenty viewers on one collector over 1 M vehicles.
rollouts: a rollout to 1 M targets, planned and gone through; what the cohort guard finds, and how much harm it costs.
journal: commits, entries and CPU of the journal against apsw on its own; what signing costs beside it.
trust: envelopes against bare signatures and securesystemslib, a ruling, a trust file with a million vehicles.
receive: spans by OTLP over HTTP, durable when they are acknowledged, against a bare server that forgets them.
import: files of spans into the store, against DuckDB's read_json and a bare decode; memory and growth to 1 M spans.
rollup: a million spans into 5-minute groups, against bare DuckDB over the same files.
orders: one order from end to end, ten thousand at once; against the bare link and its commits, and against a paho loop.
view: a frame of the live view at 10 k, 100 k and 1 M vehicles through a pty, against Textual's own table.
why: planted faults and calm cases, and a million events, against the plain scan and the lift of one attribute.
"""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path

import platform_history as platform

from cdctl.lab.history import write_blocks
from cdctl.lab.servers import Prometheus

HERE = Path(__file__).parent
PYTHON = sys.executable
CDCTL = str(Path(PYTHON).with_name("cdctl"))
TICK = os.sysconf("SC_CLK_TCK")
Command = Sequence[str]
# What a user has: compiled modules are kept.
_ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def seconds(command: Command, env: dict[str, str] | None = None) -> float:
    """Wall time of one run; its output is thrown away. A run that cannot start, or is killed, fails the benchmark."""
    began = time.perf_counter()
    done = subprocess.run(command, env={**_ENVIRONMENT, **(env or {})}, capture_output=True, check=False)
    if done.returncode not in {0, 1, 3}:
        raise SystemExit(f"{' '.join(command)}: exit {done.returncode}\n{done.stderr.decode()[-2000:]}")
    return time.perf_counter() - began


def pair(title: str, ours: Callable[[], float], theirs: Callable[[], float], bound: str, runs: int = 5) -> None:
    """Run both in turn and print the medians, the ratio, and what is asked for."""
    if runs > 1:
        ours(), theirs()
    times = [(ours(), theirs()) for _ in range(runs)]
    ratio = statistics.median(a / b for a, b in times)
    a, b = (statistics.median(column) for column in zip(*times, strict=True))
    print(f"{title:58} {ratio:6.2f}x   {a:7.3f} s / {b:7.3f} s   asked: {bound}", flush=True)


def start() -> None:
    """Start-up."""
    hello = "import typer; app = typer.Typer(rich_markup_mode=None); app.command()(lambda: None); app(['--help'])"
    pair(
        "cdctl --help / bare typer",
        lambda: seconds([CDCTL, "--help"]),
        lambda: seconds([PYTHON, "-c", hello]),
        "1.3x",
        15,
    )
    specs = str(HERE.parents[1] / "slo_specs")
    validate = [CDCTL, "slo", "validate", specs]
    pair("slo validate / python -c pass", lambda: seconds(validate), lambda: seconds([PYTHON, "-c", "pass"]), "20x", 15)


def serve(stack: ExitStack, folder: Path, count: int, days: float) -> Prometheus:
    """A Prometheus with the history of `count` services, a sample a minute."""
    server = Prometheus(folder / f"prometheus{count}", retention="100d", scrape_interval="60s")
    samples = write_blocks(platform.counters(count, int(time.time()), days, 60), server.data)
    print(f"# {count} services, {count * 8} series, {samples / 1e6:.1f} M samples", flush=True)
    return stack.enter_context(server)


def report(url: str, specs: Path, *more: str) -> list[str]:
    """The command line that is measured."""
    return [CDCTL, "--prometheus", url, "slo", "report", str(specs), "-q", "-o", "json", *more]


def bare(url: str, folder: Path, command: Command, env: dict[str, str], how: str = "packed") -> list[str]:
    """A bare client with the queries that the command sends: `packed` as they are, or `each` question alone."""
    queries = folder / f"queries-{how}.json"
    subprocess.run(
        [PYTHON, str(HERE / "record.py"), str(queries), how, *command[1:]],
        env={**_ENVIRONMENT, **env}, stdout=subprocess.DEVNULL, check=False,
    )  # fmt: skip
    return [PYTHON, str(HERE / "bare.py"), url, str(queries), "4"]


def server_seconds(server: Prometheus, work: Callable[[], float]) -> tuple[float, float]:
    """Wall time of some work, and processor time that the server spent on it."""

    def spent() -> float:
        fields = Path(f"/proc/{server.pid}/stat").read_text().rsplit(") ", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICK

    before = spent()
    wall = work()
    return wall, spent() - before


def hundred(stack: ExitStack, folder: Path, *, far: bool) -> None:
    """100 SLOs, cold and warm, near and far."""
    server = serve(stack, folder, 100, 28.2)
    specs = folder / "specs100"
    platform.write_specs(100, specs)
    url = server.url
    cold = report(url, specs, "--no-cache")
    env = {"CDCTL_CACHE": str(folder / "cache100")}
    rival = platform.write_rival(100, url, folder / "rival")
    pair("100 SLOs cold / slo-generator", lambda: seconds(cold), lambda: seconds(rival), "1.0x", 3)
    warm = report(url, specs)
    pair("100 SLOs warm / slo-generator", lambda: seconds(warm, env), lambda: seconds(rival), "0.1x", 3)
    sent = bare(url, folder, cold, {})
    pair("100 SLOs cold / the same queries bare", lambda: seconds(cold), lambda: seconds(sent), "1.3x", 5)
    wall, spent = server_seconds(server, lambda: seconds(cold))
    print(f"# cold: the server spends {spent:.2f} s of processor time in a run of {wall:.2f} s", flush=True)
    if far:
        proxy = stack.enter_context(
            subprocess.Popen([PYTHON, str(HERE / "far_away.py"), str(server.port), "50"], stdout=subprocess.PIPE)
        )
        stack.callback(proxy.terminate)
        away = f"http://127.0.0.1:{int((proxy.stdout or sys.stdin).readline())}"
        late = platform.write_rival(100, away, folder / "rival-far")
        slow = report(away, specs, "--no-cache")
        pair("100 SLOs cold, 50 ms away / slo-generator", lambda: seconds(slow), lambda: seconds(late), "0.1x", 1)


def thousand(stack: ExitStack, folder: Path) -> None:
    """1,000 SLOs x 4 groups, warm."""
    server = serve(stack, folder, 1000, 1.5)
    specs = folder / "specs1000"
    platform.write_specs(1000, specs)
    env = {"CDCTL_CACHE": str(folder / "cache1000")}
    warm = report(server.url, specs)
    seconds(warm, env)
    sent, each = (bare(server.url, folder, warm, env, how) for how in ("packed", "each"))
    pair(
        "1,000 SLOs warm / the same tail queries bare, packed",
        lambda: seconds(warm, env),
        lambda: seconds(sent),
        "1.3x, 5 s",
        5,
    )
    pair("1,000 SLOs warm / each tail query bare", lambda: seconds(warm, env), lambda: seconds(each), "1.3x", 3)
    wall, spent = server_seconds(server, lambda: seconds(warm, env))
    print(f"# warm: the server spends {spent:.2f} s of processor time in a run of {wall:.2f} s", flush=True)
    measure = [PYTHON, "-c", _PEAK, *warm]
    peak = subprocess.run(measure, env={**_ENVIRONMENT, **env}, capture_output=True, text=True, check=True).stderr
    print(f"{'1,000 SLOs warm, peak memory':58} {int(peak) / 1024:6.0f} MB   asked: 300 MB", flush=True)


_PEAK = (
    "import resource, subprocess, sys; subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL);"
    "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, file=sys.stderr)"
)


_SCRIPTS = {
    "links": ("publish.py", "round_trip.py"),
    "ingest": ("ingest.py",),
    "fleet": ("fleet_size.py",),
    "collector": ("collector.py",),
    "rollouts": ("rollouts.py",),
    "journal": ("journalling.py",),
    "trust": ("trusting.py",),
    "receive": ("trace_receive.py",),
    "import": ("trace_import.py",),
    "rollup": ("trace_rollup.py",),
    "orders": ("orders.py",),
    "why": ("why.py",),
    "view": ("view.py",),
    "top": ("top.py",),
}
"""Benchmarks that print for themselves."""


def main(wanted: Sequence[str]) -> None:
    """Run the benchmarks asked for, or all."""
    chosen = set(wanted) or {"start", "hundred", "far", "thousand", *_SCRIPTS}
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="cdctl-bench-")))
        if "start" in chosen:
            start()
        if chosen & {"hundred", "far"}:
            hundred(stack, folder, far="far" in chosen)
        for script in (script for name, scripts in _SCRIPTS.items() if name in chosen for script in scripts):
            subprocess.run([PYTHON, str(HERE / script)], env=_ENVIRONMENT, check=True)
        if "thousand" in chosen:
            thousand(stack, folder)
    print(f"# peak memory of any child: {resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024:.0f} MB")


if __name__ == "__main__":
    main(sys.argv[1:])
