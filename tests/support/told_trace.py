"""A trace of a command that the vehicle did not answer in time, and hostile words in it."""

from __future__ import annotations

from screens import HOSTILE, NOW, vin

from cdctl.domain.boards.tracing import FoundTrace
from cdctl.domain.traces.ports import SpanRow
from cdctl.domain.traces.waterfall import lay_out

MS = 1_000_000
AT = (round(NOW) - 42) * 1000 * MS
IDS = tuple(f"{number:032x}" for number in (0x4BF92F3577B34DA6, 0x11, 0x12))


def span(number: int, parent: int, begin: int, end: int, name: str, **more: object) -> SpanRow:
    """begin, end: milliseconds from the beginning of the trace; name: of the service and the span."""
    service, _, own = name.partition(": ")
    trace = str(more.pop("trace", IDS[0]))
    usual = {"kind": "server", "status": "unset", "message": "", **more}
    above = f"{parent:016x}" if parent else ""
    times = {"start": AT + begin * MS, "end": AT + end * MS}
    return SpanRow(trace, f"{number:016x}", above, service, own, **times, **usual)  # type: ignore[arg-type]


ROOT = {
    "status": "error",
    "message": "the vehicle did not answer in time",
    "attributes": {
        "vehicle.id": vin(7), "command.name": "lock", "region": "eu", "command.outcome": "timeout", HOSTILE: HOSTILE,
    },
    "resource": {"service.name": "remote-command", "service.version": "4.2.0"},
    "events": [
        {
            "name": "exception",
            "timeUnixNano": str(AT + 30_000 * MS),
            "attributes": [{"key": "exception.type", "value": {"stringValue": "Timeout"}}],
        }
    ],
    "weight": 64.0,
}  # fmt: skip
SPANS = (
    span(1, 0, 0, 30_012, "remote-command: remote_command lock", **ROOT),
    span(2, 1, 2, 9, "policy: evaluate", kind="client"),
    span(3, 2, 3, 8, "policy: cedar is_authorized", kind="internal"),
    span(4, 1, 10, 22, "remote-command: send cmd", kind="producer"),
    span(5, 4, 14, 21, "mqtt-broker: process publish"),
    span(6, 5, 140, 29_800, "vehicle: process cmd", kind="consumer", status="error", message=HOSTILE),
    span(7, 6, 150, 400, f"vehicle: {HOSTILE}", kind="internal"),
    span(8, 6, 420, 29_790, "vehicle: lock doors", kind="internal", status="error"),
    span(9, 98, 29_990, 30_005, "notifier: POST /push", kind="client"),
)


def found(number: int = 0, *, examples: bool = True) -> FoundTrace:
    """One of three traces; the others have a span alone."""
    spans = SPANS if not number else (span(1, 0, 0, number, "other: alone", trace=IDS[number]),)
    of = "bad traces of remote-command-availability region=eu"
    return FoundTrace(lay_out(spans), IDS if examples else (), of if examples else "", ("the server is tired",))
