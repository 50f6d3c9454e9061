"""Composes a collector: the process that takes in, memory, history, the server. See `wiring` for the rest."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from cdctl.application.collecting import Collected, Collecting, rooms
from cdctl.application.fleet_wiring import fleet_context
from cdctl.application.wiring import WallClock
from cdctl.errors import UsageError

if TYPE_CHECKING:
    from cdctl.collector.tokens import Gate
    from cdctl.domain.settings import Settings


async def collect(
    settings: Settings,
    wanted: Collecting,
    *,
    config: str = "",
    plugins: bool = True,
    say: Callable[[str], None] = lambda _: None,
    ready: Callable[[Collected], None] = lambda _: None,
) -> None:
    """Take in once for a whole team, keep the past, and serve it until cancelled. `say` gets warnings, `ready` where it
    serves. Raises UsageError, FileError, PluginError, RefusedError and UnavailableError."""
    from cdctl.application.tending import Tended
    from cdctl.collector import serving
    from cdctl.collector.beat import Beat
    from cdctl.collector.looking import Lookout
    from cdctl.collector.server import Collector, Counts
    from cdctl.domain.fleet.columns import Columns
    from cdctl.domain.fleet.layout import Layout
    from cdctl.stores.fleet_history import FleetHistory
    from cdctl.stores.fleet_memory import FleetMemory

    context = fleet_context(settings)
    if not context.brokers:
        raise UsageError("this context has a collector and no broker to take in from", subject=settings.file)
    host, port = serving.host_and_port(wanted.listen)
    serving.check(host, wanted.cert, wanted.key)
    tls = serving.tls(wanted.cert, wanted.key)
    folder, token_file = rooms(wanted, settings.cache_dir, context.name)
    gate, made = _gate(token_file, say)
    listening = serving.bound(host, port)
    memory = FleetMemory.create(Layout(tuple(settings.fleet_columns)).size)
    columns = Columns(Layout(tuple(settings.fleet_columns)), memory.buffer)
    counts, clock = Counts(), WallClock()
    job = {"config": config, "context": context.name, "plugins": plugins, "snapshot": True}
    tended = Tended(memory.fd, job, lambda: Columns.attach(memory.buffer), clock, counts, say)
    archive = FleetHistory(folder / "history.db", keep=wanted.keep, max_bytes=wanted.max_bytes, clock=clock.now)
    lookout = Lookout(columns, clock, lambda: (*tended.notes(), *archive.notes(), *filter(None, [gate.note])))
    beat = Beat(lookout, archive, clock, secrets.token_hex(8), gate.renew)
    try:
        await tended.start()
        ready(Collected(serving.url(listening, tls), str(token_file), made, archive.since()))
        async with asyncio.TaskGroup() as group:
            group.create_task(tended.run())
            group.create_task(beat.run())
            group.create_task(serving.serve(Collector(beat, gate, counts).app, listening, tls))
    finally:
        listening.close()
        await tended.close()
        await beat.close()
        memory.close()


def _gate(token_file: Path, say: Callable[[str], None]) -> tuple[Gate, bool]:
    """Who may ask, and whether the token was made just now."""
    from cdctl.collector import tokens

    made = tokens.ensure(token_file)
    gate = tokens.Gate(token_file, time.monotonic)
    if tokens.open_to_others(token_file):
        say(f"others on this machine may read the tokens in {token_file}: chmod 600 {token_file}")
    return gate, made
