"""What a Prometheus would say to a graph, said by whoever writes a test."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from cdctl.application.top.graphs import Graphing
from cdctl.application.top.lookout import Answering
from cdctl.domain.boards.asking import Ask
from cdctl.domain.boards.graphing import Graph
from cdctl.domain.slo.series import Floats, Span
from cdctl.errors import CdctlError
from cdctl.sources.prometheus.answers import Series

Shape = Callable[[Floats], Floats]
"""Moments (epoch seconds) -> values."""


class Curves:
    """Series by their labels; they can be changed, and `error` is raised instead where there is one. asked: queries,
    and where."""

    def __init__(self, *series: tuple[Mapping[str, str], Shape]) -> None:
        self.series: Sequence[tuple[Mapping[str, str], Shape]] = series
        self.error: CdctlError | None = None
        self.notes: tuple[str, ...] = ()
        self.asked: list[tuple[str, Span]] = []

    async def ranges(self, query: str, span: Span) -> tuple[list[Series], tuple[str, ...]]:
        self.asked.append((query, span))
        if self.error is not None:
            raise self.error
        return [_series(labels, shape(span.ends.astype(float))) for labels, shape in self.series], self.notes

    @property
    def answering(self) -> Mapping[type[Ask], Answering]:
        return {Graph: Graphing(self.ranges).answer}


def _series(labels: Mapping[str, str], values: Floats) -> Series:
    finite = np.isfinite(values)
    odd = np.isinf(values)
    return Series(dict(labels), np.where(finite, values, np.nan), odd if odd.any() else None)


def waves() -> Curves:
    """The traffic of three regions; one of them was not told for a while."""

    def wave(mean: float, shift: float) -> Shape:
        return lambda at: mean + 200 * np.sin(at / 500 + shift)

    def broken(at: Floats) -> Floats:
        values = wave(900, 1)(at)
        values[len(values) // 4 : len(values) // 3] = np.nan
        return values

    return Curves(({"region": "eu"}, broken), ({"region": "us"}, wave(1300, 2)), ({"region": "cn"}, wave(400, 0)))
