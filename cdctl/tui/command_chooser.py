"""The list of commands, searched by a word of their name or of what they do."""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.events import Key
from textual.message import Message
from textual.widgets import Input, OptionList
from textual.widgets.option_list import Option

from cdctl.domain.orders.command import Command, Risk
from cdctl.domain.text import safe
from cdctl.tui.form_fields import Line

_RISKS = {Risk.SAFE: "green", Risk.CONFIRM: "yellow", Risk.DANGEROUS: "red"}
_MOVES = {"up": "cursor_up", "down": "cursor_down", "pageup": "page_up", "pagedown": "page_down"}


class CommandChooser(Vertical):
    """Tells which command was chosen."""

    class Chosen(Message):
        """A command, by its name."""

        def __init__(self, command: str) -> None:
            super().__init__()
            self.command = command

    def __init__(self, name: str) -> None:
        """name: its id among widgets."""
        super().__init__(id=name)
        self._commands: Sequence[Command] = ()
        self._broken: Sequence[str] = ()

    def compose(self) -> ComposeResult:
        """The word, then what has it."""
        yield Line(placeholder="a command, or a word of what it does", id="search")
        yield OptionList(id="commands", compact=True, markup=False)

    def offer(self, commands: Sequence[Command], broken: Sequence[str]) -> None:
        """These can be chosen. broken: what is said of plugins whose commands are not there."""
        self._commands, self._broken = commands, broken
        self.query_one(Input).value = ""
        self._list("")

    def take_focus(self) -> None:
        """The word is written."""
        self.query_one(Input).focus()

    def _list(self, word: str) -> None:
        """Those whose name begins so first."""
        options = self.query_one(OptionList)
        found = [one for one in self._commands if word in f"{one.name} {one.summary}".lower()]
        found.sort(key=lambda one: not one.name.startswith(word))
        options.clear_options()
        for one in found:
            name, risk = f"{safe(one.name, 40):<22}", (f"{one.risk.value:<10}", _RISKS[one.risk])
            line = Text.assemble(name, risk, safe(one.summary, 200), no_wrap=True, overflow="ellipsis")
            options.add_option(Option(line, id=one.name))
        if found:
            options.highlighted = 0
        else:
            options.add_option(Option(Text("no command is called so, or does that"), disabled=True))
        for broken in self._broken:
            options.add_option(Option(Text(safe(broken, 200), "red"), disabled=True))

    @on(Input.Changed)
    def _searched(self, event: Input.Changed) -> None:
        event.stop()
        self._list(event.value.strip().lower())

    def on_key(self, event: Key) -> None:
        """The list is moved through while a word is written."""
        options = self.query_one(OptionList)
        if event.key in _MOVES and not options.has_focus:
            event.stop()
            getattr(options, f"action_{_MOVES[event.key]}")()

    @on(Input.Submitted)
    def _entered(self, event: Input.Submitted) -> None:
        event.stop()
        self.query_one(OptionList).action_select()

    @on(OptionList.OptionSelected)
    def _picked(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        if event.option_id:
            self.post_message(self.Chosen(event.option_id))
