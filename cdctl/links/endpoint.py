"""Where a broker is, read from its URL, and whether we may talk to it in the clear."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from cdctl.domain.address import is_loopback
from cdctl.domain.text import safe
from cdctl.domain.wire import Address
from cdctl.errors import UsageError

_PORTS = {"mqtt": 1883, "mqtts": 8883, "ws": 80, "wss": 443}


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Host, port and path of a broker. `str()` is its URL without anything secret."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def tls(self) -> bool:
        """Whether the connection is encrypted."""
        return self.scheme in {"mqtts", "wss"}

    @property
    def websocket(self) -> bool:
        """Whether MQTT travels inside a WebSocket."""
        return self.scheme in {"ws", "wss"}

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return safe(f"{self.scheme}://{host}:{self.port}{self.path if self.websocket else ''}")


def endpoint(address: Address) -> Endpoint:
    """The endpoint of an address. Raises UsageError for a URL that is none of a broker, for credentials in it, and for
    plaintext to another host that the settings do not allow."""
    try:
        parts = urlsplit(address.url)
        port = parts.port
    except ValueError as error:
        raise UsageError(f"not the URL of a broker: {safe(str(error))}", subject="broker url") from None
    if parts.scheme not in _PORTS or not parts.hostname:
        raise UsageError(
            "not the URL of a broker",
            subject=_shown(address.url),
            hint="mqtt://, mqtts://, ws:// or wss://, then a host",
        )
    if parts.username is not None or parts.password is not None:
        raise UsageError(
            "the URL of a broker has no credentials in it",
            subject=_shown(address.url),
            hint="put them into username and password_file, or use a certificate",
        )
    found = Endpoint(parts.scheme, parts.hostname, port or _PORTS[parts.scheme], parts.path or "/mqtt")
    if not (found.tls or address.plaintext or is_loopback(found.host)):
        raise UsageError(
            "this would send everything in the clear to another host",
            subject=str(found),
            hint="use mqtts:// or wss://, or allow it with plaintext = true in the settings of this broker",
        )
    return found


def _shown(url: str) -> str:
    """A URL that may be wrong in any way, without what may be a password."""
    scheme, found, rest = url.partition("://")
    return safe(f"{scheme}://{rest.rpartition('@')[2]}" if found else rest or scheme.rpartition("@")[2], 200)
