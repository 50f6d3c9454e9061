"""A server of a test on a free loopback port that leaves no connection behind, not even one that nobody served yet."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class _Accepted(asyncio.StreamReaderProtocol):
    """Remembers the transport before its serving task begins: a task that is cancelled before runs no `finally`."""

    def __init__(self, serve: Serve, kept: set[asyncio.BaseTransport]) -> None:
        loop = asyncio.get_running_loop()
        super().__init__(asyncio.StreamReader(loop=loop), serve, loop=loop)  # type: ignore[arg-type]
        self._kept = kept
        self._mine: asyncio.BaseTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._mine = transport
        self._kept.add(transport)
        super().connection_made(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._mine is not None:
            self._kept.discard(self._mine)
        super().connection_lost(exc)


@asynccontextmanager
async def listening(serve: Serve, *, port: int = 0, tls: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    """Serve connections; yields the port. At the end every connection is cut, and every task that serves one ended."""
    kept: set[asyncio.BaseTransport] = set()
    tasks: set[asyncio.Task[None]] = set()

    async def served(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        tasks.add(task)
        try:
            await serve(reader, writer)
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            writer.transport.abort()
        finally:
            tasks.discard(task)
            writer.close()

    server = await asyncio.get_running_loop().create_server(lambda: _Accepted(served, kept), "127.0.0.1", port, ssl=tls)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        # Accept no more, and let what was accepted get its transport, its protocol, its task: Python 3.11 forgets a
        # connection open whose server is closed in between.
        asyncio.get_running_loop().remove_reader(server.sockets[0].fileno())
        for _ in range(3):
            await asyncio.sleep(0)
        server.close()
        for task in list(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        while kept:
            for transport in list(kept):
                transport.abort()  # type: ignore[attr-defined]
            await asyncio.sleep(0)
