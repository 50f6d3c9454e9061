"""The view: which board is on the screen, what it is about, where one was before, and what keys do everywhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from cdctl.application.top import words
from cdctl.application.top.footer import Footer, help_lines
from cdctl.application.top.offenders import Suspects
from cdctl.domain.boards.asking import Ask, Missing
from cdctl.domain.boards.drawing import Line, fit
from cdctl.domain.boards.everywhere import BINDINGS
from cdctl.domain.boards.keys import EVERYWHERE, Binding, Key, Keymap
from cdctl.domain.boards.requests import (
    DONE,
    About,
    Leave,
    Narrow,
    Offenders,
    Open,
    Palette,
    Prepare,
    Reply,
    Request,
    Save,
    Say,
    Steer,
    Unused,
)
from cdctl.domain.slo.verdict import Verdict
from cdctl.errors import CdctlError, FileError

if TYPE_CHECKING:
    from cdctl.application.top.lookout import Lookout
    from cdctl.application.top.stage import Stage

_LONGEST_PAST = 100
_ORDERS = "orders"
_BURNING = (Verdict.BREACHED, Verdict.AT_RISK)
Place = tuple[str, About]


class Library(Protocol):
    """Where boards come from."""

    def names(self) -> Sequence[str]:
        """Boards that there are."""
        ...

    def open(self, name: str) -> Stage:
        """A board by its name or file, ready to work. Raises UsageError and FileError."""
        ...


class View:
    """See the module. Opens the first board at once: raises what is wrong with it."""

    def __init__(self, lookout: Lookout, library: Library, keymap: Keymap, first: str, about: About) -> None:
        self.lookout = lookout
        self.library = library
        self.keymap = keymap
        self.stages: dict[str, Stage] = {first: library.open(first)}
        self.place: Place = (first, about)
        self.frozen = False
        self.footer = Footer()
        self._past: list[Place] = []
        self._future: list[Place] = []
        self._help_from = -1
        self._suspects = Suspects()
        lookout.about = about

    @property
    def stage(self) -> Stage:
        """The board on the screen."""
        return self.stages[self.place[0]]

    @property
    def bound(self) -> Mapping[str, Sequence[Binding]]:
        """Every binding of the board on the screen, by kind of panel."""
        return {EVERYWHERE: BINDINGS, **self.stage.bound}

    @property
    def busy(self) -> bool:
        """Whether answers are on their way."""
        return self.lookout.busy

    def look(self) -> tuple[Request, ...]:
        """See what is there now and ask for what panels want to know; what came up that others have to do."""
        snapshot = self.lookout.snapshot()
        asks, found = self._suspects.see(snapshot, self.stage)
        wanted: dict[str, Ask] = dict(self.stage.see(snapshot))
        self.lookout.ask({**wanted, **asks})
        self.footer.see(snapshot)
        return self.do((*self.stage.requests(), *(found or ())))

    def press(self, key: Key) -> tuple[Request, ...] | None:
        """A key; what others have to do, None when it meant nothing."""
        if key.name == "ctrl+c":
            return (Leave(),)
        if self._help_from >= 0:
            return self._helped(key)
        if self.footer.writing:
            return self._word(key)
        reply = self.stage.press(key)
        if reply is None and not self.stage.writing:
            reply = self._own(self.keymap.action(EVERYWHERE, BINDINGS, key))
        return None if reply is None else self.do(reply)

    def click(self, x: int, y: int, name: str) -> tuple[Request, ...] | None:
        """The mouse: click, wheelup, wheeldown."""
        if self._help_from >= 0:
            return self._helped(Key("down" if name == "wheeldown" else "up" if name == "wheelup" else name))
        reply = self.stage.click(x, y, name)
        return None if reply is None else self.do(reply)

    def _helped(self, key: Key) -> tuple[Request, ...]:
        steps = {"up": -1, "down": 1, "pageup": -10, "pagedown": 10}
        self._help_from = max(self._help_from + steps[key.name], 0) if key.name in steps else -1
        return ()

    def _word(self, key: Key) -> tuple[Request, ...]:
        text = self.footer.write(key, words.matching(self.footer.text, self.library.names()))
        return () if text is None else self.run(text)

    def run(self, text: str) -> tuple[Request, ...]:
        """Do what a line of words says, as after `:`."""
        return self.do(words.run(text, self))

    def act(self, action: str) -> tuple[Request, ...]:
        """Do an action of this view by its name, such as view.freeze or slo.offenders."""
        kind, _, name = action.partition(".")
        if kind == EVERYWHERE:
            return self.do(self._own(name) or ())
        return self.do(self.stage.act(kind, name))

    def command(self, name: str = "") -> Reply:
        """Prepare a command, by its name where it is known, to the vehicles that the panel with the focus means; where
        that means none, to the one that the board is about."""
        kind, bindings = self.stage.focused if self.stage.focus else ("", ())
        if any(binding.action == "command" for binding in bindings):
            reply = self.stage.act(kind, "command")
            return tuple(
                replace(one, command=name or one.command) if isinstance(one, Prepare) else one for one in reply or ()
            )
        if vin := self.place[1].vin:
            return (Prepare((vin,), "", name),)
        return (Say("choose vehicles first: on a board of vehicles", bad=True),)

    def _own(self, action: str) -> Reply:
        match action:
            case "word":
                self.footer.begin()
            case "help":
                self._help_from = 0
            case "next" | "previous":
                self.stage.turn(1 if action == "next" else -1)
            case "command":
                return self.command()
            case "freeze":
                self.freeze(not self.frozen)
            case "back" | "earlier" | "later":
                self.travel(back=action != "later")
            case _:
                requests: dict[str, Request] = {"save": Save(), "palette": Palette(), "quit": Leave()}
                return (requests[action],) if action in requests else None
        return DONE

    def do(self, reply: Reply) -> tuple[Request, ...]:
        """Do what is asked, as far as it is the view's; the rest is for whoever has the terminal."""
        rest: list[Request] = []
        for request in reply or ():
            match request:
                case Open(board, about):
                    self.go(board, about)
                case Narrow(where):
                    self._narrow(where)
                case Offenders(promise, group):
                    self._suspects.begin(promise, group)
                    self.say(f"looking who is behind {promise} ...")
                case Say(text, bad):
                    self.say(text, bad=bad)
                case Unused(key):
                    rest += self.do(self._own(self.keymap.action(EVERYWHERE, BINDINGS, key)))
                case Prepare() | Steer() if self.lookout.setting.readonly:
                    self.say("nothing can be sent: this view is --readonly", bad=True)
                case _:
                    rest.append(request)
        return tuple(rest)

    def say(self, text: str, *, bad: bool = False) -> None:
        """In the last line, and remembered."""
        self.lookout.note(text, bad=bad)
        self.footer.say(text, bad=bad)

    def freeze(self, on: bool) -> None:
        """Hold the picture, or let it go on."""
        self.frozen = on
        if on:
            self.lookout.freeze(self.stage.fields)
        else:
            self.lookout.thaw()

    def go(self, board: str, about: About) -> None:
        """To a board; what it is about stays where nothing else is said. A board that cannot be opened is told."""
        if not self._ready(board):
            return
        place = (board, self._subject(board, _merged(self.place[1], about, board)))
        if place != self.place:
            self._past = [*self._past[-_LONGEST_PAST:], self.place]
            self._future = []
            self._enter(place)

    def _subject(self, board: str, about: About) -> About:
        """An incident is about something: of nothing that was said, about what burns most."""
        slo = self.lookout.snapshot().slo
        if board != "incident" or about.promise or isinstance(slo, Missing):
            return about
        burning = sorted((row for row in slo.report.rows if row.verdict in _BURNING), key=lambda row: not row.firing)
        burning.sort(key=lambda row: _BURNING.index(row.verdict))
        return replace(about, promise=burning[0].name, group=burning[0].group) if burning else about

    def travel(self, *, back: bool) -> None:
        """To where one was before, or forth again."""
        here, there = (self._past, self._future) if back else (self._future, self._past)
        if not here:
            self.say("there is nothing before" if back else "there is nothing after")
            return
        if self._ready(here[-1][0]):
            there.append(self.place)
            self._enter(here.pop())

    def reload(self, board: str) -> None:
        """A board's file was written anew: show it as it is. What is wrong with it is told; the old one stays then."""
        if board not in self.stages:
            return
        try:
            self.stages[board] = self.library.open(board)
        except CdctlError as error:
            self.say(f"the board stays as it was: {_said(error)}", bad=True)
        else:
            self.lookout.forget()
            self.say(f"board {board} was read anew")

    def _ready(self, board: str) -> bool:
        try:
            if board not in self.stages:
                self.stages[board] = self.library.open(board)
        except CdctlError as error:
            self.say(_said(error), bad=True)
            return False
        return True

    def _enter(self, place: Place) -> None:
        self.place = place
        self.lookout.about = place[1]
        self.lookout.forget()
        self._suspects.again()
        if self.frozen:  # what the other board shows was not copied
            self.freeze(False)
            self.say("the picture goes on, on another board; p holds that one")

    def _narrow(self, where: str) -> None:
        if not self.stage.narrow(where):
            self.go("fleet", About())
            self.stage.narrow(where)

    def draw(self, width: int, height: int) -> list[Line]:
        """Exactly `height` lines of exactly `width` cells; the last one says what keys do here."""
        if self._help_from >= 0:
            lines = help_lines(self, width)
            self._help_from = min(self._help_from, max(len(lines) - height, 0))
            shown = lines[self._help_from : self._help_from + height]
            return [fit(line, width) for line in [*shown, *[()] * (height - len(shown))]]
        if height < 2:
            return self.stage.draw(width, height)
        return [*self.stage.draw(width, height - 1), fit(self.footer.line(self, width), width)]


def _merged(before: About, about: About, board: str) -> About:
    """What is not said stays; another promise takes away everything that hung on the one before, another vehicle its
    trace. Orders are those to one vehicle only where that is said."""
    if about == About():
        return replace(before, vin="", trace="") if board == _ORDERS else before
    if about.promise:
        return about
    return replace(before, vin=about.vin or before.vin, trace=about.trace, since=about.since or before.since)


def _said(error: CdctlError) -> str:
    """One line: of a file the first thing that is wrong, without the folders before its name."""
    if isinstance(error, FileError) and error.problems:
        first, others = error.problems[0], len(error.problems) - 1
        name = first.place.file.rpartition("/")[2]
        more = f"; and {others} more" if others else ""
        where = f"{name}:{first.place.line}:{first.place.column}" if first.place.line else name
        return f"{where}: {first.message}{f' ({first.fix})' if first.fix else ''}{more}"
    return " ".join(str(error).split())
