"""How fresh and whole an answer about the fleet is: lines on stderr, an object in JSON, and the exit code."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from cdctl.cli import exits
from cdctl.domain.duration import brief
from cdctl.domain.fleet.wholeness import is_heard, is_whole, many_unknown
from cdctl.domain.text import safe

if TYPE_CHECKING:
    from cdctl.cli.options import Run
    from cdctl.domain.fleet.reading import FleetStatus

_LINE = 300


def told(run: Run, status: FleetStatus, left_out: Mapping[str, int], matched: int | None = None) -> exits.Code:
    """Say it on stderr; the exit code that the picture allows: 0, 4 when a region is missing, the picture is not whole
    or the state of many vehicles is unknown, 3 when nobody could be asked at all."""
    for line in lines(status, left_out, matched):
        exits.note(run, line)
    for text in warnings(status):
        exits.warn(run, text)
    return code(status)


def code(status: FleetStatus) -> exits.Code:
    """What can be known: see `told`."""
    if not is_heard(status):
        return exits.Code.UNKNOWN
    return exits.Code.DONE if is_whole(status) else exits.Code.PARTLY


def lines(status: FleetStatus, left_out: Mapping[str, int], matched: int | None = None) -> Iterator[str]:
    """Calm lines: how many vehicles, how they are, what was taken in, what could not be judged."""
    states = {
        "online": status.online,
        "offline": status.offline,
        "unknown": status.unknown,
        "never seen": status.never_seen,
    }
    counted = ", ".join(f"{count:,} {name}" for name, count in states.items() if count)
    some = "" if matched is None or matched == status.vehicles else f"{matched:,} of "
    yield f"{some}{_vehicles(status.vehicles)}{f': {counted}' if counted else ''}"
    rate = f" ({status.rate:,.0f}/s)" if status.rate >= 1 else ""
    yield (
        f"messages: {status.received:,} received{rate}, {status.decoded:,} understood, "
        f"{status.dropped:,} dropped, {status.malformed:,} malformed{_reasons(status)}"
    )
    if left_out:
        names = ", ".join(f"{safe(name, 60)} of {_vehicles(count)}" for name, count in left_out.items())
        yield f"left out, because not known: {names} (signals arrive as vehicles speak: --for 30s listens longer)"


def warnings(status: FleetStatus) -> Iterator[str]:
    """What is missing and what that means."""
    if not status.settled:
        yield "the first picture is not complete: some vehicles may be missing; --for 60s waits longer"
    if not status.links:
        yield "no broker has answered yet"
    if many_unknown(status):
        yield (
            f"{status.unknown:,} of {_vehicles(status.vehicles)} unknown: nobody can tell whether one is online "
            "until it speaks; --for 30s listens longer"
        )
    if status.snapshot_age is not None:
        yield f"some of it is from the last run, {brief(status.snapshot_age)} ago"
    for note in status.notes:
        yield safe(note, _LINE)


def _vehicles(count: int) -> str:
    return f"{count:,} vehicle{'s' * (count != 1)}"


def _reasons(status: FleetStatus) -> str:
    if not status.malformed:
        return ""
    reasons = ", ".join(f"{safe(reason, 60)} {count:,}" for reason, count in status.malformed_by.items())
    topic = status.malformed_example.partition(": ")[2]
    example = f"; the last on {safe(topic, 120)}" if topic else ""
    return f" ({reasons}{example})"


def record(status: FleetStatus, left_out: Mapping[str, int]) -> dict[str, object]:
    """The same for programs."""
    return {
        "at": status.at,
        "settled": status.settled,
        "vehicles": status.vehicles,
        "online": status.online,
        "offline": status.offline,
        "unknown": status.unknown,
        "never_seen": status.never_seen,
        "snapshot_age_s": status.snapshot_age,
        "received": status.received,
        "decoded": status.decoded,
        "dropped": status.dropped,
        "malformed": status.malformed,
        "malformed_by": dict(status.malformed_by),
        "messages_per_s": status.rate,
        "links": [
            {
                "region": link.region,
                "url": link.url,
                "up": link.up,
                "since": link.since,
                "note": link.note,
                "heard": link.heard,
            }
            for link in status.links
        ],
        "notes": list(status.notes),
        "left_out": dict(left_out),
    }
