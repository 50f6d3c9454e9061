"""A real span store that holds what a test tells of."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from cdctl.lab.made_spans import MadeSpans, batch
from cdctl.stores.spans.duck import DuckSpans
from cdctl.stores.spans.folder import SpanFolder


def stored(
    folder: Path, groups: Sequence[MadeSpans], heard: Sequence[tuple[float, float]] = (), seed: int = 0
) -> DuckSpans:
    """The store with these spans in it as well; `heard`: from when until when it took spans in, epoch seconds."""
    writer = SpanFolder(folder)
    try:
        writer.write_all([batch(groups, seed)], heard=heard)
    finally:
        writer.close()
    return DuckSpans(folder)
