"""Who is behind what burns: causes of a promise's bad events, what each was at, and the keys to act on it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cdctl.domain.boards.asking import Ask, Missing
from cdctl.domain.boards.drawing import Line, with_role
from cdctl.domain.boards.explaining import Explain, Explained, Group
from cdctl.domain.boards.keys import MOVES, Binding, Key
from cdctl.domain.boards.requests import DONE, About, Copy, Narrow, Open, Prepare, Reply, Say
from cdctl.domain.boards.snapshot import Snapshot
from cdctl.domain.duration import brief
from cdctl.domain.ports import API, Plugin
from cdctl.domain.text import safe
from cdctl.domain.why.explanation import Cause
from cdctl.panels.inquiry import Inquiry
from cdctl.panels.list_cursor import ListCursor
from cdctl.panels.missing_lines import missing_lines
from cdctl.panels.why_lines import details, head, notes, row, unexplained

_DETAILS = 3
"""Lines below the table that are worth more than a further cause."""
_NOBODY = Missing("this board is about no promise", "open it from one, or by :incident NAME region=eu", waiting=True)
_LOOKING = Missing("looking who it is ...", waiting=True)


class Why:
    """See the port."""

    fields: Sequence[str] = ()
    writing = False
    bindings: Sequence[Binding] = (
        Binding("narrow", ("enter", "f"), "the vehicles behind it: put the filter into their prompt", "vehicles"),
        Binding("command", ("x",), "prepare a command to the vehicles behind it", "command"),
        Binding("trace", ("t",), "one of its traces", "trace"),
        Binding("copy", ("y",), "copy the filter"),
        Binding("again", ("r",), "look again: what is shown is as old as the title says", "again"),
        *MOVES,
    )

    def __init__(self) -> None:
        self._snapshot: Snapshot | None = None
        self._inquiry = Inquiry(every=None)
        self._cursor = ListCursor()
        self._of: tuple[str, Group] = ("", ())
        self._found: Explained | Missing | None = None
        self._since: float | None = None
        self._newer = 0.0
        self._again = False

    @property
    def title(self) -> str:
        """Whom it is about, since when it burns, and how old the answer is."""
        name, group = self._of
        parts = ["why", safe(" ".join([name, *(f"{label}={value}" for label, value in group)]), 80)]
        snapshot = self._snapshot
        if snapshot is not None and isinstance(self._found, Explained):
            since = self._found.since
            parts += [f"burns since {brief(max(snapshot.at - since, 0.0))}"] if since is not None else []
            parts.append(f"found {brief(max(snapshot.at - self._found.at, 0.0))} ago")
        if snapshot is not None and self._since is not None:
            parts.append(f"looking since {brief(max(snapshot.at - self._since, 0.0))}")
        return " · ".join(part for part in parts if part)

    def see(self, snapshot: Snapshot, letter: str) -> Ask | None:
        """See the port."""
        self._snapshot = snapshot
        about = snapshot.about
        of = (about.promise, tuple(sorted(about.group.items())))
        if of != self._of:
            self._of, self._found, self._since, self._newer = of, None, None, 0.0
        if self._again:
            self._again, self._newer = False, snapshot.at
        self._inquiry.want(Explain(*of, about.since, self._newer) if of[0] else None)
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
        if isinstance(value, Explained | Missing):
            self._found = value
            self._cursor.follow([cause.where for cause in self._causes])

    @property
    def _causes(self) -> Sequence[Cause]:
        """Those of this burn first."""
        if not isinstance(self._found, Explained):
            return ()
        told = self._found.explanation
        return (*told.fresh, *told.standing)

    def press(self, action: str, key: Key) -> Reply:
        """See the port."""
        if action == "click":
            self._cursor.point(key.at[1] - 1)
            return DONE
        if self._cursor.press(action):
            return DONE
        if action == "again":
            self._again = self._since is None
            return DONE
        return self._requested(action) if action else None

    def _requested(self, action: str) -> Reply:
        causes = self._causes
        if not causes:
            return (Say("there is no cause here", bad=True),)
        cause = causes[self._cursor.place]
        if action == "trace":
            if not cause.traces:
                return (Say("events of a metric have no traces", bad=True),)
            return (Open("trace", About(trace=cause.traces[0])),)
        where = cause.picked.where
        if not where:
            return (Say("no filter of vehicles can say who it is", bad=True),)
        requests = {"narrow": Narrow(where), "command": Prepare(where=where), "copy": Copy(where, "filter")}
        return (requests[action],) if action in requests else None

    def draw(self, width: int, height: int) -> Sequence[Line]:
        """The causes, then what is known of the one under the cursor, then what has to be known of the whole."""
        snapshot, found = self._snapshot, self._found
        if snapshot is None:
            return []
        if not self._of[0]:
            return missing_lines(_NOBODY, width)
        if isinstance(found, Missing):
            return missing_lines(found, width)
        if found is None:
            return missing_lines(_LOOKING, width)
        told = found.explanation
        if not self._causes:
            return [*unexplained(found, width), *notes(told)][:height]
        lines = [*self._rows(found, width, height, snapshot.at)]
        lines += details(self._causes[self._cursor.place], told, snapshot.at)
        return [*lines, *notes(told)][:height]

    def _rows(self, found: Explained, width: int, height: int, now: float) -> list[Line]:
        causes, told = self._causes, found.explanation
        room = max(min(len(causes), height - 1 - _DETAILS), 1)
        shown = causes[self._cursor.fit(room)]
        under = causes[self._cursor.place]
        drawn = [(*row(cause, told, width, now), (" " * width, "")) for cause in shown]
        roles = ["cursor" if cause is under else "" for cause in shown]
        return [head(width), *(with_role(line, role) for line, role in zip(drawn, roles, strict=True))]

    def data(self) -> Mapping[str, object]:
        """The explanation, as `cdctl slo why -o json` has it."""
        name, group = self._of
        told: dict[str, object] = {"slo": name, "group": dict(group)}
        found = self._found
        if isinstance(found, Explained):
            return {
                **found.document,
                "where": found.where,
                "said": found.said,
                "found_at": found.at,
                "burns_since": found.since,
            }
        reason = found.reason if found is not None else _NOBODY.reason if not name else "it is being looked for"
        return {**told, "missing": reason, "causes": []}


def make(settings: Mapping[str, object]) -> Why:
    """A panel; it has no settings."""
    return Why()


PLUGIN = Plugin(API, "panels", "why", "1", "who is behind what burns: causes, since when, after what", make)
