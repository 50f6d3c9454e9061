"""What `cdctl diag dtc` shows: the codes of a vehicle, or how many vehicles have which."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from cdctl.cli import exits, records
from cdctl.domain.diagnostics import bundle
from cdctl.domain.diagnostics.health import Health, health
from cdctl.domain.diagnostics.signals import short
from cdctl.domain.diagnostics.tally import tally
from cdctl.domain.figures import percent
from cdctl.domain.orders.order import State

if TYPE_CHECKING:
    from cdctl.cli.fleet_rows import Render
    from cdctl.cli.options import Run
    from cdctl.domain.diagnostics.catalogue import Catalogue
    from cdctl.domain.orders.keeping import Kept

Record = records.Record
_FEW = 4


@dataclass(frozen=True, slots=True)
class Told:
    """What vehicles told of their codes. read: by vehicle, of those that answered."""

    kept: Sequence[Kept]
    codes: Catalogue
    read: Mapping[str, Health] = field(default_factory=dict)

    @property
    def clean(self) -> int:
        """Vehicles that answered and have no code."""
        return sum(not one.troubles for one in self.read.values())


def told(kept: Sequence[Kept], codes: Catalogue, *, places: bool) -> Told:
    """Read what was answered. places: freeze frames may say where a vehicle was."""
    done = (one for one in kept if one.course.state is State.SUCCEEDED)
    return Told(kept, codes, {one.order.vin: health(one.result, places=places) for one in done})


def codes(found: Told) -> Render:
    """All of it. The table of one vehicle lists its codes, of several it counts them; `wide` lists every one."""

    def render(form: str, hide: bool, width: int | None) -> str:
        rows = [vehicle(one, found, hide) for one in found.kept]
        if form == "json":
            return records.document({**_head(found), "tally": _tally(found), "vehicles": rows})
        if form == "jsonl":
            return "".join(map(records.line, rows))
        if form == "table" and len(found.kept) > 1:
            return records.render(_tally(found), _TALLY, form, width)
        if form == "csv":
            return records.render(_flat(rows), _CSV, form)
        fit = width if form == "table" else None  # a freeze frame is longer than any terminal is wide
        return records.render(_flat(rows), _columns(len(found.kept) > 1, form == "wide"), form, fit)

    return render


def _head(found: Told) -> dict[str, object]:
    return {"asked": len(found.kept), "answered": len(found.read), "without_codes": found.clean}


def vehicle(kept: Kept, found: Told, hide: bool) -> dict[str, Any]:
    """One vehicle for programs."""
    vin = kept.order.vin
    read = found.read.get(vin)
    troubles = read.troubles if read and read.troubles else ()
    row = {
        "vin": vin,
        "region": kept.order.region,
        "state": kept.course.state.value,
        "reason": kept.reason,
        "codes": [bundle.trouble(one, found.codes) for one in troubles],
        "odd": list(read.odd) if read else [],
    }
    return dict(bundle.without(row, vin)) if hide else row


def _tally(found: Told) -> list[dict[str, object]]:
    counts = tally({vin: one.troubles or () for vin, one in found.read.items()})
    return [{**bundle.count(one, found.codes), "share": one.vehicles / len(found.read)} for one in counts]


def _flat(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, object]]:
    return [
        {
            "vin": row["vin"],
            "region": row["region"],
            **{name: value for name, value in code.items() if name not in {"bits", "frame", "failure"}},
            "failure": failure(code),
            "set": when(code["frame"]["at"] if code["frame"] else None),
            "frame": framed(code["frame"]),
        }
        for row in rows
        for code in row["codes"]
    ]


def failure(code: Mapping[str, Any]) -> str:
    """`17 circuit voltage too high`; the category where the subtype has no words."""
    if code["failure"] is None:
        return ""
    return f"{code['failure']} {code['failure_text'] or code['failure_category'] or 'reserved'}"


def when(at: object) -> str:
    """An instant by the clock of whoever looks, to the minute."""
    return datetime.fromisoformat(at).astimezone().strftime("%Y-%m-%d %H:%M") if isinstance(at, str) else ""


def framed(frame: Mapping[str, Any] | None) -> str:
    """`Speed 42 km/h, TraveledDistance 1,234 m`."""
    if frame is None:
        return ""
    return ", ".join(f"{short(one['path'])} {amount(one)}" for one in frame["signals"])


def amount(signal: Mapping[str, Any]) -> str:
    """A value with its unit: `42 km/h`, `yes`, `64 %`."""
    value, unit = signal["value"], signal["unit"]
    if isinstance(value, bool):
        return "yes" if value else "no"
    shown = f"{value:,.10g}" if isinstance(value, int | float) else str(value)
    return f"{shown} {unit}" if unit else shown


def _share(record: Record) -> str:
    share = record.get("share")
    return percent(share) if isinstance(share, float) else ""


def _detail(record: Record) -> str:
    """Of a failure type what says something."""
    return "" if str(record["code"]).endswith("-00") else str(record["failure_text"])


def _words(record: Record, name: str = "status_words") -> str:
    words = record.get(name)
    if record.get("status") is None:
        return "not told"
    return ", ".join(map(str, words)) if isinstance(words, list) and words else "none of them"


def _status(record: Record) -> str:
    status = record.get("status")
    return f"{status:02X}" if isinstance(status, int) else ""


def _brief(record: Record) -> str:
    return _words(record, "status_brief")


def _columns(several: bool, wide: bool) -> tuple[records.Column, ...]:
    who = (records.Column("vin"), records.Column("region")) if several else ()
    return (
        *who,
        records.Column("code"),
        records.Column("text", shrinks=True),
        records.Column("failure", shrinks=True),
        records.Column("status", text=_words if wide else _brief, shrinks=True),
        records.Column("set"),
        records.Column("unit"),
        records.Column("byte", wide=True, text=_status),
        records.Column("control", wide=True),
        records.Column("system", wide=True),
        records.Column("frame", wide=True),
    )


_CSV = (
    *map(
        records.Column,
        ("vin", "region", "code", "hex", "text", "control", "system", "failure", "status"),
    ),
    records.Column("status_words", text=_words),
    *map(records.Column, ("set", "unit", "frame")),
)
_TALLY = (
    records.Column("code"),
    records.Column("text", shrinks=True),
    records.Column("failure", text=_detail, shrinks=True),
    records.Column("vehicles"),
    records.Column("share", text=_share),
    *map(records.Column, ("failing", "confirmed", "lamp")),
)


def notes(run: Run, found: Told) -> None:
    """What a table does not say, on stderr."""
    if found.read and found.clean == len(found.read):
        exits.note(run, "no trouble codes")
    elif found.clean:
        exits.note(run, f"{found.clean:,} of {len(found.read):,} that answered have no trouble codes")
    unread(run, [line for one in found.read.values() for line in one.odd])
    held([name for one in found.read.values() for name in one.kept_back], run)


def unread(run: Run, odd: Sequence[str]) -> None:
    """Say what of an answer could not be read, a few lines of it."""
    for line in odd[:_FEW]:
        exits.warn(run, f"not readable: {line}")
    if len(odd) > _FEW:
        exits.warn(run, f"not readable: {len(odd) - _FEW:,} more")


def held(names: Sequence[str], run: Run) -> None:
    """Say what was kept back because it tells where a vehicle is."""
    if names:
        some = ", ".join(dict.fromkeys(names))
        exits.note(run, f'{some}: where it is is kept back; --reason "why you look" shows it')
