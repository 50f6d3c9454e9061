"""Columns of some spans while they are gathered, and why a span cannot be taken."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cdctl.domain.traces import ids
from cdctl.domain.traces.batch import Bytes, Codes, Nanos, Small
from cdctl.domain.traces.kinds import KINDS, STATUSES

Truths = NDArray[np.bool_]


class Wrong(IntEnum):
    """What is wrong with a span; the first that holds is told."""

    NOTHING = 0
    UNREADABLE = 1
    TRACE = 2
    TRACE_ZERO = 3
    SPAN = 4
    SPAN_ZERO = 5
    PARENT = 6
    KIND = 7
    STATUS = 8
    START = 9
    END = 10
    LISTS = 11
    ATTRIBUTE = 12
    RESOURCE = 13


REASONS = {
    Wrong.UNREADABLE: "the span cannot be read",
    Wrong.TRACE: "the trace id is not 16 bytes",
    Wrong.TRACE_ZERO: "the trace id is all zero",
    Wrong.SPAN: "the span id is not 8 bytes",
    Wrong.SPAN_ZERO: "the span id is all zero",
    Wrong.PARENT: "the parent's id is not 8 bytes",
    Wrong.KIND: "the kind is not a number from 0 to 5",
    Wrong.STATUS: "the status is not a number from 0 to 2",
    Wrong.START: "the start is missing or is no time",
    Wrong.END: "the end is missing or is no time",
    Wrong.LISTS: "events or links cannot be read",
    Wrong.ATTRIBUTE: "an attribute cannot be read",
    Wrong.RESOURCE: "an attribute of the resource cannot be read",
}
"""Words for people; what is counted by reason is counted by these."""


@dataclass(slots=True)
class Columns:
    """Spans of one or more messages, as one format read them: [n] each, ids [n, width]; `pairs` are numbers of
    the builder's `Pairing`, those of all spans in a row, and `counts` says how many each has. An empty text is none."""

    trace: Bytes
    span: Bytes
    parent: Bytes
    start: Nanos
    end: Nanos
    kind: Small
    status: Small
    wrong: Small
    name: Sequence[str]
    message: Sequence[str]
    state: Sequence[str]
    events: Sequence[str]
    links: Sequence[str]
    counts: Codes
    pairs: Codes
    scope: Sequence[str]
    resource: Codes
    origin: Codes
    """Which message a span is of, and its place there: [n, 2]."""


@dataclass(slots=True)
class Faults:
    """The first thing that is wrong with each of some spans: [n]."""

    wrong: Small = field(default_factory=lambda: np.zeros(0, np.int8))

    def mark(self, where: Truths, fault: Wrong) -> None:
        """Spans that have no fault yet have this one, where it is true."""
        self.wrong[where & (self.wrong == 0)] = fault


def identified(trace: Bytes, span: Bytes, not_trace: Truths, not_span: Truths) -> Faults:
    """Faults of ids, the first of all that are looked for."""
    faults = Faults(np.zeros(len(trace), np.int8))
    faults.mark(not_trace, Wrong.TRACE)
    faults.mark(ids.zero(trace), Wrong.TRACE_ZERO)
    faults.mark(not_span, Wrong.SPAN)
    faults.mark(ids.zero(span), Wrong.SPAN_ZERO)
    return faults


def small(numbers: Sequence[int], names: Sequence[str], faults: Faults, fault: Wrong) -> Small:
    """Numbers of an enum with these names: [n]. One that it does not have is a fault, and 0."""
    try:
        column = np.fromiter(numbers, np.int64, len(numbers))
    except OverflowError:
        column = np.array([number if 0 <= number < len(names) else -1 for number in numbers], np.int64)
    outside = (column < 0) | (column >= len(names))
    if outside.any():
        faults.mark(outside, fault)
        column[outside] = 0
    return column.astype(np.int8)


def kinds(numbers: Sequence[int], faults: Faults) -> Small:
    """Kinds of spans, by number."""
    return small(numbers, KINDS, faults, Wrong.KIND)


def statuses(numbers: Sequence[int], faults: Faults) -> Small:
    """Codes of statuses, by number."""
    return small(numbers, STATUSES, faults, Wrong.STATUS)


_MOST = np.iinfo(np.int64).max


def nanos(times: Sequence[int], faults: Faults, fault: Wrong) -> Nanos:
    """Epoch nanoseconds: [n]. None (0), and one that 64 bits with a sign do not hold, are a fault, and 0."""
    try:
        column = np.fromiter(times, np.int64, len(times))
    except OverflowError:
        column = np.array([time if 0 < time <= _MOST else 0 for time in times], np.int64)
    outside = column <= 0
    if outside.any():
        faults.mark(outside, fault)
        column[outside] = 0
    return column


def limited(
    lists: Sequence[Sequence[Any]], most: int, cut: Callable[[int, int], None], origin: Codes
) -> Sequence[Sequence[Any]]:
    """The same lists, none longer than `most`; `cut` is told for each message how many were left out."""
    if max(map(len, lists), default=0) <= most:
        return lists
    for one, (message, _) in zip(lists, origin, strict=True):
        if len(one) > most:
            cut(int(message), len(one) - most)
    return [one[:most] for one in lists]
