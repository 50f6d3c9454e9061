"""The process that takes in: `python -m cdctl.application.ingest_process`, started by `watching`, never by hand.

It inherits the memory of the fleet as a file descriptor, reads its job as a line of JSON from stdin, and says on stdout
how it stands, a JSON object a line. It ends when stdin ends, so it never outlives the process that started it.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from typing import Any

from cdctl.errors import CdctlError


def main() -> int:
    """Run the job; exit code 0, or that of the error that was said on stdout."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group: the parent decides
    job = json.loads(sys.stdin.readline())
    try:
        _run(job)
    except CdctlError as error:
        _say({"error": error.message, "subject": error.subject, "hint": error.hint, "exit_code": error.exit_code})
        return error.exit_code
    return 0


def _run(job: dict[str, Any]) -> None:
    from cdctl.application import fleet_wiring

    stop = asyncio.Event()

    async def run() -> None:
        loop = asyncio.get_running_loop()
        loop.add_reader(sys.stdin.fileno(), lambda: _listen(stop))
        await fleet_wiring.ingest(job, stop, _say)

    _fast_loop(run)


def _listen(stop: asyncio.Event) -> None:
    if not os.read(sys.stdin.fileno(), 4096):
        stop.set()


def _fast_loop(run: Any) -> None:
    try:
        import uvloop

        uvloop.run(run())
    except ImportError:  # not on every system; asyncio's own loop costs about a tenth more
        asyncio.run(run())


def _say(news: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(news) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
