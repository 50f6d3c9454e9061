"""Spans of vehicles on their way: OTLP in JSON over HTTP, one request after another, beside the work."""

from __future__ import annotations

import http.client
import queue
import threading
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

OTLP = "otlp"
"""File in the platform's folder: the base address of what takes vehicles' spans in."""
_WAITING = 256
"""Requests that may wait; more are lost, as with any agent."""
_SECONDS = 5.0
_HEADERS = {"Content-Type": "application/json"}


class Posting:
    """Sends to an address that a file will hold: the fleet is there before what takes its spans in."""

    def __init__(self, where: Path) -> None:
        """where: the file with the base address."""
        self._where = where
        self._waiting: queue.Queue[bytes] = queue.Queue(_WAITING)
        threading.Thread(target=self._run, daemon=True).start()

    def post(self, body: bytes) -> None:
        """Send when its turn comes; returns at once."""
        with suppress(queue.Full):
            self._waiting.put_nowait(body)

    def _run(self) -> None:
        connection: http.client.HTTPConnection | None = None
        while True:
            body = self._waiting.get()
            try:
                connection = connection or self._connection()
                connection.request("POST", "/v1/traces", body, _HEADERS)
                connection.getresponse().read()
            except (OSError, http.client.HTTPException):
                if connection is not None:
                    connection.close()
                connection = None

    def _connection(self) -> http.client.HTTPConnection:
        """Raises OSError while nobody takes spans in."""
        return http.client.HTTPConnection(urlsplit(self._where.read_text()).netloc, timeout=_SECONDS)
