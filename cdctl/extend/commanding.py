"""Commands that plugins bring, with our hand between their code and ours: a bug in it is a named error, or a reason."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar, cast

from cdctl.domain.orders.command import Arguments, Command, CommandFactory, Result
from cdctl.domain.ports import Plugin
from cdctl.errors import CdctlError
from cdctl.extend.hush import hush
from cdctl.extend.making import bug

T = TypeVar("T")


def commands(plugin: Plugin, subject: str, *, trusted: bool) -> tuple[Command, ...]:
    """The commands of a vetted plugin. `trusted`: it ships, and needs nobody in between."""
    try:
        with hush():
            made = tuple(cast("CommandFactory", plugin.make)())
    except CdctlError:
        raise
    except Exception as error:
        raise bug(error, "make", subject) from error
    return made if trusted else tuple(_guarded(command, subject) for command in made)


def _guarded(command: Command, subject: str) -> Command:
    """encode and revert raise PluginError; what is made of a result never raises, as the vehicle has acted already."""
    theirs = f"{subject}: {command.name}"

    def encode(arguments: Arguments) -> Mapping[str, object]:
        return _called(lambda: dict(command.encode(arguments)), "encode", theirs)

    def decode(result: Result) -> Result:
        try:
            return _called(lambda: dict(command.decode(result)), "decode", theirs)
        except CdctlError:
            return dict(result)

    def succeeded(arguments: Arguments, result: Result) -> str:
        try:
            return str(_called(lambda: command.succeeded(arguments, result), "succeeded", theirs))
        except CdctlError as error:
            return f"{error.subject}: {error.message}"

    safe = replace(command, encode=encode, decode=decode, succeeded=succeeded)
    undo = command.revert
    if undo is None:
        return safe
    return replace(safe, revert=lambda arguments, result: _called(lambda: undo(arguments, result), "revert", theirs))


def _called(work: Callable[[], T], where: str, subject: str) -> T:
    try:
        with hush():
            return work()
    except (CdctlError, ValueError) as error:
        if where == "revert" or isinstance(error, CdctlError):
            raise
        raise bug(error, where, subject) from error
    except Exception as error:
        raise bug(error, where, subject) from error


def nearest(name: str, known: Sequence[str]) -> str:
    """A hint at what was meant."""
    from cdctl.domain.orders.arguments import nearest as spelled_like

    begun = [each for each in known if name and each.startswith(name)]
    near = " or ".join(begun[:4]) or spelled_like(name, known)
    return f"did you mean {near}?" if near else f"there are {', '.join(known)}"
