"""A board: a grid that reads as a picture, a panel for every letter, and where each panel stands on a screen.

hhhh        one line of the header,
ssff        then promises at the left and vehicles at the right,
ssff        twice as high as a row of their own would be
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

EMPTY = "."
"""A place of the picture where nothing stands."""


@dataclass(frozen=True, slots=True)
class Slot:
    """A panel of a board. lines: a fixed height in lines; None shares what is left. place: file:line:column of it."""

    letter: str
    kind: str
    settings: Mapping[str, object] = field(default_factory=dict)
    lines: int | None = None
    place: str = ""


@dataclass(frozen=True, slots=True)
class Board:
    """What is shown together. picture: rows of letters, equally long, in which every letter fills a rectangle."""

    name: str
    title: str
    picture: tuple[str, ...]
    slots: tuple[Slot, ...]


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle of cells."""

    left: int
    top: int
    width: int
    height: int


def letters(picture: Sequence[str]) -> list[str]:
    """Letters of a picture, in the order of reading."""
    return list(dict.fromkeys(letter for row in picture for letter in row if letter != EMPTY))


def misdrawn(picture: Sequence[str]) -> Iterator[tuple[int, str]]:
    """What is wrong with a picture: the row, from 0, and what."""
    for number, row in enumerate(picture):
        if len(row) != len(picture[0]):
            yield number, f"row {number + 1} of the picture has {len(row)} letters, the first has {len(picture[0])}"
            return
    for letter in letters(picture):
        rows = [number for number, row in enumerate(picture) if letter in row]
        left, right = picture[rows[0]].index(letter), picture[rows[0]].rindex(letter)
        for number in range(rows[0], rows[-1] + 1):
            row = picture[number]
            if row[left : right + 1] != letter * (right - left + 1) or row.count(letter) != right - left + 1:
                yield number, f"{letter} is not one rectangle in the picture"
                break


def boxes(board: Board, width: int, height: int) -> dict[str, Box]:
    """Where each letter stands on a screen. Fixed rows come first; what is left is shared evenly. Of a screen that is
    too small, the lower panels have no lines."""
    heights = _heights(board, height)
    tops = [sum(heights[:row]) for row in range(len(heights) + 1)]
    columns = len(board.picture[0])
    lefts = [column * width // columns for column in range(columns + 1)]
    found: dict[str, Box] = {}
    for letter in letters(board.picture):
        rows = [number for number, row in enumerate(board.picture) if letter in row]
        left, right = board.picture[rows[0]].index(letter), board.picture[rows[0]].rindex(letter) + 1
        top, bottom = tops[rows[0]], tops[rows[-1] + 1]
        found[letter] = Box(lefts[left], top, lefts[right] - lefts[left], bottom - top)
    return found


def _heights(board: Board, height: int) -> list[int]:
    fixed: list[int | None] = [None] * len(board.picture)
    for slot in board.slots:
        if slot.lines is not None:
            rows = [number for number, row in enumerate(board.picture) if slot.letter in row]
            for order, row in enumerate(rows):
                share = (order + 1) * slot.lines // len(rows) - order * slot.lines // len(rows)
                fixed[row] = max(share, fixed[row] or 0)
    left = height
    heights = [0] * len(fixed)
    for row, lines in enumerate(fixed):
        if lines is not None:
            heights[row] = min(lines, left)
            left -= heights[row]
    free = [row for row, lines in enumerate(fixed) if lines is None]
    for order, row in enumerate(free):
        heights[row] = (order + 1) * left // len(free) - order * left // len(free)
    return heights
