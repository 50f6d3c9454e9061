"""A file of notes, read: sections under headings, and who is on duty from which day."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

_HEADING = re.compile(r"#{1,6}\s+(.*?)\s*#*")
_TURN = re.compile(r"[-*]\s+(\d{4}-\d\d-\d\d)(?:[ T](\d\d:\d\d))?\s+(\S.*)")
_ROSTERS = frozenset({"on duty", "on call"})
_FENCE = ("```", "~~~")


@dataclass(frozen=True, slots=True)
class Section:
    """What stands under one heading."""

    heading: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Turn:
    """Somebody is on duty from a moment on (epoch seconds); `day` is how it was written."""

    begins: float
    day: str
    who: str


def sections(text: str) -> list[Section]:
    """Sections in their order. What stands before the first heading is one without a heading. In a block of code a
    line with # is no heading."""
    found, heading, lines, fenced = list[Section](), "", list[str](), False
    for line in [*text.splitlines(), None]:
        match = None if line is None or fenced else _HEADING.fullmatch(line)
        if line is not None and match is None:
            fenced ^= line.lstrip().startswith(_FENCE)
            lines.append(line.rstrip())
            continue
        if heading or any(lines):
            found.append(Section(heading, tuple(_trimmed(lines))))
        heading, lines = match.group(1) if match else "", []
    return found


def _trimmed(lines: Sequence[str]) -> Sequence[str]:
    full = [number for number, line in enumerate(lines) if line]
    return lines[full[0] : full[-1] + 1] if full else ()


def turns(every: Sequence[Section]) -> list[Turn]:
    """Who is on duty, by their beginnings: `- 2025-06-15 Ana`, or `- 2025-06-15 18:00 Ana`, in UTC, under a heading
    "On duty". Lines that are no such thing are only notes."""
    found = []
    for line in (line for section in every if _is_roster(section) for line in section.lines):
        if match := _TURN.fullmatch(line.strip()):
            day, clock, who = match.groups()
            try:
                begins = datetime.fromisoformat(f"{day}T{clock or '00:00'}").replace(tzinfo=UTC)
            except ValueError:
                continue
            found.append(Turn(begins.timestamp(), f"{day} {clock or ''}".rstrip(), who))
    return sorted(found, key=lambda turn: turn.begins)


def on_duty(every: Sequence[Turn], at: float) -> tuple[Turn | None, Turn | None]:
    """Whose turn it is at an instant, and whose it is next."""
    begun = [turn for turn in every if turn.begins <= at]
    coming = [turn for turn in every if turn.begins > at]
    return (begun[-1] if begun else None), (coming[0] if coming else None)


def about(every: Sequence[Section], promise: str, group: Mapping[str, str]) -> list[Section]:
    """What was written about a promise, and a group of it: the heading is its name, then label=value as often as need
    be. What is about fewer groups comes first."""
    found = []
    for section in every:
        name, *labels = section.heading.split() or [""]
        wanted = dict(label.split("=", 1) for label in labels if "=" in label)
        plain = len(wanted) == len(labels)
        if promise and name == promise and plain and all(group.get(key) == value for key, value in wanted.items()):
            found.append((-len(wanted), section))
    return [section for _, section in sorted(found, key=lambda pair: pair[0])]


def rest(every: Sequence[Section]) -> list[Section]:
    """Everything but the roster."""
    return [section for section in every if not _is_roster(section)]


def _is_roster(section: Section) -> bool:
    return section.heading.lower() in _ROSTERS
