"""The port of panels: what a board can show. It stands here so that plugins can be made for the same one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol, runtime_checkable

from cdctl.domain.boards.asking import Ask
from cdctl.domain.boards.drawing import Line
from cdctl.domain.boards.keys import Binding, Key
from cdctl.domain.boards.requests import Reply, Request
from cdctl.domain.boards.snapshot import Snapshot
from cdctl.domain.fleet.reading import Cell


class Panel(Protocol):
    """A part of a board. Everything here returns at once: a panel computes what is in its window, and asks for the
    rest. What it raises is shown in its place, and the rest of the board goes on."""

    @property
    def title(self) -> str:
        """Its own line above it; empty for none."""
        ...

    @property
    def bindings(self) -> Sequence[Binding]:
        """What it can do, for keys and help. Without any it never has the focus."""
        ...

    @property
    def fields(self) -> Sequence[str]:
        """Fields of vehicles that it shows: what is copied when the picture is frozen."""
        ...

    @property
    def writing(self) -> bool:
        """Whether keys are letters now, and stand for no action."""
        ...

    def see(self, snapshot: Snapshot, letter: str) -> Ask | None:
        """Another instant; `letter` is the panel's own, under which `snapshot.answers` has what it asked. Returns what
        it wants to know now, if anything; an answer that is under way is not asked for again."""
        ...

    def draw(self, width: int, height: int) -> Sequence[Line]:
        """At most `height` lines of at most `width` cells."""
        ...

    def press(self, action: str, key: Key) -> Reply:
        """An action of its bindings; "click" where the mouse was; while `writing`, every key with an empty action.
        None when there is no use for it now: the view then takes it."""
        ...

    def data(self) -> Mapping[str, object]:
        """What was drawn last, as JSON can hold it. Rows of a table are under "rows"."""
        ...


@runtime_checkable
class Apart(Protocol):
    """What a panel has, too, that works in a thread of its own, and says some things later."""

    @property
    def waiting(self) -> bool:
        """Whether it still works on what it was shown last."""
        ...

    def requests(self) -> Sequence[Request]:
        """What keys asked for whose answers came late, each once."""
        ...


@runtime_checkable
class Table(Protocol):
    """What a panel of vehicles can be told from outside."""

    @property
    def where(self) -> str:
        """Its filter."""
        ...

    @property
    def columns(self) -> Sequence[str]:
        """What it shows."""
        ...

    def narrow(self, where: str) -> None:
        """Put a filter into its prompt, kept at once."""
        ...

    def show(self, columns: Sequence[str]) -> None:
        """Show other fields."""
        ...

    @property
    def matched(self) -> int:
        """How many vehicles match."""
        ...

    def whole(self) -> Iterator[Sequence[Cell]]:
        """Values of the columns of all vehicles that match, as far as they are known here."""
        ...


class PanelFactory(Protocol):
    """Makes panels of one kind; costs nothing."""

    def __call__(self, settings: Mapping[str, object], /) -> Panel:
        """One panel. Raises UsageError for a wrong setting, with its key as the subject."""
        ...
