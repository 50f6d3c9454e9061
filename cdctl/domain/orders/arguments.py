"""Arguments of a command: from texts as people write them, or from values of a file, to what is sent. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from cdctl.domain.duration import seconds
from cdctl.domain.orders.command import Argument, Arguments, Command, Kind, Value
from cdctl.domain.text import safe
from cdctl.errors import UsageError

LONGEST_TEXT = 500
"""Characters of a text, unless its argument says otherwise."""
_INTEGER = re.compile(r"[+-]?[0-9]{1,15}")
_NUMBER = re.compile(r"[+-]?[0-9]{1,15}(\.[0-9]{1,15})?")
_BIGGEST = 1e15
_NUMBERS = frozenset({Kind.INTEGER, Kind.NUMBER, Kind.DURATION})
_FLAGS: Mapping[str, bool] = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}
_UNITS = (("w", 604_800), ("d", 86_400), ("h", 3600), ("m", 60), ("s", 1))


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with one argument, and what to do about it."""

    argument: str
    message: str
    hint: str = ""

    def __str__(self) -> str:
        return f"{self.argument}: {self.message}" + (f" ({self.hint})" if self.hint else "")


class _WrongError(Exception):
    """A value that will not do; the text says why."""


def judge(command: Command, texts: Mapping[str, str]) -> Arguments:
    """What is sent for `-a key=text`: typed, in bounds, defaults filled in. Raises UsageError with every fault."""
    found, faults = examine(command, texts)
    _refuse(command, faults)
    return found


def judge_values(command: Command, values: Mapping[str, object]) -> Arguments:
    """The same for values of a file, a plan or a revert: typed already, and bound by the same rules. A duration is
    whole seconds, or a text such as 5m."""
    found, faults = examine(command, values)
    _refuse(command, faults)
    return found


def examine(command: Command, given: Mapping[str, object]) -> tuple[Arguments, tuple[Fault, ...]]:
    """The arguments that are sound, and the faults of all others, in the order of the declaration."""
    known = {argument.name: argument for argument in command.arguments}
    faults = [_unknown(command, name, known) for name in given if name not in known]
    found: dict[str, Value] = {}
    for name, argument in known.items():
        try:
            if name in given:
                found[name] = value_of(argument, given[name])
            elif argument.required:
                faults.append(Fault(name, "is missing", f"write -a {name}={argument.example or _wanted(argument)}"))
            elif argument.default is not None:
                found[name] = argument.default
        except ValueError as error:
            faults.append(Fault(name, str(error), _wanted(argument)))
    return found, tuple(faults)


def value_of(argument: Argument, given: object) -> Value:
    """One value: a text as people write it, or typed already. Raises ValueError that says what is wrong with it."""
    try:
        value = _read(argument, given) if isinstance(given, str) else _typed(argument, given)
        _bound(argument, value)
    except _WrongError as error:
        raise ValueError(str(error)) from None
    return value


def written(argument: Argument, value: Value) -> str:
    """A value as a person writes it, so that `value_of` reads it again: `22.5`, `true`, `1h30m`."""
    if argument.kind is Kind.DURATION and not isinstance(value, str):
        return spelled(int(value))
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:.15f}".rstrip("0").rstrip(".")
    return str(value)


def spelled(span: int) -> str:
    """Whole seconds exactly, as they are written: `1h30m`."""
    parts = []
    for unit, size in _UNITS:
        count, span = divmod(span, size)
        parts += [f"{count}{unit}"] if count else []
    return "".join(parts) or "0s"


def bounds(argument: Argument) -> str:
    """What a value may be, for people: `16 to 28 °C`, `tcu, gateway or head-unit`, `1m to 30m`."""
    if argument.choices:
        *most, last = argument.choices
        return f"{', '.join(most)} or {last}" if most else last
    least, most_ = (None if end is None else _end(argument, end) for end in (argument.least, argument.most))
    unit = f" {argument.unit}" if argument.unit else " characters" if argument.kind is Kind.TEXT else ""
    if least is None and most_ is None:
        return "true or false" if argument.kind is Kind.FLAG else argument.unit
    if least is None or most_ is None:
        return f"at most {most_}{unit}" if least is None else f"at least {least}{unit}"
    return f"{least} to {most_}{unit}"


