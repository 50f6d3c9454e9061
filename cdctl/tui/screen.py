"""The board on a terminal: one widget of lines. Ten times a second it draws, and repaints the lines that changed."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.app import App, ComposeResult
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from cdctl.domain.boards.drawing import Line
from cdctl.domain.boards.panel import Key
from cdctl.tui.looks import words

if TYPE_CHECKING:
    from cdctl.application.top import Lookout
    from cdctl.application.top_stage import Stage

TICK = 0.1
"""Seconds between two looks."""


@lru_cache(maxsize=256)
def _style(roles: str) -> Style:
    return Style.parse(words(roles))


class BoardView(Widget, can_focus=True):
    """Lines of a stage. Keys go to the stage; nothing else does."""

    DEFAULT_CSS = "BoardView { width: 1fr; height: 1fr; background: ansi_default; }"

    def __init__(self, stage: Stage, lookout: Lookout) -> None:
        super().__init__()
        self._stage, self._lookout = stage, lookout
        self._lines: list[Line] = []

    def on_mount(self) -> None:
        """Begin to look."""
        self.focus()
        self.set_interval(TICK, self.look)

    def look(self) -> None:
        """See what is there now, and repaint what changed. Never a layout."""
        self._lookout.arrange(self._stage.see(self._lookout.snapshot()))
        self.paint()

    def paint(self) -> None:
        """Draw, and repaint the lines that are not as they were."""
        width, height = self.size
        lines = self._stage.draw(width, height)
        before, self._lines = self._lines, lines
        if len(before) != len(lines):
            self.refresh()
            return
        changed = [Region(0, y, width, 1) for y, line in enumerate(lines) if line != before[y]]
        if changed:
            self.refresh(*changed)

    def render_line(self, y: int) -> Strip:
        """One line, as it was drawn."""
        width = self.size.width
        if y >= len(self._lines):
            return Strip.blank(width)
        return Strip([Segment(text, _style(roles)) for text, roles in self._lines[y]]).adjust_cell_length(width)

    def on_resize(self, event: events.Resize) -> None:
        """Another size: everything anew."""
        self._lines = []
        self.look()

    def on_key(self, event: events.Key) -> None:
        """A key, and at once what it changed."""
        stage, frozen = self._stage, self._stage.frozen
        if not stage.press(Key(event.key, event.character or "")):
            return
        event.stop()
        event.prevent_default()
        if stage.leaving:
            self.app.exit()
            return
        if stage.frozen and not frozen:
            self._lookout.freeze(stage.fields)
        elif frozen and not stage.frozen:
            self._lookout.thaw()
        self.look()


class Top(App[None]):
    """The live view."""

    ENABLE_COMMAND_PALETTE = False
    CSS = "Screen { background: ansi_default; }"

    def __init__(self, stage: Stage, lookout: Lookout) -> None:
        super().__init__(ansi_color=True)
        self._board = BoardView(stage, lookout)

    def compose(self) -> ComposeResult:
        """One widget."""
        yield self._board
