"""A board at work: its panels see, draw and take keys. The same lines for a terminal, a text, an image; no terminal
is known here."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from cdctl.domain.boards.asking import Ask
from cdctl.domain.boards.board import Board, Box, Slot, boxes
from cdctl.domain.boards.drawing import BLANK, Line, Piece, fit, without_role
from cdctl.domain.boards.keys import Binding, Key, Keymap
from cdctl.domain.boards.panel import Apart, Panel, Table
from cdctl.domain.boards.requests import DONE, Reply, Request, Say
from cdctl.domain.boards.snapshot import Snapshot
from cdctl.domain.grid import cells, shorten
from cdctl.domain.text import safe

T = TypeVar("T")
_LOW, _BARE = 7, 3
"""On a screen of fewer lines a panel of fewer lines has no title: what is looked for comes first. The header keeps its
own, which tell how old everything is."""


class Stage:
    """A board and a panel for every letter."""

    def __init__(self, board: Board, panels: Mapping[str, Panel], keymap: Keymap | None = None) -> None:
        self.board = board
        self.panels = panels
        self._keymap = keymap or Keymap()
        self._slots = {slot.letter: slot for slot in board.slots}
        self._broken: dict[str, str] = {}
        self._boxes: dict[str, Box] = {}
        self._low = False
        self._apart = [panel for panel in panels.values() if isinstance(panel, Apart)]
        self._able = [slot.letter for slot in board.slots if panels[slot.letter].bindings]
        self.focus = next(iter(self._able), "")

    @property
    def fields(self) -> tuple[str, ...]:
        """Fields of vehicles that any panel shows."""
        nothing: Sequence[str] = ()
        told = [self._read(letter, lambda panel: panel.fields, nothing) for letter in self.panels]
        return tuple(dict.fromkeys(name for names in told for name in names))

    @property
    def writing(self) -> bool:
        """Whether keys are letters for the panel that has the focus."""
        return bool(self.focus) and self._read(self.focus, lambda panel: panel.writing, False)

    @property
    def focused(self) -> tuple[str, Sequence[Binding]]:
        """Kind and bindings of the panel that has the focus; an empty kind when none has."""
        return (self._slots[self.focus].kind, self.panels[self.focus].bindings) if self.focus else ("", ())

    @property
    def bound(self) -> Mapping[str, Sequence[Binding]]:
        """Bindings by kind of panel."""
        return {self._slots[letter].kind: self.panels[letter].bindings for letter in self._able}

    def see(self, snapshot: Snapshot) -> dict[str, Ask]:
        """Another instant; what panels want to know, by letter."""
        wanted: dict[str, Ask] = {}
        for letter, panel in self.panels.items():
            try:
                ask = panel.see(snapshot, letter)
            except Exception as error:
                self._broken[letter] = _said(error)
            else:
                self._broken.pop(letter, None)
                if ask is not None:
                    wanted[letter] = ask
        return wanted

    def requests(self) -> tuple[Request, ...]:
        """What panels that work apart asked for since, as keys that were pressed before made them."""
        return tuple(request for panel in self._apart for request in panel.requests())

    @property
    def apart(self) -> bool:
        """Whether any panel works apart: a plugin's, which may show whatever a snapshot holds."""
        return bool(self._apart)

    @property
    def waiting(self) -> bool:
        """Whether a panel that works apart has not drawn yet what it saw last."""
        return any(panel.waiting for panel in self._apart)

    def press(self, key: Key) -> Reply:
        """A key for the panel that has the focus; None when it has no use for it."""
        if not self.focus:
            return None
        kind, bindings = self.focused
        action = "" if self.writing else self._keymap.action(kind, bindings, key)
        return self._told(action, key) if action or self.writing else None

    def act(self, kind: str, action: str) -> Reply:
        """Do an action of a kind of panel: of the one that has the focus, else of the first of that kind."""
        letters = [letter for letter in (self.focus, *self._able) if letter and self._slots[letter].kind == kind]
        if not letters:
            return None
        self.focus = letters[0]
        return self._told(action, Key(""))

    def turn(self, step: int) -> bool:
        """Give the focus to another panel; whether there is one."""
        if len(self._able) < 2:
            return False
        self.focus = self._able[(self._able.index(self.focus) + step) % len(self._able)]
        return True

    def click(self, x: int, y: int, name: str) -> Reply:
        """The mouse at a place of the screen. name: click, wheelup or wheeldown; a click gives the focus, too."""
        for letter, box in self._boxes.items():
            if box.left <= x < box.left + box.width and box.top <= y < box.top + box.height and letter in self._able:
                titled = not self._bare(box) and bool(self._read(letter, lambda panel: panel.title, letter))
                at = (x - box.left, y - box.top - titled)
                return self._clicked(letter, Key(name, at=at))
        return None

    def _clicked(self, letter: str, key: Key) -> Reply:
        if key.name == "click":
            self.focus = letter
            return self._told("click", key) if key.at[1] >= 0 else DONE
        before, self.focus = self.focus, letter
        try:
            return self.press(key)
        finally:
            self.focus = before

    def narrow(self, where: str) -> bool:
        """Put a filter into the prompt of the board's vehicles and give them the focus; whether it has any."""
        for letter, panel in self.panels.items():
            if isinstance(panel, Table):
                panel.narrow(where)
                self.focus = letter
                return True
        return False

    @property
    def table(self) -> Table | None:
        """The board's vehicles: those that have the focus, else the first."""
        found = [self.panels[letter] for letter in (self.focus, *self.panels) if letter]
        return next((panel for panel in found if isinstance(panel, Table)), None)

    def _read(self, letter: str, read: Callable[[Panel], T], otherwise: T) -> T:
        """What a panel says of itself; `otherwise` when it raises."""
        try:
            return read(self.panels[letter])
        except Exception as error:
            self._broken[letter] = _said(error)
            return otherwise

    def _told(self, action: str, key: Key) -> Reply:
        try:
            return self.panels[self.focus].press(action, key)
        except Exception as error:  # in its frame nobody would see it: the next look, which is sound, is at once
            return (Say(f"{self._slots[self.focus].kind}: this key failed: {_said(error)}", bad=True),)

    def draw(self, width: int, height: int) -> list[Line]:
        """Exactly `height` lines of exactly `width` cells."""
        self._low = height < _LOW
        self._boxes = boxes(self.board, width, height)
        rows: list[list[tuple[int, Line]]] = [[] for _ in range(height)]
        for letter, box in self._boxes.items():
            for number, line in enumerate(padded(self._framed(letter, box), box.height)):
                rows[box.top + number].append((box.left, fit(line, box.width)))
        return [_joined(sorted(row, key=lambda part: part[0]), width) for row in rows]

    def _bare(self, box: Box) -> bool:
        return self._low and box.height < _BARE

    def _framed(self, letter: str, box: Box) -> Sequence[Line]:
        """A panel in its box, under its title; what it raised, where it did."""
        if not box.height or not box.width:
            return []
        panel, title = self.panels[letter], ""
        lines: Sequence[Line] = ()
        broken = self._broken.get(letter, "")
        try:
            height = box.height - 1 if panel.title and not self._bare(box) else box.height
            lines = panel.draw(box.width, height) if not broken else ()
            title = panel.title
        except Exception as error:
            broken = _said(error)
        if broken:
            title = title or self._slots[letter].kind
            lines = [((f" this panel failed: {broken}", "bad"),)]
        if letter != self.focus:  # one bar on the screen, where keys go
            lines = [without_role(line, "cursor") for line in lines]
        if not title or self._bare(box):
            return lines
        focused = letter == self.focus and len(self._able) > 1
        title = shorten(title, max(box.width - 6, 1))  # a panel beside it has a title, too
        rest = max(box.width - cells(title) - 5, 0)
        sides = "frame focus" if focused else "frame"
        return [(("── ", sides), (title, "title strong" if focused else "title"), (" " + "─" * rest, sides)), *lines]

    def data(self) -> dict[str, object]:
        """What every panel shows, by letter."""
        return {slot.letter: self._data(slot) for slot in self.board.slots}

    def _data(self, slot: Slot) -> dict[str, object]:
        try:
            shown = dict(self.panels[slot.letter].data())
        except Exception as error:
            shown = {"error": _said(error)}
        if slot.letter in self._broken:
            shown = {"error": self._broken[slot.letter]}
        return {"kind": slot.kind, **shown}


def _said(error: Exception) -> str:
    return safe(f"{type(error).__name__}: {error}", 300)


def padded(lines: Sequence[Line], height: int) -> list[Line]:
    """Exactly `height` lines."""
    return [*lines[:height], *[BLANK] * (height - len(lines))]


def _joined(parts: Sequence[tuple[int, Line]], width: int) -> Line:
    pieces: list[Piece] = []
    at = 0
    for left, line in parts:
        if left > at:
            pieces.append((" " * (left - at), ""))
        pieces += line
        at = left + sum(cells(text) for text, _ in line)
    return fit(pieces, width)
