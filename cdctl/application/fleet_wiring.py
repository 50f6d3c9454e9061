"""Composes what watches a fleet: links, speech, inventory, memory, snapshot. See `wiring` for the rest of the house."""

from __future__ import annotations

import asyncio
import os
import secrets
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from cdctl.application.fleet_doors import inventory, speech
from cdctl.application.wiring import WallClock, catalogue, read_settings
from cdctl.errors import UnavailableError, UsageError

if TYPE_CHECKING:
    from cdctl.application.ingest import Feed
    from cdctl.domain.fleet.columns import Columns
    from cdctl.domain.fleet.reading import Fleet
    from cdctl.domain.settings import Broker, Collector, Context, Settings
    from cdctl.domain.wire import Address, Link, Listener

_KEEP_SECONDS = 300.0

T = TypeVar("T")


def finished(work: Coroutine[Any, Any, T]) -> T:
    """Run to the end."""
    found: list[T] = []

    async def whole() -> None:
        found.append(await work)

    # Not the task's own result: as it ends, asyncio makes text of the task, and a page of a fleet is long.
    asyncio.run(whole())
    return found[0]


def address(broker: Broker) -> Address:
    """Where a broker is and who we are to it, secrets read. Raises UnavailableError when a secret is not there."""
    from cdctl.domain.wire import Address
    from cdctl.files.settings.secrets import reveal

    access, subject = broker.access, f"brokers.{broker.region}"
    choice: dict[str, Any] = {}
    if broker.session_expiry is not None:
        choice["session_expiry"] = broker.session_expiry
    if broker.receive_maximum is not None:
        choice["receive_maximum"] = broker.receive_maximum
    return Address(
        broker.url,
        client_id=broker.client_id,
        username=access.username or None,
        password=reveal(access.password, subject) if access.password else None,
        ca=access.ca,
        cert=access.cert,
        key=access.key,
        plaintext=access.plaintext,
        rate=broker.rate_cap,
        byte_rate=broker.bytes_cap,
        **choice,
    )


def link(broker: Broker, listener: Listener) -> Link:
    """A link to a broker, not connected yet. Raises UsageError for settings that cannot work."""
    from cdctl.links.opening import open_link

    return open_link(address(broker), listener)


def links(broker: Broker, listener: Listener) -> Link:
    """As many links to a broker as its settings say, which publish as one; the first subscribes. Raises as `link`."""
    from cdctl.links.opening import open_pool

    return (
        open_pool(address(broker), broker.connections, listener) if broker.connections > 1 else link(broker, listener)
    )


def beside(broker: Broker) -> Broker:
    """For a look beside whoever is there under the name of the settings: two of one client id would cut each other off,
    and nothing of it stays at the broker."""
    client = f"{broker.client_id}-look-{secrets.token_hex(4)}" if broker.client_id else ""
    return replace(broker, client_id=client, session_expiry=0)


def snapshot_path(settings: Settings, context: Context) -> Path | None:
    """Where the last picture of a context's fleet is kept; None where nothing is."""
    from hashlib import sha256

    if not settings.cache_dir:
        return None
    told = repr((context.name, sorted((b.region, b.url) for b in context.brokers.values()), context.topic_root))
    name = "".join(c if c.isalnum() or c in "-_" else "-" for c in context.name)
    return Path(settings.cache_dir).expanduser() / f"fleet-{name}-{sha256(told.encode()).hexdigest()[:8]}.snapshot"


def chosen_context(settings: Settings) -> Context:
    """The context in use. Raises UsageError, which speaks of brokers when nothing at all was written."""
    if not settings.default_context and not settings.contexts:
        raise UsageError(
            "no context: nothing says which brokers to ask",
            hint="cdctl lab up starts some to try it on; or a cdctl.toml with [contexts.NAME.brokers] and "
            'REGION = { url = "mqtts://..." }',
        )
    return settings.context()


def fleet_context(settings: Settings) -> Context:
    """The context in use, which must say where its vehicles are. Raises UsageError."""
    context = chosen_context(settings)
    if not context.brokers and not context.collector:
        raise UsageError(
            f"context {context.name!r} has no broker",
            subject=settings.file,
            hint=f'write [contexts.{context.name}.brokers] with REGION = {{ url = "mqtts://..." }}, or start the lab: '
            "cdctl lab up, cdctl --context lab fleet stats",
        )
    return context


async def ingest(job: Mapping[str, Any], stop: asyncio.Event, say: Callable[[dict[str, Any]], None]) -> None:
    """The work of the ingest process: memory by the inherited descriptor, snapshot first, then the brokers."""
    from cdctl.application.ingest import Ingest
    from cdctl.stores.fleet_snapshot import load

    settings = read_settings(config=job["config"], context=job["context"])
    context = fleet_context(settings)
    doors = catalogue(settings, plugins=job["plugins"])
    columns = _columns(settings, job["fd"])
    path = snapshot_path(settings, context) if job["snapshot"] else None
    if path and not job.get("again"):  # one that was started again finds the picture in memory
        warning = load(columns, path, round(WallClock().now() * 1000))
        if warning:
            say({"warning": warning})
    work = Ingest(
        columns,
        speech(context, settings, doors),
        WallClock(),
        focus=job.get("focus", ""),
        say=lambda warning: say({"warning": warning}),
    )
    say({"ready": True})
    keeping = asyncio.create_task(_keep(columns, path, work.now_ms)) if path else None
    try:
        await work.run(feeds(context), stop, inventory(context, doors))
    finally:
        if keeping:
            keeping.cancel()
    if path:
        warning = _save(columns, path, work.now_ms())
        if warning:
            say({"warning": warning})


