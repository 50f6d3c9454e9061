"""Takes calls of an API: bounded, proven before anything in them is believed, and answered when they are written down.

An ASGI application without a framework; whoever composes it gives it a server (`Ear`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any

import msgspec

from cdctl.domain.orders.keeping import Kept
from cdctl.protocols.http.proving import Proof

MOST_BYTES = 64 << 10
"""Of a call: enough for the largest result that is kept, several times."""
_IMPATIENT = 10.0
"""Seconds in which a call must have come."""

Message = Mapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a call is answered. doubt: why nothing of it is believed; it is counted then. Empty otherwise."""

    status: int
    doubt: str = ""


@dataclass(frozen=True, slots=True)
class Listening:
    """url: where the API reaches us; empty when nobody listens, and then `why`."""

    url: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class Ear:
    """How calls are heard. proof: what proves whose they are; secrets are read when it is asked for. serve: serves an
    application until it is left. kept: an order as the journal has it, by its id."""

    proof: Callable[[], Proof]
    serve: Callable[[App], AbstractAsyncContextManager[Listening]]
    kept: Callable[[str], Kept | None]


TAKEN, LATER = Verdict(204), Verdict(503)
_TOO_LARGE = Verdict(413, f"a call of more than {MOST_BYTES:,} bytes")
_TOO_SLOW = Verdict(408, "a call that did not end in time")
_NO_POST = Verdict(405)
_UNREADABLE = Verdict(400, "a call that is not JSON")


class Receiver:
    """take: what is done with the body of a proven call. doubted: told why a call was not believed."""

    def __init__(
        self, proof: Proof, take: Callable[[object], Awaitable[Verdict]], doubted: Callable[[str], None]
    ) -> None:
        self._proof, self._take, self._doubted = proof, take, doubted

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """ASGI: one request."""
        if scope["type"] != "http":
            return
        try:
            verdict = await self._judged(scope, receive)
        except ConnectionError:
            return  # it hung up: there is nobody to answer
        if verdict.doubt:
            self._doubted(verdict.doubt)
        headers = [(b"content-length", b"0")] if verdict.status != 204 else []
        if verdict is not TAKEN:
            headers.append((b"connection", b"close"))
        if verdict.status == LATER.status:
            headers.append((b"retry-after", b"1"))
        if verdict is _NO_POST:
            headers.append((b"allow", b"POST"))
        await send({"type": "http.response.start", "status": verdict.status, "headers": headers})
        await send({"type": "http.response.body", "body": b""})

    async def _judged(self, scope: Message, receive: Receive) -> Verdict:
        if scope["method"] != "POST":
            return _NO_POST
        try:
            async with asyncio.timeout(_IMPATIENT):
                body = await _body(receive)
        except TimeoutError:
            return _TOO_SLOW
        if body is None:
            return _TOO_LARGE
        headers = {name.decode("latin-1").lower(): value for name, value in scope["headers"]}
        if doubt := self._proof.doubt(headers, body):
            return Verdict(401, doubt)
        try:
            document = msgspec.json.decode(body)
        except (ValueError, RecursionError):
            return _UNREADABLE
        return await self._take(document)


async def _body(receive: Receive) -> bytes | None:
    """All of it; None when it is too large. Raises ConnectionError when the other side hung up."""
    pieces, size, more = [], 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ConnectionError
        pieces.append(message.get("body", b""))
        size += len(pieces[-1])
        if size > MOST_BYTES:
            return None
        more = message.get("more_body", False)
    return b"".join(pieces)
