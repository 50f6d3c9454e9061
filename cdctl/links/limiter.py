"""Rate caps of brokers that close the connection of whoever is too quick."""

from __future__ import annotations

BURST_SECONDS = 0.1
"""So much may go out at once after a rest; short against the second that brokers count in."""


class Bucket:
    """A token bucket that may run into debt by one message, so that one larger than the bucket still passes."""

    def __init__(self, rate: float, now: float) -> None:
        """`rate` in units a second."""
        self._rate = rate
        self._most = max(1.0, rate * BURST_SECONDS)
        self._level = self._most
        self._at = now

    def wait(self, now: float) -> float:
        """Seconds until something may be spent; 0 when now."""
        self._level = min(self._most, self._level + (now - self._at) * self._rate)
        self._at = now
        return 0.0 if self._level > 0 else (1e-3 - self._level) / self._rate

    def spend(self, amount: float) -> None:
        """So many units have gone."""
        self._level -= amount


class Limiter:
    """Messages and bytes a second of one connection."""

    def __init__(self, rate: float | None, byte_rate: float | None, now: float) -> None:
        """None: as many as it takes."""
        self._messages = Bucket(rate, now) if rate else None
        self._bytes = Bucket(byte_rate, now) if byte_rate else None

    def wait(self, now: float) -> float:
        """Seconds until the next message may go."""
        return max((bucket.wait(now) for bucket in (self._messages, self._bytes) if bucket), default=0.0)

    def spend(self, size: int) -> None:
        """A message of so many bytes has gone."""
        if self._messages:
            self._messages.spend(1)
        if self._bytes:
            self._bytes.spend(size)