def _columns(settings: Settings, fd: int) -> Columns:
    """The columns in the memory behind a descriptor; new ones in memory that has no size yet."""
    from cdctl.domain.fleet.columns import Columns
    from cdctl.domain.fleet.layout import Layout
    from cdctl.stores.fleet_memory import FleetMemory

    if os.fstat(fd).st_size:
        return Columns.attach(FleetMemory.attach(fd, write=True).buffer)
    layout = Layout(tuple(settings.fleet_columns))
    return Columns(layout, FleetMemory.sized(fd, layout.size).buffer)


async def _keep(columns: Columns, path: Path, now_ms: Callable[[], int]) -> None:
    """A process that is killed leaves a picture, too."""
    while True:
        await asyncio.sleep(_KEEP_SECONDS)
        await asyncio.to_thread(_save, columns, path, now_ms())


def _save(columns: Columns, path: Path, now_ms: int) -> str:
    """Keep the picture on disk, when something was heard: else an old one would look like one of now. Returns what
    went wrong."""
    from cdctl.domain.fleet.columns import Counter
    from cdctl.stores.fleet_snapshot import save

    if not columns.header["counters"][0, Counter.RECEIVED]:
        return ""
    try:
        save(columns, path, now_ms)
    except UnavailableError as error:
        return f"{error.message}: {error.subject}"
    return ""


async def open_fleet(
    settings: Settings, *, config: str = "", plugins: bool = True, snapshot: bool = True, focus: str = ""
) -> Fleet:
    """The fleet of the context in use: through its collector when it has one, else straight from its brokers, by a
    process that takes in until `aclose`. `focus` is a selection: which vehicles to prefer where a broker does not let
    us watch all. Raises UsageError, FileError, PluginError and UnavailableError."""
    context = fleet_context(settings)
    if context.collector:
        return through(context.collector, context.name)
    from cdctl.application.watching import IngestProcess
    from cdctl.stores.fleet_memory import FleetMemory, reserve

    fd = reserve()  # the process knows how large: it comes up while nothing of arrays is imported here
    job = {"config": config, "context": context.name, "plugins": plugins, "snapshot": snapshot, "focus": focus}
    try:
        process = await IngestProcess.start(fd, job)
        try:
            from cdctl.application.fleet import LocalFleet
            from cdctl.domain.fleet.columns import Columns

            return LocalFleet(Columns.attach(FleetMemory.attach(fd, write=True).buffer), WallClock(), process)
        except BaseException:
            await process.stop()
            raise
    finally:
        os.close(fd)


def through(collector: Collector, context: str) -> Fleet:
    """The fleet as a collector has it. Raises UnavailableError when a secret is not there."""
    from cdctl.collector.client import RemoteFleet
    from cdctl.collector.reaching import Place
    from cdctl.files.settings.secrets import reveal

    access, subject = collector.access, f"contexts.{context}.collector"
    place = Place(
        collector.url,
        token=reveal(access.token, subject) if access.token else None,
        username=access.username,
        password=reveal(access.password, subject) if access.password else None,
        ca=access.ca,
        cert=access.cert,
        key=access.key,
        plaintext=access.plaintext,
    )
    return RemoteFleet(place, WallClock())


def with_fleet(
    settings: Settings,
    work: Callable[[Fleet], Awaitable[T]],
    *,
    config: str = "",
    plugins: bool = True,
    focus: str = "",
) -> T:
    """Open the fleet of the context in use, do the work, let go of it whatever happens. `focus` and what is raised: see
    `open_fleet`."""

    async def run() -> T:
        fleet = await open_fleet(settings, config=config, plugins=plugins, focus=focus)
        try:
            return await work(fleet)
        finally:
            await fleet.aclose()

    return finished(run())


def feeds(context: Context) -> list[Feed]:
    """A feed for every region's broker."""
    from cdctl.application.ingest import Feed
    from cdctl.domain.address import masked

    def opener(broker: Broker) -> Callable[[Listener, int], Link]:
        return lambda listener, number: link(_numbered(broker, number), listener)

    return [
        Feed(broker.region, masked(broker.url), opener(broker), broker.connections, broker.rate_cap)
        for broker in context.brokers.values()
    ]


def _numbered(broker: Broker, number: int) -> Broker:
    """Two connections of one client id would cut each other off."""
    return replace(broker, client_id=f"{broker.client_id}-{number}") if broker.client_id and number else broker
