"""How the server answers: typed JSON, refusals in words, and long streams of lines that end when their reader does."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any, TypeVar

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from cdctl.collector import wire
from cdctl.errors import CdctlError

S = TypeVar("S", bound=msgspec.Struct)
PATIENCE = 30.0
"""Seconds that a reader may take for one piece of a stream before it is taken for gone."""
_BODY_SECONDS = 10.0
_STATUS = {"usage": 400, "token": 401, "refused": 403, "version": 404, "unavailable": 503}


class TroubleError(Exception):
    """A request that is refused, with what the client is told."""

    def __init__(self, told: wire.Trouble, status: int = 0, headers: dict[str, str] | None = None) -> None:
        super().__init__(told.message)
        self.told, self.status, self.headers = told, status or _STATUS[told.kind], headers or {}


def refusal(error: CdctlError | TroubleError) -> Response:
    """An error as an answer."""
    found = error if isinstance(error, TroubleError) else TroubleError(wire.trouble(error))
    return Response(wire.encode(found.told), found.status, found.headers, "application/json")


def typed(answer: Any) -> Response:
    """A value as an answer."""
    return Response(wire.encode(answer), media_type="application/json")


async def asked(request: Request, kind: type[S]) -> S:
    """The body of a request. Raises TroubleError for one that is too large, too slow or not what is expected."""
    body = bytearray()
    try:
        async with asyncio.timeout(_BODY_SECONDS):
            async for piece in request.stream():
                body += piece
                if len(body) > wire.LARGEST_BODY:
                    raise TroubleError(wire.Trouble("usage", f"more than {wire.LARGEST_BODY} bytes"), 413)
        ask = msgspec.json.decode(body, type=kind)
    except TimeoutError:
        raise TroubleError(wire.Trouble("usage", "the request did not come in time"), 408) from None
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise TroubleError(wire.Trouble("usage", f"this is no {kind.__name__}: {error}")) from None
    _bound(ask)
    return ask


def _bound(ask: msgspec.Struct) -> None:
    where = getattr(ask, "where", "")
    if len(where) > wire.LONGEST_WHERE:
        raise TroubleError(wire.Trouble("usage", f"a selection of more than {wire.LONGEST_WHERE} characters"))
    for name in ("columns", "by"):
        if len(getattr(ask, name, None) or ()) > wire.MOST_COLUMNS:
            raise TroubleError(wire.Trouble("usage", f"more than {wire.MOST_COLUMNS} {name}"))
    for name in ("limit", "offset", "after"):
        if not 0 <= (getattr(ask, name, 0) or 0) < 1 << 62:
            raise TroubleError(wire.Trouble("usage", f"{name} is a number from 0"))


class Lines(Response):
    """A stream of lines. Ends when the client goes away, when it does not read for `PATIENCE`, or with the lines."""

    def __init__(self, lines: AsyncIterator[bytes]) -> None:
        super().__init__(media_type=wire.LINES, headers={"cache-control": "no-store"})
        del self.headers["content-length"]
        self._lines = lines

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """As ASGI has it."""
        tasks = [asyncio.create_task(self._pump(send)), asyncio.create_task(_gone(receive))]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                if error := task.exception():
                    raise error
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self._lines.aclose()  # type: ignore[attr-defined]

    async def _pump(self, send: Send) -> None:
        await self._sent(send, {"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        async for line in self._lines:
            await self._sent(send, {"type": "http.response.body", "body": line, "more_body": True})
        await self._sent(send, {"type": "http.response.body", "body": b"", "more_body": False})

    @staticmethod
    async def _sent(send: Send, message: Message) -> None:
        try:
            async with asyncio.timeout(PATIENCE):
                await send(message)
        except TimeoutError:
            raise SlowError from None


class SlowError(Exception):
    """A reader that does not read."""


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
