"""The port of panels: what a board can show. It stands here so that plugins can be made for the same one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from cdctl.domain.boards.drawing import Line
from cdctl.domain.boards.snapshot import Arrange, Snapshot


@dataclass(frozen=True, slots=True)
class Key:
    """A key that was pressed: its name ("up", "shift+left", "escape", "a") and the character it writes, if any."""

    name: str
    char: str = ""


@dataclass(frozen=True, slots=True)
class Binding:
    """What a key does, for help: keys as people read them, and one line."""

    keys: str
    does: str


class Panel(Protocol):
    """A part of a board. Everything here returns at once: a panel computes what is in its window, and asks for the
    rest. What it raises is shown in its place, and the rest of the board goes on."""

    @property
    def title(self) -> str:
        """Its own line above it; empty for none."""
        ...

    @property
    def bindings(self) -> Sequence[Binding]:
        """Keys it knows, for help. Without any it never has the focus."""
        ...

    @property
    def fields(self) -> Sequence[str]:
        """Fields of vehicles that it shows: what is copied when the picture is frozen."""
        ...

    def see(self, snapshot: Snapshot, letter: str) -> Arrange | None:
        """Another instant; `letter` is the panel's own. Returns what it wants to be arranged, if anything."""
        ...

    def draw(self, width: int, height: int) -> Sequence[Line]:
        """At most `height` lines of at most `width` cells."""
        ...

    def press(self, key: Key) -> bool:
        """A key; whether it was for this panel."""
        ...

    def data(self) -> Mapping[str, object]:
        """What was drawn last, as JSON can hold it."""
        ...


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of panel. settings: key -> what it means. make: raises UsageError for a wrong setting, with the key as its
    subject."""

    name: str
    summary: str
    make: Callable[[Mapping[str, object]], Panel]
    settings: Mapping[str, str] = field(default_factory=dict)
