"""What a panel asks to be done when a key is pressed. It does nothing itself: the view, or whoever shows it, does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from cdctl.domain.boards.keys import Key


class Request:
    """Something to be done."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class About:
    """What a board is about: a promise and a group of it, one vehicle, one trace, a moment (epoch seconds) since when.
    Empty where it is about none."""

    promise: str = ""
    group: Mapping[str, str] = field(default_factory=dict)
    vin: str = ""
    trace: str = ""
    since: float | None = None


@dataclass(frozen=True, slots=True)
class Open(Request):
    """Go to a board, about something; what `about` leaves empty stays as it is."""

    board: str
    about: About = field(default_factory=About)


@dataclass(frozen=True, slots=True)
class Narrow(Request):
    """Put a filter into the prompt of the board's vehicles, and go there."""

    where: str


@dataclass(frozen=True, slots=True)
class Offenders(Request):
    """Find out who is behind the bad events of a promise, and narrow the vehicles to them."""

    promise: str
    group: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Prepare(Request):
    """Prepare a command to these vehicles, or to those that match a filter. command: a name, where it is known."""

    vins: tuple[str, ...] = ()
    where: str = ""
    command: str = ""


@dataclass(frozen=True, slots=True)
class Steer(Request):
    """Do something about a plan or a rollout that is under way: pause, resume, abort, cancel, retry."""

    what: str
    subject: str


@dataclass(frozen=True, slots=True)
class Copy(Request):
    """Copy a text to where the terminal pastes from. what: what it is, a word for people."""

    text: str
    what: str = "text"


@dataclass(frozen=True, slots=True)
class Say(Request):
    """Tell whoever sits there, in the last line."""

    text: str
    bad: bool = False


@dataclass(frozen=True, slots=True)
class Save(Request):
    """Write what is shown into files: the screen as an image, its rows as a table."""


@dataclass(frozen=True, slots=True)
class Theme(Request):
    """Other colours, by their name."""

    name: str


@dataclass(frozen=True, slots=True)
class Palette(Request):
    """Everything that can be done, to be searched."""


@dataclass(frozen=True, slots=True)
class Unused(Request):
    """A panel that answers late had no use for a key after all: it is the view's."""

    key: Key


@dataclass(frozen=True, slots=True)
class Leave(Request):
    """End the view."""


Reply = tuple[Request, ...] | None
"""What a panel says to a key: None when it was not for it."""
DONE: Reply = ()
"""It was for the panel, and nothing else is to be done."""
