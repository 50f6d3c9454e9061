"""The status byte of a trouble code (ISO 14229-1, DTC status mask), in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntFlag


class Bit(IntFlag):
    """Bits from the lowest; names as in ISO 14229-1."""

    TEST_FAILED = 0x01
    TEST_FAILED_THIS_OPERATION_CYCLE = 0x02
    PENDING_DTC = 0x04
    CONFIRMED_DTC = 0x08
    TEST_NOT_COMPLETED_SINCE_LAST_CLEAR = 0x10
    TEST_FAILED_SINCE_LAST_CLEAR = 0x20
    TEST_NOT_COMPLETED_THIS_OPERATION_CYCLE = 0x40
    WARNING_INDICATOR_REQUESTED = 0x80

    @property
    def field(self) -> str:
        """The standard's spelling: `testFailed`."""
        return _SPELLED[self]


_SPELLED: Mapping[Bit, str] = {
    Bit.TEST_FAILED: "testFailed",
    Bit.TEST_FAILED_THIS_OPERATION_CYCLE: "testFailedThisOperationCycle",
    Bit.PENDING_DTC: "pendingDTC",
    Bit.CONFIRMED_DTC: "confirmedDTC",
    Bit.TEST_NOT_COMPLETED_SINCE_LAST_CLEAR: "testNotCompletedSinceLastClear",
    Bit.TEST_FAILED_SINCE_LAST_CLEAR: "testFailedSinceLastClear",
    Bit.TEST_NOT_COMPLETED_THIS_OPERATION_CYCLE: "testNotCompletedThisOperationCycle",
    Bit.WARNING_INDICATOR_REQUESTED: "warningIndicatorRequested",
}
_WORDS: Mapping[Bit, str] = {
    Bit.TEST_FAILED: "failing now",
    Bit.CONFIRMED_DTC: "confirmed",
    Bit.PENDING_DTC: "pending",
    Bit.WARNING_INDICATOR_REQUESTED: "warning lamp",
    Bit.TEST_FAILED_THIS_OPERATION_CYCLE: "failed this cycle",
    Bit.TEST_FAILED_SINCE_LAST_CLEAR: "failed since clear",
    Bit.TEST_NOT_COMPLETED_THIS_OPERATION_CYCLE: "not tested this cycle",
    Bit.TEST_NOT_COMPLETED_SINCE_LAST_CLEAR: "not tested since clear",
}
"""For people, what matters most first."""
_NOW = Bit.TEST_FAILED | Bit.CONFIRMED_DTC | Bit.PENDING_DTC | Bit.WARNING_INDICATOR_REQUESTED
ALL = 0xFF


@dataclass(frozen=True, slots=True)
class Status:
    """A status byte. available: the bits that the control unit supports at all (DTC status availability mask): what is
    not in it says nothing, whatever stands there. Raises ValueError for what is no byte."""

    byte: int
    available: int = ALL

    def __post_init__(self) -> None:
        if not 0 <= self.byte <= ALL or not 0 <= self.available <= ALL:
            raise ValueError("a status and its mask are a byte each")

    @property
    def bits(self) -> Bit:
        """What is set and can be relied on."""
        return Bit(self.byte & self.available)

    def told(self, bit: Bit) -> bool | None:
        """Whether a bit is set; None when the control unit does not support it."""
        return bool(self.byte & bit) if self.available & bit else None

    def fields(self) -> dict[str, bool | None]:
        """Every bit by the standard's spelling, from the lowest; None is not supported."""
        return {bit.field: self.told(bit) for bit in Bit}

    @property
    def words(self) -> tuple[str, ...]:
        """What is set, for people, what matters most first."""
        return tuple(word for bit, word in _WORDS.items() if bit in self.bits)

    @property
    def brief(self) -> tuple[str, ...]:
        """How it stands now: failing, confirmed, pending, the lamp; what the past was only when none of them is set."""
        now = tuple(word for bit, word in _WORDS.items() if bit in self.bits & _NOW)
        return now or self.words
