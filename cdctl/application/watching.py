"""Starts and stops the process that takes in, and hears what it says."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable, Mapping
from typing import Any

from cdctl.errors import CdctlError, PluginError, RefusedError, UnavailableError, UsageError

PATIENCE = 5.0
"""Seconds that the process gets to disconnect and to write its snapshot before it is ended."""
_ERRORS: dict[int, type[CdctlError]] = {2: UsageError, 3: UnavailableError, 5: RefusedError}


class IngestProcess:
    """One running ingest. It ends with us, however we end: its stdin is a pipe from this process."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._ready = asyncio.Event()
        self._error: CdctlError | None = None
        self._stopping = False
        self.warnings: list[str] = []
        self._hearing = asyncio.create_task(self._hear())

    @classmethod
    async def start(cls, fd: int, job: Mapping[str, Any]) -> IngestProcess:
        """Start it on the memory behind `fd`. Raises what it raises while it reads settings."""
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "cdctl.application.ingest_process",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            pass_fds=(fd,),
        )
        started = cls(process)
        assert process.stdin is not None
        process.stdin.write(json.dumps({**job, "fd": fd}).encode() + b"\n")
        try:
            await process.stdin.drain()
            await started._ready.wait()
            started.check()
        except BaseException:
            await started.stop()
            raise
        return started

    def check(self) -> None:
        """Raises the error that ended it, if one did."""
        if self._error:
            raise self._error

    async def stop(self) -> None:
        """Let it disconnect and write its snapshot; end it when that takes too long. May be called twice."""
        self._stopping = True
        if self._process.stdin and not self._process.stdin.is_closing():
            self._process.stdin.close()
        ends: tuple[Callable[[], None], ...] = (lambda: None, self._process.terminate, self._process.kill)
        for end in ends:
            if self._process.returncode is None:
                end()
                try:
                    await asyncio.wait_for(self._process.wait(), PATIENCE)
                except TimeoutError:
                    continue
        await self._hearing

    async def _hear(self) -> None:
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            news = json.loads(line)
            if "warning" in news:
                self.warnings.append(news["warning"])
            elif "error" in news:
                kind = _ERRORS.get(news["exit_code"], PluginError)
                self._error = kind(news["error"], subject=news["subject"], hint=news["hint"])
                self._ready.set()
            else:
                self._ready.set()
        code = await self._process.wait()
        if not self._error and (code or not self._stopping):
            self._error = _ended(code)
        self._ready.set()


def _ended(code: int) -> UnavailableError:
    if code < 0:
        return UnavailableError(
            f"the process that listens to the brokers was killed (signal {-code})",
            hint="start again; if nobody killed it, the machine may be out of memory",
        )
    return UnavailableError(
        f"the process that listens to the brokers ended with code {code}",
        hint="its last words are above; start again, and tell us",
    )
