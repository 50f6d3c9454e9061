"""What promises are called on the strip: told apart where they stand together, and shortened so that they stay so."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise

from cdctl.domain.grid import cells, shorten
from cdctl.domain.slo.verdict import Row
from cdctl.domain.text import safe


def names(rows: Sequence[Row]) -> list[str]:
    """Promise, objective where the promise has several, and group; safe to be drawn."""
    objectives: dict[str, set[str]] = {}
    for row in rows:
        objectives.setdefault(row.name, set()).add(row.objective)
    return [safe(" ".join(_words(row, ":" if len(objectives[row.name]) > 1 else "")), 200) for row in rows]


def copied(row: Row, rows: Iterable[Row]) -> str:
    """The same for a command line, with blanks between."""
    several = any(row.name == other.name and row.objective != other.objective for other in rows)
    return " ".join(filter(None, (row.name, row.objective if several else "", row.group_text)))


def _words(row: Row, mark: str) -> list[str]:
    words = (f"{row.name}{mark}", row.objective if mark else "", row.group_text)
    return [word for word in words if word]


def shortened(texts: Iterable[str], width: int) -> Mapping[str, str]:
    """Each text in at most `width` cells. What goes lies where it tells apart least; no two become the same while
    there is another way to cut one of them."""
    known = sorted(set(texts))
    near = _near(known)
    found = {text: text for text in known if cells(text) <= width}
    used = set(found.values())
    for text in known:
        if text not in found:
            ways = _ways(text, near[text], width) if text.isascii() and width > 2 else [shorten(text, width)]
            found[text] = next((way for way in ways if way not in used), ways[0])
            used.add(found[text])
    return found


def _near(known: Sequence[str]) -> dict[str, set[str]]:
    """Of each the four that are likest: its neighbours in the order of beginnings and of ends."""
    near: dict[str, set[str]] = {text: set() for text in known}
    for order in (known, sorted(known, key=lambda text: text[::-1])):
        for one, other in pairwise(order):
            near[one].add(other)
            near[other].add(one)
    return near


def _ways(text: str, near: Iterable[str], width: int) -> list[str]:
    """Ways to leave out one piece, the best first: little is lost of what differs, and both ends stay."""
    gone = len(text) - width + 1
    parts = [_differs(text, other) for other in near]
    middle = width // 2

    def lost(begin: int) -> tuple[float, int]:
        cut = [max(min(end, begin + gone) - max(first, begin), 0) / (end - first) for first, end in parts]
        return sum(cut), abs(begin - middle)

    return [f"{text[:begin]}…{text[begin + gone :]}" for begin in sorted(range(1, width), key=lost)]


def _differs(text: str, other: str) -> tuple[int, int]:
    """Where a text differs from another: at least the one character after which it does."""
    first = _alike(text, other)
    rest = min(len(text), len(other)) - first
    end = len(text) - min(_alike(text[::-1], other[::-1]), rest)
    return (first, end) if end > first else (max(first - 1, 0), max(first, 1))


def _alike(text: str, other: str) -> int:
    """How many characters they have in common at the beginning."""
    both = zip(text, other, strict=False)
    return next((at for at, (one, two) in enumerate(both) if one != two), min(len(text), len(other)))
