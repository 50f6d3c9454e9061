"""What an order costs: one, confirmed from end to end, and ten thousand at once. Signed, journalled, verified.

Real brokers, the reference vehicle (each with a connection of its own for one order, over a few shared ones for many),
and whole processes: what is stated of the operator is the operator's alone.   python orders.py [VEHICLES]
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))

from commanding import ADA, OTHERS, House
from ordered import Lab, ordered

HERE = Path(__file__).parent
ROUNDS, TRIPS = 10, 50
RUNS = 3
_BARE = (("bare", "the bare request"), ("commit", "a bare commit"))
_AWAY = 1.3
"""So many more vehicles are made than are needed: some are away."""


def child(script: str, *args: str, told: Mapping[str, Any]) -> dict[str, float]:
    """What a process of its own found."""
    command = [sys.executable, str(HERE / script), *args]
    done = subprocess.run(command, input=json.dumps(told), capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{script} {' '.join(args)}: exit {done.returncode}\n{done.stderr[-3000:]}")
    found: dict[str, float] = json.loads(done.stdout)
    return found


def line(title: str, ratio: str, sides: str, bound: str) -> None:
    """As all benchmarks print."""
    print(f"{title:58} {ratio:>8}   {sides:38}   asked: {bound}", flush=True)


def one(folder: Path) -> None:
    """A single order."""
    with ExitStack() as stack:
        lab = stack.enter_context(ordered(folder, vehicles=200, others=OTHERS))
        url = f"mqtt://127.0.0.1:{lab.broker.port}"
        echoing = [sys.executable, str(HERE / "orders_operator.py"), "echo", url]
        replying = stack.enter_context(subprocess.Popen(echoing, stdout=subprocess.PIPE))
        stack.callback(replying.terminate)
        assert replying.stdout is not None
        replying.stdout.readline()
        told = _told(folder, lab, 100) | {"url": url, "rounds": ROUNDS, "trips": TRIPS, "body": "x" * 900}
        found = child("orders_operator.py", "one", told=told)
    order, bare, commit, slow = (found[name] * 1000 for name in ("order", "bare", "commit", "order p99"))
    floor = bare + 2 * commit
    sides = f"{order:.2f} ms / ({bare:.2f} + 2 x {commit:.2f}) ms"
    line("one order, p50 / bare request and reply + 2 commits", f"{order / floor:.2f}x", sides, "4x")
    line("one order, p99 / its own p50", f"{slow / order:.2f}x", f"{slow:.2f} ms / {order:.2f} ms", "3x")
    noise = " and ".join(f"{found[f'{name} p99'] / found[name]:.1f}x for {what}" for name, what in _BARE)
    print(f"# p99 / p50 in the same minutes: {noise}", flush=True)


def many(folder: Path, vehicles: int) -> None:
    """To all vehicles at once."""
    with ordered(folder, vehicles=round(vehicles * _AWAY), singles=0, others=OTHERS) as lab:
        told = _told(folder, lab, vehicles)
        rival = told | {"port": lab.broker.port, "seed": ADA.hex(), "keys": str(folder / "vehicles.csv")}
        ours, theirs = [], []
        for _ in range(RUNS):
            ours.append(child("orders_operator.py", "many", told=told))
            theirs.append(child("orders_paho.py", told=rival))
        traced, held = (child("orders_operator.py", "held", told=told | {"traced": one}) for one in (True, False))
        parts = child("orders_operator.py", "parts", told=told)
    mine, paho = (sorted(one["cpu"] / vehicles * 1e6 for one in some)[RUNS // 2] for some in (ours, theirs))
    pace, other = (sorted(vehicles / one["wall"] for one in some)[RUNS // 2] for some in (ours, theirs))
    line(f"{vehicles:,} orders, CPU of the operator, each", f"{mine:.0f} us", "", "450 us")
    line(
        "  a paho loop that keeps nothing / that, by CPU", f"{paho / mine:.2f}x", f"{paho:.0f} us / {mine:.0f} us", "2x"
    )
    line("  ended a second, two cores for all", f"{pace:.0f} /s", f"paho {other:.0f} /s", "1,000 /s")
    sides = f"resident {held['bytes']:.0f} B"
    line("  memory, an order in flight", f"{traced['bytes']:.0f} B", sides, "2,048 B")

    arithmetic = parts["sign"] + 2 * parts["verify"]
    sealing = f"{parts['seal']:.0f} us to sign, {parts['open']:.0f} us to verify"
    print(f"# of that {parts['journal']:.0f} us of journal (4 entries); {sealing} (an order has two answers);")
    rest = (paho - arithmetic) / (mine - arithmetic)
    print(f"# Ed25519 alone is {arithmetic:.0f} us of both sides: {rest:.2f}x without it", flush=True)


def _told(folder: Path, lab: Lab, vehicles: int) -> dict[str, Any]:
    if len(lab.online) < vehicles:
        raise SystemExit(f"only {len(lab.online)} vehicles are connected")
    return {"config": str(House(folder / "house", lab).settings()), "vins": lab.online[:vehicles]}


def main(arguments: list[str]) -> None:
    """All of it."""
    with tempfile.TemporaryDirectory(prefix="cdctl-bench-") as name:
        one(Path(name) / "one")
        many(Path(name) / "many", int(arguments[0]) if arguments else 10_000)


if __name__ == "__main__":
    main(sys.argv[1:])
