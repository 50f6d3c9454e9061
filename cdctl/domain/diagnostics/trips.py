"""Round trips to vehicles, split into the vehicle's own time and the way there and back.

Two clocks are involved and never compared: the whole is a difference of ours (handed to the link until the answer
arrived), the vehicle's part a difference of its own (received until sent). What is left is the way: broker, network
and modem, both directions.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

METHOD = (
    "whole: our clock, from the hand-over to the link until the answer arrived; vehicle: its own clock, from received "
    "until sent; way: the rest (broker, network and modem, both directions). Clocks are never compared with each other"
)
_ROUNDING = 0.0011
"""Seconds: two instants in whole milliseconds are off by as much."""


@dataclass(frozen=True, slots=True)
class Trip:
    """One round trip, seconds. whole None: no answer. vehicle None: it did not say, or what it said cannot be."""

    whole: float | None = None
    vehicle: float | None = None

    @property
    def way(self) -> float | None:
        """There and back; None where it cannot be told."""
        return None if self.whole is None or self.vehicle is None else max(0.0, self.whole - self.vehicle)


def trip(whole: float | None, result: Mapping[str, object]) -> Trip:
    """A trip from our seconds and what the vehicle's answer says (`received` and `sent`, milliseconds by its clock).

    What cannot be (a clock that was set meanwhile, a vehicle that took longer than everything) splits nothing.
    """
    if whole is None:
        return Trip()
    received, sent = result.get("received"), result.get("sent")
    if not _number(received) or not _number(sent):
        return Trip(whole)
    spent = (float(sent) - float(received)) / 1000  # type: ignore[arg-type]
    if not 0 <= spent <= whole + _ROUNDING:
        return Trip(whole)
    return Trip(whole, min(spent, whole))


@dataclass(frozen=True, slots=True)
class Summary:
    """Round trips together, seconds, by nearest rank; None where nothing came back. vehicle, way: medians."""

    sent: int
    answered: int
    p50: float | None
    p90: float | None
    p99: float | None
    most: float | None
    vehicle: float | None
    way: float | None

    @property
    def loss(self) -> float | None:
        """Share without an answer."""
        return (self.sent - self.answered) / self.sent if self.sent else None


def summary(trips: Sequence[Trip]) -> Summary:
    """Of some trips."""
    whole = sorted(one.whole for one in trips if one.whole is not None)
    vehicle = sorted(one.vehicle for one in trips if one.vehicle is not None)
    way = sorted(one.way for one in trips if one.way is not None)
    return Summary(
        len(trips),
        len(whole),
        rank(whole, 0.5),
        rank(whole, 0.9),
        rank(whole, 0.99),
        rank(whole, 1),
        rank(vehicle, 0.5),
        rank(way, 0.5),
    )


def rank(ordered: Sequence[float], share: float) -> float | None:
    """A percentile of sorted values, by nearest rank; None of none."""
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)] if ordered else None


def _number(given: object) -> bool:
    return isinstance(given, int | float) and not isinstance(given, bool) and 0 <= given < 1e15
