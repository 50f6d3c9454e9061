"""A thread of its own for a stranger's panel: it works there on the latest snapshot; the view takes what is ready."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from cdctl.domain.boards import giving
from cdctl.domain.boards.declaring import Face, face
from cdctl.domain.boards.requests import DONE, Reply, Say
from cdctl.domain.boards.sealing import Sealing
from cdctl.domain.text import safe
from cdctl.errors import CdctlError
from cdctl.extend.deadline import abandon
from cdctl.extend.panel_guard import GUARD
from cdctl.extend.reasons import said

if TYPE_CHECKING:
    from cdctl.domain.boards.asking import Ask
    from cdctl.domain.boards.drawing import Line
    from cdctl.domain.boards.keys import Key
    from cdctl.domain.boards.panel import Panel
    from cdctl.domain.boards.snapshot import Snapshot

T = TypeVar("T")
LATE = 1.0
"""Seconds after which a panel that is still at work has not answered."""
ENDLESS = 5.0
"""Seconds of a processor after which one call is taken for a loop without an end."""
MOST_KEYS = 100
_HAND = 0.02
"""Seconds that a key waits for its answer: a panel that keeps up is as exact as one of ours."""
_DATA = 0.2
_REST = 4
"""Times as long as a drawing worked, a panel rests until the next: a slow one leaves the interpreter to others."""


@dataclass(slots=True, eq=False)
class Press:
    """A key. at: seconds of a clock that is never set. done: whether `reply` is there. late: nobody waits for it."""

    action: str
    key: Key
    at: float
    reply: Reply = None
    done: bool = False
    late: bool = False


@dataclass(frozen=True, slots=True)
class Picture:
    """What was drawn last. size: width and height that it was drawn for. failed: why there is none."""

    lines: Sequence[Line] = ()
    size: tuple[int, int] = (0, 0)
    failed: str = ""


class PanelThread:
    """`face` is what the panel said of itself when it was made. For the view: face; picture; stopped: why it was asked
    to end; stumbled: whether the last key made it raise."""

    def __init__(self, panel: Panel, face: Face, name: str) -> None:
        self.face, self.picture, self.stopped, self.stumbled = face, Picture(), "", False
        self._panel, self._name = panel, name
        self._change = threading.Condition()
        self._thread: threading.Thread | None = None
        self._clock = -1
        self._ended = False
        self._next: tuple[Snapshot, str] | None = None
        self._size, self._touched, self._seen = (0, 0), False, False
        self._keys: deque[Press] = deque()
        self._asked_data = False
        self._since: float | None = None
        self._step: tuple[str, float] | None = None
        self._rest_until = 0.0
        self._ask: Ask | None = None
        self._blind = ""
        self._late: deque[Press] = deque(maxlen=MOST_KEYS)
        self._behind = 0
        self._data: dict[str, object] = {}
        self._sealing = Sealing()

    # What the view does. None of it waits for the panel longer than a moment.

    def show(self, snapshot: Snapshot, letter: str) -> Ask | None:
        """Another instant; one before that was not looked at yet is forgotten. What the panel wants to know."""
        if self.stopped:
            return None
        with self._change:
            self._next = (snapshot, letter)
            self._begin()
            ask, self._ask = self._ask, None
            return ask

    def fit(self, width: int, height: int) -> Picture:
        """What was drawn last, and the size for which to draw next."""
        if not self.stopped and self._size != (width, height):
            with self._change:
                self._size = (width, height)
                self._begin()
        return self.picture

    def press(self, action: str, key: Key) -> Reply:
        """Of a panel that keeps up its reply, else that the key is taken: what it asks for comes later."""
        if self.stopped:
            return None
        press = Press(action, key, time.monotonic())
        with self._change:
            if len(self._keys) >= MOST_KEYS:
                return DONE
            self._keys.append(press)
            self._begin()
            if not self._behind and self.late < LATE:
                self._change.wait_for(lambda: press.done, _HAND)
            if press.done:
                return press.reply
            press.late = True
            self._behind += 1
            return DONE

    def replies(self) -> list[Press]:
        """Keys whose answers came late, each once."""
        if self.stopped or not self._late:
            return []
        with self._change:
            found = list(self._late)
            self._late.clear()
            return found

    def data(self) -> Mapping[str, object]:
        """What it told last, and told now if it keeps up."""
        if not self.stopped:
            with self._change:
                self._asked_data = True
                self._begin()
                if self.late < LATE:
                    self._change.wait_for(lambda: not self._asked_data, _DATA)
        return self._data

    @property
    def late(self) -> float:
        """Seconds for which it has been at work, and has not answered."""
        since = self._since
        return 0.0 if since is None else time.monotonic() - since

    @property
    def waiting(self) -> bool:
        """Whether it still works on what it was shown last."""
        if self.stopped:
            return False
        with self._change:
            return self._fresh or self._since is not None or bool(self._keys)

    @property
    def _fresh(self) -> bool:
        """Whether there is something that was not drawn yet."""
        return self._next is not None or (self._seen and self._size != self.picture.size)

    def end(self) -> None:
        """Nobody looks at the panel any more."""
        with self._change:
            self._ended = True
            self._change.notify_all()

    def _begin(self) -> None:
        if self._thread is None and not self._ended:
            self._thread = threading.Thread(target=self._run, name=f"panel {self._name}", daemon=True)
            self._thread.start()
            GUARD.watch(self)
        self._change.notify_all()

    def guard(self) -> bool:
        """See `panel_guard`. Without the lock: the thread could be met while it holds it."""
        thread, step = self._thread, self._step
        if thread is None or not thread.is_alive():
            return False
        with suppress(OSError):  # it has ended just now
            if step is not None and time.clock_gettime(self._clock) - step[1] >= ENDLESS:
                self.stopped = f"its {step[0]} worked for {ENDLESS:g} s without an end"
                if self._step is step:  # the thread looks for `stopped` before it goes on to anything of ours
                    abandon(thread)
        return True

    # What the thread does.

    def _run(self) -> None:
        self._clock = time.pthread_getcpuclockid(threading.get_ident())
        with suppress(SystemExit):
            while (job := self._job()) is not None:
                job()

    def _job(self) -> Callable[[], None] | None:
        """What to do next, as soon as there is something."""
        with self._change:
            while not (self._ended or self.stopped):
                job = self._due()
                if job is not None:
                    self._since = time.monotonic() if self._since is None else self._since
                    return job
                self._since = None
                self._change.wait(self._rest_until - time.monotonic() if self._fresh else None)
        return None

    def _due(self) -> Callable[[], None] | None:
        if self._keys and self._seen:
            return self._press
        if self._touched or (self._fresh and time.monotonic() >= self._rest_until):
            return self._look
        return self._tell if self._asked_data and self._seen else None

    def _press(self) -> None:
        with self._change:
            press = self._keys.popleft()
        panel = self._panel
        reply, wrong = self._called("press", lambda: giving.replied(panel.press(press.action, press.key)))
        told, _ = self._told_face()
        with self._change:
            press.reply = (Say(f"{self._name}: {wrong}", bad=True),) if wrong else reply
            press.done, self._touched, self.stumbled = True, True, bool(wrong)
            self.face = told or self.face
            if press.late:
                self._behind -= 1
                self._late.append(press)
            self._change.notify_all()

    def _look(self) -> None:
        with self._change:
            shown, self._next, self._touched = self._next, None, False
            (width, height), begun = self._size, time.thread_time()
        panel, ask, lines = self._panel, None, None
        if shown is not None:
            seal, (seen, letter) = self._sealing.snapshot, shown
            ask, self._blind = self._called("see", lambda: giving.asked(panel.see(seal(seen, letter), letter)))
        wrong = self._blind
        if not wrong and width > 0 and height > 0:
            lines, wrong = self._called("draw", lambda: giving.lines(panel.draw(width, height), width, height))
        told, mistold = self._told_face()
        with self._change:
            self.face, self._seen = told or self.face, True
            self.picture = Picture(lines or (), (width, height), wrong or mistold)
            self._ask = ask or self._ask
            self._rest_until = time.monotonic() + _REST * (time.thread_time() - begun)
            self._since = None
            self._change.notify_all()

    def _tell(self) -> None:
        panel = self._panel
        data, wrong = self._called("data", lambda: giving.told(panel.data()))
        with self._change:
            self._data, self._asked_data = {"error": wrong} if data is None else data, False
            self._change.notify_all()

    def _told_face(self) -> tuple[Face | None, str]:
        panel = self._panel
        return self._called("title, fields or writing", lambda: face(panel))

    def _called(self, part: str, work: Callable[[], T]) -> tuple[T | None, str]:
        """What its code gives, or what is wrong with it."""
        self._step = (part, time.thread_time())
        found, wrong = None, ""
        try:
            found = work()
        except BaseException as error:
            wrong = _reason(error, part)
        self._step = None
        if self.stopped:
            raise SystemExit
        return found, wrong


def _reason(error: BaseException, part: str) -> str:
    """Its own words where it raised on purpose."""
    if isinstance(error, CdctlError):
        return safe(f"{error.message}{f'; {error.hint}' if error.hint else ''}", 300)
    text = said(error)
    return safe(f"its {part} raised {type(error).__name__}{f': {text}' if text else ''}", 300)
