"""What a vehicle says on the wire: its last messages, and one of them whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cdctl.domain import grid
from cdctl.domain.boards.asking import Ask, Missing
from cdctl.domain.boards.drawing import Line, with_role
from cdctl.domain.boards.keys import MOVES, Binding, Key
from cdctl.domain.boards.messages import Listen, Listened, Overheard
from cdctl.domain.boards.requests import DONE, Copy, Reply, Say
from cdctl.domain.boards.snapshot import Snapshot
from cdctl.domain.boards.vehicle import NOBODY
from cdctl.domain.fleet.hiding import laid_out
from cdctl.domain.ports import API, Plugin
from cdctl.domain.text import safe
from cdctl.panels.inquiry import Inquiry
from cdctl.panels.list_cursor import ListCursor
from cdctl.panels.missing_lines import missing_lines, wrapped
from cdctl.panels.moments import clock, fine, utc
from cdctl.panels.scroll import Scroll

_WIDE = 60
_MOST_LINES = 5_000


class Messages:
    """See the port."""

    fields: Sequence[str] = ()
    writing = False
    bindings: Sequence[Binding] = (
        Binding("open", ("enter",), "the whole message, and back", "whole"),
        Binding("copy", ("y",), "copy the payload", "copy"),
        Binding("back", ("escape",), "back from the whole message"),
        *MOVES,
    )

    def __init__(self) -> None:
        self._inquiry = Inquiry()
        self._cursor = ListCursor(follows=True)
        self._snapshot: Snapshot | None = None
        self._rows: Sequence[Overheard] = ()
        self._whole: Overheard | None = None
        self._lines: list[str] = []
        self._scroll, self._head = Scroll(), 0

    @property
    def title(self) -> str:
        """Whose messages, and how many there were."""
        told = self._told()
        vin = safe(self._vin, 40)
        parts = ["messages", *([vin] if vin else [])]
        if isinstance(told, Listened):
            parts.append(f"{told.count:,}")
        return " · ".join(parts)

    @property
    def _vin(self) -> str:
        return self._snapshot.about.vin if self._snapshot is not None else ""

    def see(self, snapshot: Snapshot, letter: str) -> Ask | None:
        """See the port: as long as it asks, it is listened."""
        if snapshot.about.vin != self._vin:
            self._whole, self._rows, self._cursor = None, (), ListCursor(follows=True)
        self._snapshot = snapshot
        self._inquiry.want(Listen(self._vin) if self._vin else None)
        before = self._inquiry.answer
        ask = self._inquiry.see(snapshot, letter)
        told = self._told()
        if self._inquiry.answer is not before and isinstance(told, Listened):
            self._rows = told.messages
            self._cursor.follow([one.number for one in self._rows])
        return ask

    def _told(self) -> Listened | Missing:
        answer = self._inquiry.answer
        if not self._vin:
            return NOBODY
        if answer is None or answer.ask != self._inquiry.wanted:
            return Missing("connecting ...", waiting=True)
        return answer.value if isinstance(answer.value, Listened | Missing) else Missing("no answer came")

    def press(self, action: str, key: Key) -> Reply:
        """See the port."""
        if action in {"open", "copy"}:
            return self._requested(action)
        if action == "back":
            closed, self._whole = self._whole is not None, None
            return DONE if closed else None
        if self._whole is not None:
            return DONE if action == "click" or self._scroll.press(action) else None
        if action == "click":
            self._cursor.point(key.at[1] - self._head)
            return DONE
        return DONE if self._cursor.press(action) else None

    def _requested(self, action: str) -> Reply:
        if self._whole is not None and action == "open":
            self._whole = None
            return DONE
        one = self._whole or (self._rows[self._cursor.place] if self._rows else None)
        if one is None:
            return (Say("there is no message here", bad=True),)
        if action == "copy":
            return (Copy(safe(one.text, len(one.text) + 1), "payload"),)
        self._whole, self._scroll = one, Scroll()
        self._lines = laid_out(one.text)[:_MOST_LINES]
        return DONE

    def draw(self, width: int, height: int) -> Sequence[Line]:
        """What is not heard and why, then messages, the newest first; or one of them whole."""
        snapshot, told = self._snapshot, self._told()
        if snapshot is None:
            return []
        if isinstance(told, Missing):
            return missing_lines(told, width)
        now = snapshot.at if snapshot.frozen_at is None else snapshot.frozen_at
        if self._whole is not None:
            return self._opened(self._whole, now, width, height)
        head = [((" " + safe(note, 400), "warn"),) for note in told.notes][: max(height - 1, 0)]
        self._head = len(head)
        window = self._cursor.fit(height - len(head))
        under = self._rows[self._cursor.place] if self._rows else None
        body = [_line(one, now, width, cursor=one is under) for one in self._rows[window]]
        return [*head, *(body or self._silence(told, now, width))]

    def _silence(self, told: Listened, now: float, width: int) -> list[Line]:
        places = f" on {', '.join(told.places)}" if told.places else ""
        return wrapped(f"nothing since {clock(told.since, now).strip()}: listening{places}", width, "dim")

    def _opened(self, one: Overheard, now: float, width: int, height: int) -> list[Line]:
        kept = ", kept by the broker" if one.retain else ""
        told = f"{fine(one.at, now).strip()} · {one.topic} · QoS {one.qos}{kept} · {one.size:,} bytes"
        head = wrapped(told, width, "strong")
        if not one.whole:
            head += wrapped("it is longer: the rest was not kept", width, "warn")
        shown = self._scroll.fit(self._lines, max(height - len(head), 0))
        return [*head, *(((" " + safe(line, 2_000), ""),) for line in shown)]

    def data(self) -> Mapping[str, object]:
        """The messages, and what is not heard."""
        told = self._told()
        if isinstance(told, Missing):
            return {"missing": told.reason}
        rows = [
            {
                "at": utc(one.at), "topic": one.topic, "qos": one.qos, "retain": one.retain, "size": one.size,
                "payload": one.text,
            }
            for one in self._rows
        ]  # fmt: skip
        notes, places = list(told.notes), list(told.places)
        return {"vin": told.vin, "count": told.count, "notes": notes, "places": places, "rows": rows}


def _line(one: Overheard, now: float, width: int, *, cursor: bool) -> Line:
    wide = width >= _WIDE
    when, name = (fine(one.at, now), 12) if wide else (clock(one.at, now), 6)
    short = grid.shorten(safe(one.suffix, 100), name)
    size = f" {one.size:>7,} B" if wide else ""
    marks = f" q{one.qos}{'r' if one.retain else ' '}"
    line: Line = (
        (f" {when} ", "dim"),
        (f"{short}{' ' * (name - grid.cells(short))}", "title"),
        (f"{marks}{size} ", "dim"),
        (safe(one.text[: width + 1], width), ""),
    )
    return with_role((*line, (" " * width, "")), "cursor") if cursor else line


def make(settings: Mapping[str, object]) -> Messages:
    """A panel; it has no settings."""
    return Messages()


PLUGIN = Plugin(API, "panels", "messages", "1", "the last messages of one vehicle, as its brokers hand them on", make)
