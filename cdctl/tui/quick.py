"""Keys that lead from line to line take effect before the next key is read: whoever types ahead writes into the line
that was meant. What Enter does elsewhere waits for the letters before it."""

from __future__ import annotations

from typing import ClassVar, TypeVar

from textual.binding import Binding, BindingType
from textual.screen import ModalScreen
from textual.widgets import Input

T = TypeVar("T")


class Quick(ModalScreen[T]):
    """A dialog of lines; those with a name do something of their own when they are entered."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "forward", "the next", priority=True),
        Binding("shift+tab", "backward", "the one before", priority=True),
        Binding("enter", "leave_line", "the next", priority=True),
    ]

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Enter leads on from a line without a name alone."""
        if action == "leave_line":
            return isinstance(self.focused, Input) and self.focused.id is None
        return super().check_action(action, parameters)

    def action_forward(self) -> None:
        """To the next that can be filled in or pressed."""
        self.focus_next()

    def action_backward(self) -> None:
        """To the one before."""
        self.focus_previous()

    def action_leave_line(self) -> None:
        """To the next."""
        self.focus_next()
