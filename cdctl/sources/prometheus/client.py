"""One HTTP client for a run: authentication, bounded concurrency, retries, one deadline. Foreign errors end here."""

from __future__ import annotations

import asyncio
import random
import time
from dataclasses import dataclass

import httpx

from cdctl.domain.text import safe
from cdctl.domain.traces import current
from cdctl.sources.prometheus.answers import Body, NotPrometheusError, decode, retention, version
from cdctl.sources.prometheus.endpoint import Endpoint
from cdctl.sources.prometheus.gate import Gate

_WORTH_RETRYING = frozenset({429, 500, 502, 503, 504})
_MAX_PAUSE = 10.0
_SOON = 0.2
_IN_TROUBLE = 1.0
"""Seconds before the second try, doubled before each further one: a lost connection is made anew at once, a server that
says it is in trouble needs time."""
_SHORT = 300
"""Characters of a query that an error shows."""


@dataclass(slots=True)
class AskError(Exception):
    """A query has no answer. `mine`: the query is at fault. `fatal`: no other query will fare better."""

    reason: str
    hint: str = ""
    mine: bool = False
    fatal: bool = False
    retry_after: float | None = None
    passing: bool = False
    pause: float = _SOON

    def __str__(self) -> str:
        return self.reason


class _OtherMethodError(Exception):
    """The server refuses the method; some proxies let only GET through."""


