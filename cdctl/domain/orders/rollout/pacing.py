"""Pacing: how many orders a minute a rollout may publish, and how that changes while it goes."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf

BURST = 2
"""Seconds of a rate that may be published at once, after a time in which nothing was."""


@dataclass(frozen=True, slots=True)
class Fixed:
    """The same rate all the time."""

    per_minute: float


@dataclass(frozen=True, slots=True)
class Exponential:
    """Faster by `factor` after every `every` orders, never above `most`, as AWS IoT Jobs' exponentialRate is.

    base: orders a minute at first. by: what is counted: "sent" (AWS: numberOfNotifiedThings) or "succeeded"
    (numberOfSucceededThings). Their bounds, 1 to 1000 a minute and a factor of 1.1 to 5, are for those who want to
    stay within them; https://docs.aws.amazon.com/iot/latest/apireference/API_ExponentialRolloutRate.html.
    """

    base: float
    factor: float
    every: int
    most: float
    by: str = "sent"

    def at(self, count: int) -> float:
        """Orders a minute after `count` orders: base * factor ^ (count // every)."""
        steps = count // self.every
        try:
            return min(self.most, self.base * self.factor**steps)
        except OverflowError:
            return self.most


@dataclass(frozen=True, slots=True)
class Adaptive:
    """Additive increase, multiplicative decrease (Chiu and Jain, 1989): a step faster at every reading of the guards
    that finds all of them healthy and calm, slower by `cut` for each unit of burn above `calm`.

    start, least, most, step: orders a minute. cut: what the rate is multiplied with, above 0 and below 1. calm: the
    burn rate up to which a promise is not in danger: at 1 a budget lasts exactly as long as its window.
    """

    start: float
    least: float
    most: float
    step: float
    cut: float = 0.5
    calm: float = 1.0

    def next(self, rate: float, burn: float, *, used: bool = True) -> float:
        """The rate after a reading. burn: of the worst guard. used: whether the rate was what held the rollout back;
        one that was not needed says nothing about a higher one."""
        if burn <= self.calm:
            return max(self.least, min(self.most, rate + self.step)) if used else rate
        excess = max(1.0, min(burn - self.calm, 64.0))
        return max(self.least, rate * float(self.cut**excess))


Pace = Fixed | Exponential | Adaptive


def first(pace: Pace | None) -> float:
    """Orders a minute at the beginning; infinite without a pace."""
    match pace:
        case Fixed():
            return pace.per_minute
        case Exponential():
            return pace.at(0)
        case Adaptive():
            return pace.start
    return inf


def rate(pace: Pace | None, current: float, *, sent: int, succeeded: int) -> float:
    """Orders a minute now. current: the rate so far, which an adaptive pace alone remembers."""
    if isinstance(pace, Exponential):
        return pace.at(sent if pace.by == "sent" else succeeded)
    return current if isinstance(pace, Adaptive) else first(pace)


@dataclass(frozen=True, slots=True)
class Bucket:
    """What may be published now. tokens: orders; at: when that was so, epoch milliseconds."""

    tokens: float = 1.0
    at: int = 0

    def filled(self, per_minute: float, now: int) -> Bucket:
        """After the time since. Never more than BURST seconds' worth, nor less room than one order; a clock that went
        back gives nothing."""
        room = max(1.0, per_minute * BURST / 60)
        gained = per_minute * max(0, now - self.at) / 60_000 if per_minute < inf else inf
        return Bucket(min(room, self.tokens + gained), now)

    def taken(self, count: int) -> Bucket:
        """After `count` orders were published."""
        return Bucket(self.tokens - count if self.tokens < inf else self.tokens, self.at)
