"""What a receiver of spans is told to do, and what it says when it does it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

DAY = 86_400.0
AHEAD = 2 * DAY
"""Seconds by which a span may end in the future: clocks that are a day off are common."""


@dataclass(frozen=True, slots=True)
class Serving:
    """listen: HOST:PORT for OTLP over HTTP; grpc: the same for gRPC, empty for none. store: the folder, empty for the
    context's. token_file: tokens of those who may send, one a line; empty for nobody's on loopback, and for one that is
    made beyond. cert, key: PEM files. keep: seconds since the end of a span; most: bytes on disk."""

    listen: str = "127.0.0.1:4318"
    grpc: str = "127.0.0.1:4317"
    store: str = ""
    token_file: str = ""
    cert: str = ""
    key: str = ""
    keep: float = 30 * DAY
    most: int = 20 << 30


@dataclass(frozen=True, slots=True)
class Served:
    """Where a receiver listens. grpc: empty when it does not. token_file: empty when everybody may send; made: the
    token is new."""

    http: str
    grpc: str
    store: Path
    token_file: str
    made: bool


@dataclass(frozen=True, slots=True)
class Pulse:
    """How it goes. rate: spans a second since the last pulse; late: seconds between the newest end of a span and the
    moment it was kept; said: everything so far in words."""

    rate: float
    kept: int
    dropped: int
    refused: int
    late: float | None
    listening: bool
    said: str

    def line(self) -> str:
        """`1,234 spans/s, 56,789 kept, 0 dropped, 0.4 s old`."""
        parts = [f"{self.rate:,.0f} spans/s", f"{self.kept:,} kept", f"{self.dropped:,} dropped"]
        if self.refused:
            parts.append(f"{self.refused:,} requests refused")
        if self.late is not None:
            parts.append(f"{self.late:,.1f} s old")
        if not self.listening:
            parts.append("NOTHING CAN BE KEPT")
        return ", ".join(parts)
