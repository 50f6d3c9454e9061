"""Which span the work at hand belongs to, so that whoever asks a server can say so in its request."""

from __future__ import annotations

from contextvars import ContextVar

TRACEPARENT: ContextVar[str] = ContextVar("traceparent", default="")
"""W3C `traceparent` of the span in which questions are asked; empty when nobody traces."""


def headers() -> dict[str, str]:
    """What a request carries (https://www.w3.org/TR/trace-context/); nothing when nobody traces."""
    parent = TRACEPARENT.get()
    return {"traceparent": parent} if parent else {}
