"""Alerts behind a URL: an Alertmanager, a Prometheus, or a document that somebody keeps. Nobody is told who we are."""

from __future__ import annotations

import ssl
from urllib.parse import parse_qs, urlsplit, urlunsplit

import httpx
import msgspec

from cdctl.domain.address import is_loopback, masked
from cdctl.domain.text import safe
from cdctl.errors import UnavailableError, UsageError

_SECONDS = 5.0
_MOST = 8 << 20
"""Bytes of an answer that are read."""
_PAGES = {"alerts": "/api/v1/alerts", "graph": "/api/v1/alerts"}
"""Pages of a Prometheus that people copy, and what holds their alerts."""


def address(url: str) -> str:
    """What to ask for a page that somebody copied from a browser: links to an Alertmanager (`/#/alerts?filter=...`) and
    to a Prometheus (`/alerts`) are pages, and their API is asked instead. Raises UsageError."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        _ = parts.port
    except ValueError:
        raise UsageError("this is no URL", subject=safe(url, 80), hint="write https://host/path") from None
    if parts.scheme not in {"http", "https"} or not host:
        raise UsageError("this is no URL that can be asked", subject=safe(url, 80), hint="write https://host/path")
    if "@" in parts.netloc:
        raise UsageError("the URL holds a user or password", subject=masked(url), hint="save the alert into a file")
    if parts.scheme == "http" and not is_loopback(host):
        raise UsageError(
            "it would be read without TLS", subject=masked(url), hint="use https://, or: curl URL | cdctl triage -"
        )
    if parts.fragment.startswith("/"):  # the pages of an Alertmanager
        query = urlsplit(parts.fragment).query
        return urlunsplit((parts.scheme, parts.netloc, f"{parts.path.rstrip('/')}/api/v2/alerts", _filters(query), ""))
    head, _, page = parts.path.rstrip("/").rpartition("/")
    if page in _PAGES:
        return urlunsplit((parts.scheme, parts.netloc, head + _PAGES[page], "", ""))
    return urlunsplit((parts.scheme, parts.netloc, parts.path, parts.query, ""))


def _filters(query: str) -> str:
    """The filter of a page, `{alertname="X",region="eu"}`, as the API takes it: one matcher each."""
    found = parse_qs(query).get("filter", [""])[0].strip().removeprefix("{").removesuffix("}")
    return str(httpx.QueryParams([("filter", part.strip()) for part in _parts(found)]))


def _parts(text: str) -> list[str]:
    """Split at commas outside of quotes."""
    parts, quoted, last = [], False, ""
    current = ""
    for char in text:
        if char == '"' and last != "\\":
            quoted = not quoted
        if char == "," and not quoted:
            parts.append(current)
            current = ""
        else:
            current += char
        last = char
    return [part for part in [*parts, current] if part.strip()]


def fetch(url: str) -> object:
    """The JSON behind a URL. Raises UsageError and UnavailableError."""
    where = address(url)
    subject = masked(where)
    try:
        with (
            httpx.Client(timeout=_SECONDS, follow_redirects=False, trust_env=False, verify=_trust(where)) as client,
            client.stream("GET", where, headers={"Accept": "application/json", "User-Agent": "cdctl"}) as response,
        ):
            if response.status_code != 200:
                raise UnavailableError(
                    f"the alert cannot be had: HTTP {response.status_code}", subject=subject, hint="save it into a file"
                )
            body = b""
            for piece in response.iter_bytes():
                body += piece
                if len(body) > _MOST:
                    raise UnavailableError(f"more than {_MOST >> 20} MiB are no alert", subject=subject)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise UnavailableError(f"cannot be asked: {safe(str(error), 200)}", subject=subject) from None
    try:
        return msgspec.json.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise UsageError(
            "what is there is no JSON", subject=subject, hint="give the alert's JSON: a webhook body, or /api/v2/alerts"
        ) from None


def _trust(url: str) -> ssl.SSLContext | bool:
    return ssl.create_default_context() if url.startswith("https") else False
