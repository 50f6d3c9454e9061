"""The view on a terminal: one widget of lines. Ten times a second it draws, and repaints the lines that changed."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from cdctl.domain.boards.drawing import Line
from cdctl.domain.boards.keys import Key
from cdctl.domain.boards.requests import Request
from cdctl.tui.looks import words

if TYPE_CHECKING:
    from cdctl.application.top.view import View

TICK = 0.1
"""Seconds between two looks."""
SOON = 0.01
"""Seconds until a look for what a key asked for; twice as long until the next, up to a tick."""


@lru_cache(maxsize=512)
def _style(roles: str, theme: str) -> Style:
    return Style.parse(words(roles, theme))


class BoardView(Widget, can_focus=True):
    """Lines of a view. Keys and the mouse go to the view; what it cannot do itself is told as `Asked`."""

    DEFAULT_CSS = "BoardView { width: 1fr; height: 1fr; }"

    class Asked(Message):
        """Something that whoever has the terminal does."""

        def __init__(self, requests: tuple[Request, ...]) -> None:
            super().__init__()
            self.requests = requests

    def __init__(
        self,
        view: View,
        changed: Callable[[], list[str]] | None = None,
        painted: Callable[[], None] = lambda: None,
    ) -> None:
        """changed: boards whose files were written anew. painted: done once, after the first picture."""
        super().__init__()
        self._view = view
        self._changed = changed
        self._painted = painted
        self._lines: list[Line] = []
        self.theme = "terminal"

    def on_mount(self) -> None:
        """Begin to look."""
        self.focus()
        self.set_interval(TICK, self.look)
        self.set_timer(TICK, self._painted)
        if self._changed is not None:
            self.set_interval(1.0, self._reload)

    def _hurry(self, soon: float = SOON) -> None:
        """Most of what was asked for is answered within some milliseconds: a hand does not wait for the next look."""
        if self._view.busy and soon < TICK:
            self.set_timer(soon, lambda: self._look_again(2 * soon))

    def _look_again(self, soon: float) -> None:
        self.look()
        self._hurry(soon)

    def look(self) -> None:
        """See what is there now, and repaint what changed. Never a layout."""
        self._tell(self._view.look())
        self.paint()

    def paint(self) -> None:
        """Draw, and repaint the lines that are not as they were."""
        width, height = self.size
        lines = self._view.draw(width, height)
        before, self._lines = self._lines, lines
        if len(before) != len(lines):
            self.refresh()
            return
        changed = [Region(0, y, width, 1) for y, line in enumerate(lines) if line != before[y]]
        if changed:
            self.refresh(*changed)

    def wear(self, theme: str) -> None:
        """Other colours."""
        self.theme = theme
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """One line, as it was drawn."""
        width, theme = self.size.width, self.theme
        if y >= len(self._lines):
            return Strip.blank(width, _style("", theme))
        return Strip([Segment(text, _style(roles, theme)) for text, roles in self._lines[y]]).adjust_cell_length(width)

    def on_resize(self, event: events.Resize) -> None:
        """Another size: everything anew."""
        self._lines = []
        self.look()
        self._hurry()

    def on_key(self, event: events.Key) -> None:
        """A key, and at once what it changed."""
        self._told(self._view.press(Key(event.key, event.character or "")), event)

    def on_click(self, event: events.Click) -> None:
        """The mouse was pressed on a cell."""
        self._told(self._view.click(event.x, event.y, "click"), event)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """The wheel."""
        self._told(self._view.click(event.x, event.y, "wheelup"), event)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """The wheel."""
        self._told(self._view.click(event.x, event.y, "wheeldown"), event)

    def _told(self, requests: tuple[Request, ...] | None, event: events.Event) -> None:
        if requests is None:
            return
        event.stop()
        event.prevent_default()
        self._tell(requests)
        self.look()
        self._hurry()

    def _tell(self, requests: tuple[Request, ...]) -> None:
        if requests:
            self.post_message(self.Asked(requests))

    def _reload(self) -> None:
        for name in self._changed() if self._changed is not None else ():
            self._view.reload(name)
