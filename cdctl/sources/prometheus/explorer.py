"""What a server has: names, labels, series, through prometheus-api-client, which is synchronous and made for exploring.

Its errors are mapped here and nowhere else; how often and how long it is asked is ours to say, not its own.
"""

from __future__ import annotations

import random
import re
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar

from cdctl.domain.text import safe
from cdctl.errors import UnavailableError
from cdctl.sources.prometheus.endpoint import Endpoint

if TYPE_CHECKING:
    from prometheus_api_client import PrometheusConnect

T = TypeVar("T")
_PASSING = frozenset({"429", "500", "502", "503", "504"})


class Explorer:
    """Asks one endpoint; every method blocks and raises UnavailableError when there is no answer. Instants in epoch
    seconds."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self._until = time.monotonic() + endpoint.deadline
        self._client = _client(endpoint)

    def metrics(self) -> list[str]:
        """Every metric name."""
        return self._ask(lambda: _texts(self._client.all_metrics()))

    def labels(self, selector: str) -> set[str]:
        """Names of the labels that the series of a selector have, or ever had."""
        return set(self._ask(lambda: _texts(self._client.get_label_names(params={"match[]": selector}))))

    def values(self, label: str, selector: str) -> list[str]:
        """Values of a label that these series have, or ever had."""
        return self._ask(lambda: _texts(self._client.get_label_values(label, params={"match[]": selector})))

    def kind(self, metric: str) -> str:
        """Its type, such as counter or gauge; empty when the server does not know, or has no word on metadata."""
        try:
            return self._ask(lambda: next((str(one["type"]) for one in self._client.get_metric_metadata(metric)), ""))
        except UnavailableError:
            return ""

    def number(self, query: str, at: int) -> float:
        """The one number of a query; 0 when there is none."""
        answer = self._ask(lambda: [float(one["value"][1]) for one in self._now(query, at)])
        return answer[0] if answer else 0.0

    def label_sets(self, query: str, at: int) -> list[dict[str, str]]:
        """Labels of every series of a query's answer."""
        return self._ask(lambda: [{str(k): str(v) for k, v in one["metric"].items()} for one in self._now(query, at)])

    def first(self, query: str, start: int, end: int, step: int) -> float | None:
        """When a query has its first value."""
        since, until = (datetime.fromtimestamp(at, UTC) for at in (start, end))

        def ask() -> list[float]:
            series = self._client.custom_query_range(query, since, until, step=str(step))
            return [float(one["values"][0][0]) for one in series if one["values"]]

        return min(self._ask(ask), default=None)

    def _now(self, query: str, at: int) -> Any:
        return self._client.custom_query(query, params={"time": str(at)})

    def _ask(self, call: Callable[[], T]) -> T:
        """The answer, asked for again while that is worth it and there is time."""
        attempt = 0
        while True:
            try:
                return self._once(call)
            except _AgainError as error:
                pause = 0.2 * 2**attempt * (0.5 + random.random())  # noqa: S311 - jitter
                if attempt >= self._endpoint.retries or time.monotonic() + pause > self._until:
                    raise error.told from None
            attempt += 1
            time.sleep(pause)

    def _once(self, call: Callable[[], T]) -> T:
        import requests
        from prometheus_api_client.exceptions import PrometheusApiClientException

        try:
            return call()
        except requests.Timeout:
            raise _AgainError(self._told("did not answer in time", "raise `timeout`")) from None
        except requests.TooManyRedirects:
            raise self._told("redirects elsewhere", "write the final URL in the settings") from None
        except requests.JSONDecodeError:
            raise self._odd() from None
        except requests.RequestException as error:
            hint = "is it running, and is the URL right?"
            raise _AgainError(self._told(f"cannot be reached: {type(error).__name__}", hint)) from None
        except PrometheusApiClientException as error:
            told = self._told(f"refused: {safe(str(error), 300)}", "try the query by hand")
            status = re.search(r"HTTP Status Code (\d+)", str(error))
            raise (_AgainError(told) if status and status[1] in _PASSING else told) from None
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
            raise self._odd() from None

    def _odd(self) -> UnavailableError:
        return self._told("its answer is not of the Prometheus API", "is this the URL of a Prometheus query API?")

    def _told(self, message: str, hint: str) -> UnavailableError:
        return UnavailableError(message, subject=self._endpoint.url, hint=hint)


class _AgainError(Exception):
    """No answer, but there may be one soon."""

    def __init__(self, told: UnavailableError) -> None:
        super().__init__(str(told))
        self.told = told


def _texts(answer: Any) -> list[str]:
    if not isinstance(answer, list) or not all(isinstance(one, str) for one in answer):
        raise TypeError("not a list of names")
    return answer


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
    client = PrometheusConnect(
        url=endpoint.url,
        headers=endpoint.all_headers(),
        auth=endpoint.basic(),
        session=session,
        timeout=min(endpoint.timeout, endpoint.deadline),
    )
    # It has put retries of its own here, that wait as long as a server likes.
    session.mount(endpoint.url, requests.adapters.HTTPAdapter(max_retries=0))
    return client
