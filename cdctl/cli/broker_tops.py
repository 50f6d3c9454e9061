"""What `cdctl broker top` shows: the heaviest topics and vehicles."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING

from cdctl.cli import fleet_rows, records
from cdctl.cli.broker_rows import amount
from cdctl.domain.duration import brief
from cdctl.domain.fleet.privacy import masked

if TYPE_CHECKING:
    from cdctl.application.broker_top import Heard
    from cdctl.cli.options import Run
    from cdctl.cli.output import Output

LISTS = {"topics": "topic", "noisiest": "vehicle", "largest": "vehicle"}
"""Lists of `top`: by messages, by messages, by bytes; and what a line of each is about."""


def heaviest(found: Sequence[Heard], limit: int, *, hide: bool = False) -> Iterator[dict[str, object]]:
    """Lines of all lists for programs, heaviest first."""
    for name in LISTS:
        lines = [line for one in found for line in _of(one, name, limit, hide)]
        key = "bytes" if name == "largest" else "messages"
        yield from sorted(lines, key=lambda line: -int(str(line[key] or 0)))[:limit]


def _of(one: Heard, name: str, limit: int, hide: bool) -> Iterator[dict[str, object]]:
    weights = one.topics if name == "topics" else one.vehicles
    first, total = (weights.bytes, one.size) if name == "largest" else (weights.messages, one.count)
    seconds = max(one.seconds, 1e-9)
    for what, weight in first.top(limit):
        messages, size = weights.messages.weights.get(what), weights.bytes.weights.get(what)
        yield {
            "list": name,
            "region": one.region,
            "name": _hidden(one, name, what) if hide else what,
            "messages": messages,
            "messages_per_s": None if messages is None else round(messages / seconds, 3),
            "bytes": size,
            "bytes_per_s": None if size is None else round(size / seconds, 3),
            "share": round(weight / total, 6) if total else None,
            "at_most_more": first.error,
        }


def _hidden(one: Heard, name: str, what: str) -> str:
    """A name without the ids of vehicles in it."""
    if name != "topics":
        return masked(what)
    levels = what.split("/")
    if one.vehicle_level and len(levels) >= one.vehicle_level and levels[one.vehicle_level - 1] != "+":
        levels[one.vehicle_level - 1] = masked(levels[one.vehicle_level - 1])
    return "/".join(levels)


def tops(found: Sequence[Heard], limit: int, form: str, width: int | None, *, hide: bool = False) -> str:
    """All lists in a format."""
    lines = list(heaviest(found, limit, hide=hide))
    if form == "json":
        brokers = [
            {
                "region": one.region,
                "url": one.url,
                "seconds": one.seconds,
                "messages": one.count,
                "bytes": one.size,
                "retained": one.kept,
                "largest_bytes": one.longest[0],
                "error": one.error,
                "note": one.note,
            }
            for one in found
        ]
        return records.document(
            {"brokers": brokers, **{name: [line for line in lines if line["list"] == name] for name in LISTS}}
        )
    if form in {"jsonl", "csv"}:
        return records.render(lines, [records.Column("list"), *_columns("name")], form, width)
    parts = [_list(name, [line for line in lines if line["list"] == name], form, width) for name in LISTS]
    return "\n".join(filter(None, parts))


_HEADS = {"topics": "topic", "noisiest": "noisiest_vehicle", "largest": "largest_vehicle"}


def _list(name: str, lines: Sequence[records.Record], form: str, width: int | None) -> str:
    named = [{**line, _HEADS[name]: line["name"]} for line in lines]
    return records.render(named, _columns(_HEADS[name]), form, width) if lines or name == "topics" else ""


def _columns(name: str) -> list[records.Column]:
    return [
        records.Column("region"),
        records.Column(name, shrinks=True),
        records.Column("messages_per_s", text=partial(_rate, "messages_per_s")),
        records.Column("bytes_per_s", text=lambda row: f"{amount(row['bytes_per_s'])}"),
        records.Column("share", text=lambda row: f"{row['share']:.1%}" if isinstance(row["share"], float) else ""),
        records.Column("messages", wide=True, text=partial(_whole, "messages")),
        records.Column("bytes", wide=True, text=partial(_whole, "bytes")),
        records.Column("at_most_more", wide=True, text=partial(_whole, "at_most_more")),
    ]


def _rate(name: str, row: records.Record) -> str:
    value = row[name]
    return f"{value:,.1f}" if isinstance(value, float | int) else ""


def _whole(name: str, row: records.Record) -> str:
    value = row[name]
    return f"{value:,}" if isinstance(value, int) else ""


def emit(run: Run, outputs: Sequence[Output], found: Sequence[Heard], limit: int, *, show_vins: bool) -> None:
    """Write every output; ids in files are masked unless `show_vins`."""

    def render(form: str, hide: bool, width: int | None) -> str:
        return tops(found, limit, form, width, hide=hide)

    fleet_rows.emit(run, outputs, render, show_vins=show_vins)


def notes(found: Sequence[Heard]) -> Iterator[str]:
    """What all of it was, and how far from the truth a line may be."""
    for one in found:
        if one.error:
            continue
        kept = f"; {one.kept:,} retained ones are not counted" if one.kept else ""
        largest = f"; the largest message had {amount(one.longest[0])}" if one.count else ""
        rate = one.count / one.seconds if one.seconds else 0.0
        yield (
            f"region {one.region}: {one.count:,} messages ({rate:,.1f}/s), {amount(one.size)} in "
            f"{brief(one.seconds)}{largest}{kept}"
        )
        for what, weights in (("topics", one.topics), ("vehicles", one.vehicles)):
            if weights.messages.error or weights.bytes.error:
                yield (
                    f"region {one.region}: more {what} than are counted one by one: each figure may be too low by up "
                    f"to {weights.messages.error:,} messages, {amount(weights.bytes.error)}"
                )
