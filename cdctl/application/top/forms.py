"""The form of a command, made from its declaration: fields, and what is wrong with what stands in them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from cdctl.application.planning import LONGEST_WAIT, MOST_RETRIES, Spans, rate_of
from cdctl.domain.orders.arguments import bounds, examine, value_of, written
from cdctl.domain.orders.command import Argument, Arguments, Command, Kind

REASON, EXPIRES, TIMEOUT, RETRIES, RATE = "--reason", "--expires", "--timeout", "--retries", "--rate"
"""Names of the fields that every command has, as flags of `cdctl cmd send`; no argument can be called so."""
OWN = (REASON, EXPIRES, TIMEOUT, RETRIES)
"""Of one vehicle."""
SELDOM = (TIMEOUT, RETRIES, RATE)
"""Those that are rarely filled in."""


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
    """arguments, spans, reason, rate (orders a second; None: as fast as it goes), retries: as far as they are sound.
    faults: by name of the field, why it is not."""

    arguments: Arguments
    spans: Spans
    reason: str
    rate: float | None = None
    retries: int = 0
    faults: Mapping[str, str] = field(default_factory=dict)


def fields_of(command: Command, count: int = 1) -> tuple[Field, ...]:
    """Its arguments, then what every command has. count: vehicles that it goes to."""
    why = "why; it stands in the audit" + (", and where somebody is is told to nobody without" * command.private)
    own = (Field(REASON, Kind.TEXT, why, command.private), *map(_field, _own(command)))
    rate = Field(RATE, Kind.TEXT, "orders at most, such as 50/s; else as fast as it goes")
    return (*map(_field, command.arguments), *own, *[rate] * (count > 1))


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


def _own(command: Command) -> tuple[Argument, ...]:
    def span(name: str, told: str, usual: int) -> Argument:
        return Argument(name, Kind.DURATION, told, usual, least=1, most=LONGEST_WAIT, example="5m")

    again = "how often what may pass is tried again"
    return (
        span(EXPIRES, "ctrl-o: more; in which a vehicle may begin", command.expires),
        span(TIMEOUT, "that a vehicle may take", command.timeout),
        Argument(RETRIES, Kind.INTEGER, again, 0, least=0, most=MOST_RETRIES, example="3"),
    )


def judged(command: Command, texts: Mapping[str, str]) -> Judged:
    """What stands in the fields, by their names; an empty one was not filled."""
    given = {name: text for name, text in texts.items() if text.strip() and name not in (*OWN, RATE)}
    arguments, wrong = examine(command, given)
    known = {argument.name: argument for argument in command.arguments}
    faults = {fault.argument: f"{fault.message}{f': {fault.hint}' if fault.hint else ''}" for fault in wrong}
    for name in faults.keys() & known.keys() - given.keys():
        faults[name] = f"must be given: {bounds(known[name]) or known[name].kind.value}"
    reason = texts.get(REASON, "").strip()
    if command.private and not reason:
        faults[REASON] = "it tells where somebody is: say why you look"
    own, rate = {argument.name: argument.default for argument in _own(command)}, None
    for argument in _own(command):
        if texts.get(argument.name, "").strip():
            try:
                own[argument.name] = value_of(argument, texts[argument.name].strip())
            except ValueError as error:
                faults[argument.name] = f"{error}: {bounds(argument)}"
    try:
        rate = rate_of(texts.get(RATE, ""))
    except ValueError as error:
        faults[RATE] = f"{error}: write 50/s, or 100/m"
    expires, timeout, retries = (int(str(own[name])) for name in (EXPIRES, TIMEOUT, RETRIES))
    return Judged(arguments, Spans(expires, timeout), reason, rate, retries, faults)
