"""The simulated fleet as a process: lives through its story second by second, and tells it to brokers.

Run as `python -m cdctl.lab.fleet PLAN_FILE PORT`; on the port it says how it is doing.
"""

from __future__ import annotations

import asyncio
import json
import math
import resource
import sys
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np

from cdctl.errors import UnavailableError
from cdctl.lab.scenarios import scenario
from cdctl.lab.servers import Server, get
from cdctl.lab.vehicles.carriers import Carrier, Shared
from cdctl.lab.vehicles.ordering import About, Ordering
from cdctl.lab.vehicles.singles import MOST, Singles
from cdctl.lab.vehicles.story import Second, Story
from cdctl.lab.vehicles.wording import Wording

_SLICES = 10
"""A second's telemetry is spread over so many moments."""
_ASLEEP = 30.0
"""Seconds behind the clock on the wall after which the story goes on where it was: the machine slept."""
_SPARE_FILES = 200
_SEQUENCES = "seq"


@dataclass(frozen=True, slots=True)
class Plan:
    """What a fleet is made with. begin: epoch seconds at which the story's second 0 is. brokers: region -> host and
    port. still: all births, and nothing happens afterwards. singles: up to so many vehicles have a connection each.
    trust: the file that says whose orders vehicles follow; empty: nobody's. pace: what a second of carrying out an
    order takes. platform: the folder of the platform whose metrics and spans tell of orders, too."""

    scenario: str
    vehicles: int
    seed: int
    begin: int
    brokers: Mapping[str, tuple[str, int]]
    root: str = "cd"
    still: bool = False
    singles: int = MOST
    trust: str = ""
    pace: float = 1.0
    platform: str = ""

    def write(self, path: Path) -> None:
        """As a JSON file."""
        path.write_text(json.dumps(asdict(self)))

    @classmethod
    def read(cls, path: Path) -> Self:
        """From such a file."""
        data: dict[str, Any] = json.loads(path.read_text())
        brokers = {region: (str(host), int(port)) for region, (host, port) in data.pop("brokers").items()}
        return cls(**data, brokers=brokers)


class Fleet(Server):
    """The process of a fleet; its folder keeps the sequence numbers, so that they grow over restarts."""

    def __init__(self, folder: Path, plan: Plan, *, survives: bool = False) -> None:
        super().__init__(folder, survives=survives)
        self._plan = plan

    def _argv(self) -> list[str]:
        self._plan.write(self.folder / "plan.json")
        return [sys.executable, "-m", "cdctl.lab.fleet", str(self.folder / "plan.json"), str(self.port)]

    def _ready(self) -> bool:
        return get(self.port, "/folder") == (200, str(self.folder))

    def status(self) -> Mapping[str, Any]:
        """How it is doing now; empty when it does not answer."""
        return status(self.port)

    def wait(self) -> None:
        """Until the births of all vehicles are retained. Raises UnavailableError when that does not come about."""
        if self._child is None:
            raise UnavailableError("is not started", subject="fleet")
        seconds = self.patience + self._plan.vehicles / 5_000
        self._child.wait_until(lambda: bool(self.status().get("ready")), seconds)


def status(port: int) -> Mapping[str, Any]:
    """What the fleet on this port says of itself; empty when nobody answers.

    vehicles, connected, born (births or deaths that a broker has retained), ready (all of them), published, rate (a
    second, over the last one), connects, cuts, orders, second (of the story), behind (seconds after the clock), cpu
    (seconds used).
    """
    code, body = get(port, "/status")
    try:
        data = json.loads(body) if code == 200 else {}
    except ValueError:
        return {}
    return data if isinstance(data, dict) else {}


