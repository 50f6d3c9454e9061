"""One server that is asked for spans over HTTP: who we are, retries, one deadline, bounded answers."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx

from cdctl.domain.text import safe
from cdctl.errors import UnavailableError, UsageError
from cdctl.sources.prometheus.endpoint import endpoint

LARGEST = 512 << 20
"""Bytes of an answer that is taken in."""
_WORTH_RETRYING = frozenset({429, 502, 503, 504})
_MAX_PAUSE = 10.0
_SOON = 0.2
_SAID = 4096


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server said; `kind` is the media type."""

    status: int
    body: bytes
    kind: str

    @property
    def said(self) -> str:
        """The body as a line of safe text, for errors."""
        return safe(" ".join(self.body[:_SAID].decode("utf-8", "replace").split()), 300)


class _FailedError(Exception):
    """Why there is no answer. passing: asking again may help, after `pause` seconds where the server says so."""

    def __init__(self, why: str, hint: str, *, passing: bool = True, pause: float | None = None) -> None:
        super().__init__(why)
        self.why, self.hint, self.passing, self.pause = why, hint, passing, pause


class Server:
    """Asks one server; made without IO. Errors never repeat a secret."""

    def __init__(self, kind: str, table: Mapping[str, object], own: frozenset[str] = frozenset()) -> None:
        """table: the settings, `{kind: url, ...}`; `own` are keys that are not about reaching it. Raises UsageError."""
        try:
            self._endpoint = endpoint(
                {"url" if key == kind else key: value for key, value in table.items() if key not in own}
            )
        except UsageError as error:
            subject = error.subject.replace("prometheus", "traces").replace("traces.url", f"traces.{kind}")
            raise UsageError(error.message, subject=subject, hint=error.hint.split(" (CDCTL")[0]) from None
        self.kind = kind
        self.url = self._endpoint.url
        self._http: httpx.AsyncClient | None = None

    @property
    def identity(self) -> str:
        """URL, tenant and who asks; no secret."""
        return self._endpoint.identity.replace("prometheus", self.kind, 1)

    async def aclose(self) -> None:
        """Close every connection."""
        if self._http is not None:
            await self._http.aclose()
            self._http = None

    async def get(self, path: str, params: Mapping[str, str], accept: str = "application/json") -> Answer:
        """See `ask`."""
        return await self.ask("GET", path, params, accept=accept)

    async def ask(
        self,
        method: str,
        path: str,
        params: Mapping[str, str],
        *,
        body: bytes | None = None,
        accept: str = "*/*",
        told: frozenset[int] = frozenset(),
    ) -> Answer:
        """One answer, asked for again while that is worth it. Raises UnavailableError; an answer below 500, or with a
        status in `told`, is the caller's to judge, but for 401, 403 and 429."""
        until = time.monotonic() + self._endpoint.deadline
        attempt = 0
        while True:
            try:
                return self._judged(*await self._once(method, path, params, body, accept, until), told)
            except _FailedError as failed:
                pause = failed.pause
                if pause is None:
                    pause = _SOON * 2**attempt * (0.5 + random.random())  # noqa: S311 - jitter
                if not failed.passing or attempt >= self._endpoint.retries or pause > until - time.monotonic():
                    raise self._failed(failed.why, failed.hint) from None
            attempt += 1
            await asyncio.sleep(min(pause, _MAX_PAUSE))

    async def _once(
        self, method: str, path: str, params: Mapping[str, str], body: bytes | None, accept: str, until: float
    ) -> tuple[Answer, float | None]:
        """An answer, and how long it asks to wait."""
        timeout = min(self._endpoint.timeout, until - time.monotonic())
        if timeout <= 0:
            raise _FailedError(
                f"the deadline of {self._endpoint.deadline:g} s passed", "raise `deadline`", passing=False
            )
        try:
            # httpx' own timeout is for each read: a server that drips would be waited for without end.
            async with asyncio.timeout(timeout):
                return await self._send(method, path, params, body, accept, timeout)
        except (httpx.TimeoutException, TimeoutError):
            hint = "raise `timeout`, or ask for less"
            raise _FailedError(f"it did not answer within {timeout:.3g} s", hint) from None
        except httpx.ConnectError as error:
            hint = "is it running, and is the URL right?"
            raise _FailedError(f"it cannot be reached: {_cause(error)}", hint) from None
        except httpx.HTTPError as error:
            raise _FailedError(f"it broke off: {_cause(error)}", "try again") from None

    def _judged(self, answer: Answer, pause: float | None, told: frozenset[int]) -> Answer:
        if answer.status in {401, 403}:
            why = f"it does not let us in (HTTP {answer.status}): {answer.said}"
            raise _FailedError(why, "check the token, or user and password", passing=False)
        if answer.status in _WORTH_RETRYING:
            hint = "ask for less, or later" if answer.status == 429 else "try again"
            raise _FailedError(f"it is busy or in trouble (HTTP {answer.status}): {answer.said}", hint, pause=pause)
        if answer.status >= 500 and answer.status not in told:
            raise _FailedError(f"it failed (HTTP {answer.status}): {answer.said}", "", passing=False)
        return answer

    async def _send(
        self, method: str, path: str, params: Mapping[str, str], body: bytes | None, accept: str, timeout: float
    ) -> tuple[Answer, float | None]:
        headers = {"Accept": accept}
        request = self._connected().stream(
            method, self.url + path, params=dict(params), content=body, headers=headers, timeout=timeout
        )
        async with request as response:
            parts, size = [], 0
            async for part in response.aiter_bytes():
                parts.append(part)
                size += len(part)
                if size > LARGEST:
                    raise self._failed(f"its answer has more than {LARGEST >> 20} MiB", "ask for less")
            kind = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
            return Answer(response.status_code, b"".join(parts), kind), _pause(response.headers.get("Retry-After", ""))

    def _connected(self) -> httpx.AsyncClient:
        if self._http is None:
            basic = self._endpoint.basic()
            self._http = httpx.AsyncClient(
                headers={**self._endpoint.all_headers(), "User-Agent": "cdctl"},
                auth=httpx.BasicAuth(*basic) if basic else None,
                verify=self._endpoint.tls(),
            )
        return self._http

    def _failed(self, why: str, hint: str) -> UnavailableError:
        return UnavailableError(why, subject=f"{self.kind} {self.url}", hint=hint)

    def unclear(self, what: str) -> UnavailableError:
        """The answer is not what such a server says."""
        return self._failed(f"this is no answer of {self.kind}: {what}", f"is {self.url} really a {self.kind}?")


def _pause(header: str) -> float | None:
    """Seconds that a Retry-After asks for: a number, or a date."""
    text = header.strip()
    if text.isdecimal() and len(text) < 9:
        return float(text)
    try:
        when = parsedate_to_datetime(text)
        return max(0.0, (when - datetime.now(UTC)).total_seconds()) if when.tzinfo else None
    except (ValueError, TypeError):
        return None


def _cause(error: BaseException) -> str:
    return safe(str(error) or type(error).__name__, 200)
