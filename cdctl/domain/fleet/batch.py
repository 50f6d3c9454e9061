"""What a run of messages said about vehicles: the value that a protocol fills and the fleet columns take in.

Parallel lists, because a hundred thousand messages a second leave no room for an object each.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from enum import IntEnum


class Presence(IntEnum):
    """Whether a vehicle is connected. Unknown is the truth whenever nobody can tell."""

    UNKNOWN = 0
    OFFLINE = 1
    ONLINE = 2


@dataclass(frozen=True, slots=True)
class Standing:
    """A birth or a death: a vehicle said, or its broker said for it, that it is there or gone.

    vin: the vehicle's id. presence: UNKNOWN where only model, software or codes are told. seq: grows by one a connect;
    None where a protocol has none (then the latest word counts). ts: the vehicle's own clock, epoch ms, None when not
    told. model, software: empty when not told. retained: the broker had kept it, so it tells of the past. dtcs: all
    trouble codes that stand, caps: all that the vehicle says it can; None when not told (what was known so far stays).
    """

    vin: str
    presence: Presence
    region: str = ""
    seq: int | None = None
    ts: int | None = None
    model: str = ""
    software: str = ""
    retained: bool = False
    dtcs: tuple[str, ...] | None = None
    caps: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to a vehicle. kind: such as "dtc.set". dtcs: the trouble codes it names. detail: the rest
    as short text, not yet safe for a terminal."""

    vin: str
    kind: str
    region: str = ""
    ts: int | None = None
    dtcs: tuple[str, ...] = ()
    software: str = ""
    detail: str = ""


@dataclass(slots=True)
class Batch:
    """What some messages said. A protocol appends; order within each list is the order of the wire.

    vins, regions, ts: one entry for every telemetry message (ts in epoch ms by the vehicle's clock, 0 when not told;
    an empty region means the link's). signals: for the number of a signal (place in the settings' list), the positions
    in `vins` that told it, and their values. retained: positions in `vins` whose message the broker had kept: their
    values are the last known ones, but nobody spoke now. standings and events in order. malformed: reason -> how
    many; `example` is one of them, for people.
    """

    vins: list[str] = field(default_factory=list)
    regions: list[str] = field(default_factory=list)
    ts: list[int] = field(default_factory=list)
    signals: dict[int, tuple[list[int], list[float]]] = field(default_factory=dict)
    retained: list[int] = field(default_factory=list)
    standings: list[Standing] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    malformed: Counter[str] = field(default_factory=Counter)
    example: str = ""
    ignored: int = 0  # well-formed, but of no meaning here (another kind of topic)

    def reject(self, reason: str, topic: str) -> None:
        """Count one message that could not be understood."""
        self.malformed[reason] += 1
        self.example = f"{reason}: {topic}"
