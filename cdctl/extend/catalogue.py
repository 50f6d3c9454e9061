"""The catalogue of everything that a door can let in.

Three grains of loading: `names` imports nothing of a plugin; `load` imports the one that was asked for and raises its
error; `all` brings in everything, and what is broken is a value with a reason.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from cdctl.domain.text import safe
from cdctl.errors import PluginError, UsageError
from cdctl.extend import builtin
from cdctl.extend.listing import ROOMS, Broken, Declaration, Kind, Listing, Loaded

if TYPE_CHECKING:
    from cdctl.domain.boards.panel import Panel
    from cdctl.domain.fleet.inventory import Inventory
    from cdctl.domain.fleet.speech import Speech
    from cdctl.domain.orders.command import Command
    from cdctl.domain.ports import Plugin, Report, Source
    from cdctl.domain.settings import Inventory as Choice
    from cdctl.domain.settings import Secret


class Catalogue:
    """Built-ins, installed packages (entry points `cdctl.plugins`) and the folders of the settings.

    folders: each is a plugin folder or holds plugin folders. enabled: False leaves the built-ins only (`--no-plugins`).
    deadline: seconds that the import of a stranger's plugin may take.
    """

    def __init__(self, folders: Sequence[Path] = (), *, enabled: bool = True, deadline: float | None = None) -> None:
        self._folders = tuple(folders)
        self._enabled = enabled
        self._deadline = deadline
        self._loaded: dict[Declaration, Plugin | PluginError] = {}

    @cached_property
    def _found(self) -> tuple[Declaration | Broken, ...]:
        if not self._enabled:
            return builtin.declared()
        from cdctl.extend import discovery

        return (*builtin.declared(), *discovery.installed(), *discovery.in_folders(self._folders))

    @property
    def _declared(self) -> tuple[Declaration, ...]:
        return tuple(found for found in self._found if isinstance(found, Declaration))

    def names(self, room: str | None = None) -> tuple[Listing, ...]:
        """What can be asked for, of one room or of all, without importing any plugin; not all of it need work."""
        return tuple(d.listing for d in self._declared if room in {None, d.listing.room})

    def load(self, room: str, name: str) -> Plugin:
        """The one plugin, imported and vetted. Raises PluginError: unknown, claimed by two, or broken and why."""
        claims = [d for d in self._declared if (d.listing.room, d.listing.name) == (room, name)]
        if not claims:
            raise self._unknown(room, name)
        if len(claims) > 1:
            raise PluginError(_claimed(claims), subject=f"{room}.{name}", hint=_CLAIMED_HINT)
        return self._bring(claims[0])

    def all(self, kind: str | None = None) -> tuple[Loaded | Broken, ...]:
        """Everything (or all of one kind), loaded or broken, in the order of `names`; what is unreadable comes last.

        Strangers are first imported in a process of their own, so that one that crashes takes nothing with it.
        """
        wanted = [d for d in self._declared if kind in {None, d.listing.kind}]
        probed = self._probed(wanted)
        outcomes = [self._outcome(d, probed) for d in wanted]
        unread = (found for found in self._found if isinstance(found, Broken))
        return (*outcomes, *(broken for broken in unread if kind in {None, broken.listing.kind}))

    def report(self, name: str) -> Report:
        """A report, made. What its code raises becomes a PluginError; what it prints goes to stderr."""
        from cdctl.extend import making

        return making.report(self.load("reports", name), self._subject("reports", name))

    def source(self, name: str, settings: Mapping[str, object]) -> Source:
        """A source, made from its settings. Raises PluginError, or the UsageError with which it refuses a setting."""
        from cdctl.extend import making

        return making.source(self.load("sources", name), settings, self._subject("sources", name))

    def protocol(self, name: str, settings: Mapping[str, object], signals: Sequence[str]) -> Speech:
        """A way of speaking, made from its settings (`topic_root`, `profile`) and the VSS paths that are kept.

        What its code does wrong later is counted as malformed messages. Raises PluginError, or the UsageError with
        which it refuses a setting.
        """
        from cdctl.extend import speaking

        plugin = self.load("protocols", name)
        ours = self._listing("protocols", name).kind is Kind.BUILT_IN
        return speaking.speech(plugin, settings, signals, self._subject("protocols", name), trusted=ours)

    def inventory(self, name: str, settings: Mapping[str, object]) -> Inventory:
        """An inventory, made from its settings; see `cdctl.domain.fleet.inventory.InventoryFactory`.

        A bug in it makes it an inventory that cannot be asked. Raises PluginError, or the UsageError with which it
        refuses a setting.
        """
        from cdctl.extend import listed

        return listed.inventory(self.load("inventory", name), settings, self._subject("inventory", name))

    def inventory_of(self, choice: Choice, reveal: Callable[[Secret, str], str] | None = None) -> Inventory:
        """The inventory that the settings file chose; `reveal(secret, subject)` reads a secret when it is needed."""
        from cdctl.domain.fleet.inventory import door_of

        name, settings = door_of(choice)
        return self.inventory(name, settings | ({"reveal": reveal} if reveal else {}))

    def panel(self, name: str, settings: Mapping[str, object]) -> Panel:
        """A panel, made from its settings; see `cdctl.domain.boards.panel.PanelFactory`. Raises PluginError, or the
        UsageError with which it refuses a setting."""
        from cdctl.extend import paneling

        ours = self._listing("panels", name).kind is Kind.BUILT_IN
        return paneling.panel(self.load("panels", name), settings, self._subject("panels", name), trusted=ours)

    def command(self, name: str) -> Command:
        """What vehicles can be told by this name, such as "climate.start"; only the plugin that brings it is imported.
        Raises UsageError when nothing is called so, PluginError when its plugin is broken."""
        from cdctl.domain.orders.declaring import family_of

        family = family_of(name)
        if any(listing.name == family for listing in self.names("commands")):
            for command in self._commands(family):
                if command.name == name:
                    return command
        known = [command.name for command in self.commands()[0]]
        from cdctl.extend.commanding import nearest

        raise UsageError(f"no command is called '{safe(name)}'", hint=nearest(name, known))

    def commands(self) -> tuple[tuple[Command, ...], tuple[Broken, ...]]:
        """Everything that vehicles can be told, in the order of `names`, and the plugins that are broken."""
        found: list[Command] = []
        broken: list[Broken] = []
        for family in dict.fromkeys(listing.name for listing in self.names("commands")):
            try:
                found += self._commands(family)
            except PluginError as error:
                broken.append(Broken(self._listing("commands", family), error.message, error.hint))
        return tuple(found), tuple(broken)

    def _commands(self, family: str) -> tuple[Command, ...]:
        from cdctl.extend import commanding

        ours = self._listing("commands", family).kind is Kind.BUILT_IN
        return commanding.commands(self.load("commands", family), self._subject("commands", family), trusted=ours)

    def _listing(self, room: str, name: str) -> Listing:
        return next(entry for entry in self.names(room) if entry.name == name)

    def _subject(self, room: str, name: str) -> str:
        listing = self._listing(room, name)
        return f"{listing.title} ({listing.whence})"

    def _bring(self, declaration: Declaration) -> Plugin:
        from cdctl.extend import loading

        if declaration not in self._loaded:
            try:
                self._loaded[declaration] = loading.load(declaration, self._deadline or loading.DEADLINE_SECONDS)
            except PluginError as error:
                self._loaded[declaration] = error
        outcome = self._loaded[declaration]
        if isinstance(outcome, PluginError):
            raise outcome
        return outcome

    def _probed(self, wanted: Sequence[Declaration]) -> Mapping[Declaration, PluginError]:
        from cdctl.extend import loading, probing

        strangers = [d for d in wanted if d.listing.kind is not Kind.BUILT_IN and d not in self._loaded]
        return probing.probe(strangers, self._deadline or loading.DEADLINE_SECONDS)

    def _outcome(self, declaration: Declaration, probed: Mapping[Declaration, PluginError]) -> Loaded | Broken:
        listing = declaration.listing
        claims = [d for d in self._declared if (d.listing.room, d.listing.name) == (listing.room, listing.name)]
        if len(claims) > 1:
            return Broken(listing, _claimed(claims), _CLAIMED_HINT)
        try:
            if declaration in probed:
                raise probed[declaration]
            return Loaded(listing, self._bring(declaration))
        except PluginError as error:
            return Broken(listing, error.message, error.hint)

    def _unknown(self, room: str, name: str) -> PluginError:
        from difflib import get_close_matches

        if room not in ROOMS:
            return PluginError(f"there is no room {safe(room)!r}", hint=f"the rooms are {', '.join(ROOMS)}")
        known = sorted({listing.name for listing in self.names(room)})
        near = get_close_matches(name, known, 1)
        hints = [f"did you mean {near[0]!r}?"] if near else []
        hints.append(f"there are {', '.join(known)}")
        hints += [f"{found.listing.whence} {found.reason}" for found in self._found if isinstance(found, Broken)]
        if not self._enabled:
            hints.append("--no-plugins leaves out everything that did not ship with cdctl")
        return PluginError(
            f"no {room if room == 'inventory' else room.removesuffix('s')} is called {safe(name)!r}",
            hint="; ".join(hints),
        )


_CLAIMED_HINT = "rename or remove one of them; --no-plugins leaves what ships with cdctl"


def _claimed(claims: Sequence[Declaration]) -> str:
    places = [f"{claim.listing.whence} ({claim.target})" for claim in claims]
    return f"{claims[0].listing.title} is claimed {len(places)} times: " + " and ".join(places)
