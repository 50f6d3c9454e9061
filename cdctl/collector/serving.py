"""Where a collector listens: loopback, or anywhere with a certificate; and how long it bears with strangers."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import ssl
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from cdctl.domain.address import is_loopback
from cdctl.errors import RefusedError, UnavailableError, UsageError

MOST_CONNECTIONS = 1_024
LARGEST_HEAD = 16 << 10
_IMPATIENT = 15.0
"""Seconds until a connection must have sent the head of a request: the first, or another that it has begun."""
_GOODBYE = 2
_USER_TIMEOUT_MS = 30_000


def host_and_port(text: str, option: str = "--listen") -> tuple[str, int]:
    """`127.0.0.1:7443`, `[::1]:7443`, `:7443` for all addresses; `option` says so. Raises UsageError."""
    host, colon, port = text.rpartition(":")
    bare = host.removeprefix("[").removesuffix("]")
    if not colon or not port.isdecimal() or int(port) > 65_535 or (":" in host and bare == host):
        raise UsageError(f"{text!r} is no address to listen on", subject=option, hint="write 127.0.0.1:7443")
    return bare or "0.0.0.0", int(port)  # noqa: S104 - asked for by writing ":7443", and refused without a certificate


def check(host: str, cert: str, key: str, option: str = "--listen") -> None:
    """Raises RefusedError for an address that others reach without a certificate, UsageError for half of one."""
    if bool(cert) != bool(key):
        raise UsageError("a certificate needs its key", subject="--cert, --key", hint="give both files")
    if not cert and not is_loopback(host):
        raise RefusedError(
            f"{host} can be reached by others, and without TLS they could read tokens and vehicles",
            subject=option,
            hint="give --cert FILE --key FILE, or listen on 127.0.0.1",
        )


def bound(host: str, port: int) -> socket.socket:
    """A socket that listens. Raises UnavailableError."""
    try:
        family, kind, proto, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        made = socket.socket(family, kind, proto)
    except OSError as error:
        raise UnavailableError(f"no such address: {error.strerror}", subject=f"{host}:{port}") from None
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        if sys.platform == "linux":  # inherited by what is accepted: who never reads is cut off
            made.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _USER_TIMEOUT_MS)
        made.bind(address)
        made.listen(1024)
        made.setblocking(False)
    except OSError as error:
        made.close()
        raise UnavailableError(
            f"cannot listen: {error.strerror}", subject=f"{host}:{port}", hint="choose another: --listen HOST:PORT"
        ) from None
    return made


def url(listening: socket.socket, context: ssl.SSLContext | None) -> str:
    """How others reach it."""
    host, port = listening.getsockname()[:2]
    return f"{'https' if context else 'http'}://{f'[{host}]' if ':' in host else host}:{port}"


class _Impatient(H11Protocol):
    """Closes connections on which a request does not come, or never ends to begin."""

    _impatience: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._impatience = self.loop.call_later(_IMPATIENT, self._is_there)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if not self._waits():
            self._calm()
        elif self._impatience is None:
            self._impatience = self.loop.call_later(_IMPATIENT, self._is_there)

    def connection_lost(self, exc: Exception | None) -> None:
        self._calm()
        super().connection_lost(exc)

    def _waits(self) -> bool:
        """Whether no request is being answered."""
        return self.cycle is None or self.cycle.response_complete

    def _calm(self) -> None:
        if self._impatience is not None:
            self._impatience.cancel()
            self._impatience = None

    def _is_there(self) -> None:
        self._impatience = None
        if self._waits() and not self.transport.is_closing():
            self.transport.close()


class _Server(uvicorn.Server):
    """One that leaves signals to the command line."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def tls(cert: str, key: str) -> ssl.SSLContext | None:
    """What shows others who we are; None without a certificate. Raises UnavailableError."""
    if not cert:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(Path(cert).expanduser(), Path(key).expanduser(), password=lambda: "")
    except (OSError, ssl.SSLError, ValueError) as error:
        why = getattr(error, "strerror", None) or getattr(error, "reason", None) or error
        raise UnavailableError(
            f"the certificate cannot be used: {why}",
            subject=cert,
            hint="PEM files; a key with a password cannot be read",
        ) from None
    return context


async def serve(app: Any, listening: socket.socket, context: ssl.SSLContext | None) -> None:
    """Serve until cancelled; streams get a moment to end."""
    logging.getLogger("uvicorn").setLevel(logging.CRITICAL + 1)  # what strangers send is counted, not logged
    config = uvicorn.Config(
        app,
        http=_Impatient,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        limit_concurrency=MOST_CONNECTIONS,
        h11_max_incomplete_event_size=LARGEST_HEAD,
        timeout_keep_alive=30,
        timeout_graceful_shutdown=_GOODBYE,
    )
    config.load()
    config.ssl = context
    server = _Server(config)
    serving = asyncio.create_task(server.serve([listening]))
    try:
        await asyncio.shield(serving)
    finally:
        server.should_exit = True
        with contextlib.suppress(asyncio.CancelledError):
            await serving
