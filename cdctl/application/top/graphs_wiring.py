"""Composes answers to graphs: the context's Prometheus. See `lookout_wiring` for the rest."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING

from cdctl.domain.boards.graphing import Graph
from cdctl.errors import UnavailableError

if TYPE_CHECKING:
    from cdctl.application.top.lookout import Answering
    from cdctl.application.top.lookout_wiring import Means
    from cdctl.domain.boards.asking import Ask
    from cdctl.domain.slo.series import Span
    from cdctl.sources.prometheus.answers import Series

SOURCE = "prometheus"


def answering(means: Means) -> Mapping[type[Ask], Answering]:
    """Who answers what this module is about."""
    from cdctl.application.top.graphs import Graphing

    async def ranges(query: str, span: Span) -> tuple[list[Series], tuple[str, ...]]:
        context = means.settings.context()
        table = context.sources.get(SOURCE)
        if table is None:
            hint = f'write [contexts.{context.name}.prometheus] with url = "https://..."'
            raise UnavailableError(f"context {context.name!r} has no Prometheus", hint=hint)
        graph = await asyncio.to_thread(_loaded)
        return await graph(table, query, span)

    return {Graph: Graphing(ranges).answer}


def _loaded() -> Callable[[Mapping[str, object], str, Span], Awaitable[tuple[list[Series], tuple[str, ...]]]]:
    """It takes a while, the first time; what is drawn meanwhile does not wait."""
    from cdctl.sources.prometheus.graph import graph

    return graph
