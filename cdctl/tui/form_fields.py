"""One field of a form: its name, what it is written in, what it may be, and below it what is wrong with it."""

from __future__ import annotations

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widgets import Checkbox, Input, Label, Select, Static

from cdctl.application.top.forms import Field
from cdctl.domain.orders.command import Kind
from cdctl.domain.text import safe

_FLAGS = ("true", "false")


class Line(Input):
    """A line to write in, without a frame, whose cursor stands still: over a slow line every blink is paid for."""

    def __init__(self, text: str = "", *, placeholder: str = "", id: str | None = None, longest: int = 0) -> None:  # noqa: A002
        """longest: characters, 0 for as many as there are."""
        super().__init__(text, placeholder=placeholder, id=id, compact=True, max_length=longest)
        self.cursor_blink = False


class FieldRow(Vertical):
    """field: what it is. text: what stands in it at first, else its default."""

    DEFAULT_CSS = "FieldRow { height: auto; }"

    def __init__(self, field: Field, text: str = "") -> None:
        super().__init__(classes="field")
        self.field = field
        self.control = _control(field, text or field.default)
        self._fault = Static("", classes="fault", markup=False)

    def compose(self) -> ComposeResult:
        """A line, and one more when something is wrong."""
        field = self.field
        hint = " · ".join(filter(None, ["" if field.choices else field.bounds, field.help]))
        with Horizontal(classes="row"):
            yield Label(safe(field.label + " *" * field.required, 40), classes="label", markup=False)
            yield self.control
            yield Label(safe(hint, 120), classes="hint", markup=False)
        yield self._fault

    @property
    def text(self) -> str:
        """What stands in it, empty when nothing was filled in."""
        control = self.control
        if isinstance(control, Checkbox):
            return "true" if control.value else "false"
        if isinstance(control, Input):
            return control.value
        return "" if control.is_blank() else str(control.value)

    def blame(self, fault: str) -> None:
        """Say what is wrong with it; nothing when it is empty."""
        self._fault.update(safe(fault, 300))
        self._fault.set_class(bool(fault), "shown")

    def take_focus(self) -> None:
        """What is written goes here."""
        self.control.focus()


def _control(field: Field, text: str) -> Input | Checkbox | Select[str]:
    """A box that is ticked or not, a list to choose from, or a line to write in. What may be left out, and has no
    default, can stay empty."""
    if field.kind is Kind.FLAG and text in _FLAGS and field.default:
        return Checkbox(Text(safe(field.help, 60)), text == "true", compact=True)
    choices = _FLAGS if field.kind is Kind.FLAG else field.choices
    if choices:
        blank = not (field.required or field.default) or not text
        options = [(Text(safe(one, 60)), one) for one in choices]
        value = text if text in choices else Select.NULL
        return Select(options, prompt="choose", allow_blank=blank, value=value, compact=True)
    return Line(text, placeholder=safe(field.example, 40))
