"""Alerts that a Prometheus fired: the samples that it keeps of them (`ALERTS`), as times."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from cdctl.domain.slo.series import Span
from cdctl.domain.triage.firing import Firing, firings
from cdctl.sources.prometheus.graph import graph

QUERY = 'ALERTS{alertstate="firing"}'
_STEPS = 360
_SHORTEST = 15
MOST = 500
"""Alerts that are told; a server that fires more has another problem."""


async def fired(settings: Mapping[str, object], start: float, end: float) -> Sequence[Firing]:
    """What fired between two moments (epoch seconds), of a server with these settings. Raises UsageError and
    UnavailableError."""
    step = max(int((end - start) // _STEPS), _SHORTEST)
    span = Span(int(start) // step * step, int(end) // step * step, step)
    series, _ = await graph(settings, QUERY, span)
    found: list[Firing] = []
    for one in series[:MOST]:
        times = span.ends[np.isfinite(one.values)].tolist()
        found += firings(one.labels, times, span.start + step, span.end, step)
    return found
