"""A profile: how an existing fleet speaks, as a value. `files.profiles` reads it, `protocols.mapped` understands by it.

Pointers are JSON Pointers (RFC 6901), split into their tokens; no token at all is the whole payload.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from cdctl.domain.fleet.batch import Presence

Pointer = tuple[str, ...]
"""Tokens of a JSON Pointer, unescaped."""

Kept = Literal["never", "past", "present"]
"""What a message means that the broker had kept. never: none is kept, and none is asked for. past: the last values that
were known, which tell nothing of who is there now. present: it still holds, because the vehicle (by its will) or a
gateway takes it back; such messages tell a newcomer of every vehicle."""

CONVERSIONS: Mapping[str, tuple[float, float]] = {
    "mph->km/h": (1.609344, 0.0),
    "m/s->km/h": (3.6, 0.0),
    "kn->km/h": (1.852, 0.0),
    "km->m": (1000.0, 0.0),
    "mi->m": (1609.344, 0.0),
    "mi->km": (1.609344, 0.0),
    "ft->m": (0.3048, 0.0),
    "bar->kPa": (100.0, 0.0),
    "psi->kPa": (6.894757293168361, 0.0),
    "hPa->kPa": (0.1, 0.0),
    "Pa->kPa": (0.001, 0.0),
    "F->Celsius": (5 / 9, -160 / 9),
    "K->Celsius": (1.0, -273.15),
    "ratio->percent": (100.0, 0.0),
    "kW->W": (1000.0, 0.0),
    "W->kW": (0.001, 0.0),
    "Wh->kWh": (0.001, 0.0),
    "mV->V": (0.001, 0.0),
    "mA->A": (0.001, 0.0),
    "h->s": (3600.0, 0.0),
    "h->min": (60.0, 0.0),
    "min->s": (60.0, 0.0),
    "ms->s": (0.001, 0.0),
}
"""Name -> scale and offset: VSS value = told value x scale + offset. Exact by definition of the units (NIST SP 811)."""


@dataclass(frozen=True, slots=True)
class Measure:
    """One signal's value: where it is, and value x scale + offset in the signal's unit. words: text -> number, for what
    is told as a word; a word that is not there is malformed."""

    at: Pointer
    scale: float = 1.0
    offset: float = 0.0
    words: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Instant:
    """When a vehicle says it spoke."""

    at: Pointer
    unit: Literal["s", "ms", "rfc3339"]


@dataclass(frozen=True, slots=True)
class Said:
    """A text: `constant`, or, when that is empty, what is at the pointer."""

    at: Pointer = ()
    constant: str = ""


@dataclass(frozen=True, slots=True)
class PresenceRule:
    """Whether a vehicle is there: always `constant`, or what `words` say of the text at the pointer; UNKNOWN says
    nothing. `other` is for words that are not there; without it they are malformed."""

    constant: Presence | None = None
    at: Pointer = ()
    words: Mapping[str, Presence] = field(default_factory=dict)
    other: Presence | None = None


@dataclass(frozen=True, slots=True)
class EventRule:
    """Something that happened. dtcs: where a list of trouble codes (or one as text) is."""

    kind: Said
    detail: Said | None = None
    dtcs: Pointer | None = None


@dataclass(frozen=True, slots=True)
class MessageRule:
    """One kind of message. levels: those of its topic; `names` maps a level's name to its place, the others are fixed.

    payload: "json", or "value": the bytes are one number, truth value or text. when: pointer -> the text that must be
    there for this rule to apply. signals: VSS path -> where its value is.
    """

    levels: tuple[str, ...]
    names: Mapping[str, int]
    payload: Literal["json", "value"] = "json"
    kept: Kept = "never"
    qos: int = 0
    when: Mapping[Pointer, str] = field(default_factory=dict)
    time: Instant | None = None
    signals: Mapping[str, Measure] = field(default_factory=dict)
    presence: PresenceRule | None = None
    model: Said | None = None
    software: Said | None = None
    event: EventRule | None = None


@dataclass(frozen=True, slots=True)
class Profile:
    """How a fleet speaks. vehicle, region: texts in which `{name}` stands for a level of the topic; an empty region is
    that of the link. file: where it was read, for messages."""

    name: str
    vehicle: str
    messages: tuple[MessageRule, ...]
    region: str = ""
    description: str = ""
    file: str = ""
