"""OTLP over HTTP: POST /v1/traces, protobuf or JSON; /metrics and /healthz beside it.

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
from cdctl.collector.otlp.answers import JSON, PROTOBUF, refused, taken
from cdctl.collector.otlp.intake import Intake
from cdctl.collector.otlp.refusing import NotTakenError, Why
from cdctl.collector.otlp.unpacking import MOST
from cdctl.collector.tokens import Gate

PATIENCE = 30.0
"""Seconds for a body to come."""
_FORMS = {PROTOBUF: PROTOBUF, "application/protobuf": PROTOBUF, JSON: JSON}
Handler = Callable[[Request], Awaitable[Response]]


class Receiver:
    """The answers. `app` is what a server runs. Without a gate everybody may send."""

    def __init__(self, intake: Intake, gate: Gate | None, *, patience: float = PATIENCE) -> None:
        self._intake, self._gate, self._patience = intake, gate, patience
        self.app = Starlette(
            routes=[
                Route("/v1/traces", self._guarded(self._traces), methods=["POST"]),
                Route("/metrics", self._guarded(self._metrics)),
                Route("/healthz", self._guarded(self._health)),
            ],
            exception_handlers={404: self._guarded(_unknown), 405: self._guarded(_unknown)},
        )

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
        form = _form(request)
        if form is None:
            raise NotTakenError(Why.TYPE, f"spans come as {PROTOBUF} or {JSON}")
        self._let_in(request)
        self._intake.admit()
        encoding = request.headers.get("content-encoding", "")
        held = 0
        parts: list[bytes] = []
        try:
            async with asyncio.timeout(self._patience):
                async for part in request.stream():
                    self._intake.admit()
                    self._intake.hold(len(part))
                    held += len(part)
                    parts.append(part)
                    if held > MOST:
                        raise NotTakenError(Why.LARGE, f"a body has {MOST >> 20} MiB at most")
            body = parts[0] if len(parts) == 1 else b"".join(parts)
            parts.clear()
            rejected = await self._intake.take(form, encoding, body, "http")
        except TimeoutError:
            raise NotTakenError(Why.SLOW, f"the body did not come within {self._patience:g} s") from None
        finally:
            self._intake.hold(-held)
        return Response(taken(form, rejected), media_type=form)

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
        text = counting.text(intake.counts, intake.in_flight, intake.listening)
        return Response(text, media_type=counting.TYPE)

    async def _health(self, request: Request) -> Response:
        well = self._intake.listening
        return Response("ok\n" if well else "nothing can be kept\n", 200 if well else 503, media_type="text/plain")


def _form(request: Request) -> str | None:
    return _FORMS.get(request.headers.get("content-type", "").partition(";")[0].strip().lower())


async def _unknown(request: Request) -> Response:
    if request.url.path in {"/v1/traces", "/metrics", "/healthz"}:
        raise NotTakenError(Why.METHOD, "spans are sent by POST")
    raise NotTakenError(Why.PATH, "spans are sent to /v1/traces; nothing else is taken")


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
