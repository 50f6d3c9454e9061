"""A real Mosquitto for the simulated fleet, from the Debian package `mosquitto`."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from cdctl.lab.child import find_program
from cdctl.lab.servers import Server

_LEAST_QUEUE = 10_000
_QUEUE_BYTES = 256 << 20
_IN_FLIGHT = 100


class Mosquitto(Server):
    """A broker on a free loopback port that lets everyone in and keeps nothing on disk.

    A subscriber at QoS 1 is sent what the broker has retained through its queue, so the queue holds two messages a
    vehicle: with the usual 1,000 most of a fleet would be dropped without a word.
    """

    def __init__(self, folder: Path, *, vehicles: int = 0, lines: Sequence[str] = (), survives: bool = False) -> None:
        """`lines` are further ones for its configuration; they come last and win."""
        super().__init__(folder, survives=survives)
        self._vehicles = vehicles
        self._lines = list(lines)

    @property
    def url(self) -> str:
        """Its address."""
        return f"mqtt://127.0.0.1:{self.port}"

    def _config(self) -> str:
        lines = [
            "per_listener_settings false",
            f"listener {self.port} 127.0.0.1",
            "socket_domain ipv4",
            "allow_anonymous true",
            "persistence false",
            "sys_interval 1",
            "set_tcp_nodelay true",
            f"max_inflight_messages {_IN_FLIGHT}",
            f"max_queued_messages {max(_LEAST_QUEUE, 2 * self._vehicles)}",
            f"max_queued_bytes {_QUEUE_BYTES}",
            "connection_messages false",
            "log_dest stderr",
            "log_type error",
            "log_type warning",
            "log_type information",
        ]
        if os.geteuid() == 0:
            # Else it becomes another user, and the kernel forgets that it is to die with its parent (prctl(2)).
            lines.append("user root")
        return "\n".join([*lines, *self._lines]) + "\n"

    def _argv(self) -> list[str]:
        program = find_program("mosquitto", "mosquitto")
        config = self.folder / "mosquitto.conf"
        config.write_text(self._config())
        return [program, "-c", str(config)]

    def _ready(self) -> bool:
        # Its log is a file of its own, so a stranger on this port is not taken for it.
        return self.log.exists() and " running" in self.log.read_text(errors="replace")
