"""Text in columns, for reports and lists that a terminal shows."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

_GAP = "  "


@dataclass(frozen=True, slots=True)
class Column:
    """One column: `align` is "left", "right" or "point" (decimal points under each other); `shrinks` when the
    whole is too wide, down to `narrowest` cells."""

    title: str
    align: str = "left"
    shrinks: bool = False
    narrowest: int = 12


def cells(text: str) -> int:
    """Terminal cells that `text` takes: wide East Asian characters two, combining marks none."""
    return len(text) if text.isascii() else sum(map(_wide, text))


@lru_cache(maxsize=4_096)
def _wide(char: str) -> int:
    """A screen is full of the same few lines and bars."""
    if unicodedata.category(char) in {"Mn", "Me", "Cf"}:
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def shorten(text: str, width: int) -> str:
    """`text` in at most `width` cells. The middle goes: the ends of names tell them apart."""
    if cells(text) <= width:
        return text
    if width < 1:
        return ""
    tail = (width - 1) // 2
    return f"{_start(text, width - 1 - tail)}…{_start(text[::-1], tail)[::-1]}"


def _start(text: str, width: int) -> str:
    end = min(len(text), width)
    while cells(text[:end]) > width:
        end -= 1
    return text[:end]


def grid(columns: Sequence[Column], rows: Sequence[Sequence[str]], width: int | None = None) -> list[str]:
    """Header and rows as lines without trailing blanks, shrunk to `width` cells where the columns allow it.

    A column whose every cell is empty is left out.
    """
    kept = [i for i in range(len(columns)) if not rows or any(row[i] for row in rows)]
    texts = [_on_point(columns[i], [row[i] for row in rows]) for i in kept]
    columns = [columns[i] for i in kept]
    widths = [max([cells(column.title), *map(cells, text)]) for column, text in zip(columns, texts, strict=True)]
    _shrink(columns, widths, width)
    lines = [[column.title for column in columns], *zip(*texts, strict=True)]
    return [_line(columns, widths, line) for line in lines]


def _line(columns: Sequence[Column], widths: Sequence[int], line: Sequence[str]) -> str:
    placed = []
    for column, width, text in zip(columns, widths, line, strict=True):
        short = shorten(text, width)
        blank = " " * (width - cells(short))
        placed.append(short + blank if column.align == "left" else blank + short)
    return _GAP.join(placed).rstrip()


def _on_point(column: Column, texts: list[str]) -> list[str]:
    """Pad on the right so that decimal points meet; a percent sign counts as the point of a whole number."""
    if column.align != "point":
        return texts
    after = [len(text) - _point(text) for text in texts]
    return [text + " " * (max(after) - own) for text, own in zip(texts, after, strict=True)]


def _point(text: str) -> int:
    found = [text.find(mark) for mark in ".%" if mark in text]
    return min(found, default=len(text))


def _shrink(columns: Sequence[Column], widths: list[int], width: int | None) -> None:
    if width is None:
        return
    over = sum(widths) + len(_GAP) * (len(widths) - 1) - width
    while over > 0:
        able = [i for i, column in enumerate(columns) if column.shrinks and widths[i] > column.narrowest]
        if not able:
            return
        wide = max(able, key=lambda i: widths[i])
        widths[wide] -= 1
        over -= 1
