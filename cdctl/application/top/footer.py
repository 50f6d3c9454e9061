"""The last line of the view, and the help behind it: what keys do here, what was said, what is being written."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from cdctl.domain.boards.drawing import BLANK, Line, Piece, width_of
from cdctl.domain.boards.keys import EVERYWHERE, Binding, Key, shown
from cdctl.domain.boards.prompt import Prompt
from cdctl.domain.boards.snapshot import Snapshot
from cdctl.domain.grid import cells
from cdctl.domain.text import safe

if TYPE_CHECKING:
    from cdctl.application.top.view import View

SAID = 8.0
"""Seconds for which something that was said stands in the last line."""
_COLUMNS = 78
"""Cells of a column of the help."""


class Footer:
    """What stands in the last line."""

    def __init__(self) -> None:
        self._prompt = Prompt(":")
        self._said: tuple[str, bool] = ("", False)
        self._until: float | None = None
        self._choices: Sequence[str] = ()

    @property
    def writing(self) -> bool:
        """Whether a word is being written."""
        return self._prompt.open

    @property
    def text(self) -> str:
        """What was written so far."""
        return self._prompt.text

    def begin(self) -> None:
        """Begin to write a word."""
        self._prompt.begin("")

    def write(self, key: Key, choices: Sequence[str]) -> str | None:
        """A key for the word that is being written. choices: what it may become; Tab takes the first. The whole line
        when it is ended by Enter, else None."""
        if key.name == "tab":
            if choices:
                self._prompt.begin(choices[0] + " ")
            return None
        text = self._prompt.text
        self._prompt.press(key)
        return text if key.name == "enter" and text.strip() else None

    def say(self, text: str, *, bad: bool) -> None:
        """Something that is to be read now."""
        self._said, self._until = (text, bad), None

    def see(self, snapshot: Snapshot) -> None:
        """What was said a while ago is said no longer."""
        if self._until is None:
            self._until = snapshot.at + SAID
        if not snapshot.at < self._until <= snapshot.at + SAID:
            self._said = ("", False)

    def line(self, view: View, width: int) -> Line:
        """The word that is being written, else what was said, else what keys do here."""
        if self._prompt.open:
            return self._written(view, width)
        text, bad = self._said
        if text:
            return ((" " + safe(text, 400), "bad" if bad else "strong"),)
        return _hints(view, width)

    def _written(self, view: View, width: int) -> Line:
        from cdctl.application.top.words import matching

        line = self._prompt.line(width)
        choices = "  ".join(matching(self._prompt.text, view.library.names()))
        room = width - width_of(line) - 3
        return (*line, ("   " + safe(choices, max(room, 0)), "dim")) if room > 0 else line


def _hints(view: View, width: int) -> Line:
    """The keys that matter most for the panel that has the focus, then those of the view; the board at the right."""
    kind, bindings = view.stage.focused
    name = f" {safe(view.place[0], 80)} "
    pieces: list[Piece] = [(" ", "")]
    left = width - cells(name) - 1
    for own, binding in [*((kind, one) for one in bindings), *((EVERYWHERE, one) for one in view.bound[EVERYWHERE])]:
        keys = view.keymap.keys(own, binding)
        if not binding.short or not keys:
            continue
        wide = cells(shown(keys[:1])) + cells(binding.short) + 3
        if wide > left:
            break
        pieces += [(shown(keys[:1]), "strong"), (f" {binding.short}  ", "dim")]
        left -= wide
    return (*pieces, (" " * max(left, 0), ""), (name, "head"))


def help_lines(view: View, width: int) -> list[Line]:
    """What every key does on the board on the screen, in two columns where there is room."""
    board = view.stage.board
    blocks = [_block(view, kind, bindings) for kind, bindings in view.bound.items()]
    head: list[Line] = [((f" {safe(board.title or board.name, 200)}", "strong"),), BLANK]
    if width < 2 * _COLUMNS:
        return [*head, *(line for block in blocks for line in [*block, BLANK]), _END]
    columns: tuple[list[Line], list[Line]] = ([], [])
    for block in blocks:
        shorter = min(columns, key=len)
        shorter += [*block, BLANK]
    rows = max(map(len, columns))
    left, right = (column + [BLANK] * (rows - len(column)) for column in columns)
    return [*head, *(_beside(*pair) for pair in zip(left, right, strict=True)), _END]


_END: Line = ((" any other key goes back", "dim"),)


def _block(view: View, kind: str, bindings: Sequence[Binding]) -> list[Line]:
    lines: list[Line] = [((f" {'everywhere' if kind == EVERYWHERE else kind}", "title"),)]
    for binding in bindings:
        keys = shown(view.keymap.keys(kind, binding))
        if keys:
            lines.append(((f"   {keys:<14} ", "strong"), (binding.does, "")))
    return lines


def _beside(left: Line, right: Line) -> Line:
    return (*left, (" " * max(_COLUMNS - width_of(left), 1), ""), *right)
