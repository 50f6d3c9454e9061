"""What a vehicle tells of its health (the result of `diagnostics.collect`), read with care.

Everything comes from outside: texts are made safe, lengths and counts are bounded, and what cannot be read is said
instead of dropped. Where a vehicle is does not get in unless it may.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from cdctl.domain.diagnostics.dtc import Dtc, parse
from cdctl.domain.diagnostics.signals import unit_of
from cdctl.domain.diagnostics.status import ALL, Bit, Status
from cdctl.domain.fleet.privacy import is_location
from cdctl.domain.text import safe

MOST = 500
"""Codes, signals or events of one vehicle that are read."""
_LONGEST = 200
_BIGGEST = 1e15
_LAST_MS = 253_402_300_799_999  # the year 9999
_CELLS = frozenset({"cell", "cell_id", "cellid", "lac", "tac", "bssid", "ip"})
"""Facts of a network that tell about where somebody is."""

Value = str | float | int | bool


@dataclass(frozen=True, slots=True)
class Signal:
    """One signal's value. unit: as a person writes it, empty where none is known."""

    path: str
    value: Value
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Frame:
    """Signals as they were when a code was set. at: epoch milliseconds by the vehicle's clock; None: not told."""

    at: int | None = None
    signals: tuple[Signal, ...] = ()


@dataclass(frozen=True, slots=True)
class Trouble:
    """One trouble code as a vehicle has it. status None: not told. unit: the control unit that has it, where told."""

    code: Dtc
    status: Status | None = None
    frame: Frame | None = None
    unit: str = ""

    def has(self, bit: Bit) -> bool:
        """Whether it is set for certain."""
        return self.status is not None and self.status.told(bit) is True


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened, by the vehicle's own account."""

    at: int | None
    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Health:
    """All that was told; None for a part that was not. kept_back: signals that tell where the vehicle is. odd: what
    could not be read, a line each."""

    troubles: tuple[Trouble, ...] | None = None
    signals: tuple[Signal, ...] | None = None
    versions: Mapping[str, str] | None = None
    network: Mapping[str, Value] | None = None
    events: tuple[Event, ...] | None = None
    kept_back: tuple[str, ...] = ()
    odd: tuple[str, ...] = ()


@dataclass(slots=True)
class _Reader:
    places: bool
    kept_back: list[str] = field(default_factory=list)
    odd: list[str] = field(default_factory=list)

    def items(self, told: object, what: str) -> Iterator[Mapping[str, object]]:
        if not isinstance(told, Sequence) or isinstance(told, str | bytes):
            self.odd.append(f"{what}: no list")
            return
        if len(told) > MOST:
            self.odd.append(f"{what}: {len(told):,} of them; the first {MOST} are read")
        for one in told[:MOST]:
            if isinstance(one, Mapping):
                yield one
            else:
                self.odd.append(f"{what}: {type(one).__name__} is no entry")

    def pairs(self, told: object, what: str) -> dict[str, Value]:
        if not isinstance(told, Mapping):
            self.odd.append(f"{what}: no table of names and values")
            return {}
        found: dict[str, Value] = {}
        for place, (name, given) in enumerate(told.items()):
            if place == MOST:
                self.odd.append(f"{what}: {len(told):,} of them; the first {MOST} are read")
                break
            key, kept = safe(str(name), _LONGEST), value_of(given)
            if kept is None:
                self.odd.append(f"{what}: {key} has no plain value")
            elif not self.places and (is_location(key) or key.lower() in _CELLS):
                self.kept_back.append(key)
            else:
                found[key] = kept
        return found

    def signals(self, told: object, what: str) -> tuple[Signal, ...]:
        return tuple(Signal(path, value, unit_of(path)) for path, value in self.pairs(told, what).items())

    def troubles(self, told: object) -> tuple[Trouble, ...]:
        found = [trouble for one in self.items(told, "dtc") if (trouble := self.trouble(one)) is not None]
        return tuple(sorted(found, key=_weight))

    def trouble(self, told: Mapping[str, object]) -> Trouble | None:
        given = told.get("code")
        word = given if isinstance(given, str) else type(given).__name__
        if word in {"0000", "000000"}:
            return None  # padding
        try:
            code = parse(word)
        except ValueError as error:
            self.odd.append(f"dtc: {error}")
            return None
        frame = None
        if (kept := told.get("frame")) is not None:
            rest = {name: value for name, value in kept.items() if name != "at"} if isinstance(kept, Mapping) else kept
            at = moment(kept.get("at")) if isinstance(kept, Mapping) else None
            frame = Frame(at, self.signals(rest, f"frame of {code}"))
        return Trouble(code, self.status(told, code), frame, safe(str(told.get("unit") or ""), 40))

    def status(self, told: Mapping[str, object], code: Dtc) -> Status | None:
        byte, mask = told.get("status"), told.get("mask", ALL)
        if byte is None:
            return None
        if (
            isinstance(byte, int)
            and isinstance(mask, int)
            and not isinstance(byte, bool)
            and not isinstance(mask, bool)
        ):
            try:
                return Status(byte, mask)
            except ValueError:
                pass
        self.odd.append(f"dtc: the status of {code} is no byte")
        return None

    def events(self, told: object) -> tuple[Event, ...]:
        return tuple(
            Event(moment(one.get("at")), safe(str(one.get("kind", "")), 60), safe(str(one.get("text", "")), _LONGEST))
            for one in self.items(told, "events")
        )


def health(result: Mapping[str, object], *, places: bool = False) -> Health:
    """What a result of `diagnostics.collect` says. places: signals that tell where the vehicle is may be read."""
    reader = _Reader(places)
    troubles = reader.troubles(result["dtc"]) if "dtc" in result else None
    signals = reader.signals(result["signals"], "signals") if "signals" in result else None
    versions = network = None
    if "versions" in result:
        versions = {name: str(value) for name, value in reader.pairs(result["versions"], "versions").items()}
    if "network" in result:
        network = reader.pairs(result["network"], "network")
    events = reader.events(result["events"]) if "events" in result else None
    return Health(
        troubles, signals, versions, network, events, tuple(dict.fromkeys(reader.kept_back)), tuple(reader.odd[:MOST])
    )


def value_of(given: object) -> Value | None:
    """A plain value that can be shown: a text made safe, yes or no, a number within reason; None for anything else."""
    if isinstance(given, str):
        return safe(given, _LONGEST)
    if isinstance(given, bool):
        return given
    if isinstance(given, int | float) and -_BIGGEST < given < _BIGGEST and math.isfinite(given):
        return given
    return None


def moment(given: object) -> int | None:
    """Epoch milliseconds; None for what is no moment between 1970 and 9999."""
    if isinstance(given, bool) or not isinstance(given, int | float):
        return None
    return int(given) if 0 < given <= _LAST_MS else None


def _weight(trouble: Trouble) -> tuple[bool, bool, bool, Dtc, str]:
    """What fails now comes first, then what asks for the lamp, then what is confirmed."""
    return (
        not trouble.has(Bit.TEST_FAILED),
        not trouble.has(Bit.WARNING_INDICATOR_REQUESTED),
        not trouble.has(Bit.CONFIRMED_DTC),
        trouble.code if trouble.code.failure is not None else Dtc(trouble.code.number, 0),
        trouble.unit,
    )
