"""Spans of distributed traces: SLIs from a store that counts them, and servers that can be asked for spans."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from cdctl.domain.ports import API, Plugin

if TYPE_CHECKING:
    from cdctl.sources.traces.source import TracesSource


def make(settings: Mapping[str, object]) -> TracesSource:
    """The source of a `traces` table of the settings. Raises UsageError when the table is wrong. A server that finds
    spans and does not count them fails every request."""
    from cdctl.sources.traces.opening import search_of, store_of
    from cdctl.sources.traces.source import TracesSource

    named = set(settings) & {*COUNTING, "jaeger"}
    if named == {"tempo"}:
        from cdctl.sources.traces.tempo_counting import TempoCounting

        return TracesSource(TempoCounting(settings))
    if named == {"jaeger"}:
        from cdctl.sources.traces.uncounted import Uncounted

        return TracesSource(Uncounted("jaeger", search_of(settings)))
    return TracesSource(store_of(settings))


COUNTING = ("store", "clickhouse", "tempo")
"""Keys of a `traces` table that name what counts spans; a Jaeger finds them only."""


PLUGIN = Plugin(
    api=API,
    room="sources",
    name="traces",
    version="1",
    summary="Spans that a store of cdctl's, a ClickHouse or a Tempo keeps",
    make=make,
)
