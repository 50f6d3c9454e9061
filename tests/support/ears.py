"""A listener that remembers what a link told it, and waiting on the loop of the test."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from waiting import pauses

from cdctl.domain.wire import Grant, Message, Up


@dataclass
class Ear:
    """A listener that remembers everything, and does `then` with every run."""

    then: Callable[[Sequence[Message]], Awaitable[None] | None] = lambda run: None
    got: list[Message] = field(default_factory=list)
    ups: list[Up] = field(default_factory=list)
    downs: list[str] = field(default_factory=list)
    grants: list[Grant] = field(default_factory=list)

    def on_messages(self, messages: Sequence[Message]) -> Awaitable[None] | None:
        self.got += messages
        return self.then(messages)

    def on_up(self, up: Up) -> None:
        self.ups.append(up)

    def on_down(self, reason: str) -> None:
        self.downs.append(reason)

    def on_grants(self, grants: Sequence[Grant]) -> None:
        self.grants += grants

    @property
    def payloads(self) -> list[bytes]:
        return [message.payload for message in self.got]


async def until(condition: Callable[[], object], seconds: float = 20.0) -> None:
    """Wait until it is true; fail when it does not become so."""
    loop = asyncio.get_running_loop()
    deadline, pause = loop.time() + seconds, pauses(0.05)
    while not condition():
        assert loop.time() < deadline, "it did not come to pass"
        await asyncio.sleep(next(pause))
