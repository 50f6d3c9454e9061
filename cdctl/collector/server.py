"""The questions that a collector answers over HTTP. Every path but /healthz needs a token."""

from __future__ import annotations

import asyncio
import contextlib
import sys
import traceback
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from cdctl.collector import metrics, wire
from cdctl.collector.answers import Lines, SlowError, TroubleError, asked, refusal, typed
from cdctl.collector.beat import Beat
from cdctl.collector.tokens import Gate
from cdctl.domain.fleet.reading import Page
from cdctl.errors import CdctlError

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

STREAMS_A_TOKEN = 256
SETTLE_MOST = 30.0
SILENT = 5.0
"""Seconds without a beat of the process that takes in, after which it is not well."""
_POLL = 0.05
Handler = Callable[[Request], Awaitable[Response]]


@dataclass(slots=True)
class Counts:
    """What the rest of the house counts: starts of the process that takes in, after the first."""

    restarts: int = 0


class Collector:
    """The answers. `app` is what a server runs."""

    def __init__(self, beat: Beat, gate: Gate, counts: Counts) -> None:
        self._beat, self._gate, self._counts = beat, gate, counts
        self._streams: Counter[int] = Counter()
        posts = {
            "find": self._find,
            "tally": self._tally,
            "card": self._card,
            "history": self._history,
            "follow": self._follow,
            "watch": self._watch,
        }
        routes = [
            Route("/healthz", self._guarded(self._health, free=True)),
            Route("/metrics", self._guarded(self._metrics)),
            Route("/v1/status", self._guarded(self._status)),
            *(Route(f"/v1/{name}", self._guarded(handler), methods=["POST"]) for name, handler in posts.items()),
        ]
        inner = Starlette(routes=routes, exception_handlers={404: _unknown, 405: _unknown})

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            with contextlib.suppress(SlowError, ClientDisconnect):
                await inner(scope, receive, send)

        self.app = app

    def _guarded(self, handler: Handler, *, free: bool = False) -> Handler:
        async def guarded(request: Request) -> Response:
            try:
                if not free:
                    request.state.token = self._let_in(request)
                response = await handler(request)
            except (CdctlError, TroubleError) as error:
                response = refusal(error)
            except (SlowError, ClientDisconnect):
                raise
            except Exception as error:  # a bug: one request fails, in words without anybody's data, not the service
                traceback.print_exc(file=sys.stderr)
                response = refusal(TroubleError(wire.Trouble("unavailable", f"a bug: {type(error).__name__}"), 500))
            response.headers[wire.HEADER] = str(wire.VERSION)
            return response

        return guarded

    def _let_in(self, request: Request) -> int:
        address = request.client.host if request.client else ""
        found = self._gate.who(request.headers.get("authorization", ""), address)
        if found is None:
            if self._gate.blocked(address):
                told = wire.Trouble("token", "too many wrong tokens came from this address", hint="wait a minute")
                raise TroubleError(told, 429, {"retry-after": "60"})
            hint = "name the file with the collector's token: collector = { url = ..., token_file = ... }"
            told = wire.Trouble("token", "this collector does not know the token", hint=hint)
            raise TroubleError(told, 401, {"www-authenticate": "Bearer"})
        return found

    async def _health(self, request: Request) -> Response:
        lag = self._lag()
        well = lag < SILENT
        return Response("ok\n" if well else "nothing is taken in\n", 200 if well else 503, media_type="text/plain")

    async def _metrics(self, request: Request) -> Response:
        beat = self._beat
        own = metrics.Own(
            lag=self._lag(),
            took=beat.took,
            viewers=beat.viewers,
            questions=len(beat.topics),
            happenings=beat.happenings,
            happenings_lost=beat.reader.lost,
            history_lost=beat.archive_lost,
            history_bytes=await beat.kept(beat.archive.size),
            oldest=await beat.kept(beat.archive.since),
            restarts=self._counts.restarts,
            refused=self._gate.refused,
            skipped=beat.skipped_in_all,
        )
        return Response(metrics.text(await beat.status(), own), media_type=metrics.TYPE)

    def _lag(self) -> float:
        header = self._beat.lookout.columns.header
        beaten = int(header["heartbeat_ms"][0])
        return max(self._beat.lookout.now_ms() - beaten, 0) / 1000 if beaten else SILENT

    async def _status(self, request: Request) -> Response:
        try:
            wait = min(max(float(request.query_params.get("settle", "0")), 0.0), SETTLE_MOST)
        except ValueError:
            raise TroubleError(wire.Trouble("usage", "settle is a number of seconds")) from None
        loop = asyncio.get_running_loop()
        end = loop.time() + wait
        while not self._beat.lookout.columns.header["settled"][0] and loop.time() < end:
            await asyncio.sleep(_POLL)
        return typed(await self._beat.look(self._beat.lookout.status) if wait else await self._beat.status())

    async def _find(self, request: Request) -> Response:
        ask = await asked(request, wire.Ask)
        self._has_room(request)
        beat = self._beat
        status = await beat.status()
        page = await beat.look(lambda: beat.lookout.page(ask.query(), status))
        return self._stream(request, self._rows(page))

    async def _rows(self, page: Page) -> AsyncIterator[bytes]:
        count = len(page.rows)
        yield wire.line(wire.PageHead(list(page.columns), count, page.matched, dict(page.left_out), page.status))
        for begin in range(0, count, wire.ROWS_A_LINE):
            part = page.rows[begin : begin + wire.ROWS_A_LINE]
            yield await self._beat.look(lambda part=part: wire.line(list(part)))  # type: ignore[misc]

    async def _tally(self, request: Request) -> Response:
        ask = await asked(request, wire.AskTally)
        beat = self._beat
        status = await beat.status()
        tally = await beat.look(lambda: beat.lookout.tally(ask.where, ask.by, status))
        return typed(tally)

    async def _card(self, request: Request) -> Response:
        ask = await asked(request, wire.AskCard)
        beat = self._beat
        status = await beat.status()
        return typed(await beat.look(lambda: beat.lookout.card(ask.vin, status)))

    async def _history(self, request: Request) -> Response:
        ask = await asked(request, wire.AskHistory)
        past = await self._beat.past(ask)
        return typed(wire.History(past.since, list(past.happenings), list(past.minutes), past.cut))

    async def _follow(self, request: Request) -> Response:
        ask = await asked(request, wire.Ask)
        ask.limit = min(wire.MOST_ROWS if ask.limit is None else ask.limit, wire.MOST_ROWS)
        opened = self._followed(ask)
        return await self._begun(request, opened)

    async def _followed(self, ask: wire.Ask) -> AsyncIterator[bytes]:
        async with self._beat.following(ask) as topic:
            async for line in topic.lines():
                yield line

    async def _watch(self, request: Request) -> Response:
        return await self._begun(request, self._watched(await asked(request, wire.AskWatch)))

    async def _watched(self, ask: wire.AskWatch) -> AsyncIterator[bytes]:
        async with self._beat.watching(ask) as (topic, missed, after):
            yield wire.line(wire.Run(self._beat.boot, after, missed))
            async for line in topic.lines(after):
                yield line

    async def _begun(self, request: Request, lines: AsyncIterator[bytes]) -> Response:
        """A stream whose first line is there: what is wrong with the question is still a refusal."""
        self._has_room(request)
        first = await anext(lines)

        async def whole() -> AsyncIterator[bytes]:
            try:
                yield first
                async for line in lines:
                    yield line
            finally:
                await lines.aclose()  # type: ignore[attr-defined]

        return self._stream(request, whole())

    def _stream(self, request: Request, lines: AsyncIterator[bytes]) -> Response:
        return Lines(self._counted(request.state.token, lines))

    def _has_room(self, request: Request) -> None:
        if self._streams[request.state.token] >= STREAMS_A_TOKEN:
            told = wire.Trouble("unavailable", f"{STREAMS_A_TOKEN} views are open with this token", hint="close some")
            raise TroubleError(told, 429, {"retry-after": "5"})

    async def _counted(self, token: int, lines: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        self._streams[token] += 1
        try:
            async for line in lines:
                yield line
        finally:
            self._streams[token] -= 1
            await lines.aclose()  # type: ignore[attr-defined]


async def _unknown(request: Request, error: Exception) -> Response:
    """No such path: likely another version."""
    told = wire.Trouble(
        "version", "this collector does not know the question", hint="use one version of cdctl", versions=[wire.VERSION]
    )
    response = refusal(TroubleError(told))
    response.headers[wire.HEADER] = str(wire.VERSION)
    return response
