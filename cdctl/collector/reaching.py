"""How a viewer reaches its collector: one connection pool, errors in words, streams that are read line by line."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import urlsplit

import httpx
import msgspec

from cdctl.collector import wire
from cdctl.domain.address import is_loopback, masked
from cdctl.domain.text import safe
from cdctl.errors import CdctlError, UnavailableError, UsageError

T = TypeVar("T")
CONNECT_SECONDS = 5.0
ANSWER_SECONDS = 30.0
SILENT_SECONDS = 5.0
"""A stream says something at least every two seconds; after this long without a word it is taken for cut."""
MOST_BYTES = 256 << 20
_AWAY = frozenset({502, 503, 504})


@dataclass(frozen=True, slots=True)
class Place:
    """Where a collector is, whom we trust there, and who we are. Paths of PEM files; secrets are not shown."""

    url: str
    token: str | None = field(default=None, repr=False)
    username: str = ""
    password: str | None = field(default=None, repr=False)
    ca: str = ""
    cert: str = ""
    key: str = ""
    plaintext: bool = False


class CutError(Exception):
    """The collector cannot be reached, or went silent; the text says why. Worth another try."""


class Reach:
    """The way to one collector. Raises UsageError for a place that cannot be asked safely."""

    def __init__(self, place: Place) -> None:
        parts = urlsplit(place.url)
        host = parts.hostname or ""
        if parts.scheme == "http" and not place.plaintext and not is_loopback(host):
            raise UsageError(
                f"{host} would be asked without TLS",
                subject=masked(place.url),
                hint="use https://, or allow it: plaintext = true",
            )
        self.url = masked(place.url).rstrip("/")
        token = place.token or ""
        if not (token.isascii() and token.isprintable()):
            raise UnavailableError("the token is not one line of plain ASCII", subject=self.url, hint="check its file")
        basic = (place.username, place.password or "") if place.username else None
        self._client = httpx.AsyncClient(
            base_url=place.url.rstrip("/"),
            headers={"Authorization": f"Bearer {token}"} if token else {},
            auth=basic,
            verify=_trust(place),
            timeout=httpx.Timeout(ANSWER_SECONDS, connect=CONNECT_SECONDS),
            trust_env=False,
        )

    async def aclose(self) -> None:
        """Let go of the connections."""
        await self._client.aclose()

    async def ask(self, name: str, question: Any, kind: type[T], timeout: float = ANSWER_SECONDS) -> T:
        """A question with one answer. Raises UnavailableError, UsageError and RefusedError."""
        try:
            body = None if question is None else wire.encode(question)
            method = "GET" if question is None else "POST"
            response = await self._client.request(
                method, f"/v1/{name}", content=body, timeout=httpx.Timeout(timeout, connect=CONNECT_SECONDS)
            )
        except (httpx.HTTPError, OSError) as error:
            raise self.unavailable(_why(error)) from None
        return self._answer(response, kind)

    @asynccontextmanager
    async def lines(
        self, name: str, question: Any, silent: float = SILENT_SECONDS
    ) -> AsyncIterator[AsyncIterator[bytes]]:
        """A question that is answered by lines. Raises CutError when there is no answer or it ends early, and what the
        collector says otherwise."""
        timeout = httpx.Timeout(silent, connect=CONNECT_SECONDS)
        try:
            async with self._client.stream(
                "POST", f"/v1/{name}", content=wire.encode(question), timeout=timeout
            ) as response:
                if response.status_code != 200:
                    await response.aread()
                if response.status_code in _AWAY:
                    raise CutError(self._refusal(response).message)
                if response.status_code != 200:
                    raise self._refusal(response)
                self._spoken(response)
                yield _split(response.aiter_bytes())
        except (httpx.HTTPError, OSError) as error:
            raise CutError(_why(error)) from None

    def unavailable(self, why: str) -> UnavailableError:
        """The error that says that nobody answers."""
        return UnavailableError(
            f"the collector does not answer: {why}",
            subject=self.url,
            hint="start it: cdctl collect; or leave out the setting `collector` to watch straight from the brokers",
        )

    def _answer(self, response: httpx.Response, kind: type[T]) -> T:
        if response.status_code != 200:
            raise self._refusal(response)
        self._spoken(response)
        return self.decoded(response.content, kind)

    def decoded(self, body: bytes, kind: type[T]) -> T:
        """What the collector said. Raises UnavailableError when it is not what this version expects."""
        try:
            return msgspec.json.decode(body, type=kind)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise UnavailableError(
                f"the collector's answer is not understood: {safe(str(error))}",
                subject=self.url,
                hint="use one version of cdctl on both sides",
            ) from None

    def _spoken(self, response: httpx.Response) -> None:
        told = response.headers.get(wire.HEADER)
        if told == str(wire.VERSION):
            return
        if told is None:
            raise UnavailableError("this is no collector", subject=self.url, hint="check the setting `collector`")
        raise self._other_version(safe(told, 20))

    def _other_version(self, told: str) -> UnavailableError:
        return UnavailableError(
            f"the collector speaks version {told} of the protocol, this cdctl speaks {wire.VERSION}",
            subject=self.url,
            hint="use one version of cdctl on both sides",
        )

    def _refusal(self, response: httpx.Response) -> CdctlError:
        if wire.HEADER not in response.headers:
            said = f"status {response.status_code}"
            if response.status_code in _AWAY:
                return self.unavailable(f"it, or what is in front of it, has no room or is away ({said})")
            return UnavailableError(f"this is no collector ({said})", subject=self.url, hint="check its address")
        told = self.decoded(response.content, wire.Trouble)
        if told.kind == "version" and told.versions and wire.VERSION not in told.versions:
            return self._other_version(", ".join(map(str, told.versions)))
        return wire.error(told, self.url)


def _trust(place: Place) -> ssl.SSLContext | bool:
    if urlsplit(place.url).scheme != "https":
        return False
    try:
        context = ssl.create_default_context(cafile=place.ca or None)
        if place.cert:
            context.load_cert_chain(place.cert, place.key or None)
    except (OSError, ssl.SSLError) as error:
        raise UnavailableError(
            f"cannot load the certificates: {error}", subject=masked(place.url), hint="check ca, cert and key"
        ) from None
    return context


def _why(error: Exception) -> str:
    if isinstance(error, httpx.ConnectTimeout):
        return f"no connection within {CONNECT_SECONDS:.0f} s"
    if isinstance(error, httpx.TimeoutException):
        return "it went silent"
    if isinstance(error, httpx.RemoteProtocolError | httpx.ReadError):
        return "the connection was cut"
    return safe(str(error) or type(error).__name__)


async def _split(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Lines of a stream; ends with CutError when it stops in the middle of one, or a line is beyond all measure."""
    rest: list[bytes] = []
    waiting = 0
    async for piece in pieces:
        head, newline, tail = piece.partition(b"\n")
        rest.append(head)
        waiting += len(head)
        if waiting > MOST_BYTES:
            raise CutError(f"a line of more than {MOST_BYTES} bytes")
        while newline:
            yield b"".join(rest)
            head, newline, tail = tail.partition(b"\n")
            rest, waiting = [head], len(head)
    if waiting:
        raise CutError("the connection was cut")
