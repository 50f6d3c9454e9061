"""Work that blocks, done beside an event loop, for which nobody waits in the end."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

T = TypeVar("T")


async def aside(work: Callable[[], T], name: str) -> T:
    """What the work gives. Its thread is no reason to stay: a process that leaves does not wait for a server, as it
    would for `asyncio.to_thread`. name: of the thread."""
    loop = asyncio.get_running_loop()
    found: asyncio.Future[T] = loop.create_future()

    def end(result: T | None, error: BaseException | None) -> None:
        if found.done():  # whoever wanted to know is gone
            return
        if error is not None:
            found.set_exception(error)
        else:
            found.set_result(result)  # type: ignore[arg-type]

    def run() -> None:
        result, failed = None, None
        try:
            result = work()
        except BaseException as error:
            failed = error
        with suppress(RuntimeError):  # the loop is closed
            loop.call_soon_threadsafe(end, result, failed)

    threading.Thread(target=run, name=name, daemon=True).start()
    return await found
