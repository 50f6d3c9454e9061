"""The contract of the commands door, as a test for plugin authors.

def test_contract():
    plugin = catalogue_of(FOLDER).load("commands", "seat")
    check_commands(plugin, [Told("seat.heat", {"level": "2"}, good={"level": 2, "before": 0}, bad={"level": 0})])
"""

from __future__ import annotations

import contextlib
import copy
import io
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import cast

from cdctl.application import wiring
from cdctl.domain.orders.arguments import examine, judge, judge_values, written
from cdctl.domain.orders.command import Argument, Arguments, Command, CommandFactory, Kind, Value
from cdctl.domain.orders.declaring import declared_wrong
from cdctl.domain.ports import Plugin
from cdctl.domain.settings import Settings
from cdctl.errors import UsageError
from cdctl.testing.contract import ContractError
from cdctl.testing.hostile import TEXTS

_MOST_BYTES = 8_192
"""What travels must fit a message together with its signature and everything else."""


@dataclass(frozen=True)
class Told:
    """What one command is tried with: arguments as people write them, a result with which a vehicle says that it is
    done, and one that claims so and is not (left out where every result is a success)."""

    command: str
    arguments: Mapping[str, str] = field(default_factory=dict)
    good: Mapping[str, object] = field(default_factory=dict)
    bad: Mapping[str, object] | None = None


def check_commands(plugin: Plugin, tellings: Sequence[Told]) -> None:
    """Raise ContractError when commands do not keep the contract. tellings: one for every command at least."""
    breaches = command_breaches(plugin, tellings)
    if breaches:
        raise ContractError(f"the plugin {plugin.name!r}", breaches)


def command_breaches(plugin: Plugin, tellings: Sequence[Told]) -> tuple[str, ...]:
    """Every breach of the contract, in words."""
    make = cast("CommandFactory", plugin.make)
    stdout = io.StringIO()
    with contextlib.redirect_stdout(stdout):
        wrong = declared_wrong(plugin.name, make())
        breaches = [*wrong] if wrong else [*_all(make, tellings)]
    if stdout.getvalue():
        breaches.append("printed to stdout")
    return tuple(dict.fromkeys(breaches))


def _all(make: Callable[[], Sequence[Command]], tellings: Sequence[Told]) -> Iterator[str]:
    commands = {command.name: command for command in make()}
    if [_face(command) for command in make()] != [_face(command) for command in commands.values()]:
        yield "declares something else the second time"
    told = [telling.command for telling in tellings]
    yield from (f"{name}: there is no telling to try it with" for name in commands if name not in told)
    yield from (f"{name}: there is no such command" for name in told if name not in commands)
    for command in commands.values():
        mine = [telling for telling in tellings if telling.command == command.name]
        for text in (*_encodes(command), *_hostile(command, mine), *_told(command, mine, commands)):
            yield f"{command.name}: {text}"


def _face(command: Command) -> list[object]:
    return [getattr(command, name) for name in ("name", "summary", "risk", "arguments", "preconditions", "results")]


def _encodes(command: Command) -> Iterator[str]:
    for arguments in _edges(command):
        before = copy.deepcopy(dict(arguments))
        try:
            travels = command.encode(arguments)
            text = json.dumps(travels, allow_nan=False)
        except Exception as error:
            yield f"encode of {before} raised {type(error).__name__}: {error}"
            continue
        if not isinstance(travels, Mapping) or json.loads(text) != dict(travels):
            yield f"encode of {before} gives what is another after a journey as JSON"
        if len(text) > _MOST_BYTES:
            yield f"encode gives {len(text)} bytes, and {_MOST_BYTES} may travel"
        if dict(arguments) != before:
            yield "encode changes the arguments that it was given"
        if command.encode(arguments) != travels:
            yield "encode gives something else the second time"


def _edges(command: Command) -> Iterator[Arguments]:
    """Arguments at the ends of what is allowed: as few as possible, all examples, every bound and choice."""
    usual = {each.name: each.example for each in command.arguments}
    needed = {each.name: each.example for each in command.arguments if each.required}
    yield judge(command, needed)
    yield judge(command, usual)
    for argument in command.arguments:
        for value in _ends(argument):
            found, faults = examine(command, usual | {argument.name: written(argument, value)})
            if not faults:
                yield found


def _ends(argument: Argument) -> Iterator[Value]:
    yield from argument.choices
    if argument.kind is Kind.FLAG:
        yield from (True, False)
    if argument.kind is Kind.TEXT:
        yield from ("x" * int(argument.most or 500), "ü€", "'\"\\</>")
    else:
        whole = argument.kind in {Kind.INTEGER, Kind.DURATION}
        yield from (int(end) if whole else end for end in (argument.least, argument.most) if end is not None)


def _hostile(command: Command, tellings: Sequence[Told]) -> Iterator[str]:
    """A vehicle may answer with anything, and has acted all the same."""
    arguments = next(_edges(command))
    keys = dict.fromkeys(key for telling in tellings for key in telling.good)
    values = [*_STRANGE, *TEXTS]
    results = [{}, *({key: value} for key in keys for value in values), *(dict.fromkeys(keys, v) for v in values)]
    for result in results:
        shown = repr(result)[:80]
        try:
            if not isinstance(command.decode(result), Mapping):
                yield f"decode of {shown} gives no mapping"
            if not isinstance(command.succeeded(arguments, result), str):
                yield f"succeeded gives no text for {shown}"
        except Exception as error:
            yield f"the result {shown} makes it raise {type(error).__name__}: {error}"
        try:
            if command.revert is not None:
                command.revert(arguments, result)
        except ValueError as error:
            if not str(error).strip():
                yield f"revert does not say what is missing in {shown}"
        except Exception as error:
            yield f"revert of {shown} raised {type(error).__name__}, not a ValueError: {error}"


_STRANGE: tuple[object, ...] = (None, True, 0, -1, 1.5, 1e300, [], {}, [[]], {"a": None}, 10**30)


def _told(command: Command, tellings: Sequence[Told], family: Mapping[str, Command]) -> Iterator[str]:
    for telling in tellings:
        try:
            arguments = judge(command, telling.arguments)
        except UsageError as error:
            yield f"the telling's arguments are refused: {error.message}"
            continue
        if reason := command.succeeded(arguments, telling.good):
            yield f"{dict(telling.good)} is to be a success, but: {reason}"
        if telling.bad is not None and not command.succeeded(arguments, telling.bad):
            yield f"{dict(telling.bad)} is to be no success, but is"
        if unknown := sorted(set(telling.good) - set(command.results)):
            yield f"results does not say what {', '.join(unknown)} is"
        yield from _reverts(command, arguments, telling, family)


def _reverts(command: Command, arguments: Arguments, telling: Told, family: Mapping[str, Command]) -> Iterator[str]:
    if command.revert is None:
        return
    try:
        undo = command.revert(arguments, telling.good)
    except Exception as error:
        yield f"revert of {dict(telling.good)} raised {type(error).__name__}: {error}"
        return
    if undo is None:
        return
    name, values = undo
    ships = {each.name: each for each in wiring.catalogue(Settings()).commands()[0]}
    back = family.get(name) or ships.get(name)
    if back is None:
        yield f"revert sends {name}, which there is not"
        return
    try:
        judge_values(back, values)
    except UsageError as error:
        yield f"revert sends {name} with arguments that it would refuse: {error.message}"
