"""What Grafana knows a dashboard and its panels by: the same for the same promise, whatever else is promised.

Grafana updates in place what comes again under its uid, and links name a panel by its id. So neither is counted out in
the order of the specs.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

TAG = "cdctl-slo"
"""By which our dashboards find each other."""
OVERVIEW = "slo_overview"
"""File and uid of the overview: names of services have no underscore."""
_MOST = 40
"""Characters of a uid that Grafana takes."""
_IDS = 2**31 - 1


def uid(service: str) -> str:
    """The uid of a service's dashboard."""
    whole = f"{TAG}-{service}"
    return whole if len(whole) <= _MOST else f"{whole[: _MOST - 13]}-{_digest(service)[:12]}"


def ids(keys: Sequence[str]) -> list[int]:
    """An id for each panel of a dashboard, by what it shows; keys differ."""
    found: dict[int, str] = {}
    for key in keys:
        number = int(_digest(key)[:8], 16) % _IDS + 1
        while number in found:
            number = number % _IDS + 1
        found[number] = key
    return list(found)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
