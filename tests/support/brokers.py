"""Real brokers: Mosquitto on free loopback ports, as a user might have set it up.

    with Mosquitto(folder, "max_packet_size 2000") as broker:
        open_link(Address(broker.url), ...)

Lines are added to the configuration of its only listener.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
from pathlib import Path

from authority import Authority

from cdctl.lab.child import Child, find_program
from cdctl.lab.servers import Server, free_port

PLUGIN = "/usr/lib/x86_64-linux-gnu/mosquitto_dynamic_security.so"
PASSWORD = "pass word"


class Mosquitto(Server):
    """A broker that lets everyone in, unless its lines say otherwise."""

    scheme = "mqtt"
    host = "127.0.0.1"
    refuses = False

    def __init__(self, folder: Path, *lines: str) -> None:
        super().__init__(folder)
        self.lines = lines

    @property
    def url(self) -> str:
        return f"{self.scheme}://{self.host}:{self.port}"

    def kill(self) -> None:
        """Like kill -9."""
        os.kill(self.pid, signal.SIGKILL)
        self.stop()

    def again(self) -> None:
        """Start it on the port it had."""
        child = self._child = Child(self._argv(), self.log)
        child.start()
        child.wait_until(self._ready)

    def _head(self) -> list[str]:
        return ["per_listener_settings false", "allow_anonymous true"]

    def _argv(self) -> list[str]:
        config = self.folder / "mosquitto.conf"
        lines = ["user root", *self._head(), f"listener {self.port} 127.0.0.1", "socket_domain ipv4", *self.lines]
        if self.refuses:
            rules = self.folder / "security.json"
            rules.write_text(json.dumps(_SECURITY))
            lines += [f"plugin {PLUGIN}", f"plugin_opt_config_file {rules}"]
        config.write_text("\n".join(lines) + "\n")
        return [find_program("mosquitto", "mosquitto"), "-c", str(config)]

    def _ready(self) -> bool:
        # Its log is a file of its own, so a stranger on this port is not taken for it.
        return self.log.exists() and " running" in self.log.read_text(errors="replace")


class Persistent(Mosquitto):
    """Keeps sessions and what is queued on its disk, as it was at most `behind` changes ago: it writes all of it then,
    which for a thousand sessions takes a tenth of a second."""

    def __init__(self, folder: Path, *lines: str, behind: int = 1) -> None:
        super().__init__(folder, *lines)
        self._behind = behind

    def _head(self) -> list[str]:
        return [
            *super()._head(),
            "persistence true",
            f"persistence_location {self.folder}/",
            f"autosave_interval {self._behind}",
            "autosave_on_changes true",
        ]


class WebSockets(Mosquitto):
    """MQTT inside WebSockets."""

    scheme = "ws"

    def __init__(self, folder: Path, *lines: str) -> None:
        # One that is only for WebSockets does not start: "Unable to start any listening sockets".
        super().__init__(folder, "protocol websockets", *lines, f"listener {free_port()} 127.0.0.1")


class Secured(Mosquitto):
    """TLS, with a certificate for `name`; with `clients` only for those who have one of the authority, too."""

    scheme = "mqtts"

    def __init__(
        self,
        folder: Path,
        authority: Authority,
        *lines: str,
        clients: bool = False,
        name: str = "127.0.0.1",
        expired: bool = False,
    ) -> None:
        hosts = (name,) if name[0].isdigit() else ()
        cert, key = authority.certificate(f"server-{folder.name}" if hosts else name, *hosts, expired=expired)
        more = [f"cafile {authority.ca}", f"certfile {cert}", f"keyfile {key}"]
        if clients:
            more += ["require_certificate true", "use_identity_as_username true"]
        super().__init__(folder, *more, *lines)


class WithPassword(Mosquitto):
    """Lets in `user`, with PASSWORD."""

    def _head(self) -> list[str]:
        file = self.folder / "passwords"
        file.touch(mode=0o600)
        program = find_program("mosquitto_passwd", "mosquitto")
        subprocess.run([program, "-b", str(file), "user", PASSWORD], check=True, capture_output=True)
        return ["per_listener_settings false", "allow_anonymous false", f"password_file {file}"]


class Refusing(Mosquitto):
    """The dynamic-security plugin: nobody may subscribe or publish below `secret/`."""

    refuses = True


_RULES = ("publishClientSend", "publishClientReceive", "subscribePattern", "unsubscribePattern")
_SECURITY = {
    "defaultACLAccess": {
        "publishClientSend": True,
        "publishClientReceive": True,
        "subscribe": True,
        "unsubscribe": True,
    },
    "clients": [],
    "groups": [{"groupname": "all", "roles": [{"rolename": "careful"}]}],
    "roles": [
        {
            "rolename": "careful",
            "acls": [{"acltype": rule, "topic": "secret/#", "priority": 1, "allow": False} for rule in _RULES],
        },
    ],
    "anonymousGroup": "all",
}


def listening(port: int) -> bool:
    """Whether somebody accepts connections there."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
