"""What has arrived: handed on in the order of the wire, acknowledged when done with, not read when nobody keeps up."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from cdctl.domain.wire import Listener, Message
from cdctl.links.carrier import Carrier

_HOLD_BYTES = 4_194_304
_HOLD_RUNS = 256
"""So much waits for a slow listener before no more is read; then the broker waits, and drops by its rules."""


@dataclass(frozen=True, slots=True)
class _Run:
    messages: Sequence[Message]
    size: int
    acknowledge: bool
    epoch: int


class Inbox:
    """Messages of one link, over all its connections."""

    def __init__(self, listener: Listener, failed: Callable[[str], None]) -> None:
        """`failed` is told when the listener raises, which it may not."""
        self.paused = False
        self.dropped = 0
        self._listener = listener
        self._failed = failed
        self._carrier: Carrier | None = None
        self._epoch = 0
        self._held: deque[_Run] = deque()
        self._held_bytes = 0
        self._task: asyncio.Task[None] | None = None

    @property
    def idle(self) -> bool:
        """Whether everything is handed on and done."""
        return self._task is None

    def opened(self, carrier: Carrier) -> None:
        """A connection is up."""
        self._carrier = carrier
        if self.paused:
            carrier.pause()

    def cut(self) -> None:
        """It is gone: what it brought is still handed on, but cannot be acknowledged any more."""
        self._carrier = None
        self._epoch += 1

    def arrived(self, messages: Sequence[Message], size: int, *, acknowledge: bool) -> None:
        """Hand on, or hold."""
        run = _Run(messages, size, acknowledge, self._epoch)
        if self._task is not None:
            self._held.append(run)
            self._held_bytes += size
            if not self.paused and (self._held_bytes > _HOLD_BYTES or len(self._held) > _HOLD_RUNS):
                self.paused = True
                if self._carrier is not None:
                    self._carrier.pause()
            return
        try:
            pending = self._listener.on_messages(messages)
        except Exception as error:
            self._report(error)
            return
        if pending is None:
            self._done(run)
        else:
            self._task = asyncio.get_running_loop().create_task(self._work(run, pending))

    async def aclose(self) -> None:
        """Stop handing on."""
        self._held.clear()
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _work(self, run: _Run, pending: Awaitable[None] | None) -> None:
        """Wait for the listener, as long as it has something to await and something is held."""
        try:
            while True:
                if pending is not None:
                    await pending
                self._done(run)
                if not self._held:
                    break
                run = self._next()
                pending = self._listener.on_messages(run.messages)
                if pending is None:
                    await asyncio.sleep(0)  # the loop has other work, too
        except Exception as error:
            self._report(error)
        finally:
            self._task = None
            self._read_on()

    def _next(self) -> _Run:
        run = self._held.popleft()
        self._held_bytes -= run.size
        if self._held_bytes <= _HOLD_BYTES // 2 and len(self._held) <= _HOLD_RUNS // 2:
            self._read_on()
        return run

    def _read_on(self) -> None:
        if self.paused:
            self.paused = False
            if self._carrier is not None:
                self._carrier.resume()

    def _done(self, run: _Run) -> None:
        if run.acknowledge and run.epoch == self._epoch and self._carrier is not None:
            self._carrier.acknowledge(run.messages)

    def _report(self, error: Exception) -> None:
        """Without an acknowledgement the broker would fall silent, with one the message would be lost: start anew."""
        self.dropped += sum(len(run.messages) for run in self._held)
        self._held.clear()
        self._held_bytes = 0
        context = {"message": "a listener of a link failed", "exception": error}
        asyncio.get_running_loop().call_exception_handler(context)
        self._failed(f"the listener failed: {type(error).__name__}")
