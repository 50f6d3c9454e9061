"""Changes that come in by OTLP as log records with an event name: read, written down, and only then acknowledged."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence

from cdctl.collector.otlp.counting import Records
from cdctl.collector.otlp.refusing import NotTakenError, Why
from cdctl.collector.otlp.unpacking import unpacked
from cdctl.domain.changes import Change
from cdctl.domain.traces.batch import Rejections
from cdctl.errors import UnavailableError

Reader = Callable[[bytes, Rejections], list[Change]]
"""A body -> the changes in it, what is none counted. Raises ValueError: it is no such request."""


class Changes:
    """Takes requests, one after another: there are few. `readers` by content type; `keep` makes changes durable or
    raises UnavailableError."""

    def __init__(self, readers: Mapping[str, Reader], keep: Callable[[Sequence[Change]], None]) -> None:
        self._readers, self._keep = readers, keep
        self._turn = asyncio.Lock()
        self.counts = Records()

    async def take(self, form: str, encoding: str, body: bytes) -> Rejections:
        """Keep the changes of a body; what was none is returned. Raises NotTakenError: nothing of it is kept, then."""
        async with self._turn:
            return await asyncio.to_thread(self._take, form, encoding, body)

    def _take(self, form: str, encoding: str, body: bytes) -> Rejections:
        rejected = Rejections()
        try:
            found = self._readers[form](unpacked(body, encoding), rejected)
        except ValueError as error:
            raise NotTakenError(Why.UNREADABLE, str(error)) from None
        try:
            if found:
                self._keep(found)
        except UnavailableError as error:
            raise NotTakenError(Why.STORE, error.message) from None
        self.counts.kept += len(found)
        self.counts.rejected.update(rejected.counts)
        return rejected
