"""Subscriptions on their way: asked for, and waiting for what the broker says to each."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from cdctl.domain.wire import Filter, Grant
from cdctl.links.carrier import Carrier
from cdctl.links.reasons import words
from cdctl.links.topics import is_filter

_AT_ONCE = 8
"""Filters of one SUBSCRIBE; AWS IoT Core cuts whoever asks for more."""


@dataclass(frozen=True, slots=True)
class _Answer:
    codes: Sequence[int]
    reason: str


class Requests:
    """SUBSCRIBE and UNSUBSCRIBE of one link. A request that nobody answers is refused with a reason."""

    def __init__(self, seconds: float) -> None:
        """`seconds` that the broker has for an answer."""
        self._seconds = seconds
        self._waiting: dict[int, asyncio.Future[_Answer]] = {}

    async def subscribe(self, carrier: Carrier, filters: Sequence[Filter]) -> list[Grant]:
        """A grant for each, in order."""
        grants = {
            wanted.topic: Grant(wanted.topic, None, "not a valid filter")
            for wanted in filters
            if not is_filter(wanted.topic)
        }
        good = [wanted for wanted in filters if wanted.topic not in grants]
        parts = [good[at : at + _AT_ONCE] for at in range(0, len(good), _AT_ONCE)]
        asked = [self._expect(carrier.subscribe(part)) for part in parts]
        carrier.flush()
        for part, answer in zip(parts, await self._answers(asked), strict=True):
            codes = list(answer.codes) + [-1] * (len(part) - len(answer.codes))
            for wanted, code in zip(part, codes, strict=False):
                grants[wanted.topic] = _grant(wanted.topic, code, answer.reason)
        return [grants[wanted.topic] for wanted in filters]

    async def unsubscribe(self, carrier: Carrier, topics: Sequence[str]) -> None:
        """Returns when the broker has answered, or will not."""
        good = [topic for topic in topics if is_filter(topic)]
        parts = [good[at : at + _AT_ONCE] for at in range(0, len(good), _AT_ONCE)]
        asked = [self._expect(carrier.unsubscribe(part)) for part in parts]
        carrier.flush()
        await self._answers(asked)

    def answered(self, mid: int, codes: Sequence[int], text: str) -> None:
        """The broker has spoken."""
        future = self._waiting.pop(mid, None)
        if future is not None and not future.done():
            future.set_result(_Answer(codes, text))

    def cut(self, reason: str) -> None:
        """Nobody will answer any more."""
        waiting, self._waiting = self._waiting, {}
        for future in waiting.values():
            if not future.done():
                future.set_result(_Answer((), f"the link was cut: {reason}"))

    def _expect(self, mid: int) -> tuple[int, asyncio.Future[_Answer]]:
        future: asyncio.Future[_Answer] = asyncio.get_running_loop().create_future()
        self._waiting[mid] = future
        return mid, future

    async def _answers(self, asked: Sequence[tuple[int, asyncio.Future[_Answer]]]) -> list[_Answer]:
        if asked:
            await asyncio.wait([future for _, future in asked], timeout=self._seconds)
        silence = _Answer((), f"no answer in {self._seconds:g} s")
        for mid, future in asked:
            if not future.done():
                self._waiting.pop(mid, None)
        return [future.result() if future.done() else silence for _, future in asked]


def _grant(topic: str, code: int, reason: str) -> Grant:
    if 0 <= code <= 2:
        return Grant(topic, code)
    return Grant(topic, None, words(code, reason) if code >= 0 else reason or "the broker said nothing to it")
