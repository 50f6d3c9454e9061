"""OTLP over gRPC: TraceService/Export.

A call is looked at before its message is read, so that one for which there is no room costs nothing: to the library the
method takes a stream, of which OTLP sends one message.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import grpc
import grpc.aio

from cdctl.collector.otlp.answers import PROTOBUF, details, taken
from cdctl.collector.otlp.http import PATIENCE
from cdctl.collector.otlp.intake import Intake
from cdctl.collector.otlp.refusing import NotTakenError, Why
from cdctl.collector.otlp.unpacking import MOST
from cdctl.collector.tokens import Gate
from cdctl.errors import UnavailableError

SERVICE = "opentelemetry.proto.collector.trace.v1.TraceService"
_AT_ONCE = 8
"""Messages that are being read: the library holds each whole before it gives it to us."""
_GOODBYE = 2.0
_OPTIONS = (
    ("grpc.max_receive_message_length", MOST),
    ("grpc.max_metadata_size", 16 << 10),
    ("grpc.so_reuseport", 0),
    ("grpc.keepalive_time_ms", 60_000),
    ("grpc.http2.max_ping_strikes", 5),
)


@dataclass(frozen=True, slots=True)
class Identity:
    """PEM files that show others who we are."""

    cert: str
    key: str


class Rpc:
    """A server of gRPC. Without a gate everybody may send."""

    def __init__(self, intake: Intake, gate: Gate | None, *, patience: float = PATIENCE) -> None:
        self._intake, self._gate, self._patience = intake, gate, patience
        self._reading = asyncio.Semaphore(_AT_ONCE)
        self._server = grpc.aio.server(options=_OPTIONS)
        method = grpc.stream_unary_rpc_method_handler(self._export)
        self._server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(SERVICE, {"Export": method}),))

    async def start(self, host: str, port: int, identity: Identity | None) -> str:
        """Listen; returns HOST:PORT. Raises UnavailableError."""
        address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        try:
            if identity is None:
                found = self._server.add_insecure_port(address)
            else:
                pair = (_pem(identity.key), _pem(identity.cert))
                found = self._server.add_secure_port(address, grpc.ssl_server_credentials([pair]))
            await self._server.start()
        except RuntimeError as error:
            raise UnavailableError(
                f"cannot listen: {error}", subject=address, hint="choose another: --grpc HOST:PORT"
            ) from None
        return f"{address.rpartition(':')[0]}:{found}"

    async def close(self) -> None:
        """Calls get a moment to end."""
        await self._server.stop(_GOODBYE)

    async def _export(self, messages: AsyncIterator[bytes], context: Any) -> bytes:
        try:
            self._let_in(context)
            self._intake.admit()
            async with asyncio.timeout(self._patience), self._reading:
                body = await anext(aiter(messages), b"")
            self._intake.hold(len(body))
            try:
                rejected = await self._intake.take(PROTOBUF, "", body, "grpc")
            finally:
                self._intake.hold(-len(body))
            return taken(PROTOBUF, rejected)
        except NotTakenError as error:
            failed = error
        except TimeoutError:
            failed = NotTakenError(Why.SLOW, f"the message did not come within {self._patience:g} s")
        self._intake.refuse(failed)
        beside = details(failed)
        trailing = (("grpc-status-details-bin", beside),) if beside else ()
        await context.abort(getattr(grpc.StatusCode, failed.why.code), failed.message, trailing)
        raise AssertionError("abort does not return")

    def _let_in(self, context: Any) -> None:
        if self._gate is None:
            return
        told = dict(context.invocation_metadata() or ())
        address = unquote(context.peer()).rpartition(":")[0].partition(":")[2].strip("[]")  # ipv4:127.0.0.1:4711
        if self._gate.who(str(told.get("authorization", "")), address) is None:
            if self._gate.blocked(address):
                raise NotTakenError(Why.GUESSED, "too many wrong tokens came from this address")
            raise NotTakenError(Why.TOKEN, "this receiver does not know the token")


def _pem(path: str) -> bytes:
    try:
        return Path(path).expanduser().read_bytes()
    except OSError as error:
        raise UnavailableError(f"it cannot be read: {error.strerror}", subject=path) from None
