"""Trouble codes and a whole look at a vehicle, as plain values that JSON carries (schema `cdctl.snapshot/v1`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from cdctl.domain.diagnostics.catalogue import Catalogue
from cdctl.domain.diagnostics.failure import failure_category, failure_text
from cdctl.domain.diagnostics.health import Event, Frame, Health, Signal, Trouble
from cdctl.domain.diagnostics.tally import Count
from cdctl.domain.fleet.privacy import masked_in

SCHEMA = "cdctl.snapshot/v1"
Plain = dict[str, object]


def utc(at: int | None) -> str | None:
    """Epoch milliseconds as RFC 3339 in UTC; None stays None."""
    if at is None:
        return None
    return datetime.fromtimestamp(at / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def trouble(one: Trouble, codes: Catalogue) -> Plain:
    """One code: what it is, what it means where that is known, and how it stands. bits: null where the control unit
    does not support one."""
    code, status = one.code, one.status
    return {
        "code": str(code),
        "hex": code.packed().hex().upper(),
        "text": codes.text(code),
        "system": code.system.value,
        "control": code.control.value,
        "failure": None if code.failure is None else f"{code.failure:02X}",
        "failure_text": failure_text(code.failure),
        "failure_category": failure_category(code.failure),
        "status": None if status is None else status.byte & status.available,
        "status_words": [] if status is None else list(status.words),
        "status_brief": [] if status is None else list(status.brief),
        "bits": None if status is None else status.fields(),
        "unit": one.unit,
        "frame": None if one.frame is None else frame(one.frame),
    }


def frame(one: Frame) -> Plain:
    """A freeze frame, by the vehicle's clock."""
    return {"at": utc(one.at), "signals": [signal(each) for each in one.signals]}


def signal(one: Signal) -> Plain:
    """A signal with its unit."""
    return {"path": one.path, "value": one.value, "unit": one.unit}


def event(one: Event) -> Plain:
    """What happened, by the vehicle's own account."""
    return {"at": utc(one.at), "kind": one.kind, "text": one.text}


def count(one: Count, codes: Catalogue) -> Plain:
    """How many vehicles have a code."""
    return {
        "code": str(one.code),
        "text": codes.text(one.code),
        "failure_text": failure_text(one.code.failure),
        "vehicles": one.vehicles,
        "failing": one.failing,
        "confirmed": one.confirmed,
        "pending": one.pending,
        "lamp": one.lamp,
    }


def vehicle(told: Health, codes: Catalogue) -> Plain:
    """What a vehicle answered; null for a part that it did not tell."""
    return {
        "troubles": None if told.troubles is None else [trouble(one, codes) for one in told.troubles],
        "signals": None if told.signals is None else [signal(one) for one in told.signals],
        "versions": None if told.versions is None else dict(told.versions),
        "network": None if told.network is None else dict(told.network),
        "events": None if told.events is None else [event(one) for one in told.events],
    }


def snapshot(
    *,
    taken_at: int,
    context: str,
    reason: str,
    answer: Mapping[str, object],
    fleet: Mapping[str, object],
    told: Health | None,
    codes: Catalogue,
    kept_back: Sequence[str] = (),
) -> Plain:
    """A bundle. taken_at: epoch milliseconds. answer: how the order to the vehicle ended; fleet: what the live stream
    knew of it; told: what the vehicle answered, None when it did not. kept_back: fields that tell where it is."""
    held = list(dict.fromkeys([*kept_back, *(told.kept_back if told else ())]))
    return {
        "schema": SCHEMA,
        "taken_at": utc(taken_at),
        "context": context,
        "reason": reason,
        "answer": dict(answer),
        "fleet": dict(fleet),
        "vehicle": None if told is None else vehicle(told, codes),
        "kept_back": held,
        "odd": list(told.odd) if told else [],
    }


def without(value: Any, vin: str) -> Any:
    """The same with the id masked wherever it stands, in keys, too: a vehicle may have said it anywhere."""
    if isinstance(value, str):
        return masked_in(value, vin)
    if isinstance(value, Mapping):
        return {masked_in(str(key), vin): without(one, vin) for key, one in value.items()}
    return [without(one, vin) for one in value] if isinstance(value, list) else value
