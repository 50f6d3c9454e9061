"""What is wrong with the queries of an indicator, said without asking a server."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from cdctl.domain.slo.objective import Indicator, Query, QueryFault, Ratio, RawRatio
from cdctl.sources.promql.counters import EXACT, EXTRAPOLATED, Windowed, counter
from cdctl.sources.promql.parsing import parse
from cdctl.sources.promql.refusal import QueryError


def judge(indicator: Indicator, group_by: tuple[str, ...] | None) -> Iterator[QueryFault]:
    """See the port Grammar."""
    if not isinstance(indicator, Ratio):
        query = indicator.raw if isinstance(indicator, RawRatio) else indicator.metric
        yield from _faults(query, lambda: parse(query.text))
        return
    for part in (indicator.total, indicator.good, indicator.bad):
        if part:
            faults = list(_faults(part, _question(part, indicator, group_by)))
            yield from faults
            if not faults and group_by is not None:
                yield from _guesses(part, counter(part, group_by, indicator.counter))


def _guesses(query: Query, found: object) -> Iterator[QueryFault]:
    if isinstance(found, Windowed) and found.extrapolated:
        yield QueryFault(query, EXTRAPOLATED, EXACT, warning=True)


def _question(query: Query, ratio: Ratio, group_by: tuple[str, ...] | None) -> Callable[[], object]:
    if group_by is None:
        return lambda: parse(query.text)
    return lambda: counter(query, group_by, ratio.counter)


def _faults(query: Query, read: Callable[[], object]) -> Iterator[QueryFault]:
    try:
        read()
    except QueryError as error:
        yield QueryFault(query, error.brief, error.hint, error.offset)
