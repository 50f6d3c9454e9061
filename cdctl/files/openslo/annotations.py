"""cdctl's own annotations on an SLO as values: grouping, lag, coverage, expected groups and traffic."""

from __future__ import annotations

import re
from collections.abc import Mapping as Map
from decimal import Decimal
from typing import NamedTuple

from cdctl.domain.slo.objective import ExpectedTraffic
from cdctl.files.durations import seconds
from cdctl.files.faults import Faults
from cdctl.files.nearest import shown, suggestion
from cdctl.files.nodes import Mapping, Node
from cdctl.files.openslo.metadata import EXPECT_GROUPS, EXPECTED_TRAFFIC, GROUP_BY, LAG, MIN_COVERAGE, ONLY_WITH

_PAIR = r'(?<!\S)([a-zA-Z_][a-zA-Z0-9_]*(?:[.][a-zA-Z0-9_-]+)*)=("[^"]*"|[^\s"]+)(?=\s|$)'


class Judging(NamedTuple):
    """How a promise is to be judged, as far as its annotations say."""

    group_by: tuple[str, ...] = ()
    lag_seconds: int | None = None
    min_coverage: Decimal | None = None
    expect_groups: tuple[Map[str, str], ...] = ()
    expected_traffic: ExpectedTraffic | None = None
    only_with: tuple[str, ...] = ()


def judging(metadata: Mapping, faults: Faults) -> Judging:
    """What the well-formed annotations of an SLO say; what makes no sense goes to `faults`."""
    notes = metadata.mapping("annotations")
    if not notes:
        return Judging()
    group_by = tuple(label.strip() for label in notes.text(GROUP_BY).split(",") if label.strip())
    if len(set(group_by)) < len(group_by):
        faults.error(notes.at(GROUP_BY), f"{GROUP_BY} names a label twice", "name each once")
    lag = notes.text(LAG)
    coverage = notes.text(MIN_COVERAGE)
    expected = notes.text(EXPECT_GROUPS)
    return Judging(
        group_by,
        seconds(lag) if lag else None,
        Decimal(coverage.rstrip("%")) / 100 if coverage else None,
        _groups(expected, group_by, notes.at(EXPECT_GROUPS), faults) if expected else (),
        _traffic(notes.text(EXPECTED_TRAFFIC), notes.at(EXPECTED_TRAFFIC), faults),
        tuple(dict.fromkeys(name.strip() for name in notes.text(ONLY_WITH).split(",") if name.strip())),
    )


def labels_of_metrics(metadata: Mapping, group_by: tuple[str, ...], faults: Faults) -> None:
    """A promise that Prometheus is asked about cannot be grouped by what is no label of a metric."""
    for label in group_by:
        if "." in label:
            notes = metadata.mapping("annotations") or metadata
            fix = "labels of metrics have no dots; attributes of spans do (type: traces)"
            faults.error(notes.at(GROUP_BY), f"{GROUP_BY} names {shown(label)}, which no metric has", fix)


def _groups(text: str, labels: tuple[str, ...], where: Node, faults: Faults) -> tuple[Map[str, str], ...]:
    found: list[dict[str, str] | None]
    if len(labels) == 1 and "=" not in text:
        found = [{labels[0]: value.strip()} for value in text.split(",") if value.strip()]
    else:
        found = [_group(part, labels, where, faults) for part in text.split(";") if part.strip()]
    if not found:
        faults.error(where, f"{EXPECT_GROUPS} {shown(text)} names no group", "write one, or delete it")
    groups = [group for group in found if group is not None]
    if len({tuple(group.items()) for group in groups}) < len(groups):
        faults.error(where, f"{EXPECT_GROUPS} names a group twice", "name each once")
    return tuple(groups)


def _group(text: str, labels: tuple[str, ...], where: Node, faults: Faults) -> dict[str, str] | None:
    """One group such as `region=eu model=i4`, in the order of `labels`."""
    pairs: list[tuple[str, str]] = re.findall(_PAIR, text)
    group = {label: value.strip('"') for label, value in pairs}
    example = " ".join(f"{label}=..." for label in labels)
    if len(group) < len(pairs) or re.sub(_PAIR, "", text).strip():
        faults.error(where, f"{EXPECT_GROUPS}: {shown(text.strip())} is not a group", f"write {example}")
        return None
    for label in group:
        if label not in labels:
            fix = suggestion(label, labels)
            faults.error(where, f"{EXPECT_GROUPS} names label {shown(label)}, {GROUP_BY} does not", fix)
            return None
    missing = [label for label in labels if label not in group]
    if missing:
        faults.error(where, f"{EXPECT_GROUPS}: {shown(text.strip())} has no {missing[0]}", f"write {example}")
        return None
    return {label: group[label] for label in labels}


def _traffic(text: str, where: Node, faults: Faults) -> ExpectedTraffic | None:
    if not text:
        return None
    count, _, duration = text.partition("/")
    if float(count) == 0:
        faults.error(where, f"{EXPECTED_TRAFFIC} {shown(text)} expects nothing", "write at least 1/1h, or delete it")
        return None
    return ExpectedTraffic(float(count), seconds(duration))
