"""A grouping by a label that no series has: what its author meant."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from difflib import get_close_matches

from cdctl.domain.ports import BucketRequest
from cdctl.domain.slo.series import LOOKBACK, Buckets
from cdctl.domain.text import safe
from cdctl.sources.prometheus.answers import samples
from cdctl.sources.prometheus.client import AskError, Client
from cdctl.sources.prometheus.legs import EventLeg, Leg, WindowLeg
from cdctl.sources.prometheus.plan import Plan
from cdctl.sources.promql.parsing import parse
from cdctl.sources.promql.silence import selectors

_FEW = 5
"""Series of a selector whose labels are looked at."""


async def misread(client: Client, todo: Plan, request: BucketRequest, parts: Sequence[Buckets]) -> list[str]:
    """Words on every label of the grouping that no group has; one question more, asked only then."""
    groups = [group for part in parts for group in part.groups]
    lacking = [label for i, label in enumerate(request.group_by) if not any(group[i] for group in groups)]
    if not groups or not lacking:
        return []
    texts = dict.fromkeys(text for part in todo.total for text in _texts(part.leg))
    try:
        told = await asyncio.gather(*(_labels(client, f"topk({_FEW}, {text})", request.at) for text in texts))
    except AskError:
        return []  # a hint is not worth a failure
    return list(_words(lacking, sorted(set().union(*told))))


def _texts(leg: Leg) -> list[str]:
    if isinstance(leg, EventLeg):
        return [f"last_over_time({leg.counter.over(f'{LOOKBACK}s')})"]
    return selectors(parse(leg.query.text if isinstance(leg, WindowLeg) else leg.text))


async def _labels(client: Client, query: str, at: int) -> set[str]:
    body = await client.ask("/api/v1/query", {"query": query, "time": str(at)}, once=True)
    return {label for series in samples(body) for label in series.labels} - {"__name__"}


def _words(lacking: Sequence[str], known: Sequence[str]) -> Iterator[str]:
    for label in lacking:
        near = get_close_matches(label, known, n=3)
        if label in known:
            yield f"the query leaves the label {label} out: aggregate by ({label})"
        elif near:
            yield f"nearest to the label {label}: {', '.join(safe(name, 80) for name in near)}"
