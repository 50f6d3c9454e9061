"""The shape of an OpenSLO SLO: window, objectives, and the rules between them."""

from __future__ import annotations

from decimal import Decimal

from cdctl.files.durations import OPENSLO, OPENSLO_MEANING, SLICE, SLICE_MEANING, cure_openslo, cure_slice
from cdctl.files.faults import Faults
from cdctl.files.nodes import Mapping
from cdctl.files.openslo.alert_shape import POLICY_SPEC, operator, reference_or_inline
from cdctl.files.openslo.indicator_shape import DESCRIPTION, INLINE_INDICATOR
from cdctl.files.openslo.metadata import name_shape
from cdctl.files.shapes.containers import Either, Fields, Listing
from cdctl.files.shapes.rules import Rule, Schema, at_most_one, exactly_one, has
from cdctl.files.shapes.scalars import Flag, Number, Text

METHODS = ("Occurrences", "Timeslices", "RatioTimeslices")
_SLICED = {"Timeslices": ("timeSliceWindow", "timeSliceTarget"), "RatioTimeslices": ("timeSliceWindow",)}
_INDICATORS = ("indicator", "indicatorRef")


def _cure_target(text: str) -> tuple[str, str] | None:
    value = Decimal(text) if text[:1].isdigit() and "x" not in text and "o" not in text else Decimal(0)
    if value == 1:
        return "has no error budget: a promise of 100 % is broken by the first bad event", "write less, such as 0.999"
    if 1 < value < 100:
        return "is not a number at least 0 and below 1", f"did you mean targetPercent: {text}?"
    return ("has no error budget", "write a number below 1, such as 0.999") if value == 100 else None


def _cure_percent(text: str) -> tuple[str, str] | None:
    if text[:3] == "100" and float(text) == 100:
        return "has no error budget: a promise of 100 % is broken by the first bad event", "write less, such as 99.9"
    return None


_OBJECTIVE = Fields(
    "objective",
    "One target for the indicator.",
    {
        "displayName": Text("Name of the objective; without one it is called objective-1 and so on."),
        "op": operator("A good value of a thresholdMetric is lte, lt, gte or gt `value`."),
        "value": Number("What a thresholdMetric is compared with."),
        "target": Number("Share of good events promised, such as 0.999.", at_least=0, below=1, cure=_cure_target),
        "targetPercent": Number("The same in percent, such as 99.9.", at_least=0, below=100, cure=_cure_percent),
        "timeSliceTarget": Number("A slice is good when this share of it is, such as 0.95.", above=0, at_most=1),
        "timeSliceWindow": Either(
            "Length of a slice: a number of minutes, or a duration such as 5m.",
            SLICE_MEANING,
            Number(above=0, at_most=100_000),
            Text(pattern=SLICE, meaning=SLICE_MEANING, cure=cure_slice),
        ),
        "indicator": INLINE_INDICATOR,
        "indicatorRef": name_shape("Name of an SLI."),
        "compositeWeight": Number("How much this objective counts in a composite SLO; 1 unless told.", above=0),
    },
    rules=(exactly_one("target", "targetPercent"), at_most_one(*_INDICATORS)),
)


def _rolling(window: Mapping, noun: str, faults: Faults) -> None:
    calendar, rolling = "calendar" in window.values, window.flag("isRolling")
    if rolling is None and "isRolling" in window.values:
        return
    if rolling and calendar:
        fix = "delete calendar, or write isRolling: false"
        faults.error(window.keys["calendar"], f"a rolling {noun} has no calendar", fix)
    elif rolling is not True and not calendar:
        fix = "write isRolling: true, or add a calendar with startTime and timeZone"
        faults.error(window, f"{noun} is neither rolling nor has it a calendar", fix)


_WINDOW = Fields(
    "time window",
    "The period that is judged: the last so long (rolling), or calendar periods.",
    {
        "duration": Text(
            "Length, such as 28d or 4w; 1M, 1Q and 1Y for calendar periods. 1m is a minute, 1M a month.",
            pattern=OPENSLO,
            meaning=OPENSLO_MEANING,
            cure=cure_openslo,
        ),
        "isRolling": Flag("true: the last so long. false, or absent beside a calendar: calendar periods."),
        "calendar": Fields(
            "calendar",
            "From when, and where, periods are counted.",
            {
                "startTime": Text(
                    "Start of the first period in local time, such as 2026-01-01 00:00:00.",
                    pattern=r"[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9]{2}:[0-9]{2}:[0-9]{2}",
                    meaning="a local time such as 2026-01-01 00:00:00",
                ),
                "timeZone": Text("IANA time zone, such as Europe/Berlin.", filled=True, meaning="a time zone"),
            },
            ("startTime", "timeZone"),
        ),
    },
    ("duration",),
    (
        Rule(
            _rolling,
            {
                "if": {"properties": {"isRolling": {"const": True}}, **has("isRolling")},
                "then": {"not": has("calendar")},
                "else": has("calendar"),
            },
        ),
    ),
)


