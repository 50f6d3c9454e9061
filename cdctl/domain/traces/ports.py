"""The ports of traces: who takes spans in, and who answers questions about them.

`SpanStore` is an engine that counts as well as it finds: DuckDB over Parquet, ClickHouse. `SpanSearch` is less: a trace
server that can be asked for spans and traces (Tempo, Jaeger); what it cannot do it says.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from cdctl.domain.slo.series import Floats, Span
from cdctl.domain.traces.attributes import Attribute
from cdctl.domain.traces.batch import Coded, Rejections, SpanBatch
from cdctl.domain.traces.counting import Counting
from cdctl.errors import UnavailableError

if TYPE_CHECKING:
    from cdctl.domain.traces.traceql.tree import Spanset

By = Literal["operation", "service"]


class NoSpansError(UnavailableError):
    """There is no store there yet, or nothing in it: nobody took spans in."""


@dataclass(frozen=True, slots=True)
class Window:
    """Spans whose end is in (start, end]; epoch seconds."""

    start: float
    end: float


@dataclass(frozen=True, slots=True, eq=False)
class Counts:
    """Events per group and bucket, [n_groups, n_buckets] each; only groups that have an event in one of the buckets.

    good, total: sums of weights (a span of unknown weight counts as 1). raw, raw_bad: spans that were kept, of the
    total and of the bad ones. squares, squares_bad: sums of their squared weights. unknown, unknown_bad: those whose
    weight is not known. A value of a group is "" where a span has no such attribute. seen: [n_buckets], minutes in
    which the store was taking spans in, 0 where it was not there yet. notes: what an engine could not promise;
    `server: ...` when it doubts its own answer, which is then not kept.
    """

    groups: tuple[tuple[str, ...], ...]
    ends: NDArray[np.int64]
    good: Floats
    total: Floats
    raw: Floats
    raw_bad: Floats
    squares: Floats
    squares_bad: Floats
    unknown: Floats
    unknown_bad: Floats
    seen: Floats
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """Spans that were asked for, newest end first unless told. `more` is true when a limit cut them off; `notes` say
    what an engine could not promise. `partial`: it could not look everywhere, so there may be more."""

    spans: tuple[SpanRow, ...]
    more: bool = False
    notes: tuple[str, ...] = ()
    partial: bool = False


@dataclass(frozen=True, slots=True)
class SpanRow:
    """One span to show. Ids are lower-case hex; parent is empty for a root. start and end: epoch nanoseconds.

    attributes and resource hold values as JSON would. events and links are as OTLP/JSON writes them.
    """

    trace: str
    span: str
    parent: str
    service: str
    name: str
    kind: str
    status: str
    message: str
    start: int
    end: int
    attributes: Mapping[str, object] = field(default_factory=dict)
    resource: Mapping[str, object] = field(default_factory=dict)
    events: Sequence[Mapping[str, object]] = ()
    links: Sequence[Mapping[str, object]] = ()
    weight: float | None = None
    scope: str = ""


@dataclass(frozen=True, slots=True)
class Operation:
    """A service's operation over a window, or a whole service (then name and kind are empty): events by weight, rate
    per second, share of errors 0..1, duration quantiles in seconds of the spans that were kept."""

    service: str
    name: str
    kind: str
    count: float
    rate: float
    errors: float
    p50: float
    p95: float
    p99: float


@dataclass(frozen=True, slots=True)
class Operations:
    """Operations, or services, by count; notes and partial as in `Found`."""

    rows: tuple[Operation, ...]
    notes: tuple[str, ...] = ()
    partial: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Observations:
    """Events of a window one by one, for explanations: [n] each.

    bad: whether an event is bad. weight: what it stands for (1 where unknown). end: epoch nanoseconds. columns: every
    attribute that occurs, as codes; `trace` holds ids for exemplars, [n, 16].
    """

    bad: NDArray[np.bool_]
    weight: Floats
    end: NDArray[np.int64]
    trace: NDArray[np.uint8]
    columns: Mapping[Attribute, Coded]


class SpanSearch(Protocol):
    """A place that can be asked for spans. Raises UnavailableError when it cannot be asked, UsageError for a filter it
    does not take."""

    async def find(self, wanted: Spanset, window: Window, limit: int) -> Found:
        """Spans that match, at most `limit`."""
        ...

    async def trace(self, trace_id: str) -> Found:
        """All spans of one trace, by start; none when it is not there."""
        ...

    async def top(self, wanted: Spanset, window: Window, limit: int, by: By = "operation") -> Operations:
        """Operations, or services, by count."""
        ...

    async def probe(self) -> tuple[bool, str, str]:
        """Whether it answers, what it is, and a hint when it does not. May raise UnavailableError, too."""
        ...

    async def aclose(self) -> None:
        """Give back connections and files."""
        ...


class SpanStore(SpanSearch, Protocol):
    """A place that counts, too."""

    @property
    def identity(self) -> str:
        """What the ledger keys this store by; no secret in it. Another text when spans came in for times long past (an
        import): what was counted then is counted again."""
        ...

    async def count(self, counting: Counting, group_by: Sequence[Attribute], spans: Sequence[Span]) -> Sequence[Counts]:
        """Good and total per bucket of each span (a run of equal buckets, by end time), in their order."""
        ...

    async def observe(self, counting: Counting, window: Window, most: int) -> Observations:
        """Every event of the window with all of its attributes; of more than `most` (see there) a stated sample."""
        ...


@dataclass(frozen=True, slots=True)
class Message:
    """What was sent, or written to a file, at once. end: where it ends, in bytes from the beginning of what is in the
    file (unpacked, when all of it is compressed). `fault` says why there is no body; `open`: it is the last and may
    still be written, so look again; then `unread` is how many bytes there are from its beginning to the end of the file
    when `body` does not have them."""

    body: bytes
    end: int
    place: str
    fault: str = ""
    open: bool = False
    unread: int = 0


class SpanReader(Protocol):
    """What makes columns of messages: requests of OTLP, lines of files. Many messages make one batch: a store is the
    quicker the larger a batch is."""

    def add(self, body: bytes, rejected: Rejections, place: str = "") -> int:
        """Take one message, not compressed; returns the spans in it. `rejected` is told of what cannot be taken, some
        of it only when the batch is made; `place` says where in examples. Raises UsageError when the message as a
        whole cannot be read; then nothing of it is taken, and what was added before is still there."""
        ...

    def batch(self) -> SpanBatch:
        """The spans of all messages since the last call; the reader is empty afterwards."""
        ...


class SpanSink(Protocol):
    """What takes spans in. One writer at a time."""

    def write(self, batch: SpanBatch) -> int:
        """Make a batch durable before returning; spans already there, by trace and span id, are left out. Returns how
        many were new. Raises UnavailableError when they cannot be kept (a full disk); then none of them are."""
        ...

    def close(self) -> None:
        """Everything is on disk."""
        ...
