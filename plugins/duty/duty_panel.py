"""The panel `duty`: who is on duty, and what the team wrote about the promise that the board is about."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from cdctl.api import (
    API,
    DONE,
    MOVES,
    Ask,
    Binding,
    Copy,
    Key,
    Line,
    Plugin,
    Reply,
    Say,
    Snapshot,
    UsageError,
    fit,
    safe,
)

from .notes import Section, Turn, about, on_duty, rest, sections, turns

MOST_BYTES = 256 * 1024
_LONGEST = 2_000
_EVERY = 1.0
"""Seconds between two looks at the file."""
_MARK = re.compile(r"(?:[-*+]|\d+[.)])\s+")


@dataclass(frozen=True, slots=True)
class Row:
    """A line on the screen, its role, and the whole line of the file that it is a part of."""

    text: str
    role: str
    whole: str


class DutyPanel:
    """Reads the file when it was written anew. Everything else is in memory."""

    fields: Sequence[str] = ()
    writing = False
    bindings: Sequence[Binding] = (
        Binding("copy", ("y",), "copy the line: a command to paste", "copy"),
        Binding("all", ("a",), "every note, or those about the promise alone", "all"),
        *MOVES,
    )

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stamp: object = None
        self._looked = float("-inf")
        self._error = "the file was not read yet"
        self._sections: list[Section] = []
        self._turns: list[Turn] = []
        self._seen: Snapshot | None = None
        self._every = False
        self._rows: list[Row] = []
        self._rows_of: object = None
        self._place, self._top, self._room = 0, 0, 1
        self._about: object = None

    @property
    def title(self) -> str:
        """Who is on duty, and until when."""
        now, coming = on_duty(self._turns, self._seen.at if self._seen else 0.0)
        nobody = "nobody is on duty yet" if self._turns else ""
        who = f"{safe(now.who, 80)} is on duty" if now else nobody
        until = f"until {coming.day}, then {safe(coming.who, 80)}" if coming else ""
        return " · ".join(part for part in ("duty", who, until) if part)

    def see(self, snapshot: Snapshot, letter: str) -> Ask | None:
        """Look at the file once a second. A plugin's panel has a thread of its own, so it may read here."""
        self._seen = snapshot
        if not 0 <= snapshot.at - self._looked < _EVERY:
            self._looked = snapshot.at
            self._read()
        subject = (snapshot.about.promise, dict(snapshot.about.group))
        if subject != self._about:
            self._about, self._place, self._top = subject, 0, 0
        return None

    def _read(self) -> None:
        try:
            found = self._path.stat()
            stamp = (found.st_mtime_ns, found.st_size)
            if stamp == self._stamp:
                return
            with self._path.open("rb") as file:
                body = file.read(MOST_BYTES + 1)
        except OSError as error:
            self._stamp, self._error = None, f"cannot read {self._path}: {error.strerror}"
            return
        text = body[:MOST_BYTES].decode("utf-8-sig", "replace")
        self._stamp, self._error = stamp, ""
        if len(body) > MOST_BYTES:
            self._error = f"{self._path} has more than {MOST_BYTES // 1024} kB: the end is not shown"
        self._sections = sections(text)
        self._turns = turns(self._sections)

    def _shown(self) -> Sequence[Section]:
        """Notes about the promise; where there are none, or all are wanted, all of them."""
        subject = self._seen.about if self._seen else None
        found = about(self._sections, subject.promise, subject.group) if subject and not self._every else []
        return found or rest(self._sections)

    def draw(self, width: int, height: int) -> Sequence[Line]:
        """What is wrong with the file, then the notes, folded to the width."""
        folded = (width, self._stamp, self._about, self._every)
        if folded != self._rows_of:
            self._rows, self._rows_of = list(self._folded(max(width - 2, 8))), folded
        lines = [fit(((" " + safe(self._error, 300), "bad"),), width)] if self._error else []
        if not self._rows and not self._error:
            lines = [fit(((" nothing is written here yet", "dim"),), width)]
        self._room = max(height - len(lines), 1)
        self._place = min(self._place, max(len(self._rows) - 1, 0))
        self._top = min(max(self._top, self._place - self._room + 1, 0), self._place)
        for number, row in enumerate(self._rows[self._top : self._top + self._room], self._top):
            under = "cursor" if number == self._place else ""
            lines.append(fit(((" " + row.text, f"{row.role} {under}".strip()),), width, under))
        return lines[:height]

    def _folded(self, width: int) -> Iterator[Row]:
        for number, section in enumerate(self._shown()):
            if number:
                yield Row("", "", "")
            if section.heading:
                yield Row(safe(section.heading, 200), "title", section.heading)
            fenced = False
            for line in section.lines:
                fence = line.lstrip().startswith("```")
                fenced ^= fence
                if fence:
                    continue
                text, role = safe(line.expandtabs(4), _LONGEST), "strong" if fenced else ""
                wrapped = len(text) > width
                parts = textwrap.wrap(text, width, subsequent_indent="  ", drop_whitespace=False) if wrapped else [text]
                yield from (Row(part, role, line) for part in parts)

    def press(self, action: str, key: Key) -> Reply:
        """Move, copy, show all."""
        page = max(self._room - 1, 1)
        places = {
            "up": self._place - 1, "down": self._place + 1, "page-up": self._place - page,
            "page-down": self._place + page, "first": 0, "last": len(self._rows),
            "click": self._top + max(key.at[1] - bool(self._error), 0),
        }  # fmt: skip
        if action in places:
            self._place = max(min(places[action], len(self._rows) - 1), 0)
        elif action == "all":
            self._every, self._place, self._top = not self._every, 0, 0
        elif action == "copy":
            return self._copied()
        else:
            return None
        return DONE

    def _copied(self) -> Reply:
        """The line as it is written, without what marks it as an item or as code."""
        whole = self._rows[self._place].whole if self._place < len(self._rows) else ""
        plain = _MARK.sub("", whole.strip()).strip("`")[:_LONGEST]
        return (Copy(plain, "line"),) if plain else (Say("there is nothing on this line", bad=True),)

    def data(self) -> Mapping[str, object]:
        """Who is on duty, and the notes that are shown."""
        now, coming = on_duty(self._turns, self._seen.at if self._seen else 0.0)
        return {
            "file": str(self._path),
            "error": self._error or None,
            "on_duty": now.who if now else None,
            "since": now.day if now else None,
            "next": {"who": coming.who, "from": coming.day} if coming else None,
            "notes": [{"heading": section.heading, "lines": list(section.lines)} for section in self._shown()],
        }


def make(settings: Mapping[str, object]) -> DutyPanel:
    """A panel of these settings; it reads nothing yet. Raises UsageError."""
    file = settings.get("file")
    if not isinstance(file, str) or not file.strip():
        raise UsageError("must be the path of a file of notes", subject="file", hint="file: duty.md")
    return DutyPanel(Path(file).expanduser())


PLUGIN = Plugin(
    api=API,
    room="panels",
    name="duty",
    version="1.0.0",
    summary="Who is on duty, and what the team wrote about the promise on the board",
    make=make,
    settings={"file": "a file of notes under headings; see README.md"},
)
