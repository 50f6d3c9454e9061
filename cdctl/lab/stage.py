"""A whole lab in a folder: the simulated platform, the Prometheus that has watched it for weeks, brokers, a fleet."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Self

from cdctl.domain.ports import Progress
from cdctl.lab import identities
from cdctl.lab.extra import lacking
from cdctl.lab.fleet import Fleet, Plan, roomy
from cdctl.lab.mosquitto import Mosquitto
from cdctl.lab.past import STEP, Past, Standing, past, write_past
from cdctl.lab.past_spans import write_spans
from cdctl.lab.platform import Platform
from cdctl.lab.receiving import Agent, Receiver, agent_program
from cdctl.lab.scenarios import USUAL, scenario
from cdctl.lab.servers import Prometheus, Server
from cdctl.lab.vehicles.population import population
from cdctl.lab.vehicles.posting import OTLP
from cdctl.lab.vehicles.wording import COLUMNS

STEPS = 5
"""Steps of progress that a start takes."""
SCRAPE_INTERVAL = "5s"
"""Live scrapes are closer together than those of the past, so that a viewer sees burn rates move."""
ROOT = "cd"
PLATFORM = "platform"
SPANS = "spans"


@dataclass(frozen=True, slots=True)
class Making:
    """What a lab is made with. The same making gives the same chance; only the daily curve follows the clock.

    scenario: a name, or the path of a file. broker_each: every region has a broker of its own.
    """

    scenario: str = USUAL
    vehicles: int = 2_000
    seed: int = 1
    broker_each: bool = False


class Stage:
    """The servers of one lab; a context manager. They die with this process unless they `survive`."""

    def __init__(
        self,
        folder: Path,
        making: Making,
        progress: Progress,
        *,
        survives: bool = False,
        on_spawn: Callable[[str, int], None] = lambda _name, _pid: None,
    ) -> None:
        """`on_spawn` is called with name and process id of each server as soon as it has one."""
        self.making = making
        self._folder = folder
        self._progress = progress
        self._survives = survives
        self._on_spawn = on_spawn
        self._servers: dict[str, Server] = {}
        self._brokers: dict[str, Mosquitto] = {}

    @property
    def context(self) -> Mapping[str, object]:
        """How settings would name it; `cdctl.files.settings.lab` reads it."""
        return {
            "prometheus": {"url": self._servers["prometheus"].url},
            "brokers": {region: {"url": broker.url} for region, broker in self._brokers.items()},
            "protocol": "native",
            "topic_root": ROOT,
            "fleet": {"columns": COLUMNS},
            **self._spans,
            **identities.settings(self._folder),
        }

    @property
    def _spans(self) -> Mapping[str, object]:
        if "receiver" not in self._servers:
            return {}
        return {"traces": {"store": str(self._folder / SPANS)}, "otlp": self._servers["receiver"].url}

    @property
    def urls(self) -> Mapping[str, str]:
        """Addresses of the servers, by name."""
        return {name: server.url for name, server in self._servers.items()}

    def start(self) -> Self:
        """Make the past, then start everything; returns when it answers and all births are retained.

        Raises UsageError for an unknown scenario, FileError for one that is wrong, UnavailableError when a program is
        missing or does not come up.
        """
        scenario(self.making.scenario)
        self._progress.start("starting the lab", STEPS)
        try:
            self._start()
        except BaseException:
            self.stop()
            raise
        finally:
            self._progress.stop()
        return self

    def _start(self) -> None:
        end = int(time.time()) // STEP * STEP
        self._progress.step("brokers")
        self._start_brokers()
        trust = identities.make_operators(self._folder)
        fleet = self._start_fleet(end, trust)  # it connects while the past is made
        with ThreadPoolExecutor(2) as others:  # a million keys take 20 s of arithmetic, blocks of a month two
            keys = others.submit(self._make_keys)
            prometheus = self._tell_past(end, others)
            keys.result()
        self._progress.step("prometheus")
        self._run("prometheus", prometheus)
        self._progress.step("vehicles")
        fleet.wait()
        self._progress.step()

    def _make_keys(self) -> None:
        making = self.making
        vins = population(scenario(making.scenario), making.vehicles, making.seed).vins
        identities.make_vehicles(self._folder, making.seed, vins)

    def _tell_past(self, end: int, others: Executor) -> Prometheus:
        """The platform, and a Prometheus that has watched it until `end`, not started yet."""
        making, folder = self.making, self._folder / "prometheus"
        made = past(making.scenario, seed=making.seed, vehicles=making.vehicles, end=end)
        self._progress.step("32 days of history")
        blocks = others.submit(write_past, made.series, Prometheus(folder).data)
        otlp = "" if lacking() else self._start_receiver(made).url
        self._progress.step("platform")
        platform = self._start_platform(made.standing, otlp)
        blocks.result()
        # A path of its own makes the address of every lab a new one: what the ledger keeps of an older lab that had
        # the same port must not be taken for this one's.
        return Prometheus(
            folder,
            scrape_targets={"platform": f"127.0.0.1:{platform.port}"},
            scrape_interval=SCRAPE_INTERVAL,
            prefix=f"/lab-{end:x}-{making.seed}",
            survives=self._survives,
        )

    def _start_receiver(self, made: Past) -> Receiver:
        """What takes spans in, on a store that holds those of the past; and an agent for the vehicles' own, if any."""
        making = self.making
        story = scenario(making.scenario)
        write_spans(self._folder / SPANS, story, population(story, making.vehicles, making.seed), made)
        receiver = Receiver(self._folder / "receiver", self._folder / SPANS, survives=self._survives)
        self._run("receiver", receiver)
        first: Server = receiver
        if program := agent_program():
            first = Agent(self._folder / "agent", program, receiver.url, survives=self._survives)
            self._run("agent", first)
        (self._folder / PLATFORM / OTLP).write_text(first.url)
        return receiver

    def _start_platform(self, standing: Standing, otlp: str) -> Platform:
        platform = Platform(self._folder / PLATFORM, otlp, survives=self._survives)
        standing.write(platform.folder / "standing.json")
        self._run("platform", platform)
        return platform

    def _start_brokers(self) -> None:
        roomy()  # a broker may hold as many connections as this process may open files
        regions = [one.name for one in scenario(self.making.scenario).regions]
        for region in regions if self.making.broker_each else [""]:
            name = f"broker-{region}" if region else "broker"
            broker = Mosquitto(self._folder / name, vehicles=self.making.vehicles, survives=self._survives)
            self._run(name, broker)
            self._brokers |= dict.fromkeys([region] if region else regions, broker)

    def _start_fleet(self, begin: int, trust: Path) -> Fleet:
        making = self.making
        platform = self._folder / PLATFORM  # its metrics and spans tell of orders, too
        platform.mkdir(parents=True)
        brokers = {region: ("127.0.0.1", broker.port) for region, broker in self._brokers.items()}
        plan = Plan(making.scenario, making.vehicles, making.seed, begin, brokers, ROOT)
        plan = replace(plan, trust=str(trust), platform=str(platform))
        fleet = Fleet(self._folder / "fleet", plan, survives=self._survives)
        self._run("fleet", fleet)
        return fleet

    def _run(self, name: str, server: Server) -> None:
        self._servers[name] = server
        server.on_spawn = lambda pid: self._on_spawn(name, pid)
        server.start()

    def stop(self) -> None:
        """Stop every server, the last first."""
        for server in reversed(self._servers.values()):
            server.stop()

    def let_go(self) -> None:
        """Leave servers that survive running."""
        for server in self._servers.values():
            server.let_go()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
