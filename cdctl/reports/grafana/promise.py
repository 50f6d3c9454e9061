"""The panels of one objective."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from cdctl.domain import figures
from cdctl.domain.slo.alert_windows import BurnPair, pairs
from cdctl.domain.slo.chart import Chart
from cdctl.domain.slo.judge import AT_RISK_REMAINING
from cdctl.domain.slo.objective import RawRatio, Threshold
from cdctl.domain.slo.window import Calendar
from cdctl.reports.grafana import panels, words
from cdctl.reports.grafana.calendars import began
from cdctl.reports.grafana.layout import Line, even
from cdctl.reports.grafana.panels import Panel
from cdctl.reports.grafana.variables import Json

_HEIGHT = 7
_LEFT = "What is left of the error budget: 100% is untouched, below 0 it is overspent."


def key(chart: Chart, kind: str) -> str:
    """What a panel shows."""
    return f"{chart.slo.name}/{chart.objective.name}/{kind}"


def whole(chart: Chart, zone: str) -> bool:
    """Whether a dashboard in this time zone can ask for the window."""
    window = chart.slo.window
    return not isinstance(window, Calendar) or (bool(began(window)) and window.zone == zone)


def lines(chart: Chart, zone: str) -> Iterator[Line]:
    """All that is shown of an objective."""
    head = f"{words.named(chart)} · {words.promised(chart)}"
    yield even(1, [panels.row(key(chart, "row"), words.title(head))])
    of_window = [budget(chart, "Error budget left"), _sli(chart)] if whole(chart, zone) else []
    yield even(_HEIGHT, [*(panel for panel in of_window if panel), _bad(chart), _traffic(chart)])
    yield even(_HEIGHT, [_burn(chart, pair) for pair in pairs(chart.slo.window)])


def budget(chart: Chart, title: str) -> Panel | None:
    """The budget that is left over the window; None where that cannot be asked."""
    if not chart.budget:
        return None
    steps = [("red", None), ("orange", 0.0), ("green", AT_RISK_REMAINING)]
    defaults: Json = {
        "color": {"mode": "thresholds"},
        "decimals": 1,
        "max": 1,
        "min": 0,
        "thresholds": panels.colours(steps),
        "unit": "percentunit",
    }
    text, legend = _text(chart, _LEFT), words.legend(chart.slo.group_by)
    panel = panels.figure(key(chart, "budget"), words.title(title), text, chart.budget, legend, defaults, bars=True)
    return _since(chart, _linked(chart, panel))


def _sli(chart: Chart) -> Panel:
    target = chart.objective.target
    defaults: Json = {
        "color": {"mode": "thresholds"},
        "decimals": _decimals(target),
        "thresholds": panels.colours([("red", None), ("green", float(target))]),
        "unit": "percentunit",
    }
    title = words.title(f"SLI, {figures.target(target)} is promised")
    text = _text(chart, f"What share of {_unit(chart)} was good {words.window(chart.slo.window)}.")
    legend = words.legend(chart.slo.group_by)
    return _since(chart, panels.figure(key(chart, "sli"), title, text, chart.sli, legend, defaults))


def _decimals(target: Decimal) -> int:
    """Of a percentage, two more than the target has, so that the distance shows."""
    exponent = (target * 100).normalize().as_tuple().exponent
    return max(2, 2 - exponent) if isinstance(exponent, int) else 2


def _bad(chart: Chart) -> Panel:
    bucket = words.length(chart.width)
    what = (
        f"Lost per slice of {bucket}, 0 to 1" if chart.objective.slice_seconds else f"Bad {_unit(chart)} per {bucket}"
    )
    legend = words.legend(chart.slo.group_by)
    return panels.graph(
        key(chart, "bad"), what, _text(chart), [(chart.bad, legend)], chart.width, {"unit": "short"}, bars=True
    )


def _traffic(chart: Chart) -> Panel:
    title = f"All {_kind(chart)} per {words.length(chart.width)}"
    legend = words.legend(chart.slo.group_by)
    return panels.graph(
        key(chart, "total"), title, _text(chart), [(chart.total, legend)], chart.width, {"unit": "short"}
    )


def _burn(chart: Chart, pair: BurnPair) -> Panel:
    factor = f"{pair.factor.normalize():f}"
    said = f"An alert fires while the burn rates of both windows, {pair.short} and {pair.long}, are above {factor}."
    if not pair.can_fire(chart.objective.target):
        said += " With this target not even a total outage burns so fast."
    asked = [(chart.burn[name], words.legend(chart.slo.group_by, name)) for name in (pair.short, pair.long)]
    panel = panels.graph(
        key(chart, f"burn {pair.long}"),
        f"Burn rate {pair.short} and {pair.long}, alert above {factor}",
        _text(chart, said),
        asked,
        chart.width,
        {"unit": "short", **panels.burn_limit(pair)},
    )
    return _linked(chart, panel)


def _kind(chart: Chart) -> str:
    return "looks" if isinstance(chart.objective.indicator, RawRatio | Threshold) else "events"


def _unit(chart: Chart) -> str:
    return "slices" if chart.objective.slice_seconds else _kind(chart)


def _text(chart: Chart, said: str = "") -> str:
    return words.prose(chart.slo.description, said)


def _linked(chart: Chart, panel: Panel) -> Panel:
    found = words.links(chart.slo.annotations)
    return Panel(panel.key, {**panel.values, "links": found}) if found else panel


def _since(chart: Chart, panel: Panel) -> Panel:
    """A calendar's period is the panel's own span of time."""
    window = chart.slo.window
    return Panel(panel.key, {**panel.values, "timeFrom": began(window)}) if isinstance(window, Calendar) else panel
