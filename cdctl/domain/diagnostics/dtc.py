"""Diagnostic trouble codes: bytes as a vehicle tells them, and the text that people know.

Two bytes are a code (SAE J2012, ISO 15031-6): bits 7-6 of the first its system, bits 5-4 its first digit, then three
hexadecimal digits. A third byte is the failure type (ISO 14229-1 with SAE J2012-DA): 0A9B17 is P0A9B-17.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from cdctl.domain.text import safe

_LETTERS = "PCBU"
_HEX = re.compile(r"(?:0[xX])?([0-9A-Fa-f]{4})([0-9A-Fa-f]{2})?")
_TEXT = re.compile(r"([PCBUpcbu])([0-3])([0-9A-Fa-f]{3})(?:-?([0-9A-Fa-f]{2}))?")
_FORMS = "write P0A9B, P0A9B-17, or 4 or 6 hexadecimal digits"


class System(StrEnum):
    """Where in the vehicle."""

    POWERTRAIN = "powertrain"
    CHASSIS = "chassis"
    BODY = "body"
    NETWORK = "network"


class Control(StrEnum):
    """Who says what a code means."""

    STANDARD = "ISO/SAE"  # the same in every vehicle
    MAKER = "manufacturer"
    RESERVED = "reserved"  # for neither yet


_SYSTEMS = tuple(System)


@dataclass(frozen=True, slots=True, order=True)
class Dtc:
    """One trouble code. number: its two bytes; failure: the failure type, None where a vehicle tells none. Raises
    ValueError for what does not fit in these bytes, and for the padding, which is no code."""

    number: int
    failure: int | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.number <= 0xFFFF or not 0 <= (self.failure or 0) <= 0xFF:
            raise ValueError("a trouble code has two bytes, and one of failure type")
        if self.number == 0 and not self.failure:
            raise ValueError("0000 is padding, no trouble code")

    @property
    def base(self) -> str:
        """Without the failure type: `P0A9B`."""
        return f"{_LETTERS[self.number >> 14]}{self.number >> 12 & 3}{self.number & 0xFFF:03X}"

    @property
    def system(self) -> System:
        """Where in the vehicle."""
        return _SYSTEMS[self.number >> 14]

    @property
    def control(self) -> Control:
        """Who says what it means (SAE J2012, the groups of codes)."""
        system, digit = self.system, self.number >> 12 & 3
        if digit == 0:
            return Control.STANDARD
        if system is System.POWERTRAIN:
            return Control.MAKER if digit == 1 or (digit == 3 and self.number & 0xF00 < 0x400) else Control.STANDARD
        if digit < 3:
            return Control.MAKER
        return Control.STANDARD if system is System.NETWORK else Control.RESERVED

    def packed(self) -> bytes:
        """As it travels: two bytes, or three with a failure type."""
        tail = b"" if self.failure is None else bytes((self.failure,))
        return self.number.to_bytes(2, "big") + tail

    def __str__(self) -> str:
        return self.base if self.failure is None else f"{self.base}-{self.failure:02X}"


def unpacked(packed: bytes) -> Dtc | None:
    """A code from two or three bytes; None for padding. Raises ValueError for another length."""
    if len(packed) not in (2, 3):
        raise ValueError(f"a trouble code has 2 or 3 bytes, not {len(packed)}")
    number = int.from_bytes(packed[:2], "big")
    if not any(packed):
        return None
    return Dtc(number, packed[2] if len(packed) == 3 else None)


def unpacked_all(packed: bytes, size: int = 3) -> list[Dtc]:
    """All codes of a run of bytes, each `size` long, padding left out. Raises ValueError when a part is left."""
    if size not in (2, 3) or len(packed) % size:
        raise ValueError(f"{len(packed)} bytes are no trouble codes of {size} bytes each")
    found = (unpacked(packed[start : start + size]) for start in range(0, len(packed), size))
    return [one for one in found if one is not None]


def parse(text: str) -> Dtc:
    """A code as people or vehicles write it: `P0A9B`, `P0A9B-17`, `0A9B`, `0A9B17`, `0x0A9B17`; letters large or small.

    Raises ValueError that says what is wrong, for padding, too. What could be both is told apart by its length: text
    has 5, 7 or 8 characters, digits alone 4 or 6.
    """
    if found := _HEX.fullmatch(text):
        number, failure = int(found[1], 16), found[2]
    elif found := _TEXT.fullmatch(text):
        number = _LETTERS.index(found[1].upper()) << 14 | int(found[2]) << 12 | int(found[3], 16)
        failure = found[4]
    else:
        raise ValueError(f"'{safe(text, 40)}' is no trouble code: {_FORMS}")
    return Dtc(number, None if failure is None else int(failure, 16))
