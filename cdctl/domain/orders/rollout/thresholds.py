"""Thresholds: how many failures end a rollout, and how many successes a wave needs. Shares are compared exactly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from cdctl.domain.orders.rollout.tally import Tally


class Failure(StrEnum):
    """What is counted. Orders that were never answered count on their own: a fleet that sleeps is not a bad command."""

    FAILED = "failed"
    REJECTED = "rejected"
    TIMED_OUT = "timed_out"
    ANY = "any"  # failed, rejected or timed out
    UNANSWERED = "unanswered"

    def of(self, tally: Tally) -> int:
        """How many there are."""
        if self is Failure.ANY:
            return tally.failed + tally.rejected + tally.timed_out
        return int(getattr(tally, self.value))


class Among(StrEnum):
    """The denominator."""

    ANSWERED = "answered"  # succeeded, failed, rejected, timed out
    ENDED = "ended"  # those and the ones that were never answered
    TOLD = "told"  # everybody that an order was published to
    TOTAL = "total"  # everybody in the wave (or rollout)

    def of(self, tally: Tally) -> int:
        """How many there are."""
        return int(getattr(tally, self.value))


@dataclass(frozen=True, slots=True)
class Limit:
    """Too many failures: their share of `among` is strictly above `above` (percent), once `among` is at least
    `minimum` orders. whole: counted over the rollout so far, else over the wave alone. pause: it pauses, else it
    aborts."""

    above: Fraction
    failure: Failure = Failure.ANY
    among: Among = Among.ENDED
    minimum: int = 1
    whole: bool = False
    pause: bool = False

    def __str__(self) -> str:
        does = "pauses" if self.pause else "aborts"
        return f"{does} when > {_percent(self.above)} of {self._whose} {_WORDS[self.failure]}{_from(self.minimum)}"

    @property
    def _whose(self) -> str:
        return f"{self.among} orders of the {'rollout' if self.whole else 'wave'}"

    def crossed(self, wave: Tally, rollout: Tally) -> str:
        """Why it is crossed, in words; empty when it is not."""
        tally = rollout if self.whole else wave
        count, size = self.failure.of(tally), self.among.of(tally)
        if size < max(1, self.minimum) or count * 100 <= self.above * size:
            return ""
        share = _share(count, size)
        return f"{count} of {size} {self._whose} {_WORDS[self.failure]}: {share} > {_percent(self.above)}"


@dataclass(frozen=True, slots=True)
class Success:
    """Enough successes for the next wave: their share of `among` is at least `least` (percent), once `among` is at
    least `minimum` orders (or all orders of the wave, where it has fewer)."""

    least: Fraction
    among: Among = Among.ENDED
    minimum: int = 1

    def __str__(self) -> str:
        return f"a wave needs >= {_percent(self.least)} of its {self.among} orders{_from(self.minimum)}"

    def short(self, wave: Tally) -> str:
        """What is missing, in words; empty when there is enough."""
        size = self.among.of(wave)
        if size < min(self.minimum, wave.total):
            return f"{size} of at least {min(self.minimum, wave.total)} {self.among} orders"
        if wave.succeeded * 100 >= self.least * size:
            return ""
        share = _share(wave.succeeded, size)
        return f"{wave.succeeded} of {size} {self.among} orders of the wave succeeded: {share} < {_percent(self.least)}"


def crossed(limits: Sequence[Limit], wave: Tally, rollout: Tally) -> tuple[Limit, str] | None:
    """The first limit that is crossed, one that aborts before one that pauses, and why."""
    for limit in sorted(limits, key=lambda one: one.pause):
        if why := limit.crossed(wave, rollout):
            return limit, why
    return None


_WORDS = {
    Failure.ANY: "failed, were rejected or timed out",
    Failure.FAILED: "failed",
    Failure.REJECTED: "were rejected",
    Failure.TIMED_OUT: "timed out",
    Failure.UNANSWERED: "were never answered",
}


def _from(minimum: int) -> str:
    return f", from {minimum} orders on" if minimum > 1 else ""


def _percent(value: Fraction) -> str:
    return f"{float(value):g} %"


def _share(count: int, size: int) -> str:
    share = Fraction(count * 100, size)
    shown = round(float(share), 2)
    return f"{shown:g} %" if shown == share else f"about {shown:g} %"
