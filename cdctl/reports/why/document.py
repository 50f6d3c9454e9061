"""An explanation as plain JSON values: the shape `cdctl.why/v1` (why.schema.json beside this file)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from cdctl.domain.fleet.privacy import masked
from cdctl.domain.traces.attributes import VEHICLE_IDS
from cdctl.domain.traces.ports import Window
from cdctl.domain.why.explanation import Cause, Conjunction, Counts, Explanation, NearMiss, Timeline
from cdctl.reports import words
from cdctl.reports.why import telling

SCHEMA = "cdctl.why/v1"


def document(told: Explanation, *, show_vins: bool = False) -> dict[str, Any]:
    """The whole explanation; numbers are numbers or null, never NaN."""
    return {
        "schema": SCHEMA,
        "slo": told.slo,
        "by": told.by or None,
        "objective": told.objective,
        "group": dict(told.group),
        "target": told.target,
        "source": told.source,
        "answer": telling.headline(told),
        "window": _window(told.window),
        "reference": _window(told.reference) if told.reference else None,
        "events": _counts(told.events),
        "before": _counts(told.before) if told.before else None,
        "burn_rate": _number(told.burn),
        "burn_rate_without": _number(telling.without(told)),
        "risen": told.risen,
        "causes": [{**_cause(cause), "standing": cause in told.standing} for cause in told.causes],
        "near_misses": [_near(miss) for miss in told.near],
        "heavy_hitters": [
            {
                "attribute": hit.attribute,
                "value": masked(hit.value) if _personal(hit.attribute) and not show_vins else hit.value,
                "bad": _number(hit.bad),
                "total": _number(hit.total),
                "share": _number(hit.share),
            }
            for hit in told.heavy
        ],
        "searched": {
            "attributes": list(told.attributes),
            "same": {name: list(others) for name, others in told.same.items()},
            "left_out": [{"attribute": one.attribute, "reason": one.reason} for one in told.left_out],
            "groups": told.searched,
        },
        "timeline": _timeline(told.timeline),
        "unknown_vehicles": _number(told.nameless),
        "next": telling.commands(told),
        "notes": list(told.notes),
    }


def _near(miss: NearMiss) -> dict[str, Any]:
    return {
        "where": _where(miss.where),
        "share": _number(miss.share),
        "rate_inside": _number(miss.inside),
        "rate_outside": _number(miss.outside),
        "log10_p": _number(miss.log10_p),
        "reason": miss.reason,
    }


def _personal(attribute: str) -> bool:
    return attribute in {"vehicle", *VEHICLE_IDS}


def _cause(cause: Cause) -> dict[str, Any]:
    return {
        "where": _where(cause.where),
        "text": telling.sentence(cause),
        "share": _number(cause.share),
        "inside": _counts(cause.inside),
        "outside": _counts(cause.outside),
        "expected": _number(cause.expected),
        "burn_rate": _number(cause.burn),
        "budget": _number(cause.budget),
        "log10_p": _number(cause.log10_p),
        "design_effect": _number(cause.effect),
        "vehicles": cause.vehicles,
        "new": cause.new,
        "before": _counts(cause.before) if cause.before else None,
        "before_outside": _counts(cause.before_outside) if cause.before_outside else None,
        "since": words.rfc3339(cause.since) if cause.since is not None else None,
        "since_between": [words.rfc3339(moment) for moment in cause.between] if cause.between else None,
        "equals": [_where(where) for where in cause.equals],
        "selection": {
            "where": cause.picked.where,
            "cannot_say": _where(cause.picked.beyond),
            "vehicles": cause.picked.vehicles,
        },
        "traces": list(cause.traces),
        "changes": [
            {
                "at": words.rfc3339(round(one.change.at)),
                "before_s": _number(one.ahead),
                "kind": one.change.kind,
                "title": one.change.title,
                "related": one.related,
            }
            for one in cause.after
        ],
        "timeline": _timeline(cause.timeline),
    }


def _where(where: Conjunction) -> list[Mapping[str, str]]:
    return [{"attribute": one.attribute, "value": one.value} for one in where]


def _counts(counts: Counts) -> dict[str, Any]:
    return {
        "bad": _number(counts.bad),
        "total": _number(counts.total),
        "raw_bad": _number(counts.raw_bad),
        "raw_total": _number(counts.raw_total),
        "rate": _number(counts.rate),
    }


def _window(window: Window) -> dict[str, str]:
    return {"start": words.rfc3339(round(window.start)), "end": words.rfc3339(round(window.end))}


def _timeline(times: Timeline) -> dict[str, list[Any]]:
    return {
        "ends": [words.rfc3339(int(end)) for end in times.ends],
        "bad": [_number(value) for value in times.bad.tolist()],
        "total": [_number(value) for value in times.total.tolist()],
    }


def _number(value: float | None) -> float | int | None:
    """Fifteen significant digits: what is behind them is not the data's."""
    if value is None or not math.isfinite(value):
        return None
    short = float(f"{value:.15g}")
    return int(short) if short == int(short) and abs(short) < 1e15 else short
