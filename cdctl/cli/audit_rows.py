"""What `cdctl audit` shows: records of the journal as rows, with what is personal hidden where it must be."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from cdctl.cli import records
from cdctl.domain.fleet.privacy import VIN, is_location, masked

if TYPE_CHECKING:
    from cdctl.cli.fleet_rows import Render
    from cdctl.domain.orders.keeping import Head, Record

_KEPT_BACK = "(kept back)"
_NAMES = re.compile(r"\b[0-9a-z]*\d[0-9a-z]*\b")
"""Numbers, hashes and ids: what near-equal faults differ in."""
_ALIKE = 3
_VEHICLES = frozenset({"vin", "vins", "vehicle", "vehicles", "target", "targets"})
_ABOUT_VEHICLES = frozenset({"forged"})


def shown(found: Sequence[Record], vins: Mapping[str, str]) -> Render:
    """Records in every format of a list; on a terminal with whole VINs. vins: of orders, by their ids."""

    def render(form: str, hide: bool, width: int | None) -> str:
        rows = [row(one, vins.get(one.subject, ""), hide) for one in found]
        if form in {"json", "jsonl"}:
            rows = [{name: value for name, value in each.items() if name != "what"} for each in rows]
        return records.render(rows, _COLUMNS, form, width)

    return render


def row(one: Record, vin: str, hide: bool) -> dict[str, object]:
    """One record, about an order of that vehicle; `hide`: VINs are masked. Where a vehicle was is never shown."""
    body = _without_places(one.body)
    what = _what(one.kind, body)
    made = {"number": one.number, "at": utc(one.at), "kind": one.kind, "subject": one.subject}
    whole: dict[str, object] = {**made, "vin": vin, "actor": one.actor, "what": what, "body": body, "hash": one.hash}
    return {name: _hidden(value, tuple(_vins(one, vin))) for name, value in whole.items()} if hide else whole


def utc(at: int) -> str:
    """An instant of the journal in RFC 3339."""
    try:
        return datetime.fromtimestamp(at / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    except (OverflowError, ValueError, OSError):
        return str(at)


def verdict(form: str, now: Head, vouched: Record | None, faults: Sequence[str], kept: Head | None) -> str:
    """Whether the chain is whole, up to where, and who vouches for how much of it."""
    whole = {
        "whole": not faults,
        "records": now.number,
        "hash": now.hash,
        "vouched_for": vouched.body.get("number", 0) if vouched else 0,
        "vouched_by": vouched.actor if vouched else None,
        "vouched_at": utc(vouched.at) if vouched else None,
        "head_from_elsewhere": kept.number if kept else None,
        "faults": list(faults),
    }
    if form == "json":
        return records.document(whole)
    if form == "jsonl":
        return records.line(whole)
    rows = [{"field": name, "value": value} for name, value in whole.items() if name != "faults" and value is not None]
    rows += [{"field": "fault", "value": fault} for fault in _few(faults)]
    return records.render(rows, (records.Column("field"), records.Column("value")), form)


def _few(faults: Sequence[str]) -> Iterator[str]:
    """Without the most of those that differ in their numbers and names alone; JSON has them all."""
    alike: dict[str, list[str]] = {}
    for fault in faults:
        alike.setdefault(_NAMES.sub("", fault), []).append(fault)
    for some in alike.values():
        yield from some[:_ALIKE]
        if len(some) > _ALIKE:
            yield f"and {len(some) - _ALIKE:,} like this one; -o json lists them"


def _what(kind: str, body: Mapping[str, Any]) -> str:
    """A record in a few words."""
    if kind == "intent":
        return " ".join([str(body.get("command", "")), *_pairs(body.get("arguments"))])
    if kind == "move":
        heard, state = str(body.get("heard", "")), str(body.get("state", ""))
        said = [heard if heard == state else f"{heard}: {state}", "(late)" * bool(body.get("late"))]
        return " ".join(filter(None, [*said, str(body.get("reason", "")), *_pairs(body.get("result"))]))
    if kind == "checkpoint":
        return f"record {body.get('number')}, {'sealed' if body.get('seal') else 'nobody sealed it'}"
    if kind == "rollout":
        return _rollout(body)
    if kind == "guard":
        known = f"{body.get('guard')} is {body.get('health')}: {body.get('words')}"
        return known if body.get("guard") else "what guards know so far"
    return " ".join(_pairs({name: item for name, item in body.items() if item not in ({}, [])}))


def _rollout(body: Mapping[str, Any]) -> str:
    """`paused by bea: a look; wave 2 running`: what happened, and where it stood then."""
    events = body.get("events")
    told = [_event(one) for one in events if isinstance(one, Mapping)] if isinstance(events, list) else []
    standing = body.get("standing")
    if isinstance(standing, Mapping):
        paused = ", paused" if standing.get("pauses") else ""
        told.append(f"wave {int(standing.get('wave', 0)) + 1} {standing.get('phase', '')}{paused}")
    return "; ".join(told)


def _event(one: Mapping[str, Any]) -> str:
    of = "to" if one.get("word") == "refused" else "by"
    by = "" if one.get("by") in {"", None, "rollout"} else f" {of} {one['by']}"
    return f"{one.get('word')}{by}" + (f": {one['words']}" if one.get("words") else "")


def _pairs(value: object) -> Iterator[str]:
    for name, item in value.items() if isinstance(value, Mapping) else ():
        if isinstance(item, Mapping | list):
            yield f"{name}={_count(item)}"
        elif item not in ("", None):
            yield f"{name}={item}"


def _count(item: Mapping[str, Any] | list[Any]) -> str:
    text = json.dumps(item, ensure_ascii=False)
    return text if len(text) <= 40 else f"({len(item)})"


def _without_places(value: Any, name: str = "") -> Any:
    if isinstance(value, Mapping):
        return {key: _without_places(item, key) for key, item in value.items()}
    if isinstance(value, list):
        return [_without_places(item, name) for item in value]
    return _KEPT_BACK if is_location(name) and value is not None else value


def _vins(one: Record, vin: str) -> Iterator[str]:
    """Ids of vehicles that a record names, the longest first: one may be part of another."""
    found = {vin, *_named(one.body, "")}
    if one.kind in _ABOUT_VEHICLES:
        found.add(one.subject)
    yield from sorted(filter(None, found), key=len, reverse=True)


def _named(value: Any, name: str) -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from _named(item, key if key in _VEHICLES or name not in _VEHICLES else "")
    elif isinstance(value, list):
        for item in value:
            yield from _named(item, name)
    elif isinstance(value, str) and name in _VEHICLES:
        yield value


def _hidden(value: Any, vins: Sequence[str]) -> Any:
    if isinstance(value, str):
        for vin in vins:
            value = value.replace(vin, masked(vin))
        return VIN.sub(lambda found: masked(found[0]), value)
    if isinstance(value, Mapping):
        return {_hidden(key, vins): _hidden(item, vins) for key, item in value.items()}
    return [_hidden(item, vins) for item in value] if isinstance(value, list) else value


def _body(record: records.Record) -> str:
    return json.dumps(record["body"], ensure_ascii=False)


def _short(record: records.Record) -> str:
    subject = str(record["subject"])
    return f"{subject[:12]}…" if len(subject) == 64 else subject


_COLUMNS = (
    records.Column("number"),
    records.Column("at"),
    records.Column("kind"),
    records.Column("subject", text=_short),
    records.Column("vin", shrinks=True),
    records.Column("actor", shrinks=True),
    records.Column("what", shrinks=True),
    records.Column("hash", wide=True),
    records.Column("body", data=True, text=_body),
)
