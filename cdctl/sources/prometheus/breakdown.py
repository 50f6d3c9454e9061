"""By which labels the events of an indicator can be told apart: its own counters, by all labels that they have."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from cdctl.domain.ports import BucketRequest, Labels
from cdctl.sources.prometheus.answers import samples
from cdctl.sources.prometheus.client import Client
from cdctl.sources.prometheus.legs import EventLeg, Leg, WindowLeg
from cdctl.sources.prometheus.plan import Part, Plan, plan
from cdctl.sources.promql.parsing import parse
from cdctl.sources.promql.silence import selectors

_FOUND = 20_000
"""Series that are looked at, to learn of labels."""
_SCRAPES = frozenset({"__name__", "job", "le", "quantile"})
"""Labels that tell how something was counted, and not what."""


async def labels(client: Client, request: BucketRequest, most: int) -> Labels:
    """Every label that all counters of the indicator have, but those that tell good from bad; as many as make at most
    `most` series together. Raises AskError and QueryError."""
    todo = plan(request.indicator, request.group_by)
    window = max((request.at - span.start for span in request.spans), default=3600)
    asked = [_question(part, window) for part in _first(todo)]
    told = await asyncio.gather(*(_sets(client, text, request.at) for text in asked))
    defining = frozenset(matcher.label for part in todo.parts for matcher in part.keep) | _apart(todo)
    shared = set.intersection(*({label for one in sets for label in one} for sets in told)) if told else set()
    names = sorted(shared - _SCRAPES - defining)
    kept, left_out = _few([one for sets in told[:1] for one in sets], names, most, request.group_by)
    notes = (f"more than {_FOUND:,} series: labels are those of the first",) if max(map(len, told)) >= _FOUND else ()
    return Labels(tuple(kept), tuple(sorted(defining)), left_out, notes)


def _first(todo: Plan) -> list[Part]:
    """A part for each different leg: those of the total, and those that tell good or bad."""
    return list({part.leg: part for part in todo.parts}.values())


def _question(part: Part, window: int) -> str:
    return f"topk({_FOUND}, {_text(part.leg, window)})"


def _text(leg: Leg, window: int) -> str:
    if isinstance(leg, EventLeg):
        return f"last_over_time({leg.counter.over(f'{window}s')})"
    text = leg.query.filled("300s") if isinstance(leg, WindowLeg) else leg.text
    found = selectors(parse(text))
    return " or ".join(found) if len(found) > 1 else f"({text}\n)"


def _apart(todo: Plan) -> frozenset[str]:
    """Labels of matchers that the counters of good or bad have and those of the total have not."""

    def matched(parts: Sequence[Part]) -> frozenset[str]:
        legs = [part.leg for part in parts if isinstance(part.leg, EventLeg)]
        return frozenset(matcher.label for leg in legs for matcher in leg.counter.matchers)

    return matched((*todo.good, *todo.bad)) - matched(todo.total)


async def _sets(client: Client, query: str, at: int) -> list[dict[str, str]]:
    body = await client.ask("/api/v1/query", {"query": query, "time": str(at)})
    return [series.labels for series in samples(body)]


def _few(
    sets: Sequence[dict[str, str]], names: Sequence[str], most: int, must: Sequence[str]
) -> tuple[list[str], dict[str, int]]:
    """The labels by which there are at most `most` series; what has most values goes first. Those left out, and how
    many values each has."""
    kept, left_out = list(names), {}
    values = {name: len({one.get(name, "") for one in sets}) for name in names}
    kept = [name for name in kept if values[name] > 1 or name in must]
    while len({tuple(one.get(name, "") for name in kept) for one in sets}) > most:
        worst = max((name for name in kept if name not in must), key=lambda name: values[name], default="")
        if not worst:
            break
        kept.remove(worst)
        left_out[worst] = values[worst]
    return kept, left_out
