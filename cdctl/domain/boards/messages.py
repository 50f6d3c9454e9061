"""The question what a vehicle says on the wire, and its answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cdctl.domain.boards.asking import Ask


@dataclass(frozen=True, slots=True)
class Listen(Ask):
    """Messages of one vehicle, as its brokers hand them on from the moment of the first question. Answer: Listened."""

    vin: str


MOST_MESSAGES = 200
MOST_BYTES = 512 << 10
"""Bytes of payloads that are kept in all; the oldest messages go first."""
LONGEST = 64 << 10
"""Bytes of one payload that are kept."""


@dataclass(frozen=True, slots=True)
class Overheard:
    """One message. number: grows by one a message. at: epoch seconds at which it reached us. topic: the whole one;
    suffix: what tells it from the vehicle's others. retain: the broker had kept it. size: bytes of the payload. text:
    the payload as text on one line, places kept back; not safe for a terminal. whole: nothing of it is cut off."""

    number: int
    at: float
    topic: str
    suffix: str
    qos: int
    retain: bool
    size: int
    text: str
    whole: bool = True


@dataclass(frozen=True, slots=True, eq=False)
class Listened:
    """messages: newest first. since: epoch seconds from which on they were listened for. count: messages since then;
    those that are not among `messages` were too many. places: where they come from, such as "eu (mqtt://...)". notes:
    what is not heard, and why."""

    vin: str
    messages: Sequence[Overheard]
    since: float
    count: int = 0
    places: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
