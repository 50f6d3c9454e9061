"""A TCP wire between a client and a broker that can be held, cut and tampered with, on the loop of the test.

async with Wire(broker.port) as wire:
    link = open_link(Address(wire.url), ...)
    wire.hold()     # half-open: nothing passes, nobody is told
"""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import Self

from listening import listening


class Wire:
    """Forwards bytes both ways. `up` and `down` are all that passed, so far, towards the broker and towards us."""

    def __init__(self, port: int, *, delay: float = 0.0, refuses: int = 0, silently: bool = False) -> None:
        """`delay`: seconds that bytes towards us come late. `refuses`: a protocol level that is answered as a broker of
        MQTT 3.1.1 does, or `silently` by closing."""
        self.up, self.down = bytearray(), bytearray()
        self.connections = 0
        self._upstream = port
        self._delay = delay
        self._refuses = refuses
        self._silently = silently
        self._port = 0
        self._open_up, self._open_down = asyncio.Event(), asyncio.Event()
        self._server = listening(self._connected)
        self._writers: set[asyncio.StreamWriter] = set()
        self._clients: list[asyncio.StreamWriter] = []
        self.release()

    @property
    def url(self) -> str:
        return f"mqtt://127.0.0.1:{self._port}"

    def hold(self, *, up: bool = True, down: bool = True) -> None:
        """Let nothing pass; what comes waits."""
        if up:
            self._open_up.clear()
        if down:
            self._open_down.clear()

    def release(self) -> None:
        """Let everything pass again."""
        self._open_up.set()
        self._open_down.set()

    def cut(self) -> None:
        """Reset every connection; what waited is gone."""
        for writer in list(self._writers):
            writer.transport.abort()
        self._writers.clear()
        self._clients.clear()

    def say(self, data: bytes) -> None:
        """Bytes towards us that no broker has sent."""
        self._clients[-1].write(data)

    async def __aenter__(self) -> Self:
        self._port = await self._server.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.cut()
        await self._server.__aexit__(None, None, None)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._writers.add(writer)
        await self._serve(reader, writer)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        first = await reader.read(65_536)
        if self._refuses and first[first.index(b"\x00\x04MQTT") + 6] == self._refuses:
            writer.write(b"" if self._silently else b"\x20\x02\x00\x01")
            return
        upstream, onward = await asyncio.open_connection("127.0.0.1", self._upstream)
        self._writers.add(onward)
        self._clients.append(writer)
        self.up += first
        onward.write(first)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._pass(reader, onward, self.up, self._open_up, 0.0))
                group.create_task(self._pass(upstream, writer, self.down, self._open_down, self._delay))
        except* (OSError, RuntimeError):  # the latter is uvloop's word for a closed transport
            writer.transport.abort()
        finally:
            onward.close()

    async def _pass(
        self,
        source: asyncio.StreamReader,
        to: asyncio.StreamWriter,
        record: bytearray,
        gate: asyncio.Event,
        late: float,
    ) -> None:
        loop = asyncio.get_running_loop()
        while data := await source.read(65_536):
            await gate.wait()
            record += data
            if late:
                loop.call_later(late, to.write, data)
            else:
                to.write(data)
                await to.drain()
        raise ConnectionResetError
