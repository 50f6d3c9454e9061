"""Everything that can be done, to be searched: boards, what keys do here, words, themes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from textual.command import DiscoveryHit, Hit, Hits, Provider

from cdctl.application.top_words import WORDS
from cdctl.domain.boards.keys import EVERYWHERE, shown
from cdctl.domain.boards.requests import Request, Theme
from cdctl.domain.looks import THEMES

if TYPE_CHECKING:
    from cdctl.application.top_view import View

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
        yield Entry(f"board {name}", f":{name}", lambda name=name: do(view.run(name)))  # type: ignore[misc]
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


class Everything(Provider):
    """What Textual's own palette searches."""

    def _entries(self) -> list[Entry]:
        app: object = self.app
        return list(entries(app.view, app.all)) if isinstance(app, Showing) else []

    async def discover(self) -> Hits:
        """All of it, before a letter is written."""
        for entry in self._entries():
            yield DiscoveryHit(entry.title, entry.run, help=entry.does)

    async def search(self, query: str) -> Hits:
        """What fits the letters."""
        matcher = self.matcher(query)
        for entry in self._entries():
            score = matcher.match(entry.title)
            if score > 0:
                yield Hit(score, matcher.highlight(entry.title), entry.run, help=entry.does)
