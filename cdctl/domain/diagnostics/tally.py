"""Trouble codes of many vehicles, counted by code."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cdctl.domain.diagnostics.dtc import Dtc
from cdctl.domain.diagnostics.health import Trouble
from cdctl.domain.diagnostics.status import Bit


@dataclass(frozen=True, slots=True)
class Count:
    """How many vehicles have a code, and in how many it fails now, is confirmed, pending, or asks for the warning
    lamp. vins: those that have it, as they came."""

    code: Dtc
    vins: tuple[str, ...]
    failing: int
    confirmed: int
    pending: int
    lamp: int

    @property
    def vehicles(self) -> int:
        """How many have it."""
        return len(self.vins)


def tally(troubles: Mapping[str, Sequence[Trouble]]) -> list[Count]:
    """By code, the one that most vehicles have first; a vehicle in which several control units have a code counts
    once, with every bit that one of them says."""
    by_code: dict[Dtc, dict[str, Bit]] = defaultdict(dict)
    for vin, some in troubles.items():
        for one in some:
            bits = one.status.bits if one.status else Bit(0)
            by_code[one.code][vin] = by_code[one.code].get(vin, Bit(0)) | bits
    counts = [_count(code, vins) for code, vins in by_code.items()]
    return sorted(counts, key=lambda one: (-one.vehicles, -one.failing, str(one.code)))


def _count(code: Dtc, vins: Mapping[str, Bit]) -> Count:
    def with_bit(bit: Bit) -> int:
        return sum(bit in bits for bits in vins.values())

    return Count(
        code,
        tuple(vins),
        with_bit(Bit.TEST_FAILED),
        with_bit(Bit.CONFIRMED_DTC),
        with_bit(Bit.PENDING_DTC),
        with_bit(Bit.WARNING_INDICATOR_REQUESTED),
    )
