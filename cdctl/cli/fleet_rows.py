"""What `cdctl fleet` shows: pages, counts and cards as records, tables and files."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from cdctl.cli import exits, fleet_status, output, records
from cdctl.domain.duration import brief
from cdctl.domain.fleet.privacy import masked, masked_in
from cdctl.domain.text import safe
from cdctl.errors import CdctlError

if TYPE_CHECKING:
    from cdctl.cli.options import Run
    from cdctl.domain.fleet.reading import Card, Cell, Happening, Page, Tally

_LENGTHS = frozenset({"age", "since"})
_LONGEST = 2000

Render = Callable[[str, bool, int | None], str]
"""Format, whether ids are masked, the cells of a terminal (None: as wide as it gets) -> the whole text."""


@dataclass(frozen=True)
class Rows(Sequence[records.Record]):
    """Rows of a page as records, made one by one: a million vehicles are never a million dicts at once."""

    columns: tuple[str, ...]
    cells: Sequence[Sequence[Cell]]
    masked: bool = False
    escaped: bool = False
    truths: frozenset[str] = frozenset()

    def __len__(self) -> int:
        return len(self.cells)

    def __getitem__(self, at: Any) -> Any:
        if isinstance(at, slice):
            return replace(self, cells=self.cells[at])
        return self._made(self.cells[at])

    def __iter__(self) -> Iterator[records.Record]:
        return map(self._made, self.cells)

    def _made(self, cells: Sequence[Cell]) -> records.Record:
        made: dict[str, object] = dict(zip(self.columns, cells, strict=True))
        for name in self.truths.intersection(made):
            made[name] = truth(cells[self.columns.index(name)])
        if self.masked and "vin" in made:
            made["vin"] = masked(str(made["vin"]))
        if self.escaped:
            made = {name: safe(cell, _LONGEST) if isinstance(cell, str) else cell for name, cell in made.items()}
        return made


def truth(value: Cell) -> Cell:
    """A number that stands for yes or no as such; any other stays as it was told."""
    return bool(value) if value in {0, 1} else value


def emit(run: Run, outputs: Sequence[output.Output], render: Render, *, show_vins: bool) -> None:
    """Write every output. Ids in files are masked unless `show_vins`: files travel; stdout is for whoever asked."""
    files = [one for one in outputs if one.file]
    failed: CdctlError | None = None
    try:
        output.emit(run, files, lambda form: render(form, not show_vins, None))
    except CdctlError as error:  # a file that cannot be written does not take the answer away
        failed = error
    rest = [one for one in outputs if not one.file]
    output.emit(run, rest, lambda form: render(form, False, None), lambda form, width: render(form, False, width))
    if failed:
        raise failed


def column(name: str, *, wide: bool = False) -> records.Column:
    """A column of a table: lengths of time and numbers as people read them."""
    return records.Column(name, wide=wide, text=partial(_cell, name), shrinks=name in {"dtc", "model", "sw"})


def _cell(name: str, record: records.Record) -> str:
    value = record.get(name)
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return brief(value) if name in _LENGTHS else f"{value:,.5g}" if abs(value) < 1e5 else f"{value:,.0f}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def page(found: Page, shown: Sequence[str], truths: frozenset[str] = frozenset()) -> Render:
    """A page: a table of the `shown` columns; the other formats, and wide, have all. truths: columns of yes and no."""

    def render(form: str, hide: bool, width: int | None) -> str:
        rows = Rows(found.columns, found.rows, hide, form == "csv", truths)
        if form == "json":
            status = fleet_status.record(found.status, found.left_out)
            return records.document({"vehicles": list(rows), "matched": found.matched, "status": status})
        columns = [column(name, wide=name not in shown) for name in found.columns]
        return records.render(rows, columns, form, width)

    return render


COUNTS = ("vehicles", "online", "offline", "unknown", "never_seen")


def tally(found: Tally) -> Render:
    """Counts by group."""
    names = (*found.by, *COUNTS)
    at = len(found.by)
    cells = [(*row, int(row[at] or 0) - sum(int(count or 0) for count in row[at + 1 :])) for row in found.rows]

    def render(form: str, hide: bool, width: int | None) -> str:
        rows = Rows(names, cells, hide, escaped=form == "csv")
        if form == "json":
            status = fleet_status.record(found.status, found.left_out)
            return records.document(
                {"by": list(found.by), "groups": list(rows), "matched": found.matched, "status": status}
            )
        return records.render(rows, _tally_columns(found.by, cells), form, width)

    return render


def _tally_columns(by: Sequence[str], cells: Sequence[Sequence[Cell]]) -> list[records.Column]:
    share = records.Column("online_share", text=_share)
    never = any(row[-1] for row in cells)
    counts = [records.Column(name, text=partial(_cell, name)) for name in COUNTS if never or name != "never_seen"]
    return [*(records.Column(name, text=partial(_group, name), shrinks=True) for name in by), *counts, share]


def _group(name: str, record: records.Record) -> str:
    value = record.get(name)
    return "(not told)" if value is None else str(value)


def _share(record: records.Record) -> str:
    vehicles, online = record.get("vehicles"), record.get("online")
    return f"{int(online) / int(vehicles):.1%}" if isinstance(online, int) and isinstance(vehicles, int) else ""


def happening(one: Happening, hide: bool = False) -> dict[str, object]:
    """One change for programs; `at` in RFC 3339, UTC."""
    return {
        "at": _utc(one.at),
        "vin": masked(one.vin) if hide and one.vin else one.vin,
        "region": one.region,
        "kind": one.kind,
        "detail": masked_in(one.detail, one.vin) if hide else one.detail,
    }


HAPPENED = tuple(map(records.Column, ("at", "vin", "region", "kind", "detail")))


def happenings(form: str, told: Sequence[Happening], hide: bool, width: int | None = None) -> str:
    """Changes in a format of a list; in a table by the clock of whoever looks."""
    rows = [happening(one, hide) for one in told]
    if form in {"table", "wide"}:
        rows = [{**row, "at": clock(one.at)} for row, one in zip(rows, told, strict=True)]
    if form == "csv":
        rows = [{name: safe(str(cell), _LONGEST) for name, cell in row.items()} for row in rows]
    return records.render(rows, HAPPENED, form, width)


def card(
    found: Card, hidden: frozenset[str], fields: Mapping[str, str], truths: frozenset[str] = frozenset()
) -> Render:
    """One vehicle. hidden: fields that are kept back. fields: name -> a line of help, for wide. truths: see `page`."""
    cells = {name: cell for name, cell in found.cells.items() if name not in hidden}
    cells |= {name: truth(cell) for name, cell in cells.items() if name in truths}
    why = _why(found.cells)

    def render(form: str, hide: bool, width: int | None) -> str:
        vin = masked(found.vin) if hide else found.vin
        whole = {**cells, "vin": vin, "dtc": list(found.dtcs)}
        told = [happening(one, hide) for one in found.happenings]
        if form in {"json", "jsonl"}:
            body = {**whole, "happenings": told, "status": fleet_status.record(found.status, {})}
            return records.document(body) if form == "json" else records.line(body)
        rows = [{"field": name, "value": value, "meaning": fields.get(name, "")} for name, value in whole.items()]
        if form == "csv":
            flat = [{**row, "value": _flat(row["value"])} for row in rows]
            return records.render(flat, (records.Column("field"), records.Column("value")), form)
        rows = [{**row, "value": why.get(str(row["field"]), row["value"])} for row in rows]
        text = records.render([row for row in rows if row["value"] not in (None, [])], _CARD, form, width)
        return text + (f"\n{happenings(form, found.happenings, hide, width)}" if told else "")

    return render


def _why(cells: Mapping[str, Cell]) -> dict[str, str]:
    """Why a vehicle has no age, and no time in its state: words for people."""
    if cells.get("state") == "never":
        return {"age": "never heard of: only the inventory has it"}
    whys = {
        "age": "not heard since we listen: the broker told of it",
        "since": "not known: it was so before we listened",
    }
    return {name: words for name, words in whys.items() if cells.get(name) is None}


def _flat(value: object) -> object:
    if isinstance(value, list):
        return safe(" ".join(map(str, value)), _LONGEST)
    return safe(value, _LONGEST) if isinstance(value, str) else value


def _value(record: records.Record) -> str:
    name, value = str(record["field"]), record["value"]
    if isinstance(value, list):
        return " ".join(map(str, value))
    return _cell(name, {name: value})


_CARD = (records.Column("field"), records.Column("value", text=_value), records.Column("meaning", wide=True))


def clock(at: float) -> str:
    """A moment by the clock of whoever looks."""
    from datetime import datetime

    return datetime.fromtimestamp(at).astimezone().strftime("%H:%M:%S")


def _utc(at: float) -> str:
    from datetime import UTC, datetime

    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def refuse_unless(expected: int | None, matched: int) -> None:
    """Raises RefusedError when the selection matches another number than --expect says."""
    from cdctl.errors import RefusedError

    if expected is not None and matched != expected:
        raise RefusedError(
            f"the selection matches {matched:,} vehicles, not {expected:,}",
            subject=f"--expect {expected}",
            hint="look at it without --expect, then say the number that you mean",
        )


def cut(run: Run, shown: int, matched: int) -> None:
    """Say that a page ends before the vehicles do."""
    if shown < matched:
        exits.note(run, f"the first {shown:,} of {matched:,} are shown; --limit 0 shows all")
