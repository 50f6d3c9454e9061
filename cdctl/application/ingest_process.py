"""The process that takes in: `python -m cdctl.application.ingest_process`, started by `watching`, never by hand.

It inherits the memory of the fleet as a file descriptor, reads its job as a line of JSON from stdin, and says on stdout
how it stands, a JSON object a line. It ends when stdin ends, so it never outlives the process that started it.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any

gc.disable()  # what is imported stays; and messages leave no cycles, see `_sweep`

from cdctl.application import fleet_wiring  # noqa: E402
from cdctl.errors import CdctlError  # noqa: E402

_SWEEP_SECONDS = 60.0


def main() -> int:
    """Run the job; exit code 0, or that of the error that was said on stdout."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group: the parent decides
    say = partial(_say, _stdout())
    job = json.loads(sys.stdin.readline())
    try:
        _run(job, say)
    except CdctlError as error:
        say({"error": error.message, "subject": error.subject, "hint": error.hint, "exit_code": error.exit_code})
        return error.exit_code
    return 0


def _run(job: dict[str, Any], say: Callable[[dict[str, Any]], None]) -> None:
    stop = asyncio.Event()

    async def run() -> None:
        loop = asyncio.get_running_loop()
        loop.add_reader(sys.stdin.fileno(), lambda: _listen(stop))
        sweeping = loop.create_task(_sweep())
        try:
            await fleet_wiring.ingest(job, stop, say)
        finally:
            sweeping.cancel()

    _fast_loop(run)


async def _sweep() -> None:
    """Messages leave no cycles: looking for some every few hundred objects costs a tenth of taking in for nothing."""
    gc.freeze()
    while True:
        await asyncio.sleep(_SWEEP_SECONDS)
        gc.collect()


def _listen(stop: asyncio.Event) -> None:
    if not os.read(sys.stdin.fileno(), 4096):
        stop.set()


def _fast_loop(run: Any) -> None:
    try:
        import uvloop

        uvloop.run(run())
    except ImportError:  # not on every system; asyncio's own loop costs about a tenth more
        asyncio.run(run())


def _stdout() -> int:
    """Keep stdout for the news alone: what a plugin prints goes to stderr."""
    news = os.dup(1)
    os.dup2(2, 1)
    return news


def _say(out: int, news: dict[str, Any]) -> None:
    with suppress(OSError):  # whoever started us is gone: the end of stdin says so, too
        os.write(out, json.dumps(news).encode() + b"\n")


if __name__ == "__main__":
    sys.exit(main())
