"""Makes panels and stands between their code and the view: a stranger's never runs in the view's own thread."""

from __future__ import annotations

import time
import weakref
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, cast

from cdctl.domain.boards import declaring
from cdctl.domain.boards.drawing import Line, text_of
from cdctl.domain.boards.keys import SHARED
from cdctl.domain.boards.requests import Reply, Request, Say, Unused
from cdctl.errors import CdctlError, PluginError
from cdctl.extend import vetting
from cdctl.extend.deadline import OverdueError, within
from cdctl.extend.hush import hush
from cdctl.extend.making import bug, made
from cdctl.extend.panel_thread import LATE, PanelThread, Press

if TYPE_CHECKING:
    from cdctl.domain.boards.asking import Ask
    from cdctl.domain.boards.keys import Binding, Key
    from cdctl.domain.boards.panel import Panel, PanelFactory
    from cdctl.domain.boards.snapshot import Snapshot
    from cdctl.domain.ports import Plugin

MAKE_SECONDS = 2.0
STALE_KEY = 2.0
"""Seconds after which what a key asked for is not done any more: the hand is elsewhere by then."""
_AGAIN = 1.0
"""Seconds from an answer until the same question is asked again, and five times as long as the answer took."""


def panel(plugin: Plugin, settings: Mapping[str, object], subject: str, *, trusted: bool) -> Panel:
    """The panel of a vetted plugin. Raises the UsageError with which it refuses a setting, or PluginError. `trusted`:
    it ships, and needs nobody in between."""
    make = cast("PanelFactory", plugin.make)
    if trusted:
        return made(lambda: make(settings), plugin.room, subject)

    def whole() -> tuple[Panel, declaring.Face, tuple[Binding, ...]]:
        thing = make(dict(settings))
        vetting.vet_made(thing, plugin.room)
        return thing, declaring.face(thing), declaring.bindings(thing)

    try:
        with hush():
            thing, face, bindings = within(MAKE_SECONDS, whole)
    except OverdueError as error:
        hint = "work belongs into see, which has a thread of its own; make only keeps settings"
        raise PluginError(f"its make did not end in {MAKE_SECONDS:g} s", subject=subject, hint=hint) from error
    except PluginError as error:
        raise PluginError(error.message, subject=subject, hint=error.hint) from error
    except CdctlError:
        raise
    except (Exception, SystemExit) as error:
        raise bug(error, "make", subject) from error
    return Stranger(PanelThread(thing, face, plugin.name), bindings, plugin.name)


class Stranger:
    """A panel (see the port) that works apart: everything here returns at once with what is ready."""

    def __init__(self, thread: PanelThread, bindings: Sequence[Binding], name: str) -> None:
        self.bindings = bindings
        self._thread, self._name = thread, name
        self._ask: Ask | None = None
        self._asked: tuple[Ask | None, float] = (None, 0.0)
        weakref.finalize(self, thread.end).atexit = False

    @property
    def title(self) -> str:
        """Its own; of one that does not answer, for how long it has not, in few enough cells for a narrow one."""
        if self._late:
            return f"{self._name} has not answered for {int(self._thread.late)} s"
        return self._thread.face.title

    @property
    def fields(self) -> Sequence[str]:
        """See the port."""
        return self._thread.face.fields

    @property
    def writing(self) -> bool:
        """See the port. One that does not answer, or raises, never keeps the keys to itself."""
        thread = self._thread
        return thread.face.writing and not (self._late or thread.stopped or thread.stumbled)

    @property
    def waiting(self) -> bool:
        """See the port Apart."""
        return self._thread.waiting

    @property
    def _late(self) -> bool:
        return self._thread.late >= LATE and not self._thread.stopped

    def see(self, snapshot: Snapshot, letter: str) -> Ask | None:
        """See the port. What it asked when it saw the one before; the same question has a rest between two answers."""
        self._ask = self._thread.show(snapshot, letter) or self._ask
        ask = self._ask
        if ask is None or not self._due(ask, snapshot, letter):
            return None
        self._ask, self._asked = None, (ask, snapshot.at)
        return ask

    def _due(self, ask: Ask, snapshot: Snapshot, letter: str) -> bool:
        before, at = self._asked
        if ask != before:
            return True
        answer = snapshot.answers.get(letter)
        rest = _AGAIN if answer is None else _AGAIN + 5 * answer.took
        return not 0 <= snapshot.at - at < rest

    def draw(self, width: int, height: int) -> Sequence[Line]:
        """What was drawn last; of one that does not answer, dim."""
        if width <= 0 or height <= 0:
            return ()
        picture, stopped = self._thread.fit(width, height), self._thread.stopped
        if stopped or picture.failed:
            told = f" this panel was stopped: {stopped}" if stopped else f" this panel failed: {picture.failed}"
            cure: list[Line] = [((" it is made anew when the file of its board is saved", "dim"),)] if stopped else []
            return [((told, "bad"),), *cure][:height]
        lines = picture.lines[:height]
        return [((text_of(line), "dim"),) for line in lines] if self._late else lines

    def press(self, action: str, key: Key) -> Reply:
        """See the port. A key that the view has a use for, too, is not for one that does not answer."""
        if self._late and key.told in SHARED:
            return None
        return self._thread.press(action, key)

    def requests(self) -> Sequence[Request]:
        """See the port Apart."""
        now = time.monotonic()
        return [request for press in self._thread.replies() for request in self._late_reply(press, now - press.at)]

    def _late_reply(self, press: Press, age: float) -> Sequence[Request]:
        if age < STALE_KEY:
            return press.reply if press.reply is not None else [Unused(press.key)] if press.key.told in SHARED else []
        told = f"{self._name} answered a key after {age:.0f} s: what it asked for is not done"
        return [Say(told, bad=True)] if press.reply else []

    def data(self) -> Mapping[str, object]:
        """See the port. What is wrong with it stands under "error"."""
        stopped, failed = self._thread.stopped, self._thread.picture.failed
        if stopped or failed:
            return {"error": stopped or failed}
        told = dict(self._thread.data())
        if self._late:
            told["error"] = f"has not answered for {int(self._thread.late)} s"
        return told
