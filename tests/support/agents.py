"""A real ssh-agent with a key, and a relay before it that holds back what it says.

with agent(folder) as key, ...:
    async with Relay(Path(key.path), folder / "slow") as relay:
        relay.hold()
"""

from __future__ import annotations

import asyncio
import base64
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from waiting import eventually

from cdctl.security.ssh_agent import AgentKey


@contextmanager
def agent(folder: Path) -> Iterator[AgentKey]:
    """Its only key."""
    path, file = folder / "agent", folder / "agent.key"
    process = subprocess.Popen(["ssh-agent", "-D", "-a", str(path)], stdout=subprocess.DEVNULL)
    try:
        assert eventually(path.exists)
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "kept", "-f", str(file)], check=True)
        subprocess.run(["ssh-add", "-q", str(file)], check=True, env={"SSH_AUTH_SOCK": str(path)})
        kind, text, *_ = file.with_suffix(".key.pub").read_text().split()
        assert kind == "ssh-ed25519"
        yield AgentKey(str(path), base64.b64decode(text)[-32:], "kept")
    finally:
        process.terminate()
        process.wait(10)


class Relay:
    """Hands everything on, both ways; answers wait while it holds. asked: requests that arrived."""

    def __init__(self, agent: Path, path: Path) -> None:
        self.path, self.asked = path, 0
        self._agent = agent
        self._open = asyncio.Event()
        self._open.set()
        self._tasks: set[asyncio.Task[None]] = set()

    def hold(self) -> None:
        """No answer passes."""
        self._open.clear()

    def release(self) -> None:
        """They pass."""
        self._open.set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_unix_server(self._serve, self.path)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        self._tasks.add(task)
        theirs, ours = await asyncio.open_unix_connection(self._agent)
        try:
            while head := await reader.read(4):
                ours.write(head + await reader.readexactly(int.from_bytes(head, "big")))
                self.asked += 1
                size = await theirs.readexactly(4)
                answer = await theirs.readexactly(int.from_bytes(size, "big"))
                await self._open.wait()
                writer.write(size + answer)
        except asyncio.CancelledError:
            return
        finally:
            self._tasks.discard(task)
            writer.close()
            ours.close()
