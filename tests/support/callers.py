"""What a command API sends when it calls us: signed and timed as it should be, or as a test wants it."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import hmac
import json
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

SECRET = "a secret that both of us know"


def told(id_: str, order: str, state: object, **more: object) -> dict[str, Any]:
    """The body of a call about a job."""
    job = {"id": id_, "state": state, "why": f"it is {state}", "result": {"at": 7} if state == "done" else None}
    return {"ref": order, "job": {**job, **more}}


@dataclass
class Caller:
    """secret: with which it signs; empty: it does not. at: the instant that it says, None for now. token: its bearer
    token. tls: whom it trusts."""

    secret: str = SECRET
    at: float | None = None
    token: str = ""
    tls: ssl.SSLContext | None = None

    def signed(self, body: bytes) -> dict[str, str]:
        """The headers that prove who calls."""
        sent = str(round(time.time() if self.at is None else self.at))
        headers = {"X-Timestamp": sent}
        if self.secret:
            digest = hmac.new(self.secret.encode(), f"{sent}.".encode() + body, hashlib.sha256).hexdigest()
            headers["X-Signature"] = f"sha256={digest}"
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        return headers

    async def call(
        self,
        url: str,
        document: object,
        *,
        sent: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        method: str = "POST",
    ) -> int:
        """How a call was answered; 0: not at all. sent: other bytes than those that were signed. headers: instead of
        those that prove anything."""
        body = document if isinstance(document, bytes) else json.dumps(document).encode()
        told = self.signed(body) if headers is None else headers
        return await posted(url, body if sent is None else sent, told, method=method, tls=self.tls)


async def posted(
    url: str, body: bytes, headers: Mapping[str, str], *, method: str = "POST", tls: ssl.SSLContext | None = None
) -> int:
    """The status of the answer; 0 when there is none."""
    parts = urlsplit(url)
    lines = [f"{method} {parts.path or '/'} HTTP/1.1", f"Host: {parts.netloc}", f"Content-Length: {len(body)}"]
    lines += [*(f"{name}: {value}" for name, value in headers.items()), "", ""]
    try:
        reader, writer = await asyncio.open_connection(parts.hostname, parts.port, ssl=tls)
    except (OSError, ssl.SSLError):
        return 0
    try:
        writer.write("\r\n".join(lines).encode() + body)
        await writer.drain()
        line = await reader.readline()
        return int(line.split()[1]) if line.startswith(b"HTTP/") else 0
    except (OSError, ssl.SSLError):
        return 0
    finally:
        writer.transport.abort()
        with contextlib.suppress(OSError, ssl.SSLError):
            await writer.wait_closed()
