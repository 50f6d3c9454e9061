"""The contract of the panels door, as a test for plugin authors.

def test_contract(tmp_path):
    plugin = catalogue_of(FOLDER).load("panels", "duty")
    check_panel(plugin, settings={"file": str(tmp_path / "duty.md")})
"""

from __future__ import annotations

import contextlib
import io
import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import cast

from cdctl.domain.boards import declaring, giving
from cdctl.domain.boards.asking import Answer, Ask, Missing
from cdctl.domain.boards.drawing import ROLES, Line, fit, width_of
from cdctl.domain.boards.keys import Binding, Key
from cdctl.domain.boards.panel import Apart, Panel, PanelFactory
from cdctl.domain.boards.requests import Request
from cdctl.domain.boards.sealing import Sealing
from cdctl.domain.boards.snapshot import Snapshot
from cdctl.domain.looks import COLOURS
from cdctl.domain.ports import Plugin
from cdctl.domain.text import safe
from cdctl.errors import PluginError
from cdctl.testing import snapshots
from cdctl.testing.contract import ContractError

SIZES = ((1, 1), (2, 2), (1, 20), (5, 1), (200, 1), (20, 5), (40, 12), (80, 24), (160, 50), (200, 60))
"""Columns and lines in which a panel is drawn."""
MOST_TIMES = 150
"""Times as long as fifty lines of plain text may take fifty lines of a panel. What ships takes less than 20."""
_LETTER = "p"
_BEYOND = (100, 4_000)
"""Lines and cells beyond the box that what ships may leave to the view to cut."""
Answers = Callable[[Ask, Snapshot], Answer]


def check_panel(
    plugin: Plugin, *, settings: Mapping[str, object] | None = None, answers: Answers = snapshots.answer
) -> None:
    """Raise ContractError when a panel does not keep the contract. settings: what it is made with. answers: what comes
    back to its questions."""
    make = cast("PanelFactory", plugin.make)
    breaches = panel_breaches(lambda: make(settings or {}), answers=answers)
    if breaches:
        raise ContractError(f"the panel {plugin.name!r}", breaches)


def panel_breaches(
    make: Callable[[], Panel], *, answers: Answers = snapshots.answer, stranger: bool = True
) -> tuple[str, ...]:
    """Every breach of the contract, in words. `make` makes the same panel anew each time, without the catalogue's
    protection, which would hide its bugs. stranger: it may use what cdctl.api has, and nothing else.

    Draws within its box at every size (what ships may leave some cutting to the view), the same picture the same way
    twice, nothing that acts on a terminal; bears a fleet and promises that are not there, and hostile ones, one after
    the other; takes each of its keys, and the mouse; tells data that JSON can hold; changes nothing that it is given;
    prints nothing; is quick.
    """
    stdout, breaches = io.StringIO(), list[str]()
    with contextlib.redirect_stdout(stdout):
        for name, seen in snapshots.EVERY.items():
            trial = _Trial(make, seen(), answers, stranger)
            breaches += [f"{name} snapshot: {text}" for text in trial.breaches()]
        breaches += _declared(make)
        breaches += _Trial(make, snapshots.typical(), answers, stranger).changes()
        if not breaches:  # how quick a panel is that fails says nothing
            breaches += _slow(make, answers)
    if stdout.getvalue():
        breaches.append("printed to stdout")
    return tuple(dict.fromkeys(breaches))


def _declared(make: Callable[[], Panel]) -> Iterator[str]:
    try:
        first, second = declaring.bindings(make()), declaring.bindings(make())
    except PluginError as error:
        yield error.message
        return
    except Exception as error:
        yield f"bindings raised {type(error).__name__}: {safe(str(error), 200)}"
        return
    if first != second:
        yield "has other bindings when it is made again"


