"""How a command API is reached: one client, bounded answers, and whether a request that failed may have arrived."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

import httpx
import msgspec

from cdctl.domain.address import is_loopback, masked
from cdctl.domain.orders.api import Pace
from cdctl.domain.ports import Clock
from cdctl.domain.text import safe
from cdctl.errors import UnavailableError, UsageError
from cdctl.protocols.http.turns import Turns

MOST_BYTES = 1 << 20
UNFIT = 422
"""The code of an answer that we give ourselves: no such request can be made, now or later."""
_UNASKABLE = (httpx.InvalidURL, httpx.LocalProtocolError, httpx.UnsupportedProtocol, UnicodeError)
_LEAVES = ".send_request_headers.started"


@dataclass(frozen=True, slots=True)
class Place:
    """Where an API is, whom we trust there, and who we are. Paths of PEM files; secrets are not shown."""

    url: str
    token: str = field(default="", repr=False)
    username: str = ""
    password: str = field(default="", repr=False)
    ca: str = ""
    cert: str = ""
    key: str = ""
    plaintext: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a request. code: None when none came; arrived: whether the request may have got there. readable:
    whether `body`, the JSON of the answer, could be read. wait: seconds that the API asks us to stay away."""

    code: int | None
    arrived: bool
    said: str = ""
    body: object = None
    readable: bool = True
    wait: float | None = None


class Reach:
    """The way to one API. Raises UsageError for a place that cannot be asked safely, UnavailableError when certificates
    or the token cannot be used."""

    def __init__(self, place: Place, pace: Pace, headers: Mapping[str, str], clock: Clock) -> None:
        parts = urlsplit(place.url)
        self.url = masked(place.url).rstrip("/")
        if parts.scheme == "http" and not place.plaintext and not is_loopback(parts.hostname or ""):
            hint = "use https://, or allow it: plaintext = true"
            raise UsageError(f"{parts.hostname} would be asked without TLS", subject=self.url, hint=hint)
        if not (place.token.isascii() and (place.token.isprintable())):
            raise UnavailableError("the token is not one line of plain ASCII", subject=self.url, hint="check its file")
        shown = {"Authorization": f"Bearer {place.token}"} if place.token else {}
        self._base, self._timeout, self._clock = place.url.rstrip("/"), pace.timeout, clock
        self.turns = Turns(pace.at_once, pace.per_second)
        self._client = httpx.AsyncClient(
            headers={"Accept": "application/json", "Accept-Encoding": "identity", **headers, **shown},
            auth=(place.username, place.password) if place.username else None,
            verify=_trust(place, self.url),
            timeout=httpx.Timeout(pace.timeout),
            limits=httpx.Limits(max_connections=pace.at_once, max_keepalive_connections=pace.at_once),
            trust_env=False,
        )

    async def ask(self, method: str, url: str, headers: Mapping[str, str], body: object = None) -> Answer:
        """One request, one answer; takes a turn before it (`turns`). Redirects are answers like any other."""
        left = False

        async def trace(event: str, info: object) -> None:
            nonlocal left
            left = left or event.endswith(_LEAVES)

        content = None if body is None else msgspec.json.encode(body)
        told = dict(headers) if content is None else {"Content-Type": "application/json", **headers}
        try:
            async with asyncio.timeout(self._timeout):
                request = self._client.build_request(
                    method, self._base + url, headers=told, content=content, extensions={"trace": trace}
                )
                response = await self._client.send(request, stream=True)
                try:
                    return await self._answer(response)
                finally:
                    await response.aclose()
        except (TimeoutError, httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
            if isinstance(error, _UNASKABLE) and not left:
                return Answer(UNFIT, False, f"cannot be asked: {safe(str(error), 100)}")
            return Answer(None, left, _why(error, self._timeout, left))

    async def _answer(self, response: httpx.Response) -> Answer:
        code = response.status_code
        said, wait = f"{code} {safe(response.reason_phrase, 60)}".rstrip(), self._wait(response)
        try:
            content = await _content(response)
            body = msgspec.json.decode(content) if content.strip() else None
        except (ValueError, RecursionError, TimeoutError, httpx.HTTPError, OSError) as error:
            why = "its answer was cut" if isinstance(error, httpx.HTTPError | OSError) else _unreadable(error)
            return Answer(code, True, f"{said}: {why}", None, False, wait)
        return Answer(code, True, said, body, True, wait)

    def _wait(self, response: httpx.Response) -> float | None:
        """Retry-After (RFC 9110, section 10.2.3): seconds, or a date."""
        told = response.headers.get("retry-after", "")
        if told.isascii() and told.isdecimal() and len(told) < 9:
            return float(told)
        try:
            return max(0.0, parsedate_to_datetime(told).timestamp() - self._clock.now()) if told else None
        except (ValueError, OverflowError):
            return None

    async def aclose(self) -> None:
        """Let go of the connections."""
        await self._client.aclose()


async def _content(response: httpx.Response) -> bytes:
    """As it comes: we asked for nothing packed, so that a small answer cannot become a huge one."""
    if response.headers.get("content-encoding", "identity").lower() not in {"identity", ""}:
        raise ValueError("its answer is packed")
    pieces, size = [], 0
    async for piece in response.aiter_raw():
        size += len(piece)
        if size > MOST_BYTES:
            raise ValueError(f"its answer has more than {MOST_BYTES:,} bytes")
        pieces.append(piece)
    return b"".join(pieces)


def _unreadable(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "its answer did not end in time"
    told = isinstance(error, ValueError) and not isinstance(error, msgspec.DecodeError | UnicodeDecodeError)
    return str(error) if told else "its answer is not JSON"


def _why(error: Exception, seconds: float, left: bool) -> str:
    if isinstance(error, TimeoutError | httpx.TimeoutException):
        return f"no {'answer' if left else 'connection'} within {seconds:g} s"
    if left:
        return "the connection was cut before an answer"
    return f"cannot be reached: {safe(str(error) or type(error).__name__, 200)}"


def _trust(place: Place, name: str) -> ssl.SSLContext | bool:
    if urlsplit(place.url).scheme != "https":
        return False
    try:
        context = ssl.create_default_context(cafile=place.ca or None)
        if place.cert:
            context.load_cert_chain(place.cert, place.key or None)
    except (OSError, ssl.SSLError) as error:
        hint = "check ca, cert and key"
        raise UnavailableError(f"cannot load the certificates: {error}", subject=name, hint=hint) from None
    return context
