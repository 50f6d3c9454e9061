"""What a receiver counts of itself, and how it says that: to Prometheus, and in a line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

TYPE = "application/openmetrics-text; version=1.0.0; charset=utf-8"


@dataclass(slots=True)
class Counts:
    """requests: that were taken, by how they came (http, grpc). bytes: of their bodies, not compressed. received: spans
    in them: kept, duplicate (there already), or rejected, by reason. refused: requests that were not taken, by reason.
    dropped: spans that were kept and had to go, for age or room. late: seconds between the newest end of a span and the
    moment it was kept. odd: spans that were taken although something is odd about them, by what."""

    requests: Counter[str] = field(default_factory=Counter)
    bytes: int = 0
    received: int = 0
    kept: int = 0
    duplicate: int = 0
    rejected: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    dropped: int = 0
    late: float | None = None
    writes: int = 0
    odd: Counter[str] = field(default_factory=Counter)

    def said(self) -> str:
        """`12 spans received, 10 kept, 2 duplicate; 3 requests refused (busy 3)`."""
        parts = [f"{self.received} spans received", f"{self.kept} kept"]
        parts += [
            f"{count} {word}" for count, word in ((self.duplicate, "duplicate"), (self.dropped, "dropped")) if count
        ]
        if self.rejected:
            parts.append(f"{self.rejected.total()} rejected ({_by(self.rejected)})")
        told = ", ".join(parts)
        return f"{told}; {self.refused.total()} requests refused ({_by(self.refused)})" if self.refused else told


@dataclass(slots=True)
class Records:
    """Log records. kept: changes, which were written down; rejected: those that are none, by reason."""

    kept: int = 0
    rejected: Counter[str] = field(default_factory=Counter)


def _by(counts: Counter[str]) -> str:
    return ", ".join(f"{name} {count}" for name, count in counts.most_common(5))


def text(counts: Counts, in_flight: int, listening: bool, records: Records | None = None) -> str:
    """Everything as OpenMetrics; of log records where they are taken."""
    told = _recorded(records) if records is not None else ()
    return "".join([*_lines(counts, in_flight, listening), *told, "# EOF\n"])


def _lines(counts: Counts, in_flight: int, listening: bool) -> Iterator[str]:
    yield from _family("requests", "counter", "requests that were taken", counts.requests, "transport")
    yield from _one("request_bytes", "counter", "bytes of their bodies, not compressed", counts.bytes)
    yield from _one("spans_received", "counter", "spans that came in them", counts.received)
    yield from _one("spans_kept", "counter", "spans that are new in the store", counts.kept)
    yield from _one("spans_duplicate", "counter", "spans that were there already", counts.duplicate)
    yield from _one("spans_dropped", "counter", "spans that were kept and are too old or too many now", counts.dropped)
    yield from _family("spans_rejected", "counter", "spans that could not be taken", counts.rejected, "reason")
    yield from _family("spans_odd", "counter", "spans that were taken although they are odd", counts.odd, "what")
    yield from _family("requests_refused", "counter", "requests that were not taken", counts.refused, "reason")
    yield from _one("writes", "counter", "durable writes to the store", counts.writes)
    yield from _one("in_flight_bytes", "gauge", "bodies that are not answered yet", in_flight)
    yield from _one("listening", "gauge", "1 when spans can be kept", int(listening))
    if counts.late is not None:
        yield from _one("late_seconds", "gauge", "age of the newest span when it was kept", counts.late)


def _recorded(records: Records) -> Iterator[str]:
    yield from _one("changes_kept", "counter", "log records that tell a change, and were kept", records.kept)
    rejected = records.rejected
    yield from _family("records_rejected", "counter", "log records that could not be taken", rejected, "reason")


def _one(name: str, kind: str, help_: str, value: float) -> Iterator[str]:
    yield from _head(name, kind, help_)
    yield f"cdctl_traces_{name}{'_total' * (kind == 'counter')} {value}\n"


def _family(name: str, kind: str, help_: str, values: Mapping[str, int], label: str) -> Iterator[str]:
    yield from _head(name, kind, help_)
    for key, count in sorted(values.items()) or [("none", 0)]:
        yield f'cdctl_traces_{name}_total{{{label}="{_escaped(key)}"}} {count}\n'


def _head(name: str, kind: str, help_: str) -> Iterator[str]:
    yield f"# TYPE cdctl_traces_{name} {kind}\n# HELP cdctl_traces_{name} {help_}\n"


def _escaped(text_: str) -> str:
    plain = "".join(c if c.isprintable() else "\ufffd" for c in text_)
    return plain.replace("\\", "\\\\").replace('"', '\\"')
