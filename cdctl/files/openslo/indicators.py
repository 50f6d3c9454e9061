"""OpenSLO indicators as values: what is asked of which source."""

from __future__ import annotations

from typing import Final

from cdctl.domain.slo.objective import Query, Ratio, RawRatio
from cdctl.files.faults import Faults
from cdctl.files.nearest import shown
from cdctl.files.nodes import Mapping, Node, Scalar, Sequence
from cdctl.files.openslo.library import Library, Measure

PROMETHEUS: Final = "prometheus"
DATA_SOURCE: Final = "data_source"
WINDOW: Final = "{{window}}"


def measure(spec: Mapping, faults: Faults, library: Library) -> Measure | None:
    """What a well-formed SLI spec measures, also kept in the library; None with the reason in `faults`."""
    found = _measure(spec, faults, library)
    if found:
        library.measured.append(found)
    return found


def _measure(spec: Mapping, faults: Faults, library: Library) -> Measure | None:
    threshold = spec.mapping("thresholdMetric")
    if threshold:
        return _query(threshold, faults, library)
    ratio = spec.mapping("ratioMetric") or spec
    parts = {key: _query(part, faults, library) for key in _PARTS if (part := ratio.mapping(key))}
    if None in parts.values():
        return None
    raw, total, good, bad = (parts.get(key) for key in _PARTS)
    if raw:
        return RawRatio(raw, success=ratio.text("rawType") == "success")
    return Ratio(total, good, bad, _counter(ratio, parts)) if total else None


_PARTS = ("raw", "total", "good", "bad")


def _counter(ratio: Mapping, parts: dict[str, Query | None]) -> bool:
    """As written; without a word, queries that hold {{window}} yield a number for a window, others name counters."""
    written = ratio.flag("counter")
    if written is not None:
        return written
    return not any(query and WINDOW in query.text for query in parts.values())


def _query(metric: Mapping, faults: Faults, library: Library) -> Query | None:
    source = metric.mapping("metricSource") or metric
    spec = source.mapping("spec") or source
    settings = {key: value for key, value in _flat(spec) if key not in ("query", "promql")}
    kind = source.text("type").lower()
    reference = source.scalar("metricSourceRef")
    if reference:
        settings[DATA_SOURCE] = reference.text
        kind = _source_kind(kind, reference, faults, library)
    text = spec.scalar("query") or spec.scalar("promql")
    kind = kind or PROMETHEUS
    if not text and kind == PROMETHEUS:
        faults.error(spec, "spec of metricSource has no query", "add query: with the PromQL to ask")
        return None
    return Query(text.text.strip() if text else "", kind, settings, faults.place(text or spec))


def _source_kind(kind: str, reference: Scalar, faults: Faults, library: Library) -> str:
    """`type` as written, else that of the data source; a contradiction is a fault."""
    document = library.find("DataSource", reference, faults)
    declared = document.spec.text("type").lower() if document else ""
    if kind and declared and kind != declared:
        message = f"type is {shown(kind)}, but DataSource {shown(reference.text)} is of type {shown(declared)}"
        faults.error(reference, message, "delete type")
    return kind or declared


def _flat(node: Node, name: str = "") -> list[tuple[str, str]]:
    """Every scalar below a node, named by its path: `{a: {b: 1}}` gives ("a.b", "1")."""
    if isinstance(node, Scalar):
        return [(name, node.text)]
    children = node.values.items() if isinstance(node, Mapping) else ()
    if isinstance(node, Sequence):
        children = {str(i): item for i, item in enumerate(node.items)}.items()
    return [pair for key, child in children for pair in _flat(child, f"{name}.{key}" if name else key)]
