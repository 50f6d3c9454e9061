"""The form of a command, made from its declaration: fields, and what is wrong with what stands in them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from cdctl.application.planning import LONGEST_WAIT, Spans
from cdctl.domain.orders.arguments import bounds, examine, value_of, written
from cdctl.domain.orders.command import Argument, Arguments, Command, Kind

REASON, EXPIRES = "--reason", "--expires"
"""Names of the fields that every command has; no argument can be called so."""
OWN = (REASON, EXPIRES)


@dataclass(frozen=True, slots=True)
class Field:
    """One field. default: as a person writes it, empty when there is none. bounds: what it may be, for people."""

    name: str
    kind: Kind
    help: str
    required: bool = False
    default: str = ""
    choices: tuple[str, ...] = ()
    bounds: str = ""
    unit: str = ""
    example: str = ""

    @property
    def label(self) -> str:
        """The name for people."""
        return self.name.removeprefix("--").replace("_", " ")


@dataclass(frozen=True, slots=True)
class Judged:
    """arguments, spans, reason: as far as they are sound. faults: by name of the field, why it is not."""

    arguments: Arguments
    spans: Spans
    reason: str
    faults: Mapping[str, str] = field(default_factory=dict)


def fields_of(command: Command) -> tuple[Field, ...]:
    """Its arguments, then what every command has."""
    return (*map(_field, command.arguments), *_own(command))


def _field(argument: Argument) -> Field:
    return Field(
        argument.name,
        argument.kind,
        argument.help,
        argument.required,
        "" if argument.default is None else written(argument, argument.default),
        argument.choices,
        bounds(argument),
        argument.unit,
        argument.example,
    )


def _own(command: Command) -> tuple[Field, Field]:
    why = "why; it stands in the audit" + (", and where somebody is is told to nobody without" * command.private)
    within = _field(_expires(command))
    return Field(REASON, Kind.TEXT, why, command.private), within


def _expires(command: Command) -> Argument:
    told = "within which a vehicle may begin"
    return Argument(EXPIRES, Kind.DURATION, told, command.expires, least=1, most=LONGEST_WAIT, example="5m")


def judged(command: Command, texts: Mapping[str, str]) -> Judged:
    """What stands in the fields, by their names; an empty one was not filled."""
    given = {name: text for name, text in texts.items() if text.strip() and name not in OWN}
    arguments, wrong = examine(command, given)
    known = {argument.name: argument for argument in command.arguments}
    faults = {fault.argument: f"{fault.message}{f': {fault.hint}' if fault.hint else ''}" for fault in wrong}
    for name in faults.keys() & known.keys() - given.keys():
        faults[name] = f"must be given: {bounds(known[name]) or known[name].kind.value}"
    reason, expires = texts.get(REASON, "").strip(), command.expires
    if command.private and not reason:
        faults[REASON] = "it tells where somebody is: say why you look"
    if texts.get(EXPIRES, "").strip():
        try:
            expires = int(value_of(_expires(command), texts[EXPIRES].strip()))
        except ValueError as error:
            faults[EXPIRES] = f"{error}: {bounds(_expires(command))}"
    return Judged(arguments, Spans(expires, command.timeout), reason, faults)
