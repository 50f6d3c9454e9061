"""A Typer group that knows its commands by name and help alone and imports one only when it runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from difflib import get_close_matches
from importlib import import_module
from typing import Any, ClassVar

import typer
from typer.core import TyperCommand, TyperGroup

from cdctl.cli.registry import Entry


class LazyGroup(TyperGroup):
    """Subclass and set `entries`. Contexts and commands are typed `Any`: Typer keeps their classes private."""

    entries: ClassVar[Mapping[str, Entry]] = {}
    _listing = False

    def list_commands(self, ctx: Any) -> list[str]:
        """Names, in the order of the registry."""
        return [*self.entries, *super().list_commands(ctx)]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The command itself; a stub with its name and help while only a listing is wanted."""
        entry = self.entries.get(cmd_name)
        if entry is None or cmd_name in self.commands:
            return super().get_command(ctx, cmd_name)
        if self._listing:
            return TyperCommand(name=cmd_name, help=entry.help, rich_markup_mode=None)
        command = load(entry)
        command.name = cmd_name
        self.commands[cmd_name] = command
        return command

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """The help page, without importing any command."""
        self._only_listing(super().format_help, ctx, formatter)

    def shell_complete(self, ctx: Any, incomplete: str) -> Any:
        """Completion of a command's name, without importing any command."""
        return self._only_listing(super().shell_complete, ctx, incomplete)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """As Typer does, but the nearest spelling comes from the registry too."""
        name, names = args[0], self.list_commands(ctx)
        if name not in names and not name.startswith("-") and not ctx.resilient_parsing:
            near = get_close_matches(name, names, n=1)
            ctx.fail(f"No such command {name!r}." + (f" Did you mean {near[0]!r}?" if near else ""))
        return super().resolve_command(ctx, args)

    def _only_listing(self, work: Callable[..., Any], *args: Any) -> Any:
        self._listing = True
        try:
            return work(*args)
        finally:
            self._listing = False


def load(entry: Entry) -> Any:
    """The command that an entry names. Raises ImportError or AttributeError when it names nothing."""
    module, _, attribute = entry.target.partition(":")
    return typer.main.get_command(getattr(import_module(module), attribute))