class Client:
    """Asks one endpoint; made without IO, connects when first asked."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self._gate = Gate(endpoint.concurrency)
        self._http: httpx.AsyncClient | None = None
        self._until: float | None = None
        self._down: AskError | None = None
        self._method = "POST"

    def prepare(self) -> None:
        """Read secrets and certificates now, which the first question does else. Raises UnavailableError."""
        self._connected()

    async def aclose(self) -> None:
        """Close every connection."""
        if self._http is not None:
            await self._http.aclose()
            self._http = None

    async def ask(self, path: str, params: dict[str, str], *, once: bool = False) -> Body:
        """One query, retried while that is worth it. Raises AskError.

        With `once`, only what any query would have met is worth it: no connection, or a server that says when to come
        again.
        """
        attempt = 0
        while True:
            method = self._method
            try:
                return await self._once(path, params)
            except _OtherMethodError:
                if method == "GET":
                    raise AskError(f"{self._endpoint.url} takes neither POST nor GET (HTTP 405)", fatal=True) from None
                self._method = "GET"
                continue
            except AskError as error:
                pause = error.retry_after or error.pause * 2**attempt * (0.5 + random.random())  # noqa: S311 - jitter
                general = error.fatal or error.retry_after is not None
                worth = error.passing and (general or not once)
                if not worth or attempt >= self._endpoint.retries or pause > self._left():
                    if error.fatal:
                        self._down = error
                    raise
            attempt += 1
            await asyncio.sleep(min(pause, _MAX_PAUSE))

    async def version(self) -> str:
        """The server's version; "unknown" when it does not tell, as some compatible servers do not."""
        return safe(version(await self._status("buildinfo")), 40) or "unknown"

    async def retention(self) -> str:
        """How long the server keeps what it scraped, such as `15d`; empty when it does not tell."""
        return safe(retention(await self._status("runtimeinfo")), 40)

    async def _status(self, page: str) -> bytes:
        """What the server says of itself; nothing when it cannot be asked, as that is no reason to doubt it."""
        url = f"{self._endpoint.url}/api/v1/status/{page}"
        try:
            return (await self._connected().get(url, timeout=self._endpoint.timeout)).content
        except httpx.HTTPError:
            return b""

    def _left(self) -> float:
        """Seconds until the run's deadline."""
        now = time.monotonic()
        if self._until is None:
            self._until = now + self._endpoint.deadline
        return self._until - now

    async def _once(self, path: str, params: dict[str, str]) -> Body:
        await self._gate.enter()
        took: float | None = None
        try:
            if self._down is not None:
                raise self._down
            left = self._left()
            if left <= 0:
                raise AskError(
                    f"the run's deadline of {self._endpoint.deadline:g} s passed", "raise `deadline` in the settings"
                )
            began = time.monotonic()
            response = await self._send(path, params, min(self._endpoint.timeout, left))
            took = time.monotonic() - began
        finally:
            self._gate.leave(took)
        return self._read(response, params.get("query", ""))

    async def _send(self, path: str, params: dict[str, str], timeout: float) -> httpx.Response:
        url = self._endpoint.url
        try:
            # httpx' own timeout is for each read: a server that drips would be waited for without end.
            async with asyncio.timeout(timeout):
                http = self._connected()
                told = current.headers()
                if self._method == "GET":
                    return await http.get(url + path, params=params, headers=told, timeout=timeout)
                return await http.post(url + path, data=params, headers=told, timeout=timeout)
        except (httpx.TimeoutException, TimeoutError):
            which = "timeout" if timeout >= self._endpoint.timeout else "deadline"
            raise AskError(
                f"{url} did not answer within {timeout:.3g} s", f"raise `{which}`, or ask for less", passing=True
            ) from None
        except httpx.ConnectError as error:
            hint = "is it running, and is the URL right?"
            raise AskError(f"cannot reach {url}: {_cause(error)}", hint, fatal=True, passing=True) from None
        except httpx.HTTPError as error:
            raise AskError(f"{url} broke off: {_cause(error)}", "try again", passing=True) from None

    def _connected(self) -> httpx.AsyncClient:
        if self._http is None:
            endpoint = self._endpoint
            basic = endpoint.basic()
            self._http = httpx.AsyncClient(
                headers={"User-Agent": "cdctl", **endpoint.all_headers()},
                auth=httpx.BasicAuth(*basic) if basic else None,
                verify=endpoint.tls(),
                limits=httpx.Limits(
                    max_connections=endpoint.concurrency, max_keepalive_connections=endpoint.concurrency
                ),
            )
        return self._http

    def _read(self, response: httpx.Response, query: str) -> Body:
        status = response.status_code
        if status == 405:
            raise _OtherMethodError
        if status != 200:
            raise self._refusal(response, query)
        try:
            body = decode(response.content)
        except NotPrometheusError as error:
            hint = "is this the URL of a Prometheus query API?"
            raise AskError(f"{self._endpoint.url}: {error}", hint, passing=True) from None
        if body.status != "success":
            raise AskError(f"{safe(body.errorType, 40)}: {safe(body.error)}; asked: {_short(query)}", mine=True)
        if body.data is None:
            raise AskError(f"{self._endpoint.url}: the answer is not of the Prometheus API", "is the URL right?")
        return body

    def _refusal(self, response: httpx.Response, query: str) -> AskError:
        status, url = response.status_code, self._endpoint.url
        words = _words(response)
        if status in {400, 422}:
            reason = f"the server refuses the query: {words}; asked: {_short(query)}"
            return AskError(reason, "run the query by hand; is it valid there?", mine=True)
        if status in {401, 403}:
            return AskError(f"{url} refuses us (HTTP {status})", "check the token, user or certificate", fatal=True)
        if status == 404:
            return AskError(f"{url} has no query API (HTTP 404)", "does the URL need a path prefix?", fatal=True)
        if response.is_redirect:
            return AskError(f"{url} redirects (HTTP {status})", "write the final URL in the settings", fatal=True)
        return AskError(
            f"{url} answered HTTP {status}: {words}",
            self._cure(status),
            passing=status in _WORTH_RETRYING,
            retry_after=_retry_after(response),
            pause=_IN_TROUBLE,
        )

    def _cure(self, status: int) -> str:
        if status in {429, 503}:
            asks = "it asks to slow down" if status == 429 else "it has too much to do, or is not ready yet"
            return f"{asks}: lower `concurrency` in the settings (now {self._endpoint.concurrency})"
        return "the server is in trouble; see its log"


def _words(response: httpx.Response) -> str:
    try:
        return safe(decode(response.content).error, 300)
    except NotPrometheusError:
        return safe(response.text.strip()[:200], 200) or response.reason_phrase


def _short(query: str) -> str:
    """A query on one line, its middle left out when it is long: both ends tell whose it is."""
    line = safe(" ".join(query.split()), len(query) + 1)
    return line if len(line) <= _SHORT else f"{line[: _SHORT * 2 // 3]} … {line[-(_SHORT // 3) :]}"


def _retry_after(response: httpx.Response) -> float | None:
    value = response.headers.get("Retry-After", "")
    return min(float(value), _MAX_PAUSE) if value.isdigit() else None


def _cause(error: Exception) -> str:
    return safe(str(error), 200) or type(error).__name__
