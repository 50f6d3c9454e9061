"""Spans as columns: what a format reads, what a store writes. Nothing here is an object per span."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from cdctl.domain.traces.attributes import Attribute

AHEAD = "spans that end more than a day from now"
"""What is odd about them, to whoever takes spans in."""
DAY = 86_400
"""Seconds."""
Bytes = NDArray[np.uint8]
Codes = NDArray[np.int32]
Nanos = NDArray[np.int64]
Small = NDArray[np.int8]
Weights = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Coded:
    """A column of texts as numbers: `values[codes[i]]`, or nothing where the code is -1. codes: [n]."""

    codes: Codes
    values: Sequence[str]

    def where(self, wanted: NDArray[np.bool_]) -> Coded:
        """Only those; all texts stay. wanted: [n]."""
        return Coded(self.codes[wanted], self.values)


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """Key-value pairs of every span: those of span i are at offsets[i] to offsets[i + 1] of `keys` and `values`.

    Values are texts: numbers and booleans as JSON writes them, lists and maps as JSON, bytes in base64.
    """

    offsets: Codes
    keys: Coded
    values: Coded

    def where(self, wanted: NDArray[np.bool_]) -> Pairs:
        """Only those of these spans. wanted: [n]."""
        sizes = np.diff(self.offsets)
        inside = np.repeat(wanted, sizes)
        offsets = np.concatenate([[0], np.cumsum(sizes[wanted])]).astype(np.int32)
        return Pairs(offsets, self.keys.where(inside), self.values.where(inside))


@dataclass(frozen=True, slots=True, eq=False)
class SpanBatch:
    """Spans, every array [n] or [n, width]; `texts` and `columns` hold a Coded of [n] each.

    trace [n, 16], span and parent [n, 8] are ids; a parent of zeros means none. start and end are epoch nanoseconds; an
    end before its start is kept as it came. weight is how many spans one stands for, NaN when that is not known.
    `texts` has name, scope, message (of the status), state (W3C tracestate), events and links (JSON lists, as
    OTLP writes them, without a value where there are none). `columns` has the promoted attributes that occur; `span`
    and `resource` hold all others.
    """

    trace: Bytes
    span: Bytes
    parent: Bytes
    start: Nanos
    end: Nanos
    kind: Small
    status: Small
    weight: Weights
    texts: Mapping[str, Coded]
    columns: Mapping[Attribute, Coded]
    attributes: Pairs
    resource: Pairs

    def __len__(self) -> int:
        return len(self.start)

    def where(self, wanted: NDArray[np.bool_]) -> SpanBatch:
        """Only these spans. wanted: [n]."""
        return replace(
            self,
            **{name: getattr(self, name)[wanted] for name in _ARRAYS},
            texts={name: coded.where(wanted) for name, coded in self.texts.items()},
            columns={name: coded.where(wanted) for name, coded in self.columns.items()},
            attributes=self.attributes.where(wanted),
            resource=self.resource.where(wanted),
        )


_ARRAYS = ("trace", "span", "parent", "start", "end", "kind", "status", "weight")
TEXTS = ("name", "scope", "message", "state", "events", "links")
"""Keys of `SpanBatch.texts`."""


@dataclass(slots=True)
class Rejections:
    """Spans and messages that could not be taken, by reason, with the first example of each; and what was odd about
    those that were."""

    counts: dict[str, int] = field(default_factory=dict)
    examples: dict[str, str] = field(default_factory=dict)
    odd: dict[str, int] = field(default_factory=dict)
    """Spans that were taken although something is odd about them (they end before they start), by what."""

    def add(self, reason: str, example: str = "", count: int = 1) -> None:
        """So many more for a reason; `example` says where, and is shown as safe text."""
        self.counts[reason] = self.counts.get(reason, 0) + count
        self.examples.setdefault(reason, example)

    def notice(self, what: str, count: int = 1) -> None:
        """So many more that are odd, and taken."""
        if count:
            self.odd[what] = self.odd.get(what, 0) + count

    @property
    def total(self) -> int:
        """All that were not taken."""
        return sum(self.counts.values())
