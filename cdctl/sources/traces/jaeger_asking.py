"""What of a filter Jaeger can be asked for, and how its two APIs want that."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime

from cdctl.domain.traces.ports import Window
from cdctl.domain.traces.traceql.tree import Both, Compare, Expression

LONGEST = 3600.0
"""Seconds before the window in which a span may have begun that ended in it."""


@dataclass(frozen=True, slots=True)
class Narrowed:
    """Conditions that every match fulfils; the filter itself is still to be judged. shortest: nanoseconds."""

    service: str = ""
    name: str = ""
    shortest: int = 0


def narrowed(where: Expression) -> Narrowed:
    """What must hold in any case: the parts of a filter that `&&` joins. Attributes are left to us: Jaeger compares
    them with types, and with those of other spans of the trace in some of its stores."""
    found = {"service": "", "name": ""}
    shortest = 0
    todo = [where]
    while todo:
        one = todo.pop()
        if isinstance(one, Both):
            todo += [one.left, one.right]
        elif isinstance(one, Compare) and one.value.kind == "text" and one.operator == "=":
            if (one.field.scope, one.field.key) == ("resource", "service.name"):
                found["service"] = str(one.value.value)
            elif (one.field.scope, one.field.key) == ("intrinsic", "name"):
                found["name"] = str(one.value.value)
        elif isinstance(one, Compare):
            shortest = max(shortest, _shortest(one))
    return Narrowed(found["service"], found["name"], shortest)


def _shortest(where: Compare) -> int:
    """Nanoseconds that a span takes at least."""
    timed = (where.field.scope, where.field.key) == ("intrinsic", "duration") and where.operator in {">", ">="}
    return where.value.value if timed and isinstance(where.value.value, int) else 0


def params_v3(service: str, asked: Narrowed, window: Window, depth: int, *, camel: bool) -> dict[str, str]:
    """Of /api/v3/traces; `camel`: names as JSON has them, which came later."""
    said = {
        "serviceName": service,
        "startTimeMin": _rfc3339(window.start - LONGEST),
        "startTimeMax": _rfc3339(window.end),
        "searchDepth" if camel else "numTraces": str(depth),
    }
    if asked.name:
        said["operationName"] = asked.name
    if asked.shortest >= 1000:
        said["durationMin"] = f"{asked.shortest // 1000}us"
    return {f"query.{key if camel else _snake(key)}": value for key, value in said.items()}


def params_v1(service: str, asked: Narrowed, window: Window, depth: int) -> dict[str, str]:
    """Of /api/traces: times in microseconds."""
    said = {
        "service": service,
        "start": str(round((window.start - LONGEST) * 1e6)),
        "end": str(round(window.end * 1e6)),
        "limit": str(depth),
    }
    if asked.name:
        said["operation"] = asked.name
    if asked.shortest >= 1000:
        said["minDuration"] = f"{asked.shortest // 1000}us"
    return said


def _snake(name: str) -> str:
    return "".join(f"_{char.lower()}" if char.isupper() else char for char in name)


def _rfc3339(seconds: float) -> str:
    return datetime.fromtimestamp(max(seconds, 0), UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def services(body: bytes, key: str) -> list[str] | None:
    """Names in an answer `{key: [...]}`; None when it is none."""
    try:
        found = json.loads(body)[key]
        return sorted({str(one) for one in found or ()})
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
