"""How long somebody waits for orders: as long as they live, or as long as was said; then what is under way is told."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from typing import Any, TypeVar

from cdctl.cli.values import span
from cdctl.errors import UsageError

T = TypeVar("T")
FLAG = "--wait-for"


def seconds_of(text: str, *, wait: bool = True) -> float | None:
    """Of what stands on the line; None when nothing does. Raises UsageError."""
    if not text:
        return None
    if not wait:
        raise UsageError("--no-wait waits for nothing", subject=FLAG, hint="leave one of them out")
    seconds = span(text, FLAG)
    if seconds <= 0:
        raise UsageError(f"{text} is no time to wait", subject=FLAG, hint="write 30s, or 5m")
    return seconds


async def within(seconds: float | None, work: Sequence[Coroutine[Any, Any, T]]) -> list[T] | None:
    """What all of it gives; None when the time was over before, and nobody works on it any more. Raises what the first
    of them raises."""
    tasks = [asyncio.ensure_future(one) for one in work]
    try:
        done, late = await asyncio.wait(tasks, timeout=seconds, return_when=asyncio.FIRST_EXCEPTION)
        for task in done:
            task.result()
        return None if late else [task.result() for task in tasks]
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
