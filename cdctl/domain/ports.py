"""The doors: what a plugin must be to enter a room. Built-ins enter through the same ports."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from cdctl.domain.slo.objective import Indicator, QueryFault
from cdctl.domain.slo.series import Buckets, Span
from cdctl.domain.slo.verdict import Evidence, SloReport

API = 1
"""Version of these ports. A plugin names the version it was made for; another number is refused."""


@dataclass(frozen=True, slots=True)
class BucketRequest:
    """What one objective asks of a source: events per bucket over some spans, by group.

    `key` is the asker's; it comes back with the answer. `at` is the run's instant (epoch seconds); no span ends later.
    """

    key: str
    indicator: Indicator
    group_by: tuple[str, ...]
    spans: tuple[Span, ...]
    at: int


@dataclass(frozen=True, slots=True, eq=False)
class SourceAnswer:
    """Buckets for one request: one item per span of the request, in its order, holding every bucket of that span (the
    groups may differ between items). `warnings` are shown to the user."""

    key: str
    buckets: tuple[Buckets, ...]
    evidence: tuple[Evidence, ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SourceFailure:
    """One request could not be answered; the others still are.

    `mine` is true when the spec is at fault (a query the server refuses), false when the source is (unreachable, slow).
    """

    key: str
    reason: str
    hint: str = ""
    mine: bool = False
    evidence: tuple[Evidence, ...] = ()


@runtime_checkable
class Source(Protocol):
    """Where an SLI's numbers come from. Made by `make(settings)`; see `SourceFactory`."""

    @property
    def identity(self) -> str:
        """What the ledger keys this source by: stable across runs, different for different data, no secret in it."""
        ...

    def fingerprint(self, indicator: Indicator, group_by: tuple[str, ...]) -> str:
        """What the ledger keys a question by: equal when and only when the answers would be."""
        ...

    def fetch(self, requests: Sequence[BucketRequest]) -> AsyncIterator[SourceAnswer | SourceFailure]:
        """Answer every request once, in any order, each as soon as it is known. Never raises for a single request."""
        ...

    async def aclose(self) -> None:
        """Give back connections and files. Called once."""
        ...


@dataclass(frozen=True, slots=True)
class Finding:
    """What a look at a live source showed about one request: fine, or what is odd and the cure.

    `ok` with a hint is a note: unusual, nothing to mend. `mine` is true when the spec is at fault.
    """

    key: str
    ok: bool
    text: str
    hint: str = ""
    mine: bool = False


@dataclass(frozen=True, slots=True)
class Probe:
    """Whether an endpoint answers, and what it is. `url` holds no secret."""

    context: str
    source: str
    url: str
    ok: bool
    found: str
    hint: str = ""


@runtime_checkable
class Inspector(Protocol):
    """A source that can be looked at, beside being asked: what `slo validate --live` and `config check` use.

    Optional: a source without it is judged by its answers alone.
    """

    async def probe(self) -> tuple[bool, str, str]:
        """Whether it answers, what it is, and a hint when it does not. Never raises for a server that fails."""
        ...

    async def inspect(self, requests: Sequence[BucketRequest]) -> Sequence[Finding]:
        """Whether metrics and labels exist, are scraped now, and go back to the first span's start.

        Raises UnavailableError when the server cannot be asked.
        """
        ...


@dataclass(frozen=True, slots=True)
class Labels:
    """By what the events of an indicator can be told apart. names: labels by which it may be grouped. defining: those
    that tell good from bad, which are not among them. left_out: labels with too many values, and how many."""

    names: tuple[str, ...]
    defining: tuple[str, ...] = ()
    left_out: Mapping[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


@runtime_checkable
class Divisible(Protocol):
    """A source whose events can be broken down by labels that no spec names: what `slo why` asks.

    Optional: of a source without it, events are told apart by the grouping of the SLO alone.
    """

    async def labels(self, request: BucketRequest, most: int) -> Labels:
        """Labels of the request's events, as many as make at most `most` groups. Asked with these as `group_by`, the
        source answers for every group of them. Raises UnavailableError, and UsageError for a query that cannot be
        used."""
        ...


@runtime_checkable
class Belated(Protocol):
    """A source whose data comes in late. Optional: a source without it is judged by the run's lag."""

    @property
    def lag(self) -> int:
        """Seconds to wait before a bucket is judged, unless a promise says otherwise; 0 adds nothing."""
        ...


class Grammar(Protocol):
    """Judges the queries of one kind of source without asking it. Used by `slo validate` and `check`."""

    def __call__(self, indicator: Indicator, group_by: tuple[str, ...] | None) -> Iterable[QueryFault]:
        """Every fault. `group_by` None: who groups by what is not known, so only the text is judged."""
        ...


class SourceFactory(Protocol):
    """Makes a source from its part of the settings, for instance `{"url": ..., "token_file": ...}`.

    Raises cdctl's UsageError when a setting is wrong. Must not do IO: a source connects when first asked.
    """

    def __call__(self, settings: Mapping[str, object]) -> Source:
        """A source that has not connected yet."""
        ...


@runtime_checkable
class Report(Protocol):
    """Turns a verdict into text. Pure: no file, no network, no clock; the same report gives the same text."""

    @property
    def suffix(self) -> str:
        """Usual file ending, such as ".html"."""
        ...

    def render(self, report: SloReport) -> str:
        """The whole document."""
        ...


@dataclass(frozen=True, slots=True)
class Plugin:
    """What a plugin's entry point names: one thing for one room.

    room: "sources", "reports", "protocols", "inventory", "commands" or "panels". make: a SourceFactory, SpeechFactory,
    InventoryFactory, CommandFactory or PanelFactory; for a report a callable without arguments.
    """

    api: int
    room: str
    name: str
    version: str
    summary: str
    make: object
    settings: Mapping[str, str] = field(default_factory=dict)


class Ledger(Protocol):
    """Keeps closed buckets between runs. A key is a hash of source and question; steps and instants are seconds.

    Nothing here raises: a ledger that cannot be read or written knows nothing, keeps nothing and says so in `warnings`.
    """

    def read(self, key: str, spans: Sequence[Span]) -> dict[int, Buckets]:
        """The kept buckets of the spans, by step; every step of the spans is there."""
        ...

    def keep(self, key: str, step: int, buckets: Buckets) -> None:
        """Keep buckets that will not change any more; durable at the latest after `flush`."""
        ...

    def flush(self) -> None:
        """Make everything kept so far durable."""
        ...

    def warnings(self) -> tuple[str, ...]:
        """What went wrong so far, in words for the user."""
        ...


class Clock(Protocol):
    """Wall time. The application has one; tests give their own."""

    def now(self) -> float:
        """Epoch seconds."""
        ...


class Progress(Protocol):
    """Where long work says how far it is. The default says nothing."""

    def start(self, what: str, total: int) -> None:
        """A piece of work of `total` steps begins."""
        ...

    def step(self, note: str = "") -> None:
        """One step is done."""
        ...

    def stop(self) -> None:
        """The work ended, well or not."""
        ...
