"""A whole lab in a folder: the simulated platform and the Prometheus that has watched it for weeks."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from cdctl.domain.ports import Progress
from cdctl.lab.past import STEP, past, write_past
from cdctl.lab.platform import Platform
from cdctl.lab.scenarios import USUAL, scenario
from cdctl.lab.servers import Prometheus, Server

STEPS = 4
"""Steps of progress that a start takes."""
SCRAPE_INTERVAL = "5s"
"""Live scrapes are closer together than those of the past, so that a viewer sees burn rates move."""


@dataclass(frozen=True, slots=True)
class Making:
    """What a lab is made with. The same making gives the same chance; only the daily curve follows the clock."""

    scenario: str = USUAL
    vehicles: int = 2_000
    seed: int = 1


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

    @property
    def context(self) -> Mapping[str, Mapping[str, object]]:
        """How settings would name it: {"prometheus": {"url": ...}}."""
        return {"prometheus": {"url": self._servers["prometheus"].url}}

    def start(self) -> Self:
        """Make the past, then start everything; returns when it answers.

        Raises UsageError for an unknown scenario, UnavailableError when a program is missing or does not come up.
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
        made = past(self.making.scenario, seed=self.making.seed, vehicles=self.making.vehicles, end=end)
        self._progress.step("platform")
        platform = Platform(self._folder / "platform", survives=self._survives)
        platform.folder.mkdir(parents=True)
        made.standing.write(platform.folder / "standing.json")
        self._run("platform", platform)
        # A path of its own makes the address of every lab a new one: what the ledger keeps of an older lab that had
        # the same port must not be taken for this one's.
        prometheus = Prometheus(
            self._folder / "prometheus",
            scrape_targets={"platform": f"127.0.0.1:{platform.port}"},
            scrape_interval=SCRAPE_INTERVAL,
            prefix=f"/lab-{end:x}-{self.making.seed}",
            survives=self._survives,
        )
        self._progress.step("32 days of history")
        write_past(made.series, prometheus.data)
        self._progress.step("prometheus")
        self._run("prometheus", prometheus)
        self._progress.step()

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
