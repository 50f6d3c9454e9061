"""Composes a receiver of spans: sockets, what reads them, the store and what looks after it. See `wiring`."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import TYPE_CHECKING

from cdctl.application.fleet_wiring import chosen_context
from cdctl.application.trace_serving import AHEAD, Pulse, Served, Serving
from cdctl.application.traces_wiring import folder_of
from cdctl.errors import UnavailableError, UsageError

if TYPE_CHECKING:
    from cdctl.collector.otlp.changes import Changes
    from cdctl.collector.otlp.counting import Counts
    from cdctl.collector.otlp.intake import Intake
    from cdctl.collector.tokens import Gate
    from cdctl.domain.settings import Settings
    from cdctl.domain.traces.ports import SpanReader
    from cdctl.stores.spans.tending import Tending

_BEAT, _TEND, _PULSE = 5.0, 10.0, 1.0
"""Seconds between: saying that spans are heard, looking after the store, showing how it goes."""
Say = Callable[[str], None]


async def serve(
    settings: Settings,
    wanted: Serving,
    *,
    say: Say = lambda _: None,
    ready: Callable[[Served], None] = lambda _: None,
    pulse: Callable[[Pulse], None] = lambda _: None,
) -> None:
    """Take spans in until cancelled; what was acknowledged is kept. `say` gets warnings, `ready` where it listens,
    `pulse` how it goes, once more at the end. Raises UsageError, RefusedError and UnavailableError."""
    _installed()
    from cdctl.collector import serving
    from cdctl.collector.otlp.counting import Counts
    from cdctl.collector.otlp.http import Receiver
    from cdctl.collector.otlp.intake import Intake
    from cdctl.stores.spans.folder import SpanFolder
    from cdctl.stores.spans.tending import Keeping, Tending

    host, port = serving.host_and_port(wanted.listen)
    serving.check(host, wanted.cert, wanted.key)
    if wanted.grpc:
        serving.check(serving.host_and_port(wanted.grpc, "--grpc")[0], wanted.cert, wanted.key, "--grpc")
    tls = serving.tls(wanted.cert, wanted.key)
    store = _folder(settings, wanted)
    gate, token_file, made = _gate(wanted, store, say)
    counts = Counts()
    async with contextlib.AsyncExitStack() as stack:
        listening = stack.enter_context(contextlib.closing(serving.bound(host, port)))
        folder = stack.enter_context(SpanFolder(store))
        for note in folder.notes:
            say(note)
        tending = Tending(folder, Keeping(wanted.keep, wanted.most), time.time)
        changes = _changes(settings, store)
        intake = Intake(folder, _readers(), counts, bounds=lambda: (time.time() - wanted.keep, time.time() + AHEAD))
        await stack.enter_async_context(_taking(intake, lambda: pulse(_pulse(counts, intake, 0.0))))
        grpc = await stack.enter_async_context(_rpc(wanted, intake, gate))
        ready(Served(serving.url(listening, tls), grpc, store, token_file, made))
        async with asyncio.TaskGroup() as group:
            group.create_task(_beating(intake, gate))
            group.create_task(_tended(tending, counts, say))
            group.create_task(_pulsing(intake, counts, pulse))
            group.create_task(serving.serve(Receiver(intake, gate, changes=changes).app, listening, tls))


def _folder(settings: Settings, wanted: Serving) -> Path:
    """Checked before anything is written into it, a token among that."""
    from cdctl.stores.spans import own

    named = bool(wanted.store) or not settings.contexts
    folder = folder_of(None, wanted.store) if named else folder_of(chosen_context(settings))
    own.check(folder)
    return folder


def _installed() -> None:
    """Raises UnavailableError when a library is missing without which no span can be read."""
    try:
        import google.rpc.status_pb2  # noqa: F401
        import opentelemetry.proto.collector.trace.v1.trace_service_pb2  # noqa: F401
    except ImportError as error:
        raise UnavailableError(
            f"spans cannot be taken in: {error.name} is not installed", hint="pip install 'cdctl[traces]'"
        ) from None


def _readers() -> dict[str, Callable[[], SpanReader]]:
    from cdctl.collector.otlp.answers import JSON, PROTOBUF
    from cdctl.formats.otlp_json import OtlpJson
    from cdctl.formats.otlp_protobuf import OtlpProtobuf

    return {PROTOBUF: OtlpProtobuf, JSON: OtlpJson}


def _changes(settings: Settings, store: Path) -> Changes:
    """Where changes go that come in: the file of the context, else the one beside the spans."""
    from cdctl.application.changes_wiring import CHANGES
    from cdctl.collector.otlp.answers import JSON, PROTOBUF
    from cdctl.collector.otlp.changes import Changes
    from cdctl.files.change_lines import written
    from cdctl.formats.otlp_changes import from_json, from_protobuf
    from cdctl.stores.change_log import append

    context = settings.context() if settings.contexts and settings.default_context else None
    path = Path(context.changes).expanduser() if context is not None and context.changes else store / CHANGES
    return Changes(
        {JSON: from_json, PROTOBUF: from_protobuf}, lambda found: append(path, b"".join(map(written, found)))
    )


def _gate(wanted: Serving, store: Path, say: Say) -> tuple[Gate | None, str, bool]:
    """Who may send, the file that says so, and whether its token was made just now. On loopback everybody may."""
    from cdctl.collector import serving, tokens
    from cdctl.domain.address import is_loopback

    addresses = [wanted.listen, *([wanted.grpc] if wanted.grpc else [])]
    if not wanted.token_file and all(is_loopback(serving.host_and_port(one)[0]) for one in addresses):
        return None, "", False
    path = Path(wanted.token_file).expanduser() if wanted.token_file else store / "token"
    made = tokens.ensure(path)
    if tokens.open_to_others(path):
        say(f"others on this machine may read the tokens in {path}: chmod 600 {path}")
    return tokens.Gate(path, time.monotonic), str(path), made


@contextlib.asynccontextmanager
async def _taking(intake: Intake, after: Callable[[], None]) -> AsyncIterator[None]:
    intake.start()
    try:
        yield
    finally:
        await intake.close()
        after()


@contextlib.asynccontextmanager
async def _rpc(wanted: Serving, intake: Intake, gate: Gate | None) -> AsyncIterator[str]:
    """gRPC beside HTTP; gives its address, empty when it is not wanted."""
    if not wanted.grpc:
        yield ""
        return
    from cdctl.collector import serving

    try:
        from cdctl.collector.otlp.rpc import Identity, Rpc
    except ImportError:
        raise UsageError(
            "gRPC cannot be served: grpcio is not installed",
            subject="--grpc",
            hint="pip install 'cdctl[traces]', or leave gRPC out: --grpc ''",
        ) from None
    host, port = serving.host_and_port(wanted.grpc, "--grpc")
    rpc = Rpc(intake, gate)
    try:
        yield await rpc.start(host, port, Identity(wanted.cert, wanted.key) if wanted.cert else None)
    finally:
        await rpc.close()


async def _beating(intake: Intake, gate: Gate | None) -> None:
    while True:
        await asyncio.sleep(_BEAT)
        intake.beat()
        if gate is not None:
            gate.renew()


async def _tended(tending: Tending, counts: Counts, say: Say) -> None:
    """Once in a while, in a thread: what it does is long, and can be broken off."""
    stop = threading.Event()
    said = ""
    try:
        while True:
            try:
                await asyncio.to_thread(tending.once, lambda: not stop.is_set())
                said = ""
            except UnavailableError as error:
                if error.message != said:
                    say(str(error))
                said = error.message
            while tending.notes:
                say(tending.notes.pop(0))
            counts.dropped = tending.dropped
            await asyncio.sleep(_TEND)
    finally:
        stop.set()


async def _pulsing(intake: Intake, counts: Counts, pulse: Callable[[Pulse], None]) -> None:
    before, then = counts.received, time.monotonic()
    while True:
        await asyncio.sleep(_PULSE)
        now = time.monotonic()
        pulse(_pulse(counts, intake, (counts.received - before) / (now - then)))
        before, then = counts.received, now


def _pulse(counts: Counts, intake: Intake, rate: float) -> Pulse:
    refused = counts.refused.total()
    return Pulse(rate, counts.kept, counts.dropped, refused, counts.late, intake.listening, counts.said())
