"""What of a vehicle is personal: its id, and where it is. Exports hide the one, and the other is read for a reason."""

from __future__ import annotations

import re

VIN = re.compile(r"(?<![A-Za-z0-9])[A-HJ-NPR-Z0-9]{17}(?![A-Za-z0-9])")
"""ISO 3779: seventeen characters without I, O and Q."""
_HIDDEN = "…"
_SHORTEST = 12
_PLACES = frozenset({"latitude", "longitude"})


def masked(vin: str) -> str:
    """An id that tells people apart in a list and names nobody: maker and last three characters of a VIN, less of what
    is shorter. Two vehicles may get the same."""
    if len(vin) >= _SHORTEST:
        return f"{vin[:3]}{_HIDDEN}{vin[-3:]}"
    return _HIDDEN + (vin[-1:] if len(vin) > 4 else "")


def masked_in(text: str, vin: str) -> str:
    """`text` with the id in it masked."""
    return text.replace(vin, masked(vin)) if vin else text


def is_location(path: str) -> bool:
    """Whether a signal tells where a vehicle is or is going (VSS: Vehicle.CurrentLocation and all below it, and
    every latitude and longitude)."""
    levels = path.lower().split(".")
    return "currentlocation" in levels or levels[-1] in _PLACES
