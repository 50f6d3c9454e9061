"""Charts of promises with their variables filled in, and what a real server answers to them."""

from __future__ import annotations

from collections.abc import Mapping

import httpx
from grafana import chosen, filled

from cdctl.domain.slo.chart import Chart
from cdctl.domain.slo.objective import Slo
from cdctl.domain.slo.window import bounds
from cdctl.reports.grafana.variables import blanks
from cdctl.sources.prometheus.charting import chart


def chart_of(slo: Slo, number: int = 0) -> Chart:
    """The chart of one objective, with Grafana's variables."""
    return chart(slo, slo.objectives[number], blanks(slo))


def asked(query: str, slo: Slo, at: int, groups: Mapping[str, tuple[str, ...]] | None = None) -> str:
    """The query as Grafana sends it for an instant. groups: values chosen by label; the others are all shown."""
    values = {label: chosen(*(groups or {}).get(label, ())) for label in slo.group_by}
    values["__range_ms"] = str((at - bounds(slo.window, at).start) * 1000)
    return filled(query, values)


def answered(url: str, query: str, at: float) -> dict[tuple[tuple[str, str], ...], float]:
    """The value of every series, by its labels. Fails with the server's words when it refuses."""
    reply = httpx.post(f"{url}/api/v1/query", data={"query": query, "time": str(at)}, timeout=60).json()
    assert reply["status"] == "success", f"{reply.get('error')}: {query}"
    return {tuple(sorted(one["metric"].items())): float(one["value"][1]) for one in reply["data"]["result"]}