def _end(argument: Argument, end: float) -> str:
    return spelled(int(end)) if argument.kind is Kind.DURATION else f"{end:g}"


def _wanted(argument: Argument) -> str:
    about = bounds(argument) or argument.kind.value
    return about + (f", such as {argument.example}" if argument.example and argument.example not in about else "")


def _read(argument: Argument, text: str) -> Value:
    match argument.kind:
        case Kind.TEXT | Kind.CHOICE:
            return text
        case Kind.FLAG:
            if text.lower() in _FLAGS:
                return _FLAGS[text.lower()]
            raise _WrongError(f"{_shown(text)} is neither true nor false")
        case Kind.DURATION:
            return _whole(text)
        case Kind.INTEGER:
            if _INTEGER.fullmatch(text):
                return int(text)
            raise _WrongError(f"{_shown(text)} is no whole number")
        case Kind.NUMBER:
            if _NUMBER.fullmatch(text):
                return float(text)
            raise _WrongError(f"{_shown(text)} is no number")


def _whole(text: str) -> int:
    try:
        span = seconds(text) if len(text) <= 40 else -1.0
    except ValueError:
        span = -1.0
    if span < 0:
        raise _WrongError(f"{_shown(text)} is no duration such as 30s or 5m")
    if span != int(span):
        raise _WrongError(f"{_shown(text)} is not a whole number of seconds")
    return int(span)


def _typed(argument: Argument, given: object) -> Value:
    kind = argument.kind
    if isinstance(given, bool) or kind is Kind.FLAG:
        if isinstance(given, bool) and kind is Kind.FLAG:
            return given
    elif isinstance(given, int | float) and kind in _NUMBERS and abs(given) < _BIGGEST:
        if kind is Kind.NUMBER:
            return float(given)
        if isinstance(given, int) or given.is_integer():
            return int(given)
    raise _WrongError(f"{_shown(str(given))} is no {kind.value}")


def _bound(argument: Argument, value: Value) -> None:
    if isinstance(value, str):
        _bound_text(argument, value)
    elif not isinstance(value, bool):
        below = argument.least is not None and value < argument.least
        above = argument.most is not None and value > argument.most
        if below or above:
            raise _WrongError(f"{written(argument, value)} is out of bounds")


def _bound_text(argument: Argument, text: str) -> None:
    if argument.kind is Kind.CHOICE:
        if text not in argument.choices:
            near = nearest(text, argument.choices)
            raise _WrongError(f"{_shown(text)} is no choice" + (f"; did you mean {near}?" if near else ""))
        return
    least, most = argument.least or 0, argument.most if argument.most is not None else LONGEST_TEXT
    if not least <= len(text) <= most:
        raise _WrongError(f"has {len(text)} characters")
    if not text.isprintable():
        raise _WrongError(f"{_shown(text)} holds characters that cannot be seen")
    if argument.pattern and not _fits(argument.pattern, text):
        raise _WrongError(f"{_shown(text)} does not look like {argument.example or argument.pattern}")


def _fits(pattern: str, text: str) -> bool:
    import re2  # loaded by the commands that need it: 10 ms

    return re2.fullmatch(pattern, text) is not None


def nearest(word: str, known: Collection[str]) -> str:
    """The known word that is spelled most like it, or an empty text."""
    return next(iter(get_close_matches(word[:100], sorted(known), n=1, cutoff=0.55)), "")


def _unknown(command: Command, name: str, known: Collection[str]) -> Fault:
    near = nearest(name, known)
    takes = f"{command.name} takes {', '.join(known)}" if known else f"{command.name} takes no arguments"
    return Fault(safe(name, 60), "there is no such argument", f"did you mean {near}?" if near else takes)


def _shown(text: str) -> str:
    return repr(safe(text, 60))


def _refuse(command: Command, faults: Collection[Fault]) -> None:
    if faults:
        lines = "\n  ".join(map(str, faults))
        text = lines if len(faults) == 1 else f"{len(faults)} arguments are wrong:\n  {lines}"
        raise UsageError(text, subject=command.name, hint=f"see: cdctl cmd describe {command.name}")
