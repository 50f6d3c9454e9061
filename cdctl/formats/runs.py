"""Whose spans are: many in a row share a resource, a scope and a message, so that is noted once for all of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cdctl.domain.traces.batch import Codes


@dataclass(slots=True)
class Shared:
    """What spans in a row share, span by span again. resource: [n]; origin: message, and place there, [n, 2]."""

    resource: Codes
    scope: list[str]
    origin: Codes

    def part(self, which: slice) -> Shared:
        """Of some of them."""
        return Shared(self.resource[which], self.scope[which], self.origin[which])


class Runs:
    """Notes runs of spans."""

    def __init__(self) -> None:
        self._runs: list[tuple[int, int, int, int]] = []
        self._scope: list[str] = []

    def add(self, spans: int, resource: int, scope: str, message: int, first: int) -> None:
        """So many spans; `first` is the place of the first one in its message, from 0."""
        self._runs.append((spans, resource, message, first))
        self._scope += [scope] * spans

    def taken(self) -> Shared:
        """All that were noted since the last call."""
        counts, resource, message, first = np.array(self._runs, np.int32).reshape(-1, 4).T
        scope, self._runs, self._scope = self._scope, [], []
        places = np.arange(len(scope)) - np.repeat(np.cumsum(counts) - counts - first, counts)
        origin = np.column_stack([np.repeat(message, counts), places]).astype(np.int32)
        return Shared(np.repeat(resource, counts), scope, origin)
