"""Why a request is not taken, in the words of OTLP over HTTP and over gRPC.

https://opentelemetry.io/docs/specs/otlp/#failures: a client tries again after 429, 502, 503 and 504, and after the
codes of gRPC that say so; after RESOURCE_EXHAUSTED only when RetryInfo comes with it. All else it drops, and must.
"""

from __future__ import annotations

from enum import Enum


class Why(Enum):
    """Reasons: what is counted, the status of HTTP, the name of gRPC's code, seconds to wait before another attempt
    (0: never)."""

    UNREADABLE = ("unreadable", 400, "INVALID_ARGUMENT", 0)
    LARGE = ("too_large", 413, "RESOURCE_EXHAUSTED", 0)
    TYPE = ("content_type", 415, "INVALID_ARGUMENT", 0)
    METHOD = ("method", 405, "UNIMPLEMENTED", 0)
    PATH = ("path", 404, "UNIMPLEMENTED", 0)
    TOKEN = ("token", 401, "UNAUTHENTICATED", 0)
    GUESSED = ("token", 429, "RESOURCE_EXHAUSTED", 60)
    SLOW = ("slow", 408, "DEADLINE_EXCEEDED", 0)
    BUSY = ("busy", 429, "RESOURCE_EXHAUSTED", 1)
    ENDING = ("ending", 503, "UNAVAILABLE", 5)
    STORE = ("store", 503, "UNAVAILABLE", 10)
    BUG = ("bug", 500, "INTERNAL", 0)

    def __init__(self, key: str, status: int, code: str, wait: int) -> None:
        self.key, self.status, self.code, self.wait = key, status, code, wait


NUMBERS = {
    "INVALID_ARGUMENT": 3,
    "DEADLINE_EXCEEDED": 4,
    "RESOURCE_EXHAUSTED": 8,
    "UNIMPLEMENTED": 12,
    "INTERNAL": 13,
    "UNAVAILABLE": 14,
    "UNAUTHENTICATED": 16,
}
"""Of gRPC's codes: https://grpc.io/docs/guides/status-codes/."""


class NotTakenError(Exception):
    """A request is not taken. The message reaches who sent it: no data of others in it."""

    def __init__(self, why: Why, message: str) -> None:
        super().__init__(message)
        self.why, self.message = why, message
