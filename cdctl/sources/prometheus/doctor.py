"""A look at the live server before a promise is trusted: do its metrics and labels exist, are its targets up, does its
history reach back far enough?"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from difflib import get_close_matches
from typing import Any, NamedTuple

from cdctl.domain.ports import BucketRequest, Finding
from cdctl.domain.slo.objective import Indicator, Ratio, RawRatio
from cdctl.domain.text import safe
from cdctl.errors import UnavailableError
from cdctl.sources.prometheus.endpoint import Endpoint
from cdctl.sources.prometheus.explorer import Explorer
from cdctl.sources.prometheus.legs import EventLeg
from cdctl.sources.prometheus.plan import plan
from cdctl.sources.promql.matchers import Matcher
from cdctl.sources.promql.parsing import children, parse, read_matcher
from cdctl.sources.promql.refusal import QueryError

_STEPS = 200
"""Points by which the start of history is found: a 28 d window to three hours."""
_SHOWN = 3
_FEW = 12
"""Values of a label that are all shown."""
_OTHER = {"good": "bad", "bad": "good", "": ""}
_TYPO = 0.85
"""So like a known name (difflib's ratio) that a counter of errors is misspelt rather than not born yet."""


class _Place(NamedTuple):
    """A selector of a query. `part` marks a share of the total: bad may be without events; good hardly when `rated`, as
    the total has some then. `counted`: its growth is what counts."""

    metric: str
    matchers: tuple[Matcher, ...]
    group_by: tuple[str, ...]
    part: str
    start: int
    at: int
    rated: bool = False
    counted: bool = False

    @property
    def selector(self) -> str:
        """As PromQL."""
        if self.metric and not any(one.label == "__name__" for one in self.matchers):
            return f"{self.metric}{{{','.join(map(str, self.matchers))}}}"
        return f"{{{','.join(map(str, self.matchers))}}}"


async def look(endpoint: Endpoint, requests: Sequence[BucketRequest]) -> list[Finding]:
    """Findings of every request, in order. Raises UnavailableError when the server cannot be asked.

    The client blocks, so it has a thread; who stops waiting (Ctrl-C, the deadline) leaves that thread behind.
    """
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[list[Finding]] = loop.create_future()

    def tell(found: list[Finding], error: Exception | None) -> None:
        if answer.done():
            return
        if error:
            answer.set_exception(error)
        else:
            answer.set_result(found)

    def work() -> None:
        found: list[Finding] = []
        failed: Exception | None = None
        try:
            found = Doctor(endpoint).inspect(requests)
        except Exception as error:
            failed = error
        with suppress(RuntimeError):  # nobody waits any more: the loop is closed
            loop.call_soon_threadsafe(tell, found, failed)

    threading.Thread(target=work, name="doctor", daemon=True).start()
    try:
        async with asyncio.timeout(endpoint.deadline):
            return await answer
    except TimeoutError:
        reason = f"was not looked at within the deadline of {endpoint.deadline:g} s"
        raise UnavailableError(reason, subject=endpoint.url, hint="raise `deadline` in the settings") from None


class Doctor:
    """Looks at one endpoint; every method blocks. What several requests have in common is asked once."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._server = Explorer(endpoint)
        self._metrics: list[str] | None = None
        self._labels: dict[str, set[str]] = {}
        self._seen: dict[_Place, tuple[Finding, ...]] = {}
        self._kinds: dict[str, str] = {}

    def inspect(self, requests: Sequence[BucketRequest]) -> list[Finding]:
        """Findings of every request, in order, each once."""
        return list(dict.fromkeys(finding for request in requests for finding in self._inspect(request)))

    def _inspect(self, request: BucketRequest) -> Iterator[Finding]:
        start = min(span.start for span in request.spans)
        counted, rated = _counted(request), False
        for part, text in _queries(request.indicator):
            try:
                tree = parse(text)
            except QueryError as error:
                yield Finding(request.key, False, error.reason, error.hint, mine=True)
                continue
            for share, metric, matchers in _selectors(tree, part):
                place = _Place(metric, matchers, request.group_by, share, start, request.at, rated, metric in counted)
                if place not in self._seen:
                    self._seen[place] = tuple(self._place(place))
                rated = rated or (not part and any(one.ok for one in self._seen[place]))
                yield from (replace(finding, key=request.key) for finding in self._seen[place])

    def _place(self, place: _Place) -> Iterator[Finding]:
        metric = place.metric
        if metric and metric not in self._all_metrics():
            yield self._unknown(place)
            return
        known = self._label_names(metric or place.selector)
        for label in dict.fromkeys([*(one.label for one in place.matchers), *place.group_by]):
            if label not in known and label != "__name__":
                near = get_close_matches(label, sorted(known), n=_SHOWN)
                text = f"{metric or place.selector} has no label {label}"
                yield Finding("", False, text, _nearest(near), mine=True)
        series = self._server.number(f"count({place.selector})", place.at)
        if series:
            yield from self._alive(place, series)
            if place.counted:
                yield from self._gauge(metric)
        else:
            yield self._silent(place)

    def _unknown(self, place: _Place) -> Finding:
        names = self._all_metrics()
        near = get_close_matches(place.metric, names, n=_SHOWN)
        if place.part == "bad" and not get_close_matches(place.metric, names, n=1, cutoff=_TYPO):
            hint = f"it counts as 0 until the first bad event; {_nearest(near)}"
            return Finding("", True, f"the server has no metric {place.metric} yet", hint)
        return Finding("", False, f"the server has no metric {place.metric}", _nearest(near), mine=True)

    def _silent(self, place: _Place) -> Finding:
        """No series now: news for a total, usual for a share of it."""
        seconds = place.at - place.start
        if self._server.number(f"count(present_over_time({place.selector}[{seconds}s]))", place.at):
            return Finding("", True, f"{place.selector} has no series now", "it had some in the window")
        hint = self._values(place) or "no event yet, or a label's value is misspelt"
        text = f"{place.selector} has no series in the window"
        if place.part == "good" and place.rated:
            return Finding("", False, f"{text} while its total has: nothing of it would be good", hint, mine=True)
        return Finding("", place.part == "bad", text, hint)

    def _values(self, place: _Place) -> str:
        """Which value of a label no series has."""
        for one in place.matchers:
            if one.op != "=" or one.label == "__name__" or not place.metric:
                continue
            known = sorted(self._server.values(one.label, place.metric))
            if one.value not in known:
                return f"no series has {one}; {_listed(one.value, known)}"
        return ""

    def _alive(self, place: _Place, series: float) -> Iterator[Finding]:
        targets = f"group by (job, instance) ({place.selector})"
        down = self._server.label_sets(f"(up == 0) and on (job, instance) {targets}", place.at)
        count = self._server.number(f"count(up and on (job, instance) {targets})", place.at)
        step = max((place.at - place.start) // _STEPS, 60)
        first = self._server.first(f"count({place.selector})", place.start, place.at, step) or float(place.at)
        short = first > place.start + step
        said = [f"{place.selector}: {series:.0f} series"]
        said += [f"targets up {count:.0f}/{count:.0f}"] if count and not down else []
        said += [f"since {_day(first)}" if short else f"history covers the window from {_day(place.start)}"]
        yield Finding("", True, ", ".join(said))
        if down:
            yield _down(place, down, count)
        if short and not place.part:
            days, wanted = (place.at - first) / 86_400, (place.at - place.start) / 86_400
            text = f"the history of {place.selector} goes back {days:.1f} d, the window needs {wanted:.1f} d"
            hint = "the verdict is no_data until coverage suffices; the ledger keeps what the server forgets"
            yield Finding("", False, text, hint)

    def _gauge(self, metric: str) -> Iterator[Finding]:
        """A gauge that is read as a counter. What a server itself knows of scrapes is one, and it has no word on it."""
        own = metric == "up" or metric.startswith("scrape_")
        if own or self._kind(metric) == "gauge":
            text = f"{metric} is a gauge, read as a counter: whenever it falls, all of its value counts as events"
            hint = "judge a gauge with a thresholdMetric" + ("" if own else ", unless it only ever grows")
            yield Finding("", not own, text, hint, mine=own)

    def _kind(self, metric: str) -> str:
        if metric not in self._kinds:
            self._kinds[metric] = self._server.kind(metric)
        return self._kinds[metric]

    def _all_metrics(self) -> list[str]:
        if self._metrics is None:
            self._metrics = self._server.metrics()
        return self._metrics

    def _label_names(self, selector: str) -> set[str]:
        if selector not in self._labels:
            self._labels[selector] = self._server.labels(selector)
        return self._labels[selector]


def _down(place: _Place, down: Sequence[dict[str, str]], count: float) -> Finding:
    """Targets of the series whose `up` is 0."""
    names = [safe(f"{labels.get('job', '')} {labels.get('instance', '')}") for labels in down]
    if len(names) == 1:
        text = f"a target of {place.selector} is down: {names[0]}"
    else:
        more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
        text = f"{len(names)} of {count:.0f} targets of {place.selector} are down: {', '.join(names[:_SHOWN])}{more}"
    return Finding("", False, text, "its series will go stale" if len(names) == 1 else "their series will go stale")


def _day(at: float) -> str:
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%MZ}"


def _queries(indicator: Indicator) -> list[tuple[str, str]]:
    """Every query's text, and which share of the total it is of: good, bad or none."""
    if isinstance(indicator, Ratio):
        parts = (("", indicator.total), ("good", indicator.good), ("bad", indicator.bad))
        return [(part, query.text) for part, query in parts if query]
    return [("", indicator.raw.text if isinstance(indicator, RawRatio) else indicator.metric.text)]


def _selectors(tree: Any, part: str) -> Iterator[tuple[str, str, tuple[Matcher, ...]]]:
    """Share, metric and matchers of every selector in a query; `{__name__="x"}` names a metric, too. What is taken from
    bad is good, and the other way round."""
    waiting = [(tree, part)]
    while waiting:
        one, share = waiting.pop()
        if type(one).__name__ == "VectorSelector":
            matchers = tuple(map(read_matcher, one.matchers.matchers))
            named = (matcher.value for matcher in matchers if matcher.label == "__name__" and matcher.op == "=")
            yield share, one.name or next(named, ""), matchers
        below = [(child, share) for child in children(one)]
        if type(one).__name__ == "BinaryExpr" and str(one.op) == "-":
            below[-1] = (one.rhs, _OTHER[share])
        waiting += reversed(below)


def _counted(request: BucketRequest) -> frozenset[str]:
    """Metrics that are read as counters."""
    try:
        legs = plan(request.indicator, request.group_by).legs
    except QueryError:
        return frozenset()
    return frozenset(leg.counter.metric for leg in legs if isinstance(leg, EventLeg))


def _listed(value: str, known: Sequence[str]) -> str:
    """What values a label has: the same number in other digits, all when they are few, else the nearest."""
    same = [name for name in known if _number(name) is not None and _number(name) == _number(value)]
    if same:
        return f"there is {safe(same[0], 80)}, the same number: write it as it is there"
    if len(known) <= _FEW:
        return f"there are: {', '.join(safe(name, 80) for name in known)}"
    near = get_close_matches(value, known, n=_SHOWN, cutoff=0.3) or known[:_SHOWN]
    return f"nearest: {', '.join(safe(name, 80) for name in near)}, {len(known) - len(near)} more"


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _nearest(names: Sequence[str]) -> str:
    return f"nearest: {', '.join(names)}" if names else "check the spelling"
