"""A collector's own numbers as OpenMetrics text, to be scraped by Prometheus with one of its tokens."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from cdctl.domain.fleet.reading import FleetStatus

TYPE = "application/openmetrics-text; version=1.0.0; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Own:
    """What a collector counts of itself. lag: seconds since the process that takes in last beat. took: seconds that the
    last round of evaluating took. oldest: epoch seconds of the oldest thing in the history."""

    lag: float
    took: float
    viewers: int
    questions: int
    happenings: int
    happenings_lost: int
    history_lost: int
    history_bytes: int
    oldest: float | None
    restarts: int
    refused: int
    skipped: int


def text(status: FleetStatus, own: Own) -> str:
    """Everything, with # EOF at the end."""
    return "".join([*_fleet(status), *_own(own), "# EOF\n"])


def _fleet(status: FleetStatus) -> Iterator[str]:
    yield from _counter("received", "messages that came from the brokers", status.received)
    yield from _counter("decoded", "messages that were understood", status.decoded)
    yield from _counter("dropped", "messages that were dropped before they were read", status.dropped)
    yield from _family("malformed", "counter", "messages that could not be understood")
    for reason, count in status.malformed_by.items() or [("none", 0)]:
        yield _sample("malformed_total", count, {"reason": reason})
    yield from _family("vehicles", "gauge", "vehicles by state")
    states = {"online": status.online, "offline": status.offline, "unknown": status.unknown, "never": status.never_seen}
    for state, count in states.items():
        yield _sample("vehicles", count, {"state": state})
    yield from _family("link_up", "gauge", "1 when the link to a region's broker is connected and subscribed")
    for link in status.links:
        yield _sample("link_up", int(link.up), {"region": link.region})


def _own(own: Own) -> Iterator[str]:
    yield from _gauge("lag_seconds", "time since the process that takes in last beat", own.lag)
    yield from _gauge("evaluation_seconds", "time that the last evaluation of all questions took", own.took)
    yield from _gauge("viewers", "streams that are open", own.viewers)
    yield from _gauge("questions", "different questions that are followed", own.questions)
    yield from _counter("happenings", "births, deaths and events", own.happenings)
    yield from _counter("happenings_lost", "happenings that came faster than they were read", own.happenings_lost)
    yield from _counter("history_lost", "happenings that did not get into the history", own.history_lost)
    yield from _gauge("history_bytes", "size of the history on disk", own.history_bytes)
    if own.oldest is not None:
        yield from _gauge("history_oldest_timestamp_seconds", "time of the oldest thing in the history", own.oldest)
    yield from _counter("ingest_restarts", "starts of the process that takes in, after the first", own.restarts)
    yield from _counter("refused", "requests without a right token", own.refused)
    yield from _counter("skipped", "updates that slow viewers did not get", own.skipped)


def _counter(name: str, help_: str, value: float) -> Iterator[str]:
    yield from _family(name, "counter", help_)
    yield _sample(f"{name}_total", value)


def _gauge(name: str, help_: str, value: float) -> Iterator[str]:
    yield from _family(name, "gauge", help_)
    yield _sample(name, value)


def _family(name: str, kind: str, help_: str) -> Iterator[str]:
    yield f"# TYPE cdctl_collector_{name} {kind}\n# HELP cdctl_collector_{name} {help_}\n"


def _sample(name: str, value: float, labels: Mapping[str, str] | None = None) -> str:
    told = ",".join(f'{label}="{_escaped(text)}"' for label, text in (labels or {}).items())
    return f"cdctl_collector_{name}{f'{{{told}}}' if told else ''} {value}\n"


def _escaped(text: str) -> str:
    plain = "".join(c if c.isprintable() or c == "\n" else "\ufffd" for c in text)
    return plain.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
