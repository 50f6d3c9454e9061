"""Tables from fleet columns: pages, counts by group, one vehicle's card, the status line. Pure functions of a view."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from cdctl.domain.fleet.columns import Columns
from cdctl.domain.fleet.reading import Card, FleetStatus, Happening, Page, Query, Tally
from cdctl.domain.fleet.view import FleetView

Mask = NDArray[np.bool_]
DEFAULT_COLUMNS = ("vin", "region", "model", "sw", "state", "age")


def status(columns: Columns, now_ms: int) -> FleetStatus:
    """How fresh and whole the picture is."""
    raise NotImplementedError


def page(view: FleetView, query: Query, mask: Mask | None, left_out: Mapping[str, int], status: FleetStatus) -> Page:
    """The rows of a query. `mask` [n] comes from the query's selection, None for all. Raises UsageError for a column
    that does not exist."""
    raise NotImplementedError


def tally(
    view: FleetView, by: Sequence[str], mask: Mask | None, left_out: Mapping[str, int], status: FleetStatus
) -> Tally:
    """Counts by group, most vehicles first; groups are coded fields. Raises UsageError for any other."""
    raise NotImplementedError


def card(view: FleetView, vin: str, happenings: Sequence[Happening], status: FleetStatus) -> Card | None:
    """Everything known of one vehicle; `happenings` are any, those of the vehicle are picked out."""
    raise NotImplementedError


def happenings(columns: Columns, after: int = 0) -> tuple[int, int, Sequence[tuple[int, Happening]]]:
    """What happened after the happening number `after`: the last number, how many are lost because the ring came
    round, and (row, happening) pairs in order; row -1 is not about a vehicle (a link went up or down)."""
    raise NotImplementedError
