"""Real servers on free loopback ports, each in a folder of its own.

    with Prometheus(folder, scrape_targets={"platform": "127.0.0.1:8000"}) as prometheus:
        ask(prometheus.url)

History goes into `Prometheus.data` before the start (`cdctl.lab.history.write_blocks`).
"""

from __future__ import annotations

import http.client
import json
import socket
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from cdctl.errors import UnavailableError
from cdctl.lab.child import READY_SECONDS, Child, find_program

_ATTEMPTS = 5
"""A free port can be taken by somebody else between the look and the start."""


def free_port() -> int:
    """A loopback TCP port that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def get(port: int, path: str, seconds: float = 2.0) -> tuple[int, str]:
    """Status and body of a loopback GET; (0, "") when nobody answers."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=seconds)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, response.read().decode(errors="replace")
    except (OSError, http.client.HTTPException):
        return 0, ""
    finally:
        connection.close()


class Server(ABC):
    """A server process in a folder; a context manager. It dies with this process unless it `survives`."""

    patience = READY_SECONDS
    """Seconds that it may take until it answers."""

    def __init__(self, folder: Path, *, flags: Sequence[str] = (), survives: bool = False) -> None:
        """`flags` are further command-line flags of the server. Nothing is started yet."""
        self.folder = folder
        self.flags = list(flags)
        self.port = 0
        self.on_spawn: Callable[[int], None] | None = None
        """Called with the process id as soon as there is one, before the server is ready."""
        self._survives = survives
        self._child: Child | None = None

    @abstractmethod
    def _argv(self) -> list[str]:
        """The command line, for `self.port`."""

    @abstractmethod
    def _ready(self) -> bool:
        """Whether our own server (not somebody else's on the same port) answers."""

    @property
    def url(self) -> str:
        """Base address, without a slash at the end."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        """Process id; 0 when not running."""
        return self._child.pid if self._child else 0

    @property
    def running(self) -> bool:
        """Whether the process is alive."""
        return self._child is not None and self._child.running

    @property
    def log(self) -> Path:
        """What the server wrote."""
        return self.folder / "server.log"

    def start(self) -> Self:
        """Start and wait until it answers. Raises UnavailableError when it is not installed or does not come up."""
        self.folder.mkdir(parents=True, exist_ok=True)
        for attempt in range(1, _ATTEMPTS + 1):
            self.port = free_port()
            child = self._child = Child(self._argv(), self.log, survives=self._survives)
            try:
                child.start()
                if self.on_spawn is not None:
                    self.on_spawn(child.pid)
                child.go()
                child.wait_until(self._ready, self.patience)
            except UnavailableError:
                taken = "address already in use" in child.log_tail()
                self.stop()
                if not taken or attempt == _ATTEMPTS:
                    raise
            except BaseException:
                self.stop()
                raise
            else:
                return self
        raise AssertionError("unreachable")

    def stop(self) -> None:
        """Stop it: politely, then surely. Does nothing when it is not running."""
        if self._child is not None:
            self._child.stop()

    def let_go(self) -> int:
        """Leave a server that survives running, for good; its pid."""
        return self._child.let_go() if self._child else 0

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


class Prometheus(Server):
    """Prometheus, from the Debian package `prometheus`. `data` is its TSDB."""

    def __init__(
        self,
        folder: Path,
        *,
        scrape_targets: Mapping[str, str] | None = None,
        retention: str = "60d",
        scrape_interval: str = "15s",
        prefix: str = "",
        flags: Sequence[str] = (),
        survives: bool = False,
    ) -> None:
        """`scrape_targets` maps a job to "host:port". Its series get `instance="simulated"`, whatever the port, so that
        history written beforehand continues. `prefix`, such as "/a", is the path that everything is served under."""
        super().__init__(folder, flags=flags, survives=survives)
        self.prefix = prefix
        self.data = folder / "data"
        self.scrape_targets = dict(scrape_targets or {})
        self.retention = retention
        self.scrape_interval = scrape_interval

    @property
    def url(self) -> str:
        """Base address, without a slash at the end."""
        return super().url + self.prefix

    def _config(self) -> str:
        jobs = [
            {"job_name": job, "static_configs": [{"targets": [address], "labels": {"instance": "simulated"}}]}
            for job, address in self.scrape_targets.items()
        ]
        return json.dumps({"global": {"scrape_interval": self.scrape_interval}, "scrape_configs": jobs}, indent=2)

    def _argv(self) -> list[str]:
        program = find_program("prometheus", "prometheus")
        config = self.folder / "prometheus.yml"
        config.write_text(self._config())  # JSON is YAML
        self.data.mkdir(exist_ok=True)
        return [
            program,
            f"--config.file={config}",
            f"--storage.tsdb.path={self.data}",
            f"--storage.tsdb.retention.time={self.retention}",
            f"--web.listen-address=127.0.0.1:{self.port}",
            f"--web.route-prefix={self.prefix or '/'}",
            "--log.level=warn",
            *self.flags,
        ]

    def _ready(self) -> bool:
        if get(self.port, f"{self.prefix}/-/ready")[0] != 200:
            return False
        return json.dumps(str(self.data)) in get(self.port, f"{self.prefix}/api/v1/status/flags")[1]


class VictoriaMetrics(Server):
    """Single-node VictoriaMetrics, from the Debian package `victoria-metrics`. Prometheus' query API is at `url`."""

    def _argv(self) -> list[str]:
        return [
            find_program("victoria-metrics", "victoria-metrics"),
            f"-storageDataPath={self.folder / 'data'}",
            f"-httpListenAddr=127.0.0.1:{self.port}",
            "-retentionPeriod=10y",
            "-search.latencyOffset=1s",
            "-loggerLevel=WARN",
            *self.flags,
        ]

    def _ready(self) -> bool:
        status, flags = get(self.port, "/flags")
        return status == 200 and str(self.folder / "data") in flags
