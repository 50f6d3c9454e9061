"""What is to be counted of spans."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from cdctl.domain.traces.traceql.tree import Spanset

Which = Literal["entry", "root", "all"]
"""Which spans count as events. entry: where a service is entered (kind server or consumer, or no parent), so that
retries of a client and internal children are not counted twice. root: without a parent. all: every span."""


@dataclass(frozen=True, slots=True)
class Counting:
    """What is counted: spans of `which` that match `total`; of these, those that match `part` (and, with `failing`,
    that failed by the conventions). `bad` says that the part is the bad events, else it is the good ones."""

    total: Spanset
    part: Spanset
    bad: bool
    which: Which = "entry"
    failing: bool = False
