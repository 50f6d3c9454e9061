"""OpenSLO objectives as values: the target, the indicator it is for, and its slices."""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

from cdctl.domain.slo.objective import Budgeting, Indicator, Objective, Query, Threshold
from cdctl.domain.slo.window import Calendar, Rolling
from cdctl.files.durations import seconds
from cdctl.files.faults import Faults
from cdctl.files.lints import idle_pairs, slice_fits
from cdctl.files.nearest import shown
from cdctl.files.nodes import Mapping, Scalar
from cdctl.files.openslo.indicators import measure
from cdctl.files.openslo.library import Library, Measure
from cdctl.files.openslo.slo_shape import require_comparison


class Context(NamedTuple):
    """What an objective needs to know of the rest: its file, the other documents, indicators of SLIs by name, and the
    budgeting and window of its SLO (None when faulty)."""

    faults: Faults
    library: Library
    measures: dict[str, Measure | None]
    budgeting: Budgeting
    window: Rolling | Calendar | None


def own_measure(owner: Mapping, context: Context) -> Measure | None:
    """The indicator that an SLO or an objective has, inline or by name; None when it has none or it is faulty."""
    inline = owner.mapping("indicator")
    if inline:
        return measure(inline.mapping("spec") or inline, context.faults, context.library)
    reference = owner.scalar("indicatorRef")
    if reference and context.library.find("SLI", reference, context.faults):
        return context.measures.get(reference.text)
    return None


def objectives(spec: Mapping, context: Context) -> tuple[Objective, ...] | None:
    """All objectives of a well-formed SLO spec; None when one of them is faulty."""
    shared = own_measure(spec, context)
    composite = is_composite(spec)
    seen: dict[str, Mapping] = {}
    found = []
    for number, item in enumerate(spec.items("objectives"), 1):
        if not isinstance(item, Mapping):
            continue
        name = item.text("displayName").strip() or f"objective-{number}"
        _unique(name, item, seen, context.faults)
        _idle_keys(item, context.budgeting, composite, context.faults)
        found.append(_objective(name, item, own_measure(item, context) if composite else shared, context))
    complete = tuple(objective for objective in found if objective)
    return complete if len(complete) == len(found) else None


def is_composite(spec: Mapping) -> bool:
    """Whether the objectives have indicators of their own."""
    return "indicator" not in spec.values and "indicatorRef" not in spec.values


def _unique(name: str, item: Mapping, seen: dict[str, Mapping], faults: Faults) -> None:
    first = seen.setdefault(name, item)
    if first is not item:
        where = item.at("displayName")
        message = f"two objectives are called {shown(name)}, the other one at line {first.line}"
        faults.error(where, message, "give each a displayName of its own")


def _objective(name: str, item: Mapping, measured: Measure | None, context: Context) -> Objective | None:
    faults = context.faults
    sliced = context.budgeting is not Budgeting.OCCURRENCES
    indicator = _indicator(item, measured, faults)
    target = _target(item, faults)
    length = _slice_seconds(item, faults) if sliced else None
    if context.window:
        idle_pairs(context.window, target, item.at("target" if "target" in item.values else "targetPercent"), faults)
        slice_fits(context.window, length, item.at("timeSliceWindow"), faults)
    if not indicator or (sliced and length is None):
        return None
    return Objective(
        name,
        indicator,
        target,
        item.decimal("timeSliceTarget") if sliced else None,
        length,
        item.decimal("compositeWeight") or Decimal(1),
    )


def _indicator(item: Mapping, measured: Measure | None, faults: Faults) -> Indicator | None:
    if not isinstance(measured, Query):
        for key in ("op", "value") if measured else ():
            if key in item.values:
                faults.warn(item.keys[key], f"{key} has no effect on a ratio", f"delete {key}")
        return measured
    value = item.decimal("value")
    if value is None or "op" not in item.values:
        require_comparison(item, faults)
        return None
    return Threshold(measured, item.text("op"), float(value))


def _target(item: Mapping, faults: Faults) -> Decimal:
    percent = item.decimal("targetPercent")
    if percent is None:
        return item.decimal("target") or Decimal(0)
    if 0 < percent <= 1:
        text = item.text("targetPercent")
        faults.warn(item.at("targetPercent"), f"targetPercent {text} is {text} %", f"did you mean target: {text}?")
    return percent / 100


def _slice_seconds(item: Mapping, faults: Faults) -> int | None:
    written = item.scalar("timeSliceWindow")
    if not written:
        return None
    if written.kind != "number":
        return seconds(written.text)
    exact = (written.decimal or Decimal(0)) * 60
    if exact != exact.to_integral_value():
        faults.error(written, f"timeSliceWindow of {written.text} min is no whole number of seconds", "write 1 or 5m")
        return None
    return int(exact)


def _idle_keys(item: Mapping, budgeting: Budgeting, composite: bool, faults: Faults) -> None:
    """Warn of keys that are legal and mean nothing here."""
    idle = {
        "timeSliceTarget": budgeting is not Budgeting.TIMESLICES and f"budgetingMethod {budgeting}",
        "timeSliceWindow": budgeting is Budgeting.OCCURRENCES and f"budgetingMethod {budgeting}",
        "compositeWeight": not composite and "one indicator for all objectives",
    }
    for key, reason in idle.items():
        if reason and isinstance(item.values.get(key), Scalar):
            faults.warn(item.keys[key], f"{key} has no effect with {reason}", f"delete {key}")
