"""The timeline: one list of what happened to vehicles, orders, promises and everything that was changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from cdctl.domain.boards.asking import Ask, Missing
from cdctl.domain.boards.drawing import Line
from cdctl.domain.boards.keys import MOVES, Binding, Key
from cdctl.domain.boards.prompt import Prompt
from cdctl.domain.boards.requests import DONE, About, Copy, Reply, Say
from cdctl.domain.boards.snapshot import Snapshot
from cdctl.domain.boards.timeline import KINDS, Occasion, Reach, Recall, Recalled
from cdctl.domain.ports import API, Plugin
from cdctl.domain.text import safe
from cdctl.errors import UsageError
from cdctl.panels.inquiry import Inquiry
from cdctl.panels.list_cursor import ListCursor
from cdctl.panels.moments import clock, utc
from cdctl.panels.timeline_lines import MARK, Page, legend, line, reaches, under

_MOST_UNFOLDED = 50
_DOES = (
    "vehicles that come and go",
    "trouble codes, software, what else vehicles tell",
    "orders and rollouts",
    "promises and alerts",
    "deployments and other changes",
    "links of regions",
)


class Timeline:
    """See the port. kinds: what is shown at first."""

    fields: Sequence[str] = ()
    bindings: Sequence[Binding] = (
        Binding("filter", ("/",), "only what holds these words; Enter keeps them, Esc goes back", "filter"),
        Binding("open", ("enter",), "unfold what happened to many; else go to what it is about", "open"),
        *(
            Binding(kind, (str(number),), f"show or hide {does}")
            for number, (kind, does) in enumerate(zip(KINDS, _DOES, strict=True), 1)
        ),
        Binding("all", ("0",), "show every kind"),
        Binding("widen", ("a",), "everything, or what the board is about alone", "everything"),
        Binding("copy", ("y",), "copy the line"),
        Binding("back", ("escape",), "fold what is unfolded, then take the words away"),
        *MOVES,
    )

    def __init__(self, kinds: Sequence[str], text: str) -> None:
        self._kinds, self._text = tuple(kinds), text
        self._widened = False
        self._unfolded: tuple[str, ...] = ()
        self._inquiry = Inquiry()
        self._prompt = Prompt("/")
        self._cursor = ListCursor()
        self._moved = False
        self._snapshot: Snapshot | None = None
        self._missing: Missing | None = None
        self._reaches: Sequence[Reach] = ()
        self._rows: Sequence[Occasion] = ()
        self._count, self._older, self._head = 0, 0, 0
        self._of: Recall | None = None

    @property
    def writing(self) -> bool:
        """See the port."""
        return self._prompt.open

    @property
    def title(self) -> str:
        """What it is about, how much of it, and what is left out."""
        asked = self._inquiry.wanted
        about = self._about() if isinstance(asked, Recall) else ""
        parts = ["timeline"]
        if isinstance(asked, Recall) and asked.since is not None and self._snapshot is not None:
            parts.append(f"about {clock(asked.since, self._snapshot.at).strip()}")
        parts += [about] if about else []
        if self._of is not None:
            parts.append(f"{self._count:,}")
        if self._older:
            parts.append(f"{self._older:,} older ones are left out")
        if self._text:
            parts.append("/" + safe(self._text, 40))
        return " · ".join(parts)

    def _about(self) -> str:
        about = self._snapshot.about if self._snapshot is not None else About()
        if self._widened or about == About():
            return ""
        group = " ".join(f"{label}={value}" for label, value in about.group.items())
        return safe(about.vin or f"{about.promise} {group}".strip(), 60)

    def see(self, snapshot: Snapshot, letter: str) -> Ask | None:
        """See the port."""
        self._snapshot = snapshot
        self._inquiry.want(self._wanted(snapshot.about))
        before = self._inquiry.answer
        ask = self._inquiry.see(snapshot, letter)
        found = self._inquiry.answer
        if found is not before and found is not None and isinstance(found.ask, Recall):
            self._take(found.ask, found.value)
        return ask

    def _wanted(self, about: About) -> Recall:
        if self._widened:
            about = About()
        wanted = Recall(
            about.vin, tuple(sorted(about.group.items())), about.promise, about.since, self._kinds, self._text,
            self._unfolded,
        )  # fmt: skip
        if self._of is not None and _meant(self._of) != _meant(wanted):  # what happened to another one is not shown
            self._of, self._rows, self._unfolded = None, (), ()
            self._cursor, self._moved = ListCursor(), False
            wanted = replace(wanted, unfolded=())
        return wanted

    def _take(self, ask: Recall, found: object) -> None:
        self._missing = found if isinstance(found, Missing) else None
        if isinstance(found, Recalled):
            self._of, self._reaches, self._older = ask, found.reaches, found.older
            self._count = sum(not one.part_of for one in found.occasions)
            self._rows = _marked(found.occasions, ask.since)
            self._cursor.follow([one.key for one in self._rows])
            if ask.since is not None and not self._moved:
                self._cursor.go(next(n for n, one in enumerate(self._rows) if one.word == MARK))

    def press(self, action: str, key: Key) -> Reply:
        """See the port."""
        self._inquiry.touch()
        if action == "click":
            self._cursor.point(key.at[1] - self._head)
            self._moved = True
            return DONE
        if self._prompt.open:
            self._prompt.press(key)
            self._text = self._prompt.text
            return DONE
        match action:
            case "filter":
                self._prompt.begin(self._text)
            case "open" | "copy":
                return self._requested(action)
            case "all":
                self._kinds = KINDS
            case "widen":
                self._widened = not self._widened
            case "back":
                return self._back()
            case _ if action in KINDS:
                self._kinds = tuple(kind for kind in KINDS if (kind in self._kinds) != (kind == action))
            case _:
                return self._move(action)
        return DONE

    def _move(self, action: str) -> Reply:
        if not self._cursor.press(action):
            return None
        self._moved = True
        return DONE

    def _requested(self, action: str) -> Reply:
        if not self._rows:
            return (Say("nothing happened here", bad=True),)
        one = self._rows[self._cursor.place]
        if action == "copy":
            parts = (utc(one.at), one.kind, one.subject, one.text)
            return (Copy("\t".join(safe(part, 2_000) for part in parts), "line"),)
        if one.count > 1:
            kept = tuple(key for key in self._unfolded if key != one.key)
            self._unfolded = kept if one.key in self._unfolded else (*kept[1 - _MOST_UNFOLDED :], one.key)
            return DONE
        return (one.opens,) if one.opens is not None else (Say(safe(f"{one.subject or utc(one.at)} {one.text}", 400)),)

    def _back(self) -> Reply:
        if self._unfolded:
            self._unfolded = ()
        elif self._text:
            self._text = ""
        else:
            return None
        return DONE

    def draw(self, width: int, height: int) -> Sequence[Line]:
        """The prompt while it is open, the keys of the kinds, what happened, and since when that is known."""
        snapshot = self._snapshot
        if snapshot is None:
            return []
        now = snapshot.at if snapshot.frozen_at is None else snapshot.frozen_at
        head = [self._prompt.line(width)] if self._prompt.open else []
        about = self._of.vin if self._of is not None else ""
        head += [legend(self._kinds, width, about)] if height > 4 else []
        self._head = len(head)
        foot = reaches(self._reaches, now, width, 3 if height > 9 else 1) if height > 5 else []
        room = max(height - len(head) - len(foot), 0)
        page = Page(width, now, about, self._unfolded)
        if not self._moved and self._of is not None and self._of.since is not None:
            self._cursor.top = max(self._cursor.place - room // 2, 0)  # what was shortly before it, and after it
        window = self._cursor.fit(room)
        under_hand = self._rows[self._cursor.place] if self._rows else None
        body = [under(line(one, page), width) if one is under_hand else line(one, page) for one in self._rows[window]]
        body = body[:room] or [self._nothing()]
        return [*head, *body, *([()] * (room - len(body))), *foot]

    def _nothing(self) -> Line:
        if self._missing is not None:
            hint = f"; {self._missing.hint}" if self._missing.hint else ""
            return ((safe(f" {self._missing.reason}{hint}", 400), "dim" if self._missing.waiting else "bad"),)
        if self._of is None:
            return ((" looking ...", "dim"),)
        if self._text:
            return ((f" nothing holds {safe(self._text, 60)}", "dim"),)
        hidden = len(KINDS) - len(self._kinds)
        return ((f" nothing happened{' of the kinds that are shown' if hidden else ' that is known'}", "dim"),)

    def data(self) -> Mapping[str, object]:
        """What happened, and since when that is known."""
        told: dict[str, object] = {"kinds": list(self._kinds), "text": self._text}
        if self._missing is not None:
            told["missing"] = self._missing.reason
        known = [
            {"source": one.source, "since": None if one.since is None else utc(one.since), "note": one.note}
            for one in self._reaches
        ]
        rows = [_record(one) for one in self._rows if one.word != MARK]
        return {**told, "known": known, "older": self._older, "rows": rows}


def _meant(ask: Recall) -> Recall:
    return replace(ask, kinds=(), text="", unfolded=())


def _marked(occasions: Sequence[Occasion], since: float | None) -> Sequence[Occasion]:
    """With a line where the moment is that it is about."""
    if since is None:
        return occasions
    place = next((n for n, one in enumerate(occasions) if one.at < since and not one.part_of), len(occasions))
    mark = Occasion(MARK, since, "", MARK, "", "is the moment that this is about")
    return [*occasions[:place], mark, *occasions[place:]]


def _record(one: Occasion) -> dict[str, object]:
    record: dict[str, object] = {"at": utc(one.at), "kind": one.kind, "what": one.word, "subject": one.subject}
    record |= {"vin": one.vin, "region": one.region, "text": one.text, "count": one.count}
    return record | ({"began": utc(one.began)} if one.began is not None else {})


def make(settings: Mapping[str, object]) -> Timeline:
    """A panel of these settings. Raises UsageError."""
    kinds, text = settings.get("kinds", list(KINDS)), settings.get("text", "")
    if not isinstance(kinds, list) or not kinds or not all(kind in KINDS for kind in kinds):
        raise UsageError("must be a list of kinds", subject="kinds", hint=f"some of {', '.join(KINDS)}")
    if not isinstance(text, str):
        raise UsageError("must be text", subject="text", hint="put it in quotes")
    return Timeline([kind for kind in KINDS if kind in kinds], text)


PLUGIN = Plugin(
    API,
    "panels",
    "timeline",
    "1",
    "what happened: vehicles, trouble codes, orders, promises, alerts, changes",
    make,
    {"kinds": f"what is shown at first: {', '.join(KINDS)}", "text": "words that must be in it at first"},
)
