"""Whether a picture of the fleet is one of the whole fleet."""

from __future__ import annotations

from cdctl.domain.fleet.reading import FleetStatus

_FEW = 0.1
"""Share of vehicles whose state may be unknown in a picture that is called whole: some are silent every day."""


def is_heard(status: FleetStatus) -> bool:
    """Whether anybody could be asked at all. A link over which the broker lets us hear nothing is as good as none."""
    return bool(_heard(status))


def is_whole(status: FleetStatus) -> bool:
    """Whether nothing is missing: every region is heard, all that its broker has, and few vehicles are unknown. A link
    over which the broker refuses a part shows a part."""
    heard = _heard(status)
    all_there = bool(heard) and len(heard) == len(status.links) and "part" not in heard
    return status.settled and all_there and not many_unknown(status)


def many_unknown(status: FleetStatus) -> bool:
    """Whether the state of more vehicles is unknown than are silent every day."""
    return status.unknown > _FEW * (status.vehicles - status.never_seen)


def _heard(status: FleetStatus) -> list[str]:
    return [link.heard for link in status.links if link.up and link.heard != "nothing"]
