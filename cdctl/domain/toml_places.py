"""Line and column of every key and value of a TOML text: the standard library's parser keeps none.

The text must already have been accepted by `tomllib`, so this reader may be as simple as the grammar's skeleton
(https://toml.io/en/v1.0.0): it finds where things stand and never judges them.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field

Path = tuple[str, ...]
"""Keys from the root; an element of an array is named by its number."""

_BLANK = re.compile(r"(?:[\s]|#[^\n]*)*")
_SPACE = re.compile(r"[ \t]*")
_KEY = re.compile(r"""[A-Za-z0-9_-]+|"(?:\\.|[^"\\])*"|'[^']*'""")
_SCALARS = (
    re.compile(r'"""(?:\\.|[^\\])*?"""(?:"{0,2})', re.DOTALL),
    re.compile(r"'''.*?'''(?:'{0,2})", re.DOTALL),
    re.compile(r'"(?:\\.|[^"\\])*"'),
    re.compile(r"'[^']*'"),
    re.compile(r"[^,\]}#\n]+"),
)


@dataclass(slots=True)
class Places:
    """(line, column), counted from 1, of keys and of values, by path."""

    keys: dict[Path, tuple[int, int]] = field(default_factory=dict)
    values: dict[Path, tuple[int, int]] = field(default_factory=dict)


def places(text: str) -> Places:
    """Where every key and value of a valid TOML text stands. Both line ends are understood."""
    reader = _Reader(text)
    reader.document()
    return reader.found


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.found = Places()
        self.arrays: dict[Path, int] = {}

    def document(self) -> None:
        table: Path = ()
        while self._skip(_BLANK) < len(self.text):
            if self.text[self.at] == "[":
                table = self._header(2 if self.text.startswith("[[", self.at) else 1)
            else:
                self._entry(table)

    def _header(self, brackets: int) -> Path:
        """`[a.b]`, or `[[a]]`: one more element of an array; what follows in `[a.b]` belongs to the last of `[[a]]`."""
        start = self.at
        self.at += brackets
        names = self._key(())
        self.at += brackets
        table: Path = ()
        for name in names[:-1]:
            table = (*table, name)
            table = (*table, str(self.arrays[table])) if table in self.arrays else table
        table = (*table, names[-1])
        if brackets == 2:
            self.arrays[table] = self.arrays.get(table, -1) + 1
            table = (*table, str(self.arrays[table]))
            self.found.values[table] = self._place(start)
        return table

    def _entry(self, table: Path) -> None:
        path = self._key(table)
        self.at += 1  # the equals sign
        self._value(path)

    def _key(self, path: Path) -> Path:
        while True:
            start = self._skip(_SPACE)
            raw = self._take(_KEY)
            name = next(iter(tomllib.loads(f"{raw} = 0")))
            path = (*path, name)
            self.found.keys.setdefault(path, self._place(start))
            if self.text[self._skip(_SPACE)] != ".":
                return path
            self.at += 1

    def _value(self, path: Path) -> None:
        start = self._skip(_SPACE)
        self.found.values[path] = self._place(start)
        if self.text[start] in "{[":
            self._items(path, "}" if self.text[start] == "{" else "]")
            return
        pattern = next(p for p in _SCALARS if p.match(self.text, start))
        self._take(pattern)

    def _items(self, path: Path, end: str) -> None:
        self.at += 1
        number = 0
        while self.text[self._skip(_BLANK)] != end:
            if self.text[self.at] == ",":
                self.at += 1
            elif end == "}":
                self._entry(path)
            else:
                self._value((*path, str(number)))
                number += 1
        self.at += 1

    def _skip(self, pattern: re.Pattern[str]) -> int:
        self._take(pattern)
        return self.at

    def _take(self, pattern: re.Pattern[str]) -> str:
        match = pattern.match(self.text, self.at)
        if match is None:
            raise ValueError(f"not TOML at offset {self.at}")
        self.at = match.end()
        return match.group()

    def _place(self, at: int) -> tuple[int, int]:
        line_start = self.text.rfind("\n", 0, at) + 1
        return self.text.count("\n", 0, at) + 1, at - line_start + 1
