"""A trace as a waterfall: the one that a board is about, else an example of what it is about; span by span, with all
that is known of the one under the cursor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain

from cdctl.domain.boards.asking import Ask, Missing
from cdctl.domain.boards.drawing import Line, with_role
from cdctl.domain.boards.keys import MOVES, Binding, Key
from cdctl.domain.boards.requests import DONE, About, Copy, Open, Reply, Say
from cdctl.domain.boards.snapshot import Snapshot
from cdctl.domain.boards.tracing import FoundTrace
from cdctl.domain.duration import brief
from cdctl.domain.fleet.hidden_spans import ids_of
from cdctl.domain.ports import API, Plugin
from cdctl.domain.text import safe
from cdctl.domain.traces.document import document
from cdctl.domain.traces.waterfall import length
from cdctl.panels.examples import Examples
from cdctl.panels.inquiry import Inquiry
from cdctl.panels.list_cursor import ListCursor
from cdctl.panels.missing_lines import missing_lines
from cdctl.panels.span_tree import SpanTree
from cdctl.panels.waterfall_lines import Sheet, details

_NOTHING = Missing("this board is about no trace", "open it from a promise or a vehicle, or by :trace ID", waiting=True)
_LOOKING = Missing("looking for the trace ...", waiting=True)
_BELOW, _WHOLE, _NONE = "below", "whole", "none"
_VIEWS = {_BELOW: _WHOLE, _WHOLE: _NONE, _NONE: _BELOW}
_LOW = 9
"""Lines of a panel from which on there is room for details below the spans."""
_SCROLL = 5


class Spans:
    """See the port."""

    fields: Sequence[str] = ()
    writing = False
    bindings: Sequence[Binding] = (
        Binding("fold", ("enter", "space"), "fold what is below the span, and unfold it", "fold"),
        Binding("next", ("n",), "the next example, an older one", "next"),
        Binding("previous", ("N",), "the example before", "previous"),
        Binding("details", ("d",), "details of the span: below, alone (PgUp, PgDn), not at all", "details"),
        Binding("vehicle", ("v",), "the vehicle that the trace names", "vehicle"),
        Binding("close", ("left",), "fold what is below, else go to the span above"),
        Binding("disclose", ("right",), "unfold what is below"),
        Binding("copy", ("y",), "copy the trace's id"),
        Binding("again", ("r",), "look again, for newer examples"),
        *MOVES,
    )

    def __init__(self) -> None:
        self._snapshot: Snapshot | None = None
        self._inquiry = Inquiry(every=None)
        self._examples = Examples()
        self._cursor = ListCursor()
        self._found: FoundTrace | Missing | None = None
        self._tree: SpanTree | None = None
        self._sheet = Sheet((0, 1), 0)
        self._errors = 0
        self._since: float | None = None
        self._view, self._scrolled = _BELOW, 0
        self._version = 0
        self._drawn: tuple[object, Sequence[Line]] = (None, ())

    @property
    def title(self) -> str:
        """Which example of what it is, how old it is, how long it took, and which trace."""
        parts = ["trace"]
        if isinstance(self._found, FoundTrace):
            laid = self._found.laid
            place, of = self._examples.place(self._trace)
            parts += [place] if place else []
            parts += [f"{brief(self._age(laid.end))} ago", f"took {length(laid.end - laid.start)}"]
            parts += [_count(len(laid.lines), "span")]
            parts += [_count(self._errors, "error")] if self._errors else []
            parts += [of, safe(self._trace, 32)]
        if self._snapshot is not None and self._since is not None:
            parts.append(f"looking since {brief(max(self._snapshot.at - self._since, 0.0))}")
        return " · ".join(part for part in parts if part)

    def _age(self, end: int) -> float:
        """Seconds since then, epoch nanoseconds."""
        return max(self._snapshot.at - end / 1e9, 0.0) if self._snapshot is not None else 0.0

    @property
    def _trace(self) -> str:
        """The id of what is shown."""
        return self._found.laid.lines[0].span.trace if isinstance(self._found, FoundTrace) else ""

    def see(self, snapshot: Snapshot, letter: str) -> Ask | None:
        """See the port."""
        self._snapshot = snapshot
        if self._examples.follow(snapshot.about):
            self._found, self._tree, self._since = None, None, None
        self._inquiry.want(self._examples.wanted)
        before = self._inquiry.answer
        ask = self._inquiry.see(snapshot, letter)
        answer = self._inquiry.answer
        if answer is not None and answer is not before:
            self._take(answer.value)
        if ask is not None and self._since is None:
            self._since = snapshot.at
        return ask

    def _take(self, value: object) -> None:
        self._since = None
        self._version += 1
        if isinstance(value, Missing):
            self._found, self._tree = value, None
        elif isinstance(value, FoundTrace):
            self._found, self._tree, self._sheet = value, SpanTree(value.laid), Sheet.of(value.laid)
            self._errors = sum(line.span.status == "error" for line in value.laid.lines)
            self._cursor, self._scrolled = ListCursor(), 0
            self._cursor.follow(self._tree.keys)
            self._examples.take(value)

    def press(self, action: str, key: Key) -> Reply:
        """See the port."""
        tree = self._tree
        if action in {"next", "previous"}:
            said = self._examples.go(1 if action == "next" else -1, self._trace)
            return (Say(said, bad=True),) if said else DONE
        if action == "again":
            self._examples.anew()
            self._inquiry.again()
        elif action == "details":
            self._view, self._scrolled = _VIEWS[self._view], 0
        elif action and tree is None:
            return (Say("there is no trace here", bad=True),)
        elif action == "click":
            self._cursor.point(key.at[1] - 1 - len(self._notes()))
        elif action in {"copy", "vehicle"}:
            return self._requested(action)
        elif tree is None or not (self._moved(action) or self._folded(action, tree)):
            return None
        return DONE

    def _requested(self, action: str) -> Reply:
        if action == "copy":
            return (Copy(self._trace, "trace id"),)
        vin = self._vin()
        return (Open("vehicle", About(vin=vin)),) if vin else (Say("no span of it names a vehicle", bad=True),)

    def _vin(self) -> str:
        """The vehicle that the span under the cursor names, else the first of the trace that names one."""
        assert isinstance(self._found, FoundTrace)
        assert self._tree is not None
        own = self._tree.line(self._cursor.place)
        lines = chain((own,), self._found.laid.lines)
        return next((vin for line in lines for vin in ids_of(line.span)), "")

    def _moved(self, action: str) -> bool:
        """Through the spans; through what is known of one, where that stands alone."""
        if self._view == _WHOLE and action in {"page-up", "page-down"}:
            self._scrolled = max(self._scrolled + (_SCROLL if action == "page-down" else -_SCROLL), 0)
            return True
        moved = self._cursor.press(action)
        self._scrolled = 0 if moved else self._scrolled
        return moved

    def _folded(self, action: str, tree: SpanTree) -> bool:
        here = self._cursor.place
        if action == "fold":
            tree.fold(here, not tree.folded(here))
        elif action == "disclose":
            tree.fold(here, False)
        elif action == "close":
            if not tree.fold(here, True):
                self._cursor.go(tree.parent(here))
        else:
            return False
        self._cursor.follow(tree.keys)
        self._version += 1
        return True

    def draw(self, width: int, height: int) -> Sequence[Line]:
        """What is odd about the trace, its spans, and below them all that is known of one."""
        found, tree = self._found, self._tree
        if isinstance(found, Missing):
            return missing_lines(found, width)
        if found is None or tree is None:
            return missing_lines(_LOOKING if self._examples.wanted else _NOTHING, width)
        hand = self._cursor
        state = (width, height, self._version, hand.place, hand.top, self._view, self._scrolled)
        if self._drawn[0] != state:
            self._drawn = (state, self._drawn_anew(found, tree, width, height))
        return self._drawn[1]

    def _drawn_anew(self, found: FoundTrace, tree: SpanTree, width: int, height: int) -> Sequence[Line]:
        told = list(details(tree.line(self._cursor.place), found.laid))
        if self._view == _WHOLE:
            return self._scroll(told, height)
        notes = self._notes()[: max(height // 4, 1)]
        below = 0
        if self._view == _BELOW and height >= _LOW:  # what the spans leave over, a third at least
            below = max(height // 3, height - len(notes) - 1 - len(found.laid.lines))
        lines = [*notes, *self._rows(tree, width, height - len(notes) - below)]
        if not below:
            return lines
        blank: list[Line] = [()] * (height - below - len(lines))
        rule: Line = ((" " + "┄" * (width - 2), "frame"),)
        return [*lines, *blank, rule, *_cut(told, below - 1)]

    def _rows(self, tree: SpanTree, width: int, room: int) -> list[Line]:
        window = self._cursor.fit(room - 1)
        lines = [self._sheet.head(width)]
        for number in range(window.start, min(window.stop, len(tree.places))):
            folded = tree.below(number) if tree.folded(number) else 0
            line = self._sheet.row(tree.line(number), width, folded)
            lines.append(with_role((*line, (" " * width, "")), "cursor") if number == self._cursor.place else line)
        return lines

    def _scroll(self, told: Sequence[Line], height: int) -> Sequence[Line]:
        self._scrolled = min(self._scrolled, max(len(told) - height, 0))
        return _cut(told[self._scrolled :], height)

    def _notes(self) -> list[Line]:
        """What is odd about the whole."""
        if not isinstance(self._found, FoundTrace):
            return []
        return [((f" {safe(note, 300)}", "warn"),) for note in (*self._found.notes, *self._found.laid.notes)]

    def data(self) -> Mapping[str, object]:
        """The trace, as `cdctl trace show -o json` has it, and the examples that can be gone through."""
        told: dict[str, object] = {"examples": list(self._examples.ids), "of": self._examples.of}
        if isinstance(self._found, FoundTrace):
            vins = sorted({vin for line in self._found.laid.lines for vin in ids_of(line.span)})
            return {**document(self._found.laid), **told, "vins": vins, "said": list(self._found.notes)}
        missing = self._found or (_LOOKING if self._examples.wanted else _NOTHING)
        return {"missing": missing.reason, **told, "spans": []}


def _count(number: int, word: str) -> str:
    return f"{number:,} {word}" if number == 1 else f"{number:,} {word}s"


def _cut(told: Sequence[Line], height: int) -> Sequence[Line]:
    """As many lines as there is room for; the last says how many more there are."""
    if len(told) <= height:
        return told
    return [*told[: height - 1], ((f" … {len(told) - height + 1} more", "dim"),)]


def make(settings: Mapping[str, object]) -> Spans:
    """A panel; it has no settings."""
    return Spans()


PLUGIN = Plugin(API, "panels", "waterfall", "1", "a trace: who called whom, where the time went, what failed", make)
