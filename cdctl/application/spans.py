"""One span for a command, whose context every order carries, so that what vehicles do for it is found under it."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Literal, Protocol

from cdctl.application.tally import Tally
from cdctl.domain.orders.order import State

Attributes = Mapping[str, str | int | float | bool]
Kind = Literal["internal", "producer", "client"]


class Trace(Protocol):
    """A span that has begun."""

    @property
    def parent(self) -> tuple[str, str]:
        """What orders carry: traceparent and tracestate (W3C Trace Context)."""
        ...

    def end(self, attributes: Attributes, *, failed: str = "") -> None:
        """It is over; failed: why it is no success."""
        ...


class Traces(Protocol):
    """Where spans go."""

    def begin(self, name: str, attributes: Attributes, *, kind: Kind = "internal", under: str = "") -> Trace:
        """A span of a trace of its own, or below another span, whose traceparent `under` is."""
        ...

    def close(self) -> None:
        """Everything that ended is handed on, or given up within some seconds."""
        ...


class _Unrecorded:
    def __init__(self) -> None:
        self.parent = (f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-00", "")

    def end(self, attributes: Attributes, *, failed: str = "") -> None:
        return None


class Untraced:
    """Nobody collects spans: orders still carry a context, so that what belongs together can be told elsewhere."""

    def begin(self, name: str, attributes: Attributes, *, kind: Kind = "internal", under: str = "") -> Trace:
        """See `Traces`."""
        return _Unrecorded()

    def close(self) -> None:
        """See `Traces`."""


def begin(traces: Traces, command: str, plan: str, session: str, count: int) -> Trace:
    """The span of a command to so many vehicles; it names none of them."""
    told: dict[str, str | int | float | bool] = {
        "messaging.operation.type": "send",
        "messaging.batch.message_count": count,
        "cdctl.command": command,
        "cdctl.plan": plan,
        "cdctl.session": session,
    }
    return traces.begin(f"cmd {command}", told, kind="producer")


def end(trace: Trace, tally: Tally) -> None:
    """How it ended, in numbers."""
    failed = tally.ended - tally.states[State.SUCCEEDED]
    said = {f"cdctl.{state.value}": count for state, count in tally.states.items() if count}
    trace.end(said, failed=f"{failed} of {tally.total} without success" if failed else "")
