"""A look at the live server before a promise is trusted: do its metrics and labels exist, are its targets up, does its
history reach back far enough?

Uses prometheus-api-client, which is synchronous and made for exploring; its errors are mapped here and nowhere else.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from cdctl.domain.ports import BucketRequest, Finding
from cdctl.domain.slo.objective import Indicator, Ratio, RawRatio
from cdctl.domain.text import safe
from cdctl.errors import UnavailableError
from cdctl.sources.prometheus.endpoint import Endpoint
from cdctl.sources.promql.parsing import parse, read_matcher
from cdctl.sources.promql.refusal import QueryError

if TYPE_CHECKING:
    from prometheus_api_client import PrometheusConnect

_STEPS = 200
"""Points by which the start of history is found: a 28 d window to three hours."""


class Doctor:
    """Asks one endpoint; every method blocks, so call it in a thread."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self._client = _client(endpoint)
        self._metrics: list[str] | None = None

    def inspect(self, requests: Sequence[BucketRequest]) -> list[Finding]:
        """Findings of every request, in order. Raises UnavailableError when the server cannot be asked."""
        return [finding for request in requests for finding in self._inspect(request)]

    def _inspect(self, request: BucketRequest) -> Iterator[Finding]:
        for text in _queries(request.indicator):
            try:
                selectors = list(_selectors(parse(text)))
            except QueryError as error:
                yield Finding(request.key, False, error.reason, error.hint)
                continue
            for metric, labels, selector in selectors:
                yield from self._selector(request, metric, labels, selector)

    def _selector(self, request: BucketRequest, metric: str, labels: Sequence[str], selector: str) -> Iterator[Finding]:
        key = request.key
        known = self._all_metrics()
        if metric and metric not in known:
            near = get_close_matches(metric, known, n=3)
            yield Finding(key, False, f"the server has no metric {metric}", _nearest(near))
            return
        names = set(self._ask(lambda: self._client.get_label_names(params={"match[]": metric or selector})))
        for label in dict.fromkeys([*labels, *request.group_by]):
            if label not in names and label != "__name__":
                near = get_close_matches(label, sorted(names), n=3)
                yield Finding(key, False, f"{metric or selector} has no label {label}", _nearest(near))
        found = self._number(f"count({selector})", request.at)
        if not found:
            yield Finding(key, False, f"{selector} has no series now", "no event yet, or a label's value is misspelt")
            return
        yield Finding(key, True, f"{selector}: {found:.0f} series")
        yield from self._targets(key, selector, request.at)
        yield from self._reach(request, selector)

    def _targets(self, key: str, selector: str, at: int) -> Iterator[Finding]:
        """Targets of the series that are down: their `up` is 0."""
        down = self._query(f"(up == 0) and on (job, instance) group by (job, instance) ({selector})", at)
        for one in down:
            labels = one["metric"]
            where = f"{labels.get('job', '')} {labels.get('instance', '')}"
            yield Finding(key, False, f"a target of {selector} is down: {safe(where)}", "its series will go stale")

    def _reach(self, request: BucketRequest, selector: str) -> Iterator[Finding]:
        start, end = min(span.start for span in request.spans), request.at
        step = max((end - start) // _STEPS, 60)
        since, until = (datetime.fromtimestamp(at, UTC) for at in (start, end))
        series = self._ask(lambda: self._client.custom_query_range(f"count({selector})", since, until, step=str(step)))
        first = min((float(one["values"][0][0]) for one in series if one["values"]), default=float(end))
        if first > start + step:
            days, wanted = (end - first) / 86_400, (end - start) / 86_400
            yield Finding(
                request.key,
                False,
                f"the history of {selector} goes back {days:.1f} d, the window needs {wanted:.1f} d",
                "the verdict is no_data until coverage suffices; the ledger keeps what the server forgets",
            )

    def _all_metrics(self) -> list[str]:
        if self._metrics is None:
            self._metrics = self._ask(self._client.all_metrics)
        return self._metrics

    def _number(self, query: str, at: int) -> float:
        answer = self._query(query, at)
        return float(answer[0]["value"][1]) if answer else 0.0

    def _query(self, query: str, at: int) -> list[Any]:
        return self._ask(lambda: self._client.custom_query(query, params={"time": str(at)}))

    def _ask(self, call: Any) -> list[Any]:
        """The one place where this client's errors become ours."""
        import requests
        from prometheus_api_client.exceptions import PrometheusApiClientException

        url = self._endpoint.url
        try:
            return list(call())
        except requests.Timeout:
            raise UnavailableError("did not answer in time", subject=url, hint="raise `timeout`") from None
        except requests.RequestException as error:
            hint = "is it running, and is the URL right?"
            raise UnavailableError(f"cannot be reached: {type(error).__name__}", subject=url, hint=hint) from None
        except PrometheusApiClientException as error:
            raise UnavailableError(
                f"refused: {safe(str(error), 300)}", subject=url, hint="try the query by hand"
            ) from None


def _client(endpoint: Endpoint) -> PrometheusConnect:
    import requests
    from prometheus_api_client import PrometheusConnect

    session = requests.Session()
    # No redirects and nothing from ~/.netrc: what proves who we are goes to this host alone.
    session.max_redirects, session.trust_env = 0, False
    if endpoint.options.get("ca"):
        session.verify = str(endpoint.options["ca"])
    if endpoint.options.get("cert"):
        session.cert = (str(endpoint.options["cert"]), str(endpoint.options["key"]))
    return PrometheusConnect(
        url=endpoint.url,
        headers=endpoint.all_headers(),
        auth=endpoint.basic(),
        session=session,
        timeout=int(endpoint.timeout) or 1,
    )


def _queries(indicator: Indicator) -> list[str]:
    if isinstance(indicator, Ratio):
        return [query.text for query in (indicator.total, indicator.good, indicator.bad) if query]
    return [indicator.raw.text if isinstance(indicator, RawRatio) else indicator.metric.text]


def _selectors(tree: Any) -> Iterator[tuple[str, list[str], str]]:
    """Metric, labels and text of every selector in a query."""
    kind = type(tree).__name__
    if kind == "VectorSelector":
        labels = [matcher.name for matcher in tree.matchers.matchers]
        inside = ",".join(str(read_matcher(matcher)) for matcher in tree.matchers.matchers)
        yield tree.name or "", labels, f"{tree.name or ''}{{{inside}}}"
    for child in _children(tree):
        yield from _selectors(child)


def _children(tree: Any) -> Iterator[Any]:
    for name in ("expr", "lhs", "rhs", "vector_selector", "param"):
        child = getattr(tree, name, None)
        if child is not None:
            yield child
    yield from getattr(tree, "args", None) or ()


def _nearest(names: Sequence[str]) -> str:
    return f"nearest: {', '.join(names)}" if names else "check the spelling"
