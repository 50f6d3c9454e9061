"""What the view itself said, the newest first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cdctl.domain.boards.asking import Ask
from cdctl.domain.boards.drawing import Line, width_of, with_role
from cdctl.domain.boards.keys import MOVES, Binding, Key
from cdctl.domain.boards.requests import DONE, Copy, Reply, Say
from cdctl.domain.boards.snapshot import Note, Snapshot
from cdctl.domain.ports import API, Plugin
from cdctl.domain.text import safe
from cdctl.panels.list_cursor import ListCursor
from cdctl.panels.missing_lines import wrapped
from cdctl.panels.moments import ago, clock, utc

_MOST_BELOW = 3


class Log:
    """See the port."""

    fields: Sequence[str] = ()
    writing = False
    bindings: Sequence[Binding] = (Binding("copy", ("y",), "copy the line", "copy"), *MOVES)

    def __init__(self) -> None:
        self._cursor = ListCursor(follows=True)
        self._snapshot: Snapshot | None = None
        self._notes: Sequence[Note] = ()
        self._of: Sequence[Note] = ()

    @property
    def title(self) -> str:
        """How much was said, and how much of it is bad."""
        bad = sum(note.bad for note in self._notes)
        return " · ".join(["log", *([f"{len(self._notes):,}"] if self._notes else []), *([f"{bad:,} bad"] * bool(bad))])

    def see(self, snapshot: Snapshot, letter: str) -> Ask | None:
        """See the port."""
        self._snapshot = snapshot
        if snapshot.notes is not self._of:
            self._of = snapshot.notes
            self._notes = tuple(reversed(snapshot.notes))
            self._cursor.follow([(note.at, note.text) for note in self._notes])
        return None

    def press(self, action: str, key: Key) -> Reply:
        """See the port."""
        if action == "copy":
            if not self._notes:
                return (Say("nothing was said here", bad=True),)
            note = self._notes[self._cursor.place]
            return (Copy(f"{utc(note.at)} {safe(note.text, 2_000)}", "line"),)
        if action == "click":
            self._cursor.point(key.at[1])
            return DONE
        return DONE if self._cursor.press(action) else None

    def draw(self, width: int, height: int) -> Sequence[Line]:
        """A line each; the one under the hand whole below them, where it is longer than the screen is wide."""
        snapshot = self._snapshot
        if snapshot is None:
            return []
        if not self._notes:
            return [((" nothing was said yet", "dim"),)]
        now = snapshot.at if snapshot.frozen_at is None else snapshot.frozen_at
        chosen = self._notes[self._cursor.place]
        below: list[Line] = []
        if height > 2 * _MOST_BELOW and width_of(_line(chosen, now)) > width:
            below = wrapped(chosen.text, width, "bad" if chosen.bad else "")[:_MOST_BELOW]
            below.insert(0, (("─" * width, "frame"),))
        window = self._cursor.fit(height - len(below))
        shown = [
            with_role((*_line(note, now), (" " * width, "")), "cursor") if note is chosen else _line(note, now)
            for note in self._notes[window]
        ]
        return [*shown, *([()] * (height - len(below) - len(shown))), *below]

    def data(self) -> Mapping[str, object]:
        """Everything that was said and is still known, the newest first."""
        return {"rows": [{"at": utc(note.at), "text": note.text, "bad": note.bad} for note in self._notes]}


def _line(note: Note, now: float) -> Line:
    age = (f" {clock(note.at, now)} {ago(note.at, now):>6} ", "dim")
    return (age, (safe(note.text, 2_000), "bad" if note.bad else ""))


def make(settings: Mapping[str, object]) -> Log:
    """A panel; it has no settings."""
    return Log()


PLUGIN = Plugin(API, "panels", "log", "1", "what the view itself said: errors, what was done", make)
