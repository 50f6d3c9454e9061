"""OTLP over HTTP: POST /v1/traces, and /v1/logs for changes; protobuf or JSON; /metrics and /healthz beside it.

https://opentelemetry.io/docs/specs/otlp/#otlphttp
"""

from __future__ import annotations

import asyncio
import sys
import traceback
from collections.abc import Awaitable, Callable

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from cdctl.collector.otlp import counting
from cdctl.collector.otlp.answers import JSON, PROTOBUF, records_taken, refused, taken
from cdctl.collector.otlp.changes import Changes
from cdctl.collector.otlp.intake import Intake
from cdctl.collector.otlp.refusing import NotTakenError, Why
from cdctl.collector.otlp.unpacking import MOST
from cdctl.collector.tokens import Gate
from cdctl.domain.traces.batch import Rejections

PATIENCE = 30.0
"""Seconds for a body to come."""
_FORMS = {PROTOBUF: PROTOBUF, "application/protobuf": PROTOBUF, JSON: JSON}
Handler = Callable[[Request], Awaitable[Response]]
Take = Callable[[str, str, bytes], Awaitable[Rejections]]
"""Form, encoding and body of a request -> what of it was not taken."""


class Receiver:
    """The answers. `app` is what a server runs. Without a gate everybody may send."""

    def __init__(
        self, intake: Intake, gate: Gate | None, *, changes: Changes | None = None, patience: float = PATIENCE
    ) -> None:
        self._intake, self._gate, self._changes, self._patience = intake, gate, changes, patience
        self.app = Starlette(
            routes=[
                Route("/v1/traces", self._guarded(self._traces), methods=["POST"]),
                *([Route("/v1/logs", self._guarded(self._logs), methods=["POST"])] if changes else []),
                Route("/metrics", self._guarded(self._metrics)),
                Route("/healthz", self._guarded(self._health)),
            ],
            exception_handlers={404: self._guarded(self._unknown), 405: self._guarded(self._unknown)},
        )
        self.app.router.redirect_slashes = False  # another path is another path, and answered as OTLP says

    def _guarded(self, handler: Handler) -> Callable[..., Awaitable[Response]]:
        async def guarded(request: Request, _: Exception | None = None) -> Response:
            try:
                return await handler(request)
            except NotTakenError as error:
                failed = error
            except ClientDisconnect:
                failed = NotTakenError(Why.SLOW, "whoever asked has gone")
            except Exception as error:  # a bug: one request fails, not the service
                traceback.print_exc(file=sys.stderr)
                failed = NotTakenError(Why.BUG, f"a bug: {type(error).__name__}")
            self._intake.refuse(failed)
            return _refusal(_form(request) or JSON, failed)

        return guarded

    async def _traces(self, request: Request) -> Response:
        form, rejected = await self._taken(
            request, lambda form, encoding, body: self._intake.take(form, encoding, body, "http")
        )
        return Response(taken(form, rejected), media_type=form)

    async def _logs(self, request: Request) -> Response:
        assert self._changes is not None
        form, rejected = await self._taken(request, self._changes.take)
        self._intake.counts.requests["http"] += 1
        return Response(records_taken(form, rejected), media_type=form)

    async def _taken(self, request: Request, take: Take) -> tuple[str, Rejections]:
        form = _form(request)
        if form is None:
            raise NotTakenError(Why.TYPE, f"OTLP comes as {PROTOBUF} or {JSON}")
        self._let_in(request)
        encoding = request.headers.get("content-encoding", "")
        held, busy = 0, not self._intake.has_room
        parts: list[bytes] = []
        try:
            async with asyncio.timeout(self._patience):
                async for part in request.stream():
                    if busy:  # read and not kept: who is cut off while he sends never reads why
                        continue
                    self._intake.hold(len(part))
                    held += len(part)
                    parts.append(part)
                    if held > MOST:
                        raise NotTakenError(Why.LARGE, f"a body has {MOST >> 20} MiB at most")
                    if busy := not self._intake.has_room:
                        self._intake.hold(-held)
                        held = 0
                        parts.clear()
            if busy:
                raise NotTakenError(Why.BUSY, "more comes in than can be kept")
            body = parts[0] if len(parts) == 1 else b"".join(parts)
            parts.clear()
            return form, await take(form, encoding, body)
        except TimeoutError:
            raise NotTakenError(Why.SLOW, f"the body did not come within {self._patience:g} s") from None
        finally:
            self._intake.hold(-held)

    def _let_in(self, request: Request) -> None:
        if self._gate is None:
            return
        address = request.client.host if request.client else ""
        if self._gate.who(request.headers.get("authorization", ""), address) is None:
            if self._gate.blocked(address):
                raise NotTakenError(Why.GUESSED, "too many wrong tokens came from this address")
            raise NotTakenError(Why.TOKEN, "this receiver does not know the token")

    async def _metrics(self, request: Request) -> Response:
        self._let_in(request)
        intake = self._intake
        records = self._changes.counts if self._changes is not None else None
        text = counting.text(intake.counts, intake.in_flight, intake.listening, records)
        return Response(text, media_type=counting.TYPE)

    async def _health(self, request: Request) -> Response:
        well = self._intake.listening
        return Response("ok\n" if well else "nothing can be kept\n", 200 if well else 503, media_type="text/plain")

    async def _unknown(self, request: Request) -> Response:
        changes = {"/v1/logs"} if self._changes is not None else set()
        if request.url.path in {"/v1/traces", "/metrics", "/healthz", *changes}:
            raise NotTakenError(Why.METHOD, "OTLP is sent by POST")
        also = ", changes to /v1/logs" if changes else ""
        raise NotTakenError(Why.PATH, f"spans are sent to /v1/traces{also}; nothing else is taken")


def _form(request: Request) -> str | None:
    return _FORMS.get(request.headers.get("content-type", "").partition(";")[0].strip().lower())


def _refusal(form: str, error: NotTakenError) -> Response:
    headers = {}
    if error.why.wait:
        headers["retry-after"] = str(error.why.wait)
    if error.why is Why.TOKEN:
        headers["www-authenticate"] = "Bearer"
    if error.why is Why.METHOD:
        headers["allow"] = "POST"
    if error.why in {Why.LARGE, Why.SLOW, Why.BUSY, Why.ENDING}:
        headers["connection"] = "close"  # what is left of the body is not read
    return Response(refused(form, error), error.why.status, headers, form)
