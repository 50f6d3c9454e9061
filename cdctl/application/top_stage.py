"""A board at work: its panels see, draw and take keys. The same lines for a terminal, a text, an image; no terminal
is known here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cdctl.domain.boards.board import Board, Box, boxes
from cdctl.domain.boards.drawing import BLANK, Line, Piece, fit
from cdctl.domain.boards.panel import Binding, Key, Panel
from cdctl.domain.boards.snapshot import Arrange, Snapshot
from cdctl.domain.grid import cells
from cdctl.domain.text import safe

BINDINGS = (
    Binding("tab", "the next panel"),
    Binding("p", "freeze the picture, and let it go on"),
    Binding("?", "this help; any key goes back"),
    Binding("q", "leave"),
)


class Stage:
    """A board and a panel for every letter. `leaving` and `frozen` are what the hand wants."""

    def __init__(self, board: Board, panels: Mapping[str, Panel]) -> None:
        self.board = board
        self.panels = panels
        self.leaving = False
        self.frozen = False
        self._helping = False
        self._broken: dict[str, str] = {}
        self._able = [slot.letter for slot in board.slots if panels[slot.letter].bindings]
        tables = [slot.letter for slot in board.slots if slot.kind == "fleet"]
        self._focus = next(iter([*tables, *self._able]), "")

    @property
    def fields(self) -> tuple[str, ...]:
        """Fields of vehicles that any panel shows."""
        return tuple(dict.fromkeys(name for panel in self.panels.values() for name in panel.fields))

    def see(self, snapshot: Snapshot) -> dict[str, Arrange]:
        """Another instant; what panels want to be arranged, by letter."""
        wanted: dict[str, Arrange] = {}
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

    def press(self, key: Key) -> bool:
        """A key: for the panel that has the focus, else for all. Whether it did anything."""
        if key.name == "ctrl+c":
            self.leaving = True
            return True
        if self._helping:
            self._helping = False
            return True
        panel = self.panels.get(self._focus)
        try:
            if panel is not None and panel.press(key):
                return True
        except Exception as error:
            self._broken[self._focus] = _said(error)
            return True
        return self._own(key)

    def _own(self, key: Key) -> bool:
        if key.name in {"tab", "shift+tab"} and self._able:
            step = 1 if key.name == "tab" else -1
            self._focus = self._able[(self._able.index(self._focus) + step) % len(self._able)]
        elif key.char == "?":
            self._helping = True
        elif key.char == "p":
            self.frozen = not self.frozen
        elif key.char == "q":
            self.leaving = True
        else:
            return False
        return True

    def draw(self, width: int, height: int) -> list[Line]:
        """Exactly `height` lines of exactly `width` cells."""
        if self._helping:
            return [fit(line, width) for line in _padded(self._help(), height)]
        rows: list[list[tuple[int, Line]]] = [[] for _ in range(height)]
        for letter, box in boxes(self.board, width, height).items():
            for number, line in enumerate(_padded(self._framed(letter, box), box.height)):
                rows[box.top + number].append((box.left, fit(line, box.width)))
        return [_joined(sorted(row, key=lambda part: part[0]), width) for row in rows]

    def _framed(self, letter: str, box: Box) -> Sequence[Line]:
        """A panel in its box, under its title; what it raised, where it did."""
        if not box.height or not box.width:
            return []
        panel, title = self.panels[letter], ""
        lines: Sequence[Line] = ()
        broken = self._broken.get(letter, "")
        try:
            height = box.height - 1 if panel.title else box.height
            lines = panel.draw(box.width, height) if not broken else ()
            title = panel.title
        except Exception as error:
            broken = _said(error)
        if broken:
            kind = next(slot.kind for slot in self.board.slots if slot.letter == letter)
            title, lines = title or kind, [((f" this panel failed: {broken}", "bad"),)]
        if not title:
            return lines
        role = "title strong" if letter == self._focus and len(self._able) > 1 else "title"
        rest = max(box.width - cells(title) - 5, 0)
        return [(("── ", "dim"), (title, role), (" " + "─" * rest, "dim")), *lines]

    def _help(self) -> list[Line]:
        lines: list[Line] = [((f" {self.board.title or self.board.name}", "strong"),), BLANK]
        lines += [((" everywhere", "title"),), *map(_bound, BINDINGS)]
        for letter in self._able:
            kind = next(slot.kind for slot in self.board.slots if slot.letter == letter)
            lines += [BLANK, ((f" {kind}", "title"),), *map(_bound, self.panels[letter].bindings)]
        return lines

    def data(self) -> dict[str, object]:
        """What every panel shows, by letter."""
        told: dict[str, object] = {}
        for slot in self.board.slots:
            try:
                shown = dict(self.panels[slot.letter].data())
            except Exception as error:
                shown = {"error": _said(error)}
            if slot.letter in self._broken:
                shown = {"error": self._broken[slot.letter]}
            told[slot.letter] = {"kind": slot.kind, **shown}
        return told


def _said(error: Exception) -> str:
    return safe(f"{type(error).__name__}: {error}", 300)


def _bound(binding: Binding) -> Line:
    return ((f"   {binding.keys:30} ", "strong"), (binding.does, ""))


def _padded(lines: Sequence[Line], height: int) -> list[Line]:
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
