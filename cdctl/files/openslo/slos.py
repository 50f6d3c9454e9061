"""OpenSLO SLO documents as promises."""

from __future__ import annotations

from collections.abc import Mapping as Map

from cdctl.domain.slo.objective import Budgeting, Objective, Slo, queries
from cdctl.domain.slo.window import Calendar, Rolling
from cdctl.files.faults import Faults
from cdctl.files.nodes import Mapping, Node, Scalar, Sequence
from cdctl.files.openslo.alerts import policies
from cdctl.files.openslo.annotations import judging, labels_of_metrics
from cdctl.files.openslo.indicators import PROMETHEUS
from cdctl.files.openslo.library import Document, Library, Measure
from cdctl.files.openslo.metadata import PREFIX
from cdctl.files.openslo.objectives import Context, is_composite, objectives
from cdctl.files.openslo.windows import window


def slo(document: Document, library: Library, measures: dict[str, Measure | None]) -> Slo | None:
    """The promise of a well-formed SLO document; None with the reasons in its faults."""
    spec, metadata, faults = document.spec, document.metadata, document.faults
    library.service(spec.text("service"), spec.at("service"), faults)
    budgeting = Budgeting(spec.text("budgetingMethod"))
    span = _window(spec, faults)
    found = objectives(spec, Context(faults, library, measures, budgeting, span))
    judged = judging(metadata, faults)
    asked = {query.source for one in found or () for query in queries(one.indicator)}
    if PROMETHEUS in asked:
        labels_of_metrics(metadata, judged.group_by, faults)
    alerts = policies(spec.items("alertPolicies"), faults, library)
    if found is None or span is None or not _same_slices(found, spec, faults):
        return None
    return Slo(
        document.name,
        spec.text("service"),
        found,
        budgeting,
        span,
        faults.place(metadata.at("name")),
        display_name=metadata.text("displayName"),
        description=spec.text("description").strip(),
        labels=labels(metadata),
        composite=is_composite(spec),
        group_by=judged.group_by,
        lag_seconds=judged.lag_seconds,
        min_coverage=judged.min_coverage,
        expect_groups=judged.expect_groups,
        expected_traffic=judged.expected_traffic,
        alert_policies=alerts,
        only_with=judged.only_with,
        annotations=_annotations(metadata),
    )


def _same_slices(found: tuple[Objective, ...], spec: Mapping, faults: Faults) -> bool:
    """A composite says of each slice whether all objectives held; slices of two lengths have no common answer."""
    lengths = {objective.slice_seconds for objective in found}
    if len(lengths) < 2 or not is_composite(spec):
        return True
    said = ", ".join(f"{(length or 0) // 60}m" for length in sorted(lengths, key=lambda length: length or 0))
    faults.error(spec.at("objectives"), f"the objectives of one composite have slices of {said}", "give all one length")
    return False


def _annotations(metadata: Mapping) -> Map[str, str]:
    """Those of others, for whoever shows the promise."""
    written = metadata.mapping("annotations")
    return {key: written.text(key) for key in written.values if not key.startswith(PREFIX)} if written else {}


def labels(metadata: Mapping) -> Map[str, tuple[str, ...]]:
    """Labels, each with its one or several values."""
    written = metadata.mapping("labels")
    return {key: _values(node) for key, node in written.values.items()} if written else {}


def _values(node: Node) -> tuple[str, ...]:
    items = node.items if isinstance(node, Sequence) else [node]
    return tuple(item.text for item in items if isinstance(item, Scalar))


def _window(spec: Mapping, faults: Faults) -> Rolling | Calendar | None:
    first = next(iter(spec.items("timeWindow")), None)
    return window(first, faults) if isinstance(first, Mapping) else None
