"""Alerts as Alertmanager, Prometheus and Grafana tell them: what their labels say, whatever document they came in.

Alertmanager's webhook (https://prometheus.io/docs/alerting/latest/configuration/#webhook_config) and its API v2 (a
list), Prometheus' /api/v1/alerts, Grafana's webhook.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from difflib import get_close_matches

from cdctl.domain.slo.objective import Slo

MOST = 1_000
"""Alerts of one document that are looked at."""
_SLO_LABELS = ("slo", "sloth_slo", "slo_name", "sloName", "objective", "pyrra_slo", "cdctl_slo")
_SERVICE_LABELS = ("service", "sloth_service", "service_name", "app", "job")
_FIRING = frozenset({"firing", "active", "pending", "alerting", "unprocessed"})
_NEVER = "0001-01-01"  # how Go writes "not yet"


@dataclass(frozen=True, slots=True)
class Alert:
    """labels and annotations as told; starts: epoch seconds, None when not told; firing: it has not been resolved."""

    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)
    starts: float | None = None
    firing: bool = True

    @property
    def name(self) -> str:
        """What the rule is called."""
        return self.labels.get("alertname", "")


@dataclass(frozen=True, slots=True)
class About:
    """What a page is about: promises, of the groups that match these labels (a row without such a label matches), since
    when at the latest (epoch seconds), and why we think so, in words."""

    slos: tuple[Slo, ...]
    labels: Mapping[str, str]
    starts: float | None
    because: str


def alerts(document: object) -> list[Alert]:
    """The alerts of a parsed JSON document, firing ones first. Empty when it holds none that can be understood."""
    found = [alert for one in _listed(document)[:MOST] if (alert := _alert(one)) is not None]
    return sorted(found, key=lambda alert: not alert.firing)


def _listed(document: object) -> Sequence[object]:
    if isinstance(document, list):
        return document
    if not isinstance(document, dict):
        return ()
    data = document.get("data")
    if isinstance(data, dict):
        return _listed(data)
    if isinstance(data, list):
        return data
    inner = document.get("alerts")
    if isinstance(inner, list):
        return inner
    return (document,) if "labels" in document else ()


def _alert(told: object) -> Alert | None:
    if not isinstance(told, dict) or not isinstance(told.get("labels"), dict):
        return None
    status = told.get("status", told.get("state", "firing"))
    state = status.get("state", "active") if isinstance(status, dict) else status
    starts = told.get("startsAt") or told.get("activeAt")
    return Alert(_texts(told["labels"]), _texts(told.get("annotations")), _instant(starts), str(state) in _FIRING)


def _texts(told: object) -> dict[str, str]:
    return {str(key): str(value) for key, value in told.items()} if isinstance(told, dict) else {}


def _instant(told: object) -> float | None:
    if not isinstance(told, str) or told.startswith(_NEVER):
        return None
    try:
        found = datetime.fromisoformat(told)
    except ValueError:
        return None
    return found.timestamp() if found.tzinfo is not None else None


def about_alerts(found: Sequence[Alert], slos: Sequence[Slo]) -> About | None:
    """Which promises alerts are about: named by a label, else those of their service, else named within the alert's own
    name. None when no promise can be told."""
    firing = [alert for alert in found if alert.firing] or list(found)
    for how, matching in _WAYS.items():
        pairs = [(alert, slo) for alert in firing for slo in matching(alert, slos)]
        if pairs:
            chosen = [alert for alert in firing if any(alert is one for one, _ in pairs)]
            names = {slo.name for _, slo in pairs}
            return About(
                tuple(slo for slo in slos if slo.name in names),
                _common(chosen, slos),
                min((alert.starts for alert in chosen if alert.starts is not None), default=None),
                f"alert {chosen[0].name or 'without a name'} {how}",
            )
    return None


def about_name(name: str, slos: Sequence[Slo]) -> About | None:
    """The promise of that name, or those of a service of that name."""
    own = tuple(slo for slo in slos if slo.name == name)
    if own:
        return About(own, {}, None, "")
    service = tuple(slo for slo in slos if slo.service == name)
    return About(service, {}, None, f"{name} is a service") if service else None


def nearest(name: str, slos: Sequence[Slo]) -> list[str]:
    """Names that may have been meant."""
    known = dict.fromkeys([slo.name for slo in slos] + [slo.service for slo in slos])
    return get_close_matches(name, known, n=3, cutoff=0.5)


def _of_promise(alert: Alert, slos: Sequence[Slo]) -> list[Slo]:
    return _labelled(alert, _SLO_LABELS, [(slo.name, slo) for slo in slos])


def _of_service(alert: Alert, slos: Sequence[Slo]) -> list[Slo]:
    return _labelled(alert, _SERVICE_LABELS, [(slo.service, slo) for slo in slos])


def _labelled(alert: Alert, labels: Iterable[str], named: Sequence[tuple[str, Slo]]) -> list[Slo]:
    for label in labels:
        told = _plain(alert.labels.get(label, ""))
        found = [slo for name, slo in named if told and _plain(name) == told]
        if found:
            return found
    return []


def _within(alert: Alert, slos: Sequence[Slo]) -> list[Slo]:
    """The promises whose name is in the alert's, the longest names alone: a name may begin another."""
    plain = _plain(alert.name)
    found = [slo for slo in slos if plain and (_plain(slo.name) in plain)]
    most = max((len(slo.name) for slo in found), default=0)
    return [slo for slo in found if len(slo.name) == most]


def _common(found: Sequence[Alert], slos: Sequence[Slo]) -> dict[str, str]:
    """Labels by which promises are grouped, where all alerts agree."""
    wanted = {label for slo in slos for label in slo.group_by}
    values = {label: {alert.labels.get(label, "") for alert in found} for label in wanted}
    return {label: next(iter(told)) for label, told in sorted(values.items()) if len(told) == 1 and told != {""}}


def _plain(text: str) -> str:
    return "".join(c for c in text.casefold() if c.isalnum())


_WAYS: Mapping[str, Callable[[Alert, Sequence[Slo]], list[Slo]]] = {
    "names the promise": _of_promise,
    "names the service": _of_service,
    "is called like the promise": _within,
}
"""How an alert tells its promise, the surest first."""
