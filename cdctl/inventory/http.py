"""A server that lists the vehicles: JSON, JSON lines or CSV, in one answer or in pages, read as it comes."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncGenerator, Mapping, Sequence
from urllib.parse import urljoin, urlsplit

import httpx

from cdctl.domain.address import is_loopback, masked
from cdctl.domain.fleet.inventory import Listed, Remarks
from cdctl.domain.ports import API, Plugin
from cdctl.domain.text import safe
from cdctl.errors import UnavailableError, UsageError
from cdctl.inventory.access import Credentials
from cdctl.inventory.documents import PageReader, reader_for
from cdctl.inventory.entries import Entries, Entry
from cdctl.inventory.lines import Reader, Run

ATTEMPTS = 4
MOST_PAGES = 100_000
_PIECE = 128 * 1024
_LONGEST_PAUSE = 30.0
_TIMEOUT = 30.0
_AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504})
_ACCEPT = "application/json, application/x-ndjson, text/csv"


class _AgainError(Exception):
    """The page may come at another attempt. `pause`: seconds that the server asks for."""

    def __init__(self, reason: str, pause: float | None = None) -> None:
        super().__init__(reason)
        self.pause = pause


class HttpInventory:
    """Vehicles that a server lists. `pause`: seconds before the second attempt; then twice that, and so on."""

    def __init__(self, settings: Mapping[str, object], pause: float = 0.5) -> None:
        self._url = _checked(settings)
        self._name = masked(self._url)
        self._who = Credentials(settings, self._name)
        self._pause = pause
        self._entries = Entries(self._name)

    def remarks(self) -> Remarks:
        """What was odd in the last reading; an entry's line is its number in its page."""
        return self._entries.remarks()

    async def vehicles(self) -> AsyncGenerator[Sequence[Listed]]:
        """Every vehicle of every page."""
        entries = self._entries = Entries(self._name)
        url, seen = self._url, set[str]()
        async with self._client() as client:
            while url:
                if url in seen or len(seen) >= MOST_PAGES:
                    raise UnavailableError("its pages go round in a circle", subject=self._name)
                seen.add(url)
                page = _Page(client, url, self._name, self._pause)
                async for first, run in page.runs():
                    yield entries.take(run, first)
                url = self._within(page.next, url)

    def _client(self) -> httpx.AsyncClient:
        verify: ssl.SSLContext | bool = self._who.tls() if self._url.startswith("https") else False
        return httpx.AsyncClient(
            headers={"Accept": _ACCEPT, **self._who.headers()}, auth=self._who.basic(), verify=verify, timeout=_TIMEOUT
        )

    def _within(self, next_: str, url: str) -> str:
        """The next page's address. Credentials go to no other server."""
        if not next_:
            return ""
        found = urljoin(url, next_)
        if _origin(found) != _origin(self._url):
            where = safe(masked(found), 100)
            raise UnavailableError(f"its next page is at another server, {where}", subject=self._name)
        return found


def _origin(url: str) -> tuple[str, str | None, int | None]:
    try:
        parts = urlsplit(url)
        return parts.scheme, parts.hostname, parts.port
    except ValueError:
        return "", None, None


class _Page:
    """One page, asked for until it is whole. `next` is known at its end."""

    def __init__(self, client: httpx.AsyncClient, url: str, name: str, pause: float) -> None:
        self._client = client
        self._url = url
        self._name = name
        self._pause = pause
        self._given = 0
        self.next = ""

    async def runs(self) -> AsyncGenerator[Run]:
        """Entries in runs. An answer that was cut is asked for again, and what was given of it is skipped."""
        for attempt in range(1, ATTEMPTS + 1):
            try:
                async for run in self._once():
                    yield run
                return
            except _AgainError as error:
                if attempt == ATTEMPTS:
                    reason = f"{error} ({ATTEMPTS} attempts)"
                    raise UnavailableError(reason, subject=self._name, hint="is it up, and the URL right?") from None
                pause = self._pause * 2 ** (attempt - 1) if error.pause is None else error.pause
                await asyncio.sleep(min(pause, _LONGEST_PAUSE))

    async def _once(self) -> AsyncGenerator[Run]:
        at = 0
        try:
            async with self._client.stream("GET", self._url) as response:
                _judge(response, self._name)
                reader: Reader | None = None
                async for piece in response.aiter_bytes(_PIECE):
                    reader = reader or reader_for(response.headers.get("content-type", "").lower(), piece, self._name)
                    for first, run in reader.feed(piece):
                        at += len(run)
                        if fresh := self._fresh(at, run):
                            yield first + len(run) - len(fresh), fresh
                for first, run in reader.end() if reader else ():
                    at += len(run)
                    if fresh := self._fresh(at, run):
                        yield first + len(run) - len(fresh), fresh
                link = response.links.get("next", {}).get("url", "")
                self.next = link or (reader.next if isinstance(reader, PageReader) else "")
        except httpx.TransportError as error:
            raise _AgainError(f"cannot be asked: {_words(error)}") from None
        except httpx.InvalidURL:
            raise UnavailableError("its next page has no address", subject=self._name) from None

    def _fresh(self, at: int, run: Sequence[Entry]) -> Sequence[Entry]:
        new = at - self._given
        if new <= 0:
            return ()
        self._given = at
        return run[-new:] if new < len(run) else run


def _words(error: httpx.TransportError) -> str:
    if isinstance(error, httpx.TimeoutException):
        return f"no answer in {_TIMEOUT:g} s"
    return safe(str(error) or type(error).__name__, 200)


def _judge(response: httpx.Response, name: str) -> None:
    status = response.status_code
    if status == 200:
        return
    said = f"answers {status} {safe(response.reason_phrase, 60)}".rstrip()
    if status in _AGAIN:
        wait = response.headers.get("retry-after", "")
        raise _AgainError(said, float(wait) if wait.isdecimal() and len(wait) < 9 else None)
    if status in {401, 403}:
        raise UnavailableError(said, subject=name, hint="check the token or the user of the inventory")
    if response.is_redirect:
        target = safe(masked(response.headers.get("location", "")), 100)
        raise UnavailableError(f"{said}: it is elsewhere", subject=name, hint=f"write that URL: {target}")
    raise UnavailableError(said, subject=name, hint="check the URL of the inventory")


def _checked(settings: Mapping[str, object]) -> str:
    url, subject = str(settings.get("url", "")), "inventory.url"
    try:
        parts = urlsplit(url)
        known = parts.scheme in {"http", "https"} and parts.hostname
    except ValueError:
        known = None
    if not known:
        raise UsageError(f"{masked(url)!r} is not a URL of a server", subject=subject, hint="write https://host/path")
    if "@" in parts.netloc:
        raise UsageError("the URL holds a user or password", subject=subject, hint="use username and password_file")
    access = Credentials(settings, subject).access
    if parts.scheme == "http" and not access.plaintext and not is_loopback(known):
        hint = "use https://, or allow it: plaintext = true"
        raise UsageError(f"{known} would be asked without TLS", subject=subject, hint=hint)
    return url


PLUGIN = Plugin(
    api=API,
    room="inventory",
    name="http",
    version="1",
    summary="a server that lists vehicles as JSON, JSON lines or CSV, in pages",
    make=HttpInventory,
    settings={
        "url": "where the first page is; the next one is told by a Link header or a field `next`",
        "username": "who asks, with password_file, password_env or password_keyring",
        "token_file": "a bearer token (or token_env, token_keyring)",
        "ca": "PEM file that the server's certificate is checked with",
        "cert": "PEM file of our certificate; `key` is its key",
        "plaintext": "true allows http:// to another machine",
    },
)
