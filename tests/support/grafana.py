"""What Grafana makes of a dashboard, as far as a test must know: how variables are filled in, and what it needs.

The expression and the escapes are those of Grafana (packages/grafana-data variableRegex, the Prometheus datasource's
prometheusSpecialRegexEscape).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any

VARIABLE = re.compile(r"\$(\w+)|\[\[([\s\S]+?)(?::(\w+))?\]\]|\$\{(\w+)(?:\.([^:^\}]+))?(?::([^\}]+))?\}", re.ASCII)
BUILT_IN = frozenset({"__range_ms", "__url_time_range", "__all_variables"})
ALL = "$__all"

Json = Mapping[str, Any]


def referenced(text: str) -> set[str]:
    """Names that Grafana would look for."""
    return {found[1] or found[2] or found[4] for found in VARIABLE.finditer(text)}


def filled(text: str, values: Mapping[str, str]) -> str:
    """The text after Grafana; what it does not know stays."""

    def value(found: re.Match[str]) -> str:
        return values.get(found[1] or found[2] or found[4], found[0])

    return VARIABLE.sub(value, text)


def chosen(*values: str) -> str:
    """The regular expression that Grafana writes for chosen values of a variable; `.*` for all."""
    escaped = [re.sub(r"[$^*{}\[\]'+?.()|]", r"\\\\\g<0>", value.replace("\\", "\\" * 4)) for value in values]
    return escaped[0] if len(escaped) == 1 else f"({'|'.join(escaped)})" if escaped else ".*"


def targets(dashboard: Json) -> Iterator[tuple[Json, Json]]:
    """Every panel with each of its targets."""
    for panel in dashboard["panels"]:
        for target in panel.get("targets", ()):
            yield panel, target


def texts(value: object) -> Iterator[str]:
    """Every text in a document, keys too."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield key
            yield from texts(inner)
    elif isinstance(value, Sequence):
        for inner in value:
            yield from texts(inner)


def faults(dashboard: Json) -> list[str]:
    """What is wrong with the structure of a dashboard; none when Grafana can show it as it is meant."""
    return [
        *_head(dashboard),
        *_places(dashboard["panels"]),
        *(fault for panel in dashboard["panels"] for fault in _panel(panel)),
        *_variables(dashboard),
    ]


def _head(dashboard: Json) -> Iterator[str]:
    if not re.fullmatch(r"[a-zA-Z0-9_-]{1,40}", str(dashboard.get("uid"))):
        yield f"uid {dashboard.get('uid')!r}"
    if dashboard.get("id", 0) is not None:
        yield "a dashboard to be imported has no id"
    if not dashboard.get("title") or not dashboard["panels"]:
        yield "no title, or no panels"
    if not isinstance(dashboard.get("schemaVersion"), int):
        yield "no schemaVersion"


def _places(panels: Sequence[Json]) -> Iterator[str]:
    numbers = [panel["id"] for panel in panels]
    if len(set(numbers)) < len(numbers):
        yield "two panels have one id"
    for panel in panels:
        place = panel["gridPos"]
        if type(panel["id"]) is not int or not 0 < panel["id"] < 2**31:
            yield f"id {panel['id']!r}"
        if place["x"] < 0 or place["w"] < 1 or place["h"] < 1 or place["x"] + place["w"] > 24:
            yield f"{panel['title']} is beyond the grid"
    for one, other in combinations(panels, 2):
        a, b = one["gridPos"], other["gridPos"]
        beside = a["x"] + a["w"] <= b["x"] or b["x"] + b["w"] <= a["x"]
        if not beside and not (a["y"] + a["h"] <= b["y"] or b["y"] + b["h"] <= a["y"]):
            yield f"{one['title']} and {other['title']} overlap"


def _panel(panel: Json) -> Iterator[str]:
    if not panel.get("title"):
        yield f"panel {panel['id']} has no title"
    if panel["type"] == "row":
        return
    asked = panel.get("targets", [])
    if not asked:
        yield f"{panel['title']} asks nothing"
    refs = [target.get("refId") for target in asked]
    if not all(refs) or len(set(refs)) < len(refs):
        yield f"{panel['title']}: refIds {refs}"
    for place in (panel, *asked):
        if place.get("datasource") != {"type": "prometheus", "uid": "${datasource}"}:
            yield f"{panel['title']}: datasource {place.get('datasource')}"
    for target in asked:
        if not target.get("expr") or target.get("instant") is target.get("range"):
            yield f"{panel['title']}: no query, or neither instant nor range"
    values = [step["value"] for step in panel["fieldConfig"]["defaults"].get("thresholds", {}).get("steps", [])]
    if values and (values[0] is not None or values[1:] != sorted(values[1:])):
        yield f"{panel['title']}: thresholds {values}"


def _variables(dashboard: Json) -> Iterator[str]:
    listed = dashboard["templating"]["list"]
    names = [variable["name"] for variable in listed]
    if len(set(names)) < len(names):
        yield "two variables have one name"
    if [v["query"] for v in listed if v["name"] == "datasource" and v["type"] == "datasource"] != ["prometheus"]:
        yield "no variable for the datasource"
    for text in texts(dashboard):
        for name in sorted(referenced(text.replace(ALL, "")) - {*names, *BUILT_IN}):
            yield f"{name} is no variable: {text[:80]}"


def load(text: str) -> Any:
    """A document as Grafana reads it: strictly."""

    def refuse(word: str) -> object:
        raise ValueError(word)

    return json.loads(text, parse_constant=refuse)
