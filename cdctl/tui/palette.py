"""Everything that can be done, to be searched: boards, what keys do here, words, themes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from rich.text import Text
from textual.command import CommandPalette, DiscoveryHit, Hit, Hits, Provider
from textual.markup import escape

from cdctl.application.top.words import WORDS
from cdctl.domain.boards.keys import EVERYWHERE, shown
from cdctl.domain.boards.requests import Request, Theme
from cdctl.domain.looks import THEMES
from cdctl.domain.text import safe
from cdctl.tui.once import once

if TYPE_CHECKING:
    from cdctl.application.top.view import View

_LONGEST = 80
Do = Callable[[tuple[Request, ...]], None]


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that can be done. title: what is searched; does: a line below it."""

    title: str
    does: str
    run: Callable[[], None]


@runtime_checkable
class Showing(Protocol):
    """The application that shows a view."""

    view: View

    def all(self, requests: tuple[Request, ...]) -> None:
        """Do what is asked."""
        ...


def entries(view: View, do: Do) -> Iterator[Entry]:
    """What can be done on the board on the screen, boards first."""
    for name in view.library.names():
        shown_name = safe(name, _LONGEST)
        yield Entry(f"board {shown_name}", f":{shown_name}", lambda name=name: do(view.run(name)))  # type: ignore[misc]
    for kind, bindings in view.bound.items():
        for binding in bindings:
            if binding.action == "palette":
                continue
            keys = shown(view.keymap.keys(kind, binding)) or "no key"
            what = binding.does if kind == EVERYWHERE else f"{kind}: {binding.does}"
            yield Entry(what, keys, partial(_act, view, do, f"{kind}.{binding.action}"))
    for name, word in WORDS.items():
        if not word.takes:
            yield Entry(f"{name}: {word.does}", f":{name}", lambda name=name: do(view.run(name)))  # type: ignore[misc]
    for theme in THEMES:
        yield Entry(f"theme {theme}", f":theme {theme}", lambda theme=theme: do((Theme(theme),)))  # type: ignore[misc]


def _act(view: View, do: Do, action: str) -> None:
    do(view.act(action))


@once
class Search(CommandPalette):
    """Everything that can be done, searched."""

    def __init__(self) -> None:
        super().__init__([Everything], placeholder="what to do")


class Everything(Provider):
    """What Textual's own palette searches. One thing of it is done: a second Enter would do it again."""

    _done = False

    def _entries(self) -> list[Entry]:
        app: object = self.app
        found = entries(app.view, app.all) if isinstance(app, Showing) else ()
        return [replace(entry, run=partial(self._only, entry.run)) for entry in found]

    def _only(self, run: Callable[[], None]) -> None:
        if not self._done:
            self._done = True
            run()

    async def discover(self) -> Hits:
        """All of it, before a letter is written."""
        for entry in self._entries():
            yield DiscoveryHit(Text(entry.title), entry.run, entry.title, escape(entry.does))

    async def search(self, query: str) -> Hits:
        """What fits the letters."""
        matcher = self.matcher(query)
        for entry in self._entries():
            score = matcher.match(entry.title)
            if score > 0:
                # Of what could be taken for markup no letters are pointed out.
                title = Text(entry.title) if "[" in entry.title else matcher.highlight(entry.title)
                yield Hit(score, title, entry.run, entry.title, escape(entry.does))
