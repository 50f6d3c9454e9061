"""The dialog in which a command is chosen, filled in, looked at and sent."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar, Protocol

from rich.text import Text
from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.widgets import Button, Checkbox, ContentSwitcher, Input, Select, Static

from cdctl.application.planning import vehicles
from cdctl.application.top.forms import OWN, RATE, SELDOM
from cdctl.application.top.sending import Agreement, Draft, Prepared
from cdctl.domain.text import safe
from cdctl.errors import CdctlError
from cdctl.tui.command_chooser import CommandChooser
from cdctl.tui.form_fields import FieldRow, Line
from cdctl.tui.form_style import DIALOG
from cdctl.tui.form_words import Wanted, facts
from cdctl.tui.once import once
from cdctl.tui.quick import Quick

if TYPE_CHECKING:
    from cdctl.application.top.hands import Hands

_ANEW = 60.0
"""Seconds after which what is shown is prepared anew: a plan has a time in which it may begin."""

_SETTLES = 0.15
"""Seconds without a letter after which what would be sent is worked out."""


class Say(Protocol):
    """Tells in the last line."""

    def __call__(self, text: str, *, bad: bool = False) -> None:
        """One line."""
        ...


@once
class SendForm(Quick[bool]):
    """Ends with whether something was sent."""

    CSS = DIALOG
    BINDINGS: ClassVar[list[BindingType]] = [
        ("escape", "back", "back"),
        ("ctrl+r", "again", "look again"),
        ("ctrl+o", "more", "fields that are rarely filled in"),
        ("pageup", "facts(-1)", "the preview up"),
        ("pagedown", "facts(1)", "the preview down"),
    ]

    def __init__(self, hands: Hands, wanted: Wanted, say: Say) -> None:
        super().__init__()
        self._hands, self._wanted, self._say = hands, wanted, say
        self._command = wanted.command
        self._draft: Draft | None = None
        self._prepared: Prepared | None = None
        self._of: Mapping[str, str] | None = None
        self._written = False

    def compose(self) -> ComposeResult:
        """Three faces: wait, choose a command, fill it in."""
        with Vertical(id="dialog"):
            yield Static("", id="title", classes="told", markup=False)
            with ContentSwitcher(initial="wait"):
                yield Static("looking for the vehicles ...", id="wait", classes="told", markup=False)
                yield CommandChooser("choose")
                with Vertical(id="fill"):
                    yield VerticalScroll(id="fields")
                    with VerticalScroll(id="preview"):
                        yield Static("", id="facts", classes="told", markup=False)
                    yield Static("", id="policy", classes="told", markup=False)
                    with Horizontal(id="agree"):
                        yield Static("", id="question", markup=False)
                        yield Line(id="typed")
                        yield Button("Send", id="send", compact=True, variant="primary")
                        yield Button("Write plan", id="write", compact=True)
                        yield Button("Back", id="back", compact=True)

    def on_mount(self) -> None:
        """Look for the vehicles."""
        for place in ("#fields", "#preview"):  # Tab goes through what can be filled in
            self.query_one(place).can_focus = False
        self.action_again()
        self.set_interval(_ANEW, self._still_open)

    def action_facts(self, pages: int) -> None:
        """Move through the preview."""
        preview = self.query_one("#preview", VerticalScroll)
        preview.scroll_relative(y=pages * max(preview.size.height - 1, 1), animate=False)

    def action_again(self) -> None:
        """Look for the vehicles anew."""
        self._begin()

    @work(exclusive=True, group="draft")
    async def _begin(self) -> None:
        wanted = self._wanted
        try:
            self._draft = draft = await self._hands.sender.draft(wanted.meant)
            if self._command:
                draft.command(self._command)
        except CdctlError as error:
            if not self._gone:
                self._fail(error)
            return
        if self._gone:
            return
        if self._command:
            await self._fill(self._command)
            return
        self._title("A command")
        chooser = self.query_one(CommandChooser)
        chooser.offer(draft.commands, draft.broken)
        self._face("choose")
        chooser.take_focus()

    def _title(self, what: str) -> None:
        draft, wanted = self._draft, self._wanted
        if draft is not None:
            parts = [f"{what} to {vehicles(len(draft.found.selected.targets))} of {safe(draft.house.context.name, 40)}"]
            parts += [safe(text, 80) for text in (wanted.meant.where, wanted.said) if text]
            self.query_one("#title", Static).update(Text(" · ".join(parts), "bold"))

    def _fail(self, error: CdctlError) -> None:
        self._face("wait")
        subject = f"{safe(error.subject, 100)}: " if error.subject else ""
        hint = f"\n{safe(error.hint, 400)}" if error.hint else ""
        told = f"{subject}{safe(error.message, 600)}{hint}\n\nnothing was sent; Esc goes back, ctrl-r tries again"
        self.query_one("#wait", Static).update(Text(told))

    @property
    def _gone(self) -> bool:
        """Whether somebody left while something was waited for."""
        return not self.query("#policy")

    @property
    def _shows(self) -> str | None:
        return self.query_one(ContentSwitcher).current

    def _face(self, name: str) -> None:
        self.query_one(ContentSwitcher).current = name

    @on(CommandChooser.Chosen)
    async def _chosen(self, event: CommandChooser.Chosen) -> None:
        await self._fill(event.command)

    async def _fill(self, command: str) -> None:
        """The form of a command, and what would be sent as it stands."""
        assert self._draft is not None
        fields, known = self.query_one("#fields"), self._draft.fields(command)
        before = self._filled() if command == self._command else dict(self._wanted.texts)
        await fields.remove_children()
        rows = [FieldRow(one, before.get(one.name, self._wanted.texts.get(one.name, ""))) for one in known]
        for one in rows:
            one.display = one.field.name not in SELDOM or one.text != one.field.default
        self._command, self._prepared, self._of, self._written = command, None, None, False
        self._title(safe(command, 60))
        await fields.mount_all(rows)
        self.query_one("#typed", Input).value = ""
        self._face("fill")
        rows[0].take_focus()
        await self._preview()
        simple = not any(one.required or one.name not in (*OWN, RATE) for one in known)
        if simple and self.focused is rows[0].control:  # nothing is to be filled in: what is typed agrees
            asked = self._prepared is not None and self._prepared.agreement is not Agreement.ENTER
            self.query_one("#typed" if asked else "#send").focus()

    def action_more(self) -> None:
        """Show every field, and go to the first that was not there."""
        hidden = [one for one in self.query(FieldRow) if not one.display]
        for one in hidden:
            one.display = True
        if hidden:
            hidden[0].take_focus()

    def _filled(self) -> dict[str, str]:
        return {row.field.name: row.text for row in self.query(FieldRow)}

    @on(Input.Changed, ".row Input")
    @on(Select.Changed)
    @on(Checkbox.Changed)
    def _changed(self) -> None:
        if self._shows == "fill" and self._of != self._filled():
            self._preview_anew()

    def _still_open(self) -> None:
        """A plan that was looked at for long is made anew, unless it was written down."""
        if self._shows == "fill" and not self._written:
            self._preview_anew(always=True)

    @work(exclusive=True, group="preview")
    async def _preview_anew(self, *, always: bool = False) -> None:
        """always: although what stands in the form is what is shown."""
        await asyncio.sleep(_SETTLES)  # a plan for every letter would hold up the next key
        if always or self._of != self._filled():
            await self._preview()

    async def _preview(self) -> None:
        """What would be sent with what stands in the form now."""
        draft, texts = self._draft, self._filled()
        if draft is None or not self._command:
            return
        try:
            prepared = await self._hands.sender.prepare(draft, self._command, texts)
        except Exception as error:  # a command is a plugin's: the view goes on
            self._prepared = None
            self._policy(f"it cannot be prepared: {type(error).__name__}: {error}", good=False)
            return
        if self._gone:
            return
        self._prepared, self._of = prepared, texts
        for row in self.query(FieldRow):
            row.blame(prepared.judged.faults.get(row.field.name, ""))
        self.query_one("#facts", Static).update(facts(prepared))
        self._policy(prepared.verdict, good=prepared.may_be_sent)
        self.query_one("#question", Static).update(Text(safe(prepared.question, 200) if prepared.may_be_sent else ""))
        typing = prepared.may_be_sent and prepared.agreement is not Agreement.ENTER
        self.query_one("#typed", Input).display = typing
        self.query_one("#send", Button).display = prepared.may_be_sent
        self.query_one("#write", Button).display = bool(prepared.needs_approvals)

    def _policy(self, text: str, *, good: bool) -> None:
        policy = self.query_one("#policy", Static)
        policy.update(Text(safe(text, 600, lines=True)))
        policy.set_class(good, "good")
        policy.set_class(not good, "bad")

    @on(Input.Submitted, "#typed")
    def _entered(self) -> None:
        self._press_send()

    @on(Button.Pressed, "#send")
    def _press_send(self) -> None:
        self._send()

    @work(exclusive=True, group="send")
    async def _send(self) -> None:
        if self._gone:
            return
        if self._of != self._filled():
            await self._preview()
        prepared, typed = self._prepared, self.query_one("#typed", Input)
        if prepared is None:
            return
        try:
            flight = self._hands.flights.send(prepared, typed.value)
        except CdctlError as error:
            self._policy(f"{error.message} ({prepared.question})", good=False)
            typed.value = ""
            if typed.display:
                typed.focus()
            return
        self._say(f"sending {flight.what}")
        self.dismiss(True)

    @on(Button.Pressed, "#write")
    def _write(self) -> None:
        prepared, draft = self._prepared, self._draft
        if prepared is None or prepared.plan is None or draft is None:
            return
        try:
            lines = self._hands.sender.write(prepared, draft, f"{prepared.command.name}-{prepared.plan.id}.plan")
        except CdctlError as error:
            self._policy(f"the plan was not written: {error.message}", good=False)
            return
        for line in lines:
            self._say(line)
        self._written = True
        self._policy("\n".join(lines), good=True)
        self.query_one("#write", Button).display = False

    @on(Button.Pressed, "#back")
    def action_back(self) -> None:
        """To the list of commands, else out; nothing is sent."""
        if self._shows == "fill" and not self._wanted.command:
            self._command = ""
            chooser = self.query_one(CommandChooser)
            assert self._draft is not None
            chooser.offer(self._draft.commands, self._draft.broken)
            self._title("A command")
            self._face("choose")
            chooser.take_focus()
            return
        self.dismiss(False)
