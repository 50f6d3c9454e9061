"""What is wrong, or odd, with the filters of an indicator, said without asking a store."""

from __future__ import annotations

from collections.abc import Iterator

from cdctl.domain.slo.objective import Indicator, QueryFault, Ratio
from cdctl.domain.traces.traceql.tree import Both, Compare, Either, Expression
from cdctl.sources.traceql.plan import OF_DATA_SOURCE, Plan, PlanError, faults, plan

_ENTRIES = frozenset({"server", "consumer"})
_SERVICES = frozenset({"service.name", "rootServiceName"})


def judge(indicator: Indicator, group_by: tuple[str, ...] | None) -> Iterator[QueryFault]:
    """See the port Grammar."""
    found = list(faults(indicator))
    for error in found:
        if error.shape and OF_DATA_SOURCE not in error.query.settings:
            continue  # the file's reader knew that these are traces, and has said it
        yield QueryFault(error.query, error.reason, error.hint, error.offset)
    if found or not isinstance(indicator, Ratio):
        return
    try:
        planned = plan(indicator, group_by or ())
    except PlanError as error:
        yield QueryFault(error.query, error.reason, error.hint, error.offset)
        return
    yield from _doubts(indicator, planned)


def _doubts(indicator: Ratio, planned: Plan) -> Iterator[QueryFault]:
    """What can be asked, and may not be what its author means."""
    where, which = planned.counting.total.where, planned.counting.which
    if which == "entry" and not _asks_for_a_service(where):
        said = "this counts the entry spans of every service: a request through three is counted three times"
        yield QueryFault(indicator.total, said, 'add resource.service.name = "..."', 0, warning=True)
    kinds = [one for one in _all(where) if one.field.key == "kind" and one.field.scope == "intrinsic"]
    outside = [one for one in kinds if one.operator == "=" and one.value.value not in _ENTRIES]
    if which == "entry" and outside and not any(isinstance(one, Either) for one in _parts(where)):
        said = "entry spans are of kind server or consumer, or have no parent: few or none of this kind count"
        yield QueryFault(indicator.total, said, "add spans: all", outside[0].field.offset, warning=True)


def _asks_for_a_service(where: Expression) -> bool:
    """Whether every span that matches is of services that the filter names."""
    if isinstance(where, Both):
        return _asks_for_a_service(where.left) or _asks_for_a_service(where.right)
    if isinstance(where, Either):
        return _asks_for_a_service(where.left) and _asks_for_a_service(where.right)
    return isinstance(where, Compare) and where.field.key in _SERVICES and where.operator in {"=", "=~"}


def _parts(where: Expression) -> Iterator[Expression]:
    yield where
    if isinstance(where, Both | Either):
        yield from _parts(where.left)
        yield from _parts(where.right)


def _all(where: Expression) -> Iterator[Compare]:
    return (one for one in _parts(where) if isinstance(one, Compare))