def _objectives(spec: Mapping) -> list[Mapping]:
    return [item for item in spec.items("objectives") if isinstance(item, Mapping)]


def _one_indicator(spec: Mapping, noun: str, faults: Faults) -> None:
    """Either the SLO has an indicator, or each of its objectives has one (a composite)."""
    above = next((key for key in _INDICATORS if key in spec.values), "")
    below = [any(key in item.values for key in _INDICATORS) for item in _objectives(spec)]
    if not above and not any(below):
        faults.error(spec, f"{noun} has none of indicator, indicatorRef", "add one here, or one to each objective")
        return
    for item, own in zip(_objectives(spec), below, strict=True):
        if above and own:
            faults.error(item, f"objective has an indicator beside the {above} of the SLO", "keep one of them")
        elif not above and not own:
            faults.error(item, "objective has no indicator, others of this SLO have", "add indicator or indicatorRef")


def _slices(spec: Mapping, noun: str, faults: Faults) -> None:
    method = spec.text("budgetingMethod")
    for item in _objectives(spec):
        for key in _SLICED.get(method, ()):
            if key not in item.values:
                fix = f"add {key}: {'5m' if key == 'timeSliceWindow' else '0.95'}"
                faults.error(item, f"objective has no {key}, {method} needs one", fix)


def _threshold(owner: Mapping) -> bool:
    indicator = owner.mapping("indicator")
    spec = indicator.mapping("spec") if indicator else None
    return bool(spec and "thresholdMetric" in spec.values)


def _compared(spec: Mapping, noun: str, faults: Faults) -> None:
    for item in _objectives(spec):
        if _threshold(spec) or _threshold(item):
            require_comparison(item, faults)


def require_comparison(objective: Mapping, faults: Faults) -> None:
    """A thresholdMetric needs `op` and `value` to compare with."""
    for key in ("op", "value"):
        if key not in objective.values:
            example = "lte" if key == "op" else "a number"
            faults.error(objective, f"objective has no {key}, a thresholdMetric needs one", f"add {key}: {example}")


def _items(schema: Schema) -> Schema:
    return {"properties": {"objectives": {"items": schema}}}


_HAS_INDICATOR: Schema = {"anyOf": [has("indicator"), has("indicatorRef")]}
_HAS_THRESHOLD: Schema = {
    **has("indicator"),
    "properties": {"indicator": {**has("spec"), "properties": {"spec": has("thresholdMetric")}}},
}
_RULES = (
    at_most_one(*_INDICATORS),
    Rule(
        _one_indicator,
        {"if": _HAS_INDICATOR, "then": _items({"not": _HAS_INDICATOR}), "else": _items(_HAS_INDICATOR)},
    ),
    Rule(
        _slices,
        {
            "allOf": [
                {
                    "if": {"properties": {"budgetingMethod": {"const": method}}, **has("budgetingMethod")},
                    "then": _items(has(*keys)),
                }
                for method, keys in _SLICED.items()
            ]
        },
    ),
    Rule(
        _compared,
        {
            "if": _HAS_THRESHOLD,
            "then": _items(has("op", "value")),
            "else": _items({"if": _HAS_THRESHOLD, "then": has("op", "value")}),
        },
    ),
)

SLO_SPEC = Fields(
    "spec of the SLO",
    "The promise.",
    {
        "description": DESCRIPTION,
        "service": Text("The service that makes the promise.", filled=True, meaning="the name of a service"),
        "indicator": INLINE_INDICATOR,
        "indicatorRef": name_shape("Name of an SLI."),
        "timeWindow": Listing("Exactly one time window.", _WINDOW, "time window", least=1, most=1),
        "budgetingMethod": Text("How bad is counted: by event, or by slice of time.", choices=METHODS),
        "objectives": Listing("The targets.", _OBJECTIVE, "objective", least=1),
        "alertPolicies": Listing(
            "Alert policies, or the names of some.",
            Either(
                "",
                "an alert policy or the name of one",
                name_shape("Name of an AlertPolicy, as old files write it."),
                reference_or_inline("alertPolicyRef", "AlertPolicy", POLICY_SPEC, "A policy, or the name of one."),
            ),
            "alert policy",
        ),
    },
    ("service", "timeWindow", "budgetingMethod", "objectives"),
    _RULES,
    ref="sloSpec",
)
