"""What a dashboard asks about one objective, as query texts; and what it fills into them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from cdctl.domain.slo.objective import Objective, Slo


@dataclass(frozen=True, slots=True)
class Blanks:
    """Texts that stand in a query for what a dashboard knows only when it asks.

    groups: by label, for a regular expression of the values to show. elapsed_ms: for the milliseconds since the period
    of a calendar window began.
    """

    groups: Mapping[str, str]
    elapsed_ms: str


@dataclass(frozen=True, slots=True)
class Chart:
    """The questions of one objective, each answered by one value a group.

    sli, budget: ratios over the window, asked for one instant; `budget` is empty where it cannot be asked. burn: burn
    rate by window name of `BURN_WINDOWS`, those of the window's burn pairs. bad, total: bad events, and all, in a
    bucket of `width` seconds; for the timeslice methods `bad` is the share 0..1 of the slice that is lost. Burn rates
    and buckets are asked every `width` seconds. metrics: names of the metrics that events are counted by.
    """

    slo: Slo
    objective: Objective
    sli: str
    budget: str
    burn: Mapping[str, str]
    bad: str
    total: str
    width: int
    metrics: tuple[str, ...]
