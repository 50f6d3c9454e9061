"""Text of specs, written so that Grafana shows it and does nothing else with it.

Grafana fills variables into titles and descriptions, too (`$name`, `${name}`, `[[name]]`), and has no escape for them:
a word joiner, which nobody sees, stands where such a name would begin. Descriptions are Markdown.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from cdctl.domain import figures
from cdctl.domain.slo.chart import Chart
from cdctl.domain.slo.window import Calendar, Rolling, Unit
from cdctl.domain.text import safe

_JOINER = "\u2060"
_FILLED = re.compile(r"\$(?=[A-Za-z0-9_{])|\[(?=\[)")
_MARKUP = re.compile(r"[\\`*_\[\]#|~]")
_ADDRESS = re.compile(r"https?://[^\s\x00-\x20\"<>\\^`{}]{1,2000}", re.IGNORECASE)

_UNITS = {
    Unit.MINUTE: "minute",
    Unit.HOUR: "hour",
    Unit.DAY: "day",
    Unit.WEEK: "week",
    Unit.MONTH: "month",
    Unit.QUARTER: "quarter",
    Unit.YEAR: "year",
}


def title(text: str, limit: int = 150) -> str:
    """A line of plain text."""
    return _FILLED.sub(lambda found: found.group() + _JOINER, safe(text, limit))


def prose(*paragraphs: str) -> str:
    """Paragraphs that an author wrote, as Markdown that shows them as they are."""
    return "\n\n".join(_plain(text) for text in paragraphs if text)


def _plain(text: str) -> str:
    escaped = _MARKUP.sub(r"\\\g<0>", safe(text, 2000, lines=True).replace("&", "&amp;").replace("<", "&lt;"))
    return _FILLED.sub(lambda found: found.group() + _JOINER, escaped)


def links(annotations: Mapping[str, str]) -> list[dict[str, object]]:
    """A link for every annotation that is the address of a page, such as a runbook."""
    return [
        {"title": title(key.rpartition("/")[2].replace("-", " "), 60), "url": _address(value), "targetBlank": True}
        for key, value in annotations.items()
        if _ADDRESS.fullmatch(value)
    ]


def _address(text: str) -> str:
    return safe(text, 3000).replace("$", "%24").replace("[", "%5B").replace("]", "%5D")


def named(chart: Chart) -> str:
    """What a promise is called; its objective is named, too, where it has several."""
    slo = chart.slo
    called = slo.display_name or slo.name
    return f"{called}: {chart.objective.name}" if len(slo.objectives) > 1 else called


def promised(chart: Chart) -> str:
    """Target and window: `99.9% over 28d`."""
    return f"{figures.target(chart.objective.target)} {window(chart.slo.window)}"


def window(span: Rolling | Calendar) -> str:
    """A window in words."""
    if isinstance(span, Calendar):
        name = _UNITS[span.unit]
        period = f"per {name}" if span.count == 1 else f"per {span.count} {name}s"
        return f"{period} of the calendar ({span.zone})"
    return f"over {length(span.seconds)}"


def length(seconds: int) -> str:
    """Seconds as Prometheus and Grafana write them, in the largest unit that fits."""
    unit = next(unit for unit in ((86_400, "d"), (3600, "h"), (60, "m"), (1, "s")) if not seconds % unit[0])
    return f"{seconds // unit[0]}{unit[1]}"


def legend(group_by: Sequence[str], before: str = "") -> str:
    """How a series is called: by its group, else `before` alone."""
    return " ".join([*([before] if before else []), *(f"{{{{{label}}}}}" for label in group_by)]) or "all"
