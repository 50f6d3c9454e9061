"""Bad days on demand: a real HTTP proxy in front of a real server, which spoils what it is told to spoil.

    with Cutter(prometheus) as cutter:
        cutter.next(answered(503), cut(0.5))   # the next two requests; later ones pass
        judged(cutter.url, ...)
        assert len(cutter.asked) == 3

A fault is a coroutine function of one Exchange.
"""

from __future__ import annotations

import asyncio
import json
import ssl
import threading
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

from listening import listening

START_SECONDS = 10


@dataclass(frozen=True)
class Asked:
    """One request: `params` are those of the URL and of a form; header names are lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    params: Mapping[str, str]
    raw: bytes
    target: str

    @property
    def query(self) -> str:
        return self.params.get("query", "")


@dataclass(frozen=True)
class Reply:
    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)

    def head(self, length: int | None = None) -> bytes:
        headers = {**self.headers, "Content-Length": str(len(self.body) if length is None else length)}
        lines = [f"HTTP/1.1 {self.status} spoilt", *(f"{name}: {value}" for name, value in headers.items())]
        return ("\r\n".join(lines) + "\r\n\r\n").encode()


@dataclass(frozen=True)
class Exchange:
    """One request on its way, and the hands to spoil it."""

    asked: Asked
    upstream: str
    writer: asyncio.StreamWriter

    async def fetched(self) -> Reply:
        """What the real server says."""
        address = urlsplit(self.upstream)
        reader, writer = await asyncio.open_connection(address.hostname, address.port)
        lines = [f"{self.asked.method} {self.asked.target} HTTP/1.0", f"Host: {address.netloc}"]
        if kind := self.asked.headers.get("content-type"):
            lines.append(f"Content-Type: {kind}")
        lines.append(f"Content-Length: {len(self.asked.raw)}")
        try:
            writer.write(("\r\n".join(lines) + "\r\n\r\n").encode() + self.asked.raw)
            head, _, body = (await reader.read()).partition(b"\r\n\r\n")
        finally:
            writer.close()
        first, *rest = head.decode("latin-1").split("\r\n")
        headers = dict(line.split(": ", 1) for line in rest)
        return Reply(int(first.split()[1]), body, {"Content-Type": headers.get("Content-Type", "text/plain")})

    async def send(self, reply: Reply) -> None:
        self.writer.write(reply.head() + reply.body)
        await self.writer.drain()


Fault = Callable[[Exchange], Awaitable[None]]


async def passed(exchange: Exchange) -> None:
    """No fault at all."""
    await exchange.send(await exchange.fetched())


async def hung(exchange: Exchange) -> None:
    """Never answer."""
    await asyncio.Event().wait()


async def dropped(exchange: Exchange) -> None:
    """Close the connection without a word."""
    exchange.writer.transport.abort()


def answered(status: int, body: str = "", **headers: str) -> Fault:
    """Something else instead; `Retry_After` becomes Retry-After."""

    async def fault(exchange: Exchange) -> None:
        await exchange.send(Reply(status, body.encode(), {k.replace("_", "-"): v for k, v in headers.items()}))

    return fault


def delayed(seconds: float) -> Fault:
    """The truth, later."""

    async def fault(exchange: Exchange) -> None:
        await asyncio.sleep(seconds)
        await passed(exchange)

    return fault


def cut(share: float) -> Fault:
    """Whole HTTP, half a document."""

    async def fault(exchange: Exchange) -> None:
        reply = await exchange.fetched()
        await exchange.send(Reply(reply.status, reply.body[: int(len(reply.body) * share)], reply.headers))

    return fault


def broken(share: float) -> Fault:
    """Announce all of it, send a part, and close."""

    async def fault(exchange: Exchange) -> None:
        reply = await exchange.fetched()
        exchange.writer.write(reply.head() + reply.body[: int(len(reply.body) * share)])
        await exchange.writer.drain()
        exchange.writer.close()

    return fault


def dripped(bytes_at_once: int, pause: float) -> Fault:
    """The truth, drop by drop."""

    async def fault(exchange: Exchange) -> None:
        reply = await exchange.fetched()
        exchange.writer.write(reply.head())
        for at in range(0, len(reply.body), bytes_at_once):
            exchange.writer.write(reply.body[at : at + bytes_at_once])
            await exchange.writer.drain()
            await asyncio.sleep(pause)

    return fault


def rewritten(change: Callable[[Any], None]) -> Fault:
    """The truth, its JSON changed in place by `change`."""

    async def fault(exchange: Exchange) -> None:
        reply = await exchange.fetched()
        body = json.loads(reply.body)
        change(body)
        await exchange.send(Reply(reply.status, json.dumps(body).encode(), reply.headers))

    return fault


class Cutter:
    """The proxy, on a free loopback port, in a thread of its own. A context manager."""

    def __init__(self, upstream: str, *, tls: ssl.SSLContext | None = None) -> None:
        self.asked: list[Asked] = []
        self.usual: Fault = passed
        self.spoils: Callable[[Asked], Fault | None] = lambda asked: None
        self.most = 0
        """The greatest number of requests that were under way at once."""
        self._next: deque[Fault] = deque()
        self._upstream = upstream
        self._tls = tls
        self._port = 0
        self._under_way = 0
        self._arrived = threading.Condition()
        self._ready = threading.Event()
        self._stop: Callable[[], None] = lambda: None
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), name="cutter")

    @property
    def url(self) -> str:
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self._port}"

    @property
    def queries(self) -> list[str]:
        """Every range query that was asked, in order."""
        return [asked.query for asked in self.asked if asked.path.endswith("/query_range")]

    def next(self, *faults: Fault) -> None:
        """Faults for the next requests, one each."""
        self._next.extend(faults)

    def wait_for(self, count: int, seconds: float = 20) -> None:
        """Until so many requests have arrived."""
        with self._arrived:
            assert self._arrived.wait_for(lambda: len(self.asked) >= count, seconds), "nobody asked"

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._ready.wait(START_SECONDS)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()
        self._thread.join()

    async def _serve(self) -> None:
        loop, over = asyncio.get_running_loop(), asyncio.Event()
        self._stop = lambda: loop.call_soon_threadsafe(over.set)
        # Whoever comes without a certificate is the peer's mistake, not news for the log.
        loop.set_exception_handler(lambda loop, context: None)
        async with listening(self._connected, tls=self._tls) as self._port:
            self._ready.set()
            await over.wait()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while (asked := await _request(reader)) and not writer.is_closing():
            await self._treat(asked, writer)

    async def _treat(self, asked: Asked, writer: asyncio.StreamWriter) -> None:
        self._under_way += 1
        self.most = max(self.most, self._under_way)
        with self._arrived:
            self.asked.append(asked)
            self._arrived.notify_all()
        fault = self._next.popleft() if self._next else self.spoils(asked) or self.usual
        try:
            await fault(Exchange(asked, self._upstream, writer))
        finally:
            self._under_way -= 1


async def _request(reader: asyncio.StreamReader) -> Asked | None:
    """The next request of a connection; None when it was closed."""
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    except asyncio.IncompleteReadError:
        return None
    first, *rest = head.strip().split("\r\n")
    method, target, _ = first.split(" ")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in rest)}
    raw = await reader.readexactly(int(headers.get("content-length", 0)))
    parts = urlsplit(target)
    params = dict(parse_qsl(parts.query) + parse_qsl(raw.decode("latin-1")))
    return Asked(method, parts.path, headers, params, raw, target)
