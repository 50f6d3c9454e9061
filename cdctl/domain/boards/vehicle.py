"""The question what is known of one vehicle, and its answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from cdctl.domain.boards.asking import Ask, Missing
from cdctl.domain.fleet.reading import Cell

NOBODY = Missing("no vehicle is chosen", "Enter on one in the board fleet, or write :vehicle VIN", waiting=True)
"""What a board of one vehicle shows that is about none."""


@dataclass(frozen=True, slots=True)
class Inspect(Ask):
    """Everything that is known of one vehicle. Answer: Inspected."""

    vin: str


PARTS = 24
"""Parts of a signal's past."""
PART_SECONDS = 12.5
"""Length of one: all of them are five minutes."""
MOST_ORDERS = 8


@dataclass(frozen=True, slots=True)
class Gauge:
    """A signal. value: None where it was not told. unit: empty where none is known. past: means over parts of the last
    minutes while it was looked at, oldest first; None where nobody looked."""

    name: str
    path: str
    value: Cell
    unit: str = ""
    past: tuple[float | None, ...] = ()


@dataclass(frozen=True, slots=True)
class Trouble:
    """A trouble code that stands, and what it means; empty where nothing is known of it."""

    code: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class Sent:
    """An order to it. created, since: epoch seconds. state: see `orders.order.State`."""

    order: str
    plan: str
    command: str
    state: str
    reason: str
    created: float
    since: float


@dataclass(frozen=True, slots=True, eq=False)
class Inspected:
    """One vehicle at the instant `at` (epoch seconds). cells: everything known of it by field, as `fleet show` has it;
    what tells where it is is not among them but named in `hidden`. orders: the last, newest first; orders_note: why
    there are none. Texts are as they were told: not safe for a terminal."""

    vin: str
    at: float
    cells: Mapping[str, Cell]
    troubles: tuple[Trouble, ...] = ()
    gauges: tuple[Gauge, ...] = ()
    orders: tuple[Sent, ...] = ()
    orders_note: str = ""
    hidden: tuple[str, ...] = ()
