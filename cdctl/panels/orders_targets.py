"""Orders one by one: the vehicles of a plan, or what was sent to one vehicle."""

from __future__ import annotations

from cdctl.domain import grid
from cdctl.domain.boards.drawing import Line
from cdctl.domain.boards.ordering import OrderSeen
from cdctl.domain.text import safe
from cdctl.panels.moments import ago

ROLES = {
    "succeeded": "good", "failed": "bad", "rejected": "bad", "timed_out": "warn", "expired": "warn", "unknown": "warn",
    "cancelled": "dim", "": "dim",
}  # fmt: skip
_SILENT = {
    "expired": "no answer while it could still begin",
    "timed_out": "it had the order, and did not tell the end of it",
    "unknown": "the link was cut: the vehicle is asked",
    "": "nothing was written down for it",
}
"""What a state means where nobody gave a reason."""


def head(width: int, *, of_vehicle: bool) -> Line:
    """Names of the columns. of_vehicle: orders to one vehicle."""
    text = (
        f" {'AGO':7} {'COMMAND':20} {'STATE':10} {'FOR':7} REASON"
        if of_vehicle
        else f" {'VIN':18} {'REGION':7} {'STATE':10} {'FOR':7} REASON"
    )
    return ((text, "head"), (" " * width, "head"))


def line(one: OrderSeen, now: float, *, of_vehicle: bool) -> Line:
    """One order. now: epoch seconds."""
    state = one.state.replace("_", " ") or "not sent"
    since = ago(one.since / 1000, now) if one.since else ""
    reason = _why(one)
    took = f"took {one.took:,} ms" if one.state == "succeeded" and one.took and not reason else ""
    lead = (
        f" {ago(one.at / 1000, now) if one.at else '':7} {_cell(safe(one.command, 60), 20)} "
        if of_vehicle
        else f" {_cell(safe(one.vin, 60), 18)} {_cell(safe(one.region, 20), 7)} "
    )
    role = ROLES.get(one.state, "")
    return ((lead, ""), (f"{state:10} ", role), (f"{since:7} ", "dim"), (reason or took, "" if one.reason else "dim"))


def foot(one: OrderSeen) -> Line:
    """More about the order under the hand."""
    parts = [f"order {safe(one.order, 40)}" if one.order else "", safe(one.vin, 60), _why(one)]
    return ((" " + " · ".join(filter(None, parts)), "dim"),)


def _why(one: OrderSeen) -> str:
    return safe(one.reason, 300) or _SILENT.get(one.state, "")


def _cell(text: str, wide: int) -> str:
    short = grid.shorten(text, wide)
    return short + " " * (wide - grid.cells(short))
