"""Whether a command is declared soundly: everything that is made from a declaration relies on it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain

from cdctl.domain.orders.arguments import value_of
from cdctl.domain.orders.command import Argument, Command, Kind, Precondition, Risk
from cdctl.domain.text import safe

_WORD = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_KEY = re.compile(r"[a-z][a-z0-9_]*")
_LONGEST = 40
_WEEK = 7 * 86_400


def family_of(command: str) -> str:
    """The plugin that brings a command: `climate` of `climate.start`."""
    return command.partition(".")[0]


def declared_wrong(family: str, commands: object) -> tuple[str, ...]:
    """Everything that is wrong with what a plugin called `family` brings to the room `commands`."""
    if not isinstance(commands, Sequence) or isinstance(commands, str):
        return (f"gives a {type(commands).__name__}, not a sequence of commands",)
    if not commands:
        return ("brings no command",)
    strange = [type(each).__name__ for each in commands if not isinstance(each, Command)]
    if strange:
        return (f"brings a {safe(strange[0])}, not a Command",)
    names = [command.name for command in commands]
    twice = sorted({str(name) for name in names if names.count(name) > 1})
    return (
        *(f"brings {safe(name)} twice" for name in twice),
        *chain.from_iterable(_command(family, command) for command in commands),
    )


def _command(family: str, command: Command) -> Iterator[str]:
    name = command.name
    if not isinstance(name, str) or len(name) > _LONGEST or not all(map(_WORD.fullmatch, name.split(".")[:2])):
        yield f"a command cannot be called {safe(repr(name), 60)}: lower case letters, digits and -, as climate.start"
        return
    if family_of(name) != family or name.count(".") > 1:
        yield f"{name} must be called {family}, or {family}.SOMETHING: its name says who brings it"
    yield from (f"{name}: {text}" for text in (*_plain(command), *_calls(command), *_arguments(command)))


def _plain(command: Command) -> Iterator[str]:
    if not _is_line(command.summary):
        yield "its summary must be one line of text"
    if not isinstance(command.risk, Risk):
        yield "its risk must be a Risk"
    if not all(isinstance(each, Precondition) for each in command.preconditions):
        yield "its preconditions must be Preconditions"
    for field in ("expires", "timeout"):
        value = getattr(command, field)
        if isinstance(value, bool) or not isinstance(value, int) or not 0 < value <= _WEEK:
            yield f"its {field} must be whole seconds, a week at most"
    if not isinstance(command.capability, str) or not command.capability.isprintable() or " " in command.capability:
        yield "its capability must be a text without spaces"
    if not isinstance(command.results, Mapping) or not all(map(_is_line, chain(*command.results.items()))):
        yield "its results must map a key to its meaning"


def _calls(command: Command) -> Iterator[str]:
    for field in ("encode", "decode", "succeeded"):
        if not callable(getattr(command, field)):
            yield f"its {field} cannot be called"
    if command.revert is not None and not callable(command.revert):
        yield "its revert cannot be called"


def _arguments(command: Command) -> Iterator[str]:
    names = [getattr(argument, "name", None) for argument in command.arguments]
    for argument, name in zip(command.arguments, names, strict=True):
        if not isinstance(argument, Argument) or not isinstance(name, str) or not _KEY.fullmatch(name):
            yield f"an argument cannot be called {safe(repr(name), 60)}: lower case letters, digits and _"
            continue
        if names.count(name) > 1:
            yield f"argument {name} is there twice"
        yield from (f"argument {name} {text}" for text in _argument(argument))


def _argument(argument: Argument) -> Iterator[str]:
    if not isinstance(argument.kind, Kind):
        yield "must have a Kind"
        return
    if not _is_line(argument.help):
        yield "needs one line of help"
    if bool(argument.choices) is not (argument.kind is Kind.CHOICE):
        yield "has choices" if argument.choices else "has no choices to choose from"
    if argument.pattern and argument.kind is not Kind.TEXT:
        yield "has a pattern, and is no text"
    if argument.least is not None and argument.most is not None and argument.least > argument.most:
        yield "has bounds that nothing is within"
    if argument.required and argument.default is not None:
        yield "is required and has a default"
    if not argument.example:
        yield "needs an example"
    for what, value in (("default", argument.default), ("example", argument.example or None)):
        fault = None if value is None else _refused(argument, value)
        if fault:
            yield f"would refuse its own {what}: {fault}"


def _refused(argument: Argument, value: object) -> str:
    try:
        value_of(argument, value)
    except Exception as error:
        return safe(str(error), 200)
    return ""


def _is_line(text: object) -> bool:
    return isinstance(text, str) and bool(text.strip()) and safe(text) == text
