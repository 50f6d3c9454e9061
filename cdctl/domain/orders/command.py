"""The door `commands`: what a vehicle can be told. The declaration alone makes the command line, `cmd describe`,
completion, confirmation and forms."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

Value = str | int | float | bool
Arguments = Mapping[str, Value]
Result = Mapping[str, object]


class Risk(StrEnum):
    """How careful an operator is made to be."""

    SAFE = "safe"  # no question asked
    CONFIRM = "confirm"  # yes or no
    DANGEROUS = "dangerous"  # the count is typed, a second person approves as policy says


class Kind(StrEnum):
    """What an argument is."""

    TEXT = "text"
    INTEGER = "integer"
    NUMBER = "number"
    FLAG = "flag"  # true or false
    CHOICE = "choice"
    DURATION = "duration"  # written 30s, 5m; carried as whole seconds


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument. least and most: bounds, both included; of a text its length. pattern: RE2, of the whole text.
    default None: it must be given. unit: as a person writes it, such as "°C"."""

    name: str
    kind: Kind
    help: str
    default: Value | None = None
    required: bool = False
    least: float | None = None
    most: float | None = None
    choices: tuple[str, ...] = ()
    pattern: str = ""
    unit: str = ""
    example: str = ""


class Precondition(StrEnum):
    """What must hold at the vehicle, and what the vehicle itself sees to before it begins."""

    PARKED = "parked"
    STANDING = "speed 0"
    DOORS_CLOSED = "doors closed"
    CHARGER_PLUGGED = "charger plugged"
    BATTERY_ABOVE_20 = "battery above 20 %"


Revert = Callable[[Arguments, Result], tuple[str, Arguments] | None]


@dataclass(frozen=True, slots=True)
class Command:
    """What a vehicle can be told.

    name: such as "climate.start". capability: what a birth's `caps` must hold, empty when every vehicle can. expires:
    seconds in which a vehicle may begin, unless told; timeout: seconds it may then take. retryable: reasons of a
    failure after which another try makes sense: those with which a vehicle says that it has not begun (a retry has the
    same key, and whoever has begun only repeats its answer). private: its result tells where somebody is: a reason is
    asked for. changes: false when the vehicle is the same afterwards. results: what a result holds, by key, for people.
    encode: judged arguments to what travels; decode: what came back to what is shown; succeeded: whether a result
    that claims success is one (reason, empty when it is). revert: the command and arguments that take it back, from
    the judged arguments and the result of the vehicle in question (None: it was so before, nothing is to be taken
    back); it raises ValueError when the result does not say what was before. None when nothing can take it back.
    """

    name: str
    summary: str
    risk: Risk
    arguments: tuple[Argument, ...] = ()
    preconditions: tuple[Precondition, ...] = ()
    capability: str = ""
    expires: int = 300
    timeout: int = 30
    retryable: frozenset[str] = frozenset({"busy", "no coverage", "interrupted"})
    private: bool = False
    changes: bool = True
    results: Mapping[str, str] = field(default_factory=dict)
    encode: Callable[[Arguments], Mapping[str, object]] = field(default=dict)
    decode: Callable[[Result], Result] = field(default=dict)
    succeeded: Callable[[Arguments, Result], str] = field(default=lambda arguments, result: "")
    revert: Revert | None = None


class CommandFactory(Protocol):
    """Gives the commands of one plugin: each is called as the plugin is, or as the plugin, a dot and a word."""

    def __call__(self) -> Sequence[Command]:
        """All of them, the same every time; costs nothing."""
        ...