class _Trial:
    """One panel after the other before one snapshot."""

    def __init__(self, make: Callable[[], Panel], seen: Snapshot, answers: Answers, stranger: bool) -> None:
        self._make, self._seen, self._answers, self._stranger = make, seen, answers, stranger
        self._roles = {*ROLES} if stranger else {*ROLES, *COLOURS, "frame", "focus"}
        self._wrong: list[str] = []

    def breaches(self) -> list[str]:
        self._try("being drawn before it saw anything", lambda: self._drawn(self._make(), 80, 24))
        self._try("being drawn", self._sizes)
        for binding in self._bindings():
            self._try(f"the key of {binding.action!r}", partial(self._pressed, binding))
        self._try("the mouse", self._clicked)
        return self._wrong

    def changes(self) -> list[str]:
        """One panel before all of the snapshots, there and back. A fleet stays the one that it is."""
        panel, fleet, names = self._make(), self._seen.fleet, tuple(snapshots.EVERY)
        for name in (*names, *names[::-1]):
            seen = snapshots.EVERY[name]()
            self._seen = seen if isinstance(seen.fleet, Missing) else replace(seen, fleet=fleet)
            self._try(f"the {name} snapshot after others", partial(self._changed, panel))
        return self._wrong

    def _changed(self, panel: Panel) -> None:
        self._look(panel)
        self._drawn(panel, 80, 24)
        self._told(panel)

    def _bindings(self) -> Sequence[Binding]:
        try:
            return declaring.bindings(self._make())
        except Exception:  # it is told once, see _declared
            return ()

    def _try(self, what: str, work: Callable[[], object]) -> None:
        try:
            work()
        except PluginError as error:
            self._wrong.append(f"{what}: {error.message}")
        except Exception as error:
            self._wrong.append(f"{what} raised {type(error).__name__}: {safe(str(error), 200)}")

    def _ready(self) -> Panel:
        """A panel that saw the snapshot, and what came back to its questions."""
        panel = self._make()
        self._look(panel)
        return panel

    def _look(self, panel: Panel) -> None:
        look(panel, self._seen, self._answers, self._vet_ask)
        declaring.face(panel)

    def _vet_ask(self, ask: object) -> None:
        if self._stranger:
            giving.asked(ask)
        elif ask is not None and not isinstance(ask, Ask):
            raise PluginError(f"its see gave a {type(ask).__name__}, which is no question")
        hash(ask)

    def _sizes(self) -> None:
        panel = self._ready()
        for width, height in SIZES:
            first = self._drawn(panel, width, height)
            if first != self._drawn(panel, width, height):
                self._wrong.append(f"{width}x{height}: the same picture is drawn otherwise the second time")
            self._told(panel)

    def _drawn(self, panel: Panel, width: int, height: int) -> Sequence[Line]:
        lines = panel.draw(width, height)
        giving.lines(lines, width, height)
        where = f"{width}x{height}"
        lower, wider = (0, 0) if self._stranger else _BEYOND
        if len(lines) > height + lower:
            self._wrong.append(f"{where}: draws {len(lines)} lines")
        if (widest := max(map(width_of, lines), default=0)) > width + wider:
            self._wrong.append(f"{where}: draws a line of {widest} cells; cdctl.api.fit cuts one")
        for text, roles in (piece for line in lines for piece in line):
            if safe(text, len(text) + 1) != text:
                self._wrong.append(f"{where}: lets {safe(text, 40)!r} through; cdctl.api.safe writes it out")
            if unknown := set(roles.split()) - self._roles:
                self._wrong.append(f"{where}: there is no role {', '.join(sorted(unknown))}")
        return lines

    def _told(self, panel: Panel) -> None:
        data = panel.data()
        plain = giving.told(data)
        json.dumps(plain, allow_nan=False)

    def _pressed(self, binding: Binding) -> None:
        panel = self._ready()
        self._drawn(panel, 80, 24)
        for _ in range(3):
            self._press(panel, binding.action, _key(binding))
            if panel.writing:
                self._write(panel, binding)

    def _write(self, panel: Panel, binding: Binding) -> None:
        """Letters that no keyboard has, and then out of it."""
        for char in ("a", " ", "é", "\u202e", "\x1b"):
            self._press(panel, "", Key(char, char))
        for name in ("backspace", "left", "home", "delete", "end", "tab", "f5", "enter", "escape"):
            if panel.writing:
                self._press(panel, "", Key(name))
        if panel.writing:
            self._wrong.append(f"keeps all keys after {binding.action!r}: neither Enter nor Esc ends it")

    def _clicked(self) -> None:
        panel = self._ready()
        for at in ((0, 0), (5, 1), (79, 23), (300, 300)):
            self._drawn(panel, 80, 24)
            self._press(panel, "click", Key("click", at=at))

    def _press(self, panel: Panel, action: str, key: Key) -> None:
        reply = panel.press(action, key)
        if self._stranger:
            giving.replied(reply)
        elif reply is not None and not all(isinstance(one, Request) for one in reply):
            raise PluginError("its press gave what is no request")
        self._look(panel)
        self._drawn(panel, 80, 24)
        self._told(panel)


def _key(binding: Binding) -> Key:
    name = next(iter(binding.keys), "")
    return Key(name, name if len(name) == 1 else "")


def look(
    panel: Panel,
    seen: Snapshot,
    answers: Answers = snapshots.answer,
    vet: Callable[[object], None] = lambda ask: None,
) -> Snapshot:
    """Show it a snapshot, sealed as a plugin gets it, and then what comes back to its questions. The last one shown."""
    sealing, found = Sealing(), dict[str, Answer]()
    for number in range(4):
        shown = sealing.snapshot(replace(seen, at=seen.at + number * 0.1, answers=found), _LETTER)
        ask = panel.see(shown, _LETTER)
        vet(ask)
        if ask is None:
            break
        found = {_LETTER: answers(ask, seen)}
    return shown


def screen(panel: Panel, seen: Snapshot, width: int = 80, height: int = 24, seconds: float = 10.0) -> list[str]:
    """What it draws of a snapshot, with its title above; of one that the catalogue made, which works apart, when it has
    drawn."""
    end = time.monotonic() + seconds
    for _ in range(3):  # what it asks in the first is answered in the second
        look(panel, seen)
        panel.draw(width, height)
        while isinstance(panel, Apart) and panel.waiting and time.monotonic() < end:
            time.sleep(0.001)
    return [panel.title, *("".join(text for text, _ in line).rstrip() for line in panel.draw(width, height))]


def _slow(make: Callable[[], Panel], answers: Answers) -> Iterator[str]:
    """A ratio of two times of the same minute says the same on a slow machine as on a fast one."""
    panel = make()
    seen = look(panel, snapshots.typical(400), answers)
    plain = _best(lambda: [fit(((safe(text), ""),), 160) for text in ["x" * 200] * 50])
    for name, work in (("draw", lambda: panel.draw(160, 50)), ("see", lambda: panel.see(seen, _LETTER))):
        times = _best(work) / plain
        if times > MOST_TIMES:
            yield f"its {name} takes {times:.0f} times as long as fifty lines of plain text; {MOST_TIMES} are allowed"


def _best(work: Callable[[], object]) -> float:
    """Seconds of the quickest of some, so that a machine that is busy for a moment counts for nothing."""
    found = []
    for _ in range(15):
        begin = time.perf_counter()
        work()
        found.append(time.perf_counter() - begin)
    return min(found)
