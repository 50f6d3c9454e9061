"""The question for a trace, and its answer."""

from __future__ import annotations

from dataclasses import dataclass

from cdctl.domain.boards.asking import Ask
from cdctl.domain.boards.explaining import Group
from cdctl.domain.traces.waterfall import Waterfall


@dataclass(frozen=True, slots=True)
class FindTrace(Ask):
    """A trace: that of an id; else the newest of a vehicle; else the newest bad one of a group of a promise. Answer:
    FoundTrace."""

    trace: str = ""
    promise: str = ""
    group: Group = ()
    vin: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class FoundTrace:
    """examples: ids of traces that would have done as well, the newest first; none when it was asked for by its id.
    of: what they are examples of, in words. notes: what has to be known of it."""

    laid: Waterfall
    examples: tuple[str, ...] = ()
    of: str = ""
    notes: tuple[str, ...] = ()
