"""Answers how a query went over time: which of its series are worth a curve."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from cdctl.domain.boards.graphing import Curve, Graph, Graphed
from cdctl.domain.slo.series import Floats, Span

if TYPE_CHECKING:
    from cdctl.domain.boards.snapshot import Snapshot

MOST = 6
"""Curves that can be told apart."""
_SCRAPE = 15
"""Seconds: what a rate must reach over, at the least, is four scrapes as servers usually do them."""


class Found(Protocol):
    """One series as a source tells it."""

    @property
    def labels(self) -> Mapping[str, str]:
        """Its labels."""
        ...

    @property
    def values(self) -> Floats:
        """[points], NaN where there is no finite number."""
        ...

    @property
    def odd(self) -> NDArray[np.bool_] | None:
        """[points], where there was a point and it was no finite number; None when nowhere."""
        ...


Ranges = Callable[[str, Span], Awaitable[tuple[Sequence[Found], tuple[str, ...]]]]
"""A query and where -> its series, and what is warned of. Raises CdctlError."""


class Graphing:
    """ranges: who is asked."""

    def __init__(self, ranges: Ranges) -> None:
        self._ranges = ranges

    async def answer(self, ask: Graph, seen: Snapshot) -> Graphed:
        """The points of the span that ended last: at multiples of the step, so that what was drawn stays as it was."""
        end = int(seen.at // ask.step) * ask.step
        span = Span(end - ask.span // ask.step * ask.step - ask.step, end, ask.step)
        found, notes = await self._ranges(filled(ask.query, ask.span, ask.step), span)
        worth = sorted(found, key=_size, reverse=True)[:MOST]
        worth.sort(key=lambda one: sorted(one.labels.items()))
        curves = [Curve(one.labels, one.values, one.odd is not None and bool(one.odd[-1])) for one in worth]
        return Graphed(span, curves, len(found), notes)


def filled(query: str, span: int, step: int) -> str:
    """The query with the variables of Grafana that tell how far apart points are, and of how long the graph is."""
    rate = max(step + _SCRAPE, 4 * _SCRAPE)
    for name, seconds in (("rate_interval", rate), ("interval", step), ("range", span)):
        for written in (f"${{__{name}}}", f"$__{name}"):
            query = query.replace(written, f"{seconds}s")
    return query


def _size(one: Found) -> float:
    known = one.values[np.isfinite(one.values)]
    return float((np.abs(known) / len(known)).sum()) if len(known) else -1.0
