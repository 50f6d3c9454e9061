"""What `cdctl cmd` shows of orders: each, or how many ended how, as records, tables and files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from cdctl.cli import records
from cdctl.domain.duration import brief
from cdctl.domain.fleet.privacy import masked, masked_in
from cdctl.domain.orders.order import State
from cdctl.domain.text import safe

if TYPE_CHECKING:
    from cdctl.cli.fleet_rows import Render
    from cdctl.domain.orders.command import Command
    from cdctl.domain.orders.keeping import Kept

ON_A_SCREEN = 40
"""Orders that a table shows one by one; of more it shows how many ended how."""
_LONGEST = 2000
_HIDDEN = "kept back: --reason shows it"


@dataclass(frozen=True, slots=True)
class Told:
    """Orders to show. command_of: what was declared, None when nobody brings it any more. places: whether results that
    tell where somebody is may be shown. head: what else stands in the JSON document. each: a table shows every one."""

    kept: Sequence[Kept]
    command_of: Callable[[str], Command | None]
    places: bool = False
    head: Mapping[str, object] | None = None
    each: bool = False


def utc(at: int) -> str:
    """Epoch milliseconds as RFC 3339, UTC."""
    return datetime.fromtimestamp(at / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def order(kept: Kept, told: Told, hide: bool) -> dict[str, object]:
    """One order for programs. What a vehicle said is text from outside: whoever shows it makes it safe."""
    vin = kept.order.vin
    shown = _result(kept, told)
    return {
        "vin": masked(vin) if hide else vin,
        "region": kept.order.region,
        "command": kept.order.command,
        "state": kept.course.state.value,
        "reason": masked_in(kept.reason, vin) if hide else kept.reason,
        "took_ms": kept.took if kept.took or kept.course.state is State.SUCCEEDED else None,
        "result": {key: _masked(value, vin) if hide else value for key, value in shown},
        "order": kept.order.id,
        "plan": kept.order.plan,
        "sent_at": utc(kept.order.created),
        "since": utc(kept.course.since),
        "signed_by": kept.by,
        "late": kept.lates,
    }


def _masked(value: object, vin: str) -> object:
    if isinstance(value, str):
        return masked_in(value, vin)
    if isinstance(value, Mapping):
        return {_masked(key, vin): _masked(each, vin) for key, each in value.items()}
    return [_masked(each, vin) for each in value] if isinstance(value, list | tuple) else value


def _result(kept: Kept, told: Told) -> Iterable[tuple[str, object]]:
    if not kept.result:
        return ()
    command = told.command_of(kept.order.command)
    if (command is None or command.private) and not told.places:
        return (("hidden", _HIDDEN),) if command else (("hidden", "nobody knows what it tells: --reason shows it"),)
    if command is None:
        return tuple(kept.result.items())
    shown = command.decode(kept.result)
    known = [key for key in command.results if key in shown]
    return tuple((key, shown[key]) for key in (*known, *(key for key in shown if key not in command.results)))


def _took(record: records.Record) -> str:
    took = record.get("took_ms")
    if not isinstance(took, int):
        return ""
    return brief(took / 1000) if took >= 1000 else f"{took} ms"


def _flat(result: object) -> str:
    if not isinstance(result, Mapping):
        return ""
    return ", ".join(f"{key}={_short(value)}" for key, value in result.items())


def _short(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | dict):
        return f"({len(value)})"
    return str(value)


_ORDERS = (
    records.Column("vin"),
    records.Column("region"),
    records.Column("command"),
    records.Column("state"),
    records.Column("reason", shrinks=True),
    records.Column("took", text=_took),
    records.Column("result", text=lambda record: _flat(record.get("result")), shrinks=True),
    records.Column("order", wide=True),
    records.Column("plan", wide=True, text=lambda record: str(record["plan"])[:16]),
    records.Column("sent_at", wide=True),
    records.Column("since", wide=True),
    records.Column("late", wide=True, text=lambda record: str(record["late"] or "")),
)
_CSV = tuple(
    records.Column(name, text=(lambda record: _flat(record.get("result"))) if name == "result" else None)
    for name in (
        "vin",
        "region",
        "command",
        "state",
        "reason",
        "took_ms",
        "result",
        "order",
        "plan",
        "sent_at",
        "since",
    )
)


def orders(told: Told) -> Render:
    """Orders in every format of a list; a table of many says how many ended how."""

    def render(form: str, hide: bool, width: int | None) -> str:
        if form == "table" and len(told.kept) > ON_A_SCREEN and not told.each:
            return records.render(summary(told.kept, hide), _SUMMARY, form, width)
        kept = told.kept if told.each else sorted(told.kept, key=_bad_first)
        rows = [order(one, told, hide) for one in kept]
        if form == "json":
            return records.document({**(told.head or {}), "summary": summary(told.kept, hide), "orders": rows})
        if form == "csv":
            rows = [
                {key: safe(cell, _LONGEST) if isinstance(cell, str) else cell for key, cell in one.items()}
                for one in rows
            ]
        return records.render(rows, _CSV if form == "csv" else _ORDERS, form, width)

    return render


def _bad_first(kept: Kept) -> tuple[bool, str, str]:
    return kept.course.state is State.SUCCEEDED, kept.course.state.value, kept.order.vin


def summary(kept: Iterable[Kept], hide: bool = False) -> list[dict[str, object]]:
    """How many orders are how, and why; most first."""
    counts = Counter(
        (one.course.state.value, masked_in(one.reason, one.order.vin) if hide else one.reason) for one in kept
    )
    return [{"state": state, "reason": reason, "vehicles": count} for (state, reason), count in counts.most_common()]


_SUMMARY = (
    records.Column("state"),
    records.Column("reason", shrinks=True),
    records.Column("vehicles", text=lambda record: f"{record['vehicles']:,}"),
)
