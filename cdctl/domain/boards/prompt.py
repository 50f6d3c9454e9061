"""The line in which a filter is written, or another text."""

from __future__ import annotations

from cdctl.domain.boards.drawing import Line
from cdctl.domain.boards.keys import Key
from cdctl.domain.text import safe

LONGEST = 2_000


class Prompt:
    """A text that is being written, and where in it. sign: stands before it."""

    def __init__(self, sign: str) -> None:
        self._sign = sign
        self.open = False
        self.text = ""
        self._at = 0
        self._before = ""

    def begin(self, text: str) -> None:
        """Open it on a text."""
        self.open, self.text, self._at, self._before = True, text, len(text), text

    def press(self, key: Key) -> None:
        """A key. Enter closes it; Esc does, too, and gives back the text that was there before."""
        if key.name in {"enter", "escape"}:
            self.open = False
            self.text = self.text if key.name == "enter" else self._before
        elif key.name in {"left", "right", "home", "end"}:
            places = {"left": self._at - 1, "right": self._at + 1, "home": 0, "end": len(self.text)}
            self._at = min(max(places[key.name], 0), len(self.text))
        elif key.name == "backspace":
            begin = max(self._at - 1, 0)
            self.text, self._at = self.text[:begin] + self.text[self._at :], begin
        elif key.name == "delete":
            self.text = self.text[: self._at] + self.text[self._at + 1 :]
        elif key.name == "ctrl+u":
            self.text, self._at = self.text[self._at :], 0
        elif key.char and key.char.isprintable() and len(self.text) < LONGEST:
            self.text = self.text[: self._at] + key.char + self.text[self._at :]
            self._at += len(key.char)

    def line(self, width: int) -> Line:
        """The prompt with its cursor; of a text that is too long, the part about the cursor."""
        begin = max(0, self._at - max(width - 5, 1))
        under, after = self.text[self._at : self._at + 1], self.text[self._at + 1 :]
        before = self.text[begin : self._at]
        shown = [(safe(before, LONGEST), ""), (safe(under) or " ", "cursor"), (safe(after, LONGEST), "")]
        return ((f" {self._sign} ", "strong"), *shown)
