"""OpenSLO alert policies as values, read and kept."""

from __future__ import annotations

from decimal import Decimal

from cdctl.domain.slo.objective import AlertCondition, AlertPolicy
from cdctl.files.durations import seconds
from cdctl.files.faults import Faults
from cdctl.files.nodes import Mapping, Node, Scalar
from cdctl.files.openslo.library import Document, Library


def policies(entries: list[Node], faults: Faults, library: Library) -> tuple[AlertPolicy, ...]:
    """The policies that an SLO's alertPolicies name or hold; unknown names go to `faults`."""
    found = (_entry(entry, faults, library) for entry in entries)
    return tuple(policy for policy in found if policy)


def _entry(entry: Node, faults: Faults, library: Library) -> AlertPolicy | None:
    if isinstance(entry, Scalar):
        faults.warn(entry, "a bare policy name is an old spelling", f"write alertPolicyRef: {entry.text}")
        return _named(entry, faults, library)
    if not isinstance(entry, Mapping):
        return None
    reference = entry.scalar("alertPolicyRef")
    if reference:
        return _named(reference, faults, library)
    return policy(_name(entry), entry.mapping("spec") or entry, faults, library)


def _named(reference: Scalar, faults: Faults, library: Library) -> AlertPolicy | None:
    document = library.find("AlertPolicy", reference, faults)
    # The policy's own faults are reported once, where it is read for itself.
    return of_document(document, Faults(document.faults.file), library) if document else None


def of_document(document: Document, faults: Faults, library: Library) -> AlertPolicy:
    """The policy of a well-formed AlertPolicy document."""
    return policy(document.name, document.spec, faults, library)


def policy(name: str, spec: Mapping, faults: Faults, library: Library) -> AlertPolicy:
    """A policy from its well-formed spec."""
    conditions = [_condition(item, faults, library) for item in spec.items("conditions") if isinstance(item, Mapping)]
    targets = [_target(item, faults, library) for item in spec.items("notificationTargets")]
    return AlertPolicy(
        name,
        tuple(condition for condition in conditions if condition),
        when_breaching=bool(spec.flag("alertWhenBreaching")),
        when_no_data=bool(spec.flag("alertWhenNoData")),
        when_resolved=bool(spec.flag("alertWhenResolved")),
        targets=tuple(target for target in targets if target),
    )


def _condition(item: Mapping, faults: Faults, library: Library) -> AlertCondition | None:
    reference = item.scalar("conditionRef")
    if not reference:
        return condition(_name(item), item.mapping("spec") or item)
    document = library.find("AlertCondition", reference, faults)
    return condition(document.name, document.spec) if document else None


def condition(name: str, spec: Mapping) -> AlertCondition:
    """A condition from its well-formed spec."""
    inner = spec.mapping("condition") or spec
    after = inner.text("alertAfter")
    return AlertCondition(
        name,
        spec.text("severity"),
        inner.text("op"),
        inner.decimal("threshold") or Decimal(0),
        seconds(inner.text("lookbackWindow")),
        seconds(after) if after else 0,
    )


def _target(item: Node, faults: Faults, library: Library) -> str:
    if not isinstance(item, Mapping):
        return ""
    reference = item.scalar("targetRef")
    if reference:
        library.find("AlertNotificationTarget", reference, faults)
        return reference.text
    return _name(item)


def _name(inline: Mapping) -> str:
    metadata = inline.mapping("metadata")
    return metadata.text("name") if metadata else ""
