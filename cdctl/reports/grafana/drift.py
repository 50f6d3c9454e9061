"""Why a file is not what would be written now."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from itertools import zip_longest

from cdctl.reports.grafana.names import TAG

_ABSENT = object()


def why(old: str, new: str) -> str:
    """The first difference, in words; empty when there is none. `new` is a dashboard of ours."""
    if old == new:
        return ""
    try:
        was = json.loads(old)
    except ValueError as error:
        return f"is not JSON: {error}"
    now = json.loads(new)
    if not isinstance(was, Mapping):
        return "is no dashboard"
    return next(_differences(was, now), "says the same, written otherwise")


def ours(text: str) -> bool:
    """Whether a file holds a dashboard of ours, of whatever promises."""
    try:
        found = json.loads(text)
    except ValueError:
        return False
    tags = found.get("tags") if isinstance(found, Mapping) else None
    return isinstance(tags, list) and TAG in tags


def _differences(was: Mapping[str, object], now: Mapping[str, object]) -> Iterator[str]:
    yield from _of_panels(_panels(was), _panels(now))
    for key in dict.fromkeys([*now, *was]):
        if key != "panels" and (place := _first(was.get(key, _ABSENT), now.get(key, _ABSENT), key)):
            yield f"{place} differs"
    if was.get("panels") != now.get("panels"):
        yield "panels are in another order"


def _panels(dashboard: Mapping[str, object]) -> dict[object, Mapping[str, object]]:
    found = dashboard.get("panels")
    panels = [one for one in found if isinstance(one, Mapping)] if isinstance(found, list) else []
    return {str(panel.get("id")): panel for panel in panels}


def _of_panels(was: Mapping[object, Mapping[str, object]], now: Mapping[object, Mapping[str, object]]) -> Iterator[str]:
    for number, panel in now.items():
        called = f"panel {number} ({panel.get('title', '')})"
        if number not in was:
            yield f"{called} is missing"
        elif place := _first(was[number], panel, ""):
            yield f"{called}: {place} differs"
    yield from (
        f"panel {number} ({was[number].get('title', '')}) is of no promise" for number in was if number not in now
    )


def _first(was: object, now: object, path: str) -> str:
    """Where two values differ first, such as `targets[0].expr`; empty when nowhere."""
    if isinstance(was, Mapping) and isinstance(now, Mapping):
        pairs = [(f"{path}.{key}".lstrip("."), was.get(key, _ABSENT), now.get(key, _ABSENT)) for key in {**now, **was}]
    elif isinstance(was, list) and isinstance(now, list):
        both = zip_longest(was, now, fillvalue=_ABSENT)
        pairs = [(f"{path}[{i}]", one, other) for i, (one, other) in enumerate(both)]
    else:
        return "" if type(was) is type(now) and was == now else path
    return next((place for name, one, other in pairs if (place := _first(one, other, name))), "")
