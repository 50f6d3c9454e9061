"""A vehicle's card as lines: who it is, whether it is there, its signals, its trouble codes, its orders."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from cdctl.domain import grid
from cdctl.domain.boards.drawing import BLANK, Line, Piece
from cdctl.domain.boards.vehicle import Gauge, Inspected, Sent
from cdctl.domain.duration import brief
from cdctl.domain.fleet.reading import Cell
from cdctl.domain.text import safe
from cdctl.panels.missing_lines import wrapped
from cdctl.panels.moments import ago

_STATES = {"online": "good", "offline": "warn"}
_ORDERS = {"succeeded": "good", "failed": "bad", "rejected": "bad", "timed_out": "bad", "unknown": "warn"}
_BARS = "▁▂▃▄▅▆▇█"
_SKEWED = 5.0
"""Seconds by which a clock may be wrong before it is said."""


def lines(told: Inspected, now: float, width: int) -> list[Line]:
    """The whole card, however long; blank lines are between its parts."""
    found = [*_head(told, width), *(((f" ! {text}", "warn"),) for text in _warnings(told.cells))]
    found += _section("trouble codes", width)
    for one in told.troubles:
        found += _named(one.code, one.text or "nothing is known of it", "bad", width)
    if not told.troubles:
        found.append(((" none stand" if told.cells.get("dtcs") == 0 else " it did not tell any", "dim"),))
    found += _section("signals, the last five minutes", width)
    found += [_gauge(one, width) for one in told.gauges]
    found += [] if told.gauges else [((" none is kept: see [fleet.columns]", "dim"),)]
    if told.hidden:
        found += wrapped(_kept_back(told.hidden), width, "dim")
    found += _section("orders", width)
    found += [_order(one, now, width) for one in told.orders]
    found += wrapped(told.orders_note, width, "dim") if told.orders_note else []
    caps = told.cells.get("caps")
    if caps:
        found += [*_section("can", width), *wrapped(str(caps), width, "")]
    return found


def _head(told: Inspected, width: int) -> Iterator[Line]:
    cells = told.cells
    state = safe(str(cells.get("state") or "unknown"), 20)
    since, age = cells.get("since"), cells.get("age")
    lasting = f" for {brief(since)}" if isinstance(since, float) else ""
    yield ((f" {safe(told.vin, 40)} ", "strong"), (f" {state}{lasting}", f"{_STATES.get(state, 'dim')} strong"))
    if state == "never":
        heard = "never heard of: only the inventory has it"
    elif isinstance(age, float):
        heard = f"heard {brief(age)} ago"
    else:
        heard = "not heard since we listen: its broker told of it"
    yield from wrapped(heard, width, "")
    facts = [f"{name} {safe(str(cells[name]), 60)}" for name in ("region", "model", "sw") if cells.get(name)]
    facts.append("in the inventory" if cells.get("inventory") == "yes" else "not in the inventory")
    yield from wrapped(" · ".join(facts), width, "")
    yield from wrapped(f"{_count(cells, 'messages')} messages · {_count(cells, 'events')} events", width, "dim")


def _count(cells: Mapping[str, Cell], name: str) -> str:
    value = cells.get(name)
    return f"{value:,}" if isinstance(value, int) else "-"


def _warnings(told: Mapping[str, Cell]) -> Iterator[str]:
    if told.get("duplicate") == "yes":
        yield "it speaks from two regions at once: two vehicles with one id?"
    if told.get("snapshot") == "yes":
        yield "as the last run knew it: the stream has not spoken of it yet"
    flaps, skew = told.get("flaps"), told.get("skew")
    if isinstance(flaps, int) and flaps:
        yield f"{flaps:,} connections ended since we listen"
    if isinstance(skew, float) and abs(skew) >= _SKEWED:
        yield f"its clock is {brief(abs(skew))} {'ahead of' if skew > 0 else 'behind'} ours"


def _section(name: str, width: int) -> list[Line]:
    return [BLANK, ((f" {name} ", "head"), ("─" * max(width - len(name) - 3, 0), "frame"))]


def _kept_back(names: Sequence[str]) -> str:
    tell = "tell where it is, and are" if len(names) > 1 else "tells where it is, and is"
    return f"{', '.join(safe(name, 40) for name in names)} {tell} kept back: cdctl fleet show --reason"


def _gauge(one: Gauge, width: int) -> Line:
    name = 18 if width >= 70 else 10
    short = grid.shorten(safe(one.name, 60), name)
    value = _value(one.value)
    pieces: list[Piece] = [
        (f" {short}{' ' * (name - grid.cells(short))} ", ""),
        (f"{value:>9} ", "dim" if one.value is None else "strong"),
        (f"{one.unit:<5}", "dim"),
    ]
    past = () if isinstance(one.value, bool) else one.past
    return (*pieces, (spark(past, max(width - name - 19, 0)), "title"))


def _value(value: Cell) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:,.5g}" if abs(value) < 1e5 else f"{value:,.0f}"
    return f"{value:,}" if isinstance(value, int) else safe(str(value), 40)


def spark(past: Sequence[float | None], width: int) -> str:
    """The last values in at most `width` cells, from the lowest to the highest; a blank where nobody looked."""
    shown = past[max(len(past) - width, 0) :] if width else ()
    known = [value for value in shown if value is not None]
    if not known:
        return ""
    least, most = min(known) / 2, max(known) / 2  # halves: of what is huge the difference is a number, too
    span = most - least

    def bar(value: float | None) -> str:
        if value is None:
            return " "
        return _BARS[min(int((value / 2 - least) / span * len(_BARS)), len(_BARS) - 1)] if span > 0 else _BARS[3]

    return "".join(map(bar, shown))


def _named(name: str, text: str, role: str, width: int) -> list[Line]:
    wide = f" {safe(name, 20)} "
    first, *rest = wrapped(text, max(width - len(wide), 12), "") or [BLANK]
    pad = " " * len(wide)
    return [((wide, f"{role} strong"), *first), *(((pad, ""), *line) for line in rest)]


def _order(one: Sent, now: float, width: int) -> Line:
    state = one.state.replace("_", " ")
    text = f" {safe(one.reason, 200)}" if one.reason else ""
    name = 16 if width >= 60 else 10
    return (
        (f" {ago(one.created, now):>6} ", "dim"),
        (f"{grid.shorten(safe(one.command, 60), name):<{name}} ", ""),
        (f"{state:<9}", _ORDERS.get(one.state, "")),
        (text, "dim"),
    )
