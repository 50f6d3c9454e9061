"""What is new: a group now beside the same group in the reference window, the same hours before."""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import MappingProxyType

import numpy as np

from cdctl.domain.slo.series import Floats
from cdctl.domain.why.attributes import ABSENT
from cdctl.domain.why.beginning import turning
from cdctl.domain.why.events import Events
from cdctl.domain.why.evidence import log_tail
from cdctl.domain.why.explanation import Conjunction, Counts
from cdctl.domain.why.picking import FIELDS
from cdctl.domain.why.rows import NONE, Mask

SHORT: Mapping[str, str] = MappingProxyType(
    {
        "service": "service.name", "version": "service.version", "software": "sw", "command": "command.name",
        "zone": "cloud.availability_zone", "environment": "deployment.environment.name",
        "cluster": "k8s.cluster.name", "namespace": "k8s.namespace.name",
    }
)  # fmt: skip
"""What a spec may call an attribute of spans for short, as they are called here."""
_LIFT = 1.5
_LEVEL = math.log(1e-3)
_FEW = 3.0
_CALM = 5.0
"""Nats that the time before a beginning speaks for the lower rate, at least."""


def counts(events: Events, mask: Mask) -> Counts:
    """Events of the mask."""
    bad, total, weight = events.bad[mask], events.total[mask], events.weight[mask]
    return Counts(float((bad * weight).sum()), float((total * weight).sum()), float(bad.sum()), float(total.sum()))


def holding(events: Events, where: Conjunction) -> Mask:
    """Events for which all of it holds; none when an attribute does not occur."""
    mask = np.ones(len(events), np.bool_)
    columns = {column.name: column.coded for column in events.columns}
    for predicate in where:
        coded = columns.get(predicate.attribute)
        if coded is None:
            mask &= predicate.value == ABSENT
            continue
        code = NONE if predicate.value == ABSENT else _code(list(coded.values), predicate.value)
        mask &= (coded.codes == code) if code is not None else False
    return mask


def _code(values: list[str], value: str) -> int | None:
    return values.index(value) if value in values else None


def told_by(events: Events, group: Mapping[str, str]) -> Mask:
    """Events of a group, by names as specs and people write them: of several columns that may hold it, the first that
    does."""
    mask = np.ones(len(events), np.bool_)
    columns = {column.name: column.coded for column in events.columns}
    for name, value in group.items():
        wanted = SHORT.get(name, name)
        near = (
            found for known, found in columns.items() if FIELDS.get(known) == wanted or known.endswith(f".{wanted}")
        )
        coded = columns.get(name) or columns.get(wanted) or next(near, None)
        code = _code(list(coded.values), value) if coded is not None else None
        mask &= (coded.codes == code) if coded is not None and code is not None else False
    return mask


def is_new(now: Counts, outside: Counts, before: Counts, before_outside: Counts, effect: float) -> bool | None:
    """Whether a group fails more than it did, beyond what all others rose by as well; None when the reference has too
    few events of the group to tell."""
    rate = (now.raw_bad / now.raw_total) if now.raw_total else 0.0
    if before.raw_total * rate < _FEW:
        return None
    then, there, here = (_rate(one) for one in (before, before_outside, outside))
    risen = max(1.0, here / there)
    expected = min(0.999, then * risen)
    if now.raw_bad < _LIFT * expected * now.raw_total:
        return False
    return log_tail(_gain(now.raw_bad, now.raw_total, expected) / effect) < _LEVEL


def _rate(one: Counts) -> float:
    """Half an event more than was seen: nothing seen is not nothing possible."""
    return (one.raw_bad + 0.5) / (one.raw_total + 1.0)


def _gain(bad: float, total: float, rate: float) -> float:
    """Log-likelihood ratio of a rate as seen against one that is given."""
    seen, good = bad / total, total - bad
    return bad * math.log(seen / rate) + (good * math.log((1 - seen) / (1 - rate)) if good > 0 else 0.0)


def onset(bad: Floats, total: Floats, inside: float, outside: float) -> int | None:
    """Number of the slice from which on a group fails at the rate `inside` rather than `outside`: where the cumulative
    log-likelihood ratio of the two turns. None when it was so all along."""
    low, high = min(max(outside, 1e-6), 0.999), min(max(inside, 2e-6), 0.9999)
    if high <= low:
        return None
    sums = turning(bad, total, low, high)
    place = int(sums.argmin())
    return place if 0 < place < len(bad) and sums[place] < -_CALM else None
