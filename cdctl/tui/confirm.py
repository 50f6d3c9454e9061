"""The small dialog before something is done that cannot simply be taken back: a word is typed, or Enter is enough."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Button, Input, Label, Static

from cdctl.domain.text import safe
from cdctl.tui.form_fields import Line
from cdctl.tui.form_style import DIALOG
from cdctl.tui.once import once


@dataclass(frozen=True, slots=True)
class Ask:
    """title: what would be done, with its numbers. lines: what it means. button: a word for doing it. typed: what
    whoever agrees types, empty when Enter alone does. reasoned: whether a reason can be given."""

    title: str
    lines: Sequence[str]
    button: str
    typed: str = ""
    reasoned: bool = False


@once
class Confirm(ModalScreen["str | None"]):
    """Ends with the reason that was given (which may be empty), or None when it is not to be done."""

    CSS = DIALOG
    BINDINGS: ClassVar[list[BindingType]] = [("escape", "back", "back")]

    def __init__(self, ask: Ask) -> None:
        super().__init__()
        self._ask = ask

    def compose(self) -> ComposeResult:
        """What, what it means, and what is to be typed."""
        ask = self._ask
        with Vertical(id="dialog"):
            yield Static(Text(safe(ask.title, 300), "bold"), classes="told", markup=False)
            for line in ask.lines:
                yield Static(Text(safe(line, 400)), classes="told", markup=False)
            yield Static("", classes="told")
            if ask.reasoned:
                with Horizontal(classes="row"):
                    yield Label("reason", classes="label")
                    yield Line(id="reason", placeholder="why; it stands in the audit", longest=500)
            if ask.typed:
                with Horizontal(classes="row"):
                    yield Label(f"type {ask.typed}", classes="label")
                    yield Line(id="typed", longest=40)
            yield Static("", id="wrong", classes="fault", markup=False)
            with Horizontal(classes="row"):
                yield Button(ask.button, id="do", compact=True, variant="primary")
                yield Button("Back", id="back", compact=True)

    def on_mount(self) -> None:
        """The word is typed; where there is none, Enter does it."""
        self.query_one("#typed" if self._ask.typed else "#do").focus()

    @on(Button.Pressed, "#do")
    @on(Input.Submitted)
    def _agree(self) -> None:
        reason = self.query_one("#reason", Input).value if self._ask.reasoned else ""
        if self._ask.typed:
            typed = self.query_one("#typed", Input)
            if typed.value.strip().lower().replace(",", "") != self._ask.typed:
                wrong = self.query_one("#wrong", Static)
                wrong.update(Text(f"type {self._ask.typed}, or Esc: nothing was done"))
                wrong.set_class(True, "shown")
                typed.value = ""
                typed.focus()
                return
        self.dismiss(reason.strip())

    @on(Button.Pressed, "#back")
    def action_back(self) -> None:
        """Nothing is done."""
        self.dismiss(None)
