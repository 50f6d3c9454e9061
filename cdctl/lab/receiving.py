"""What takes the lab's spans in: `cdctl trace serve`, and before it, where it is installed, an agent of others.

The platform sends its spans straight to the receiver, vehicles send theirs through the agent, as a fleet would.
"""

from __future__ import annotations

import re
import socket
import sys
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

from cdctl.lab.servers import Server, free_port, get

_KEPT = re.compile(r"^cdctl_traces_spans_kept_total (\d+)$", re.MULTILINE)


class Receiver(Server):
    """`cdctl trace serve` on a store. Its address takes OTLP over HTTP."""

    def __init__(self, folder: Path, store: Path, *, survives: bool = False) -> None:
        super().__init__(folder, survives=survives)
        self.store = store

    def _argv(self) -> list[str]:
        listen = ["--listen", f"127.0.0.1:{self.port}", "--grpc", f"127.0.0.1:{free_port()}"]
        return [sys.executable, "-m", "cdctl", "trace", "serve", *listen, "--store", str(self.store), "--keep", "60d"]

    def _ready(self) -> bool:
        told = self.log.read_text(errors="replace") if self.log.exists() else ""
        return f'"http": "{self.url}"' in told and get(self.port, "/healthz")[0] == 200


def status(port: int) -> Mapping[str, int]:
    """What the receiver on this port says of itself: `spans` that it has kept since it was started. Empty when it does
    not answer."""
    code, text = get(port, "/metrics")
    found = _KEPT.search(text) if code == 200 else None
    return {"spans": int(found[1])} if found else {}


def agent_program() -> str:
    """The program of the agent `rotel` (https://github.com/streamfold/rotel); empty where it is not installed."""
    found = find_spec("rotel")
    program = Path(found.origin).with_name("rotel-agent") if found is not None and found.origin else None
    return str(program) if program is not None and program.exists() else ""


class Agent(Server):
    """An OpenTelemetry agent that takes OTLP over HTTP and hands it on in batches."""

    def __init__(self, folder: Path, program: str, onward: str, *, survives: bool = False) -> None:
        """onward: base address of what takes the spans that it hands on."""
        super().__init__(folder, survives=survives)
        self._program, self._onward = program, onward

    def _argv(self) -> list[str]:
        return [
            self._program, "start",
            "--otlp-http-endpoint", f"127.0.0.1:{self.port}",
            "--otlp-grpc-endpoint", f"127.0.0.1:{free_port()}",
            "--exporter", "otlp",
            "--otlp-exporter-protocol", "http",
            "--otlp-exporter-endpoint", self._onward,
            "--batch-timeout", "200ms",
        ]  # fmt: skip

    def _ready(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0