class Running:
    """A fleet in this process."""

    def __init__(self, plan: Plan, folder: Path) -> None:
        self._plan = plan
        self._folder = folder
        self._begin = float(plan.begin)
        self._rate = 0.0
        chosen = scenario(plan.scenario)
        self.story = Story(chosen, plan.vehicles, plan.seed)
        wording = Wording(self.story, plan.root, plan.seed)
        places = [plan.brokers[one.name] for one in chosen.regions]
        addresses = [places[region] for region in self.story.who.region.tolist()]
        most = min(plan.singles, roomy() - _SPARE_FILES)
        kind = Singles if plan.vehicles <= most else Shared
        self._ordering = self._order(wording) if plan.trust else None
        orders = self._ordering.orders if self._ordering else None
        self.carrier: Carrier = kind(self.story, wording, addresses, orders)
        if self._ordering:
            self._ordering.open(self.carrier.answer)

    def _order(self, wording: Wording) -> Ordering:
        plan = self._plan
        platform = Path(plan.platform) if plan.platform else None
        about = About(Path(plan.trust), plan.begin, self._restart, plan.pace, platform)
        return Ordering(self._folder, self.story, wording, plan.seed, about)

    def _restart(self, row: int, seconds: float) -> None:
        """A vehicle's modem goes off, and comes back."""
        columns = self.story.columns
        if not self._plan.still:
            columns.back[row] = max(int(columns.back[row]), self.story.number + 1 + math.ceil(seconds))
            return
        columns.linked[row] = False
        self.carrier.cut(row)
        asyncio.get_running_loop().call_later(seconds, self._return, row)

    def _return(self, row: int) -> None:
        self.story.columns.linked[row] = True
        self.story.columns.seq[row] += 1
        self.carrier.come(row)

    def catch_up(self) -> Second:
        """Live through what is past already."""
        second = self.story.advance()
        while not self._plan.still and self._begin + self.story.number < time.time() - 1:
            second = self.story.advance()
        return second

    def remember(self) -> None:
        """Go on counting connects where an earlier process of this folder ended; keep what is counted from here on."""
        path = self._folder / _SEQUENCES
        fresh = not path.exists()
        kept = np.memmap(path, dtype=np.uint32, mode="w+" if fresh else "r+", shape=(self.story.who.size,))
        kept[:] = self.story.columns.seq + (0 if fresh else kept)
        self.story.columns.seq = kept

    async def go(self) -> None:
        """Live for ever."""
        first = self.catch_up()
        if self._ordering and not self._plan.still:
            self.carrier.visit()
        await self.carrier.open(first)
        while not self._plan.still:
            second = self.story.advance()
            await self._until(0.0)
            before = self.carrier.counters.published
            self.carrier.live(second)
            for part in range(_SLICES):
                self.carrier.speak(second.spoke[part::_SLICES], second.number)
                await self._until((part + 1) / _SLICES)
            self._rate = float(self.carrier.counters.published - before)

    async def _until(self, fraction: float) -> None:
        due = self._begin + self.story.number + fraction
        late = time.time() - due
        if late > _ASLEEP:
            self._begin += late
        await asyncio.sleep(max(0.0, -late))

    def status(self) -> dict[str, object]:
        """See the function of this name."""
        counters = self.carrier.counters
        used = resource.getrusage(resource.RUSAGE_SELF)
        born = int(counters.born.sum())
        return {
            "vehicles": self._plan.vehicles,
            "connected": self.carrier.connected,
            "born": born,
            "ready": born == self._plan.vehicles and self.carrier.settled,
            "published": counters.published,
            "rate": self._rate,
            "connects": counters.connects,
            "cuts": counters.cuts,
            "orders": counters.orders,
            "executed": self._ordering.records.executed if self._ordering else 0,
            "refused": dict(self._ordering.records.refused) if self._ordering else {},
            "second": self.story.number,
            "behind": round(max(0.0, time.time() - self._begin - self.story.number - 1), 1),
            "cpu": round(used.ru_utime + used.ru_stime, 2),
            "memory": used.ru_maxrss * 1024,
        }


def roomy() -> int:
    """How many files this process and its children may open, after asking for as many as are allowed."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


async def serve(plan_file: Path, port: int) -> None:
    """Run until killed."""
    running = Running(Plan.read(plan_file), plan_file.parent)
    running.remember()
    answers = {b"/folder": lambda: str(plan_file.parent), b"/status": lambda: json.dumps(running.status())}

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, ConnectionError):
            writer.close()
            return
        found = answers.get(head.partition(b" ")[2].partition(b" ")[0])
        body = (found() if found else "not found\n").encode()
        line = b"200 OK" if found else b"404 Not Found"
        writer.write(b"HTTP/1.1 %b\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%b" % (line, len(body), body))
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", port):
        await running.go()
        await asyncio.Event().wait()


def main() -> None:
    """The program."""
    import uvloop

    uvloop.run(serve(Path(sys.argv[1]), int(sys.argv[2])))


if __name__ == "__main__":
    main()
