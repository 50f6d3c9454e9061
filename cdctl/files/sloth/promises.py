"""Sloth's SLOs as promises, with a warning for each thing that has no equal here."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from cdctl.domain.slo.objective import Budgeting, Indicator, Objective, Query, Ratio, RawRatio, Slo
from cdctl.domain.slo.window import Rolling
from cdctl.files.durations import DAY
from cdctl.files.faults import Faults
from cdctl.files.lints import idle_pairs
from cdctl.files.nearest import shown
from cdctl.files.nodes import Mapping, Scalar
from cdctl.files.sloth.shapes import Dialect

WINDOW = Rolling(30 * DAY)
"""Sloth has the window on its command line, not in the file; 30 days is its default."""

_DOT_WINDOW = r"\{\{-?\s*\.window\s*-?\}\}"
_TEMPLATE = r"\{\{(?!window\}\})[^}]*\}\}"
_IDLE = {
    "interval": "rule intervals have no equal here",
    "plugins": "Sloth's plugins have no equal here",
    "infoLabels": "labels of Sloth's info metric have no equal here",
}


def promises(level: Mapping, dialect: Dialect, faults: Faults) -> Iterator[tuple[Slo, Scalar]]:
    """Every SLO of a well-formed Sloth file (or of the spec of a Kubernetes resource) and where its name stands.

    Its name is Sloth's own id, `<service>-<name>`, because names are unique in a service only.
    """
    for key in ("slo_plugins", "sloPlugins"):
        if level.get(key):
            faults.warn(level.keys[key], f"{key}: {_IDLE['plugins']}")
    shared = _labels(level)
    for item in level.items("slos"):
        name = item.scalar("name") if isinstance(item, Mapping) else None
        if isinstance(item, Mapping) and name:
            slo = _slo(item, name, level.text("service"), shared, dialect, faults)
            if slo:
                yield slo, name


def _slo(
    item: Mapping, name: Scalar, service: str, shared: dict[str, tuple[str, ...]], dialect: Dialect, faults: Faults
) -> Slo | None:
    for key, message in _IDLE.items():
        if item.get(key):
            faults.warn(item.keys[key], f"{key}: {message}")
    _alerting(item, dialect, faults)
    sli = item.mapping("sli") or item
    plugin = sli.mapping("plugin")
    if plugin:
        message = f"SLI plugin {shown(plugin.text('id'))} runs inside Sloth and has no equal here: this SLO is left out"
        faults.leave_out(f"{service}-{name.text}", plugin, message, "write the queries that it makes under events:")
    indicator = _indicator(sli, dialect, faults)
    if not indicator:
        return None
    target = (item.decimal("objective") or Decimal(0)) / 100
    idle_pairs(WINDOW, target, item.at("objective"), faults)
    return Slo(
        f"{service}-{name.text}",
        service,
        (Objective("objective-1", indicator, target),),
        Budgeting.OCCURRENCES,
        WINDOW,
        faults.place(name),
        description=item.text("description").strip(),
        labels=shared | _labels(item),
    )


def _alerting(item: Mapping, dialect: Dialect, faults: Faults) -> None:
    """Sloth makes a page and a ticket unless told not to: only what it would have made is missed here."""
    alerting = item.mapping("alerting")
    if not alerting:
        return
    lost = []
    for name, key in (("page", dialect.page_alert), ("ticket", dialect.ticket_alert)):
        alert = alerting.mapping(key)
        disabled = alert.scalar("disable") if alert else None
        if not (disabled and disabled.flag):
            lost.append(name)
    if lost:
        message = f"alerting: Sloth's alert rules ({' and '.join(lost)}) are not made here"
        faults.warn(item.keys["alerting"], message, "cdctl judges with its own burn pairs")


def indicators(level: Mapping, dialect: Dialect, faults: Faults) -> Iterator[Indicator]:
    """What the SLOs of a Sloth file measure, those that are wrong in other ways among them."""
    for item in level.items("slos"):
        found = _indicator(item.mapping("sli") or item, dialect, faults) if isinstance(item, Mapping) else None
        if found:
            yield found


def _indicator(sli: Mapping, dialect: Dialect, faults: Faults) -> Indicator | None:
    events, raw = sli.mapping("events"), sli.mapping("raw")
    if raw:
        query = _query(raw.scalar(dialect.error_ratio_query), faults)
        return RawRatio(query, success=False) if query else None
    bad = _query(events.scalar(dialect.error_query), faults) if events else None
    total = _query(events.scalar(dialect.total_query), faults) if events else None
    return Ratio(total, bad=bad, counter=False) if bad and total else None


def _query(written: Scalar | None, faults: Faults) -> Query | None:
    if not written:
        return None
    text = re.sub(_DOT_WINDOW, "{{window}}", written.text).strip()
    other = re.search(_TEMPLATE, text)
    if other:
        faults.error(written, f"template {shown(other.group())} has no equal here", "write out what it stands for")
        return None
    return Query(text, "prometheus", {}, faults.place(written))


def _labels(owner: Mapping) -> dict[str, tuple[str, ...]]:
    labels = owner.mapping("labels")
    return {key: (node.text,) for key, node in labels.values.items() if isinstance(node, Scalar)} if labels else {}
