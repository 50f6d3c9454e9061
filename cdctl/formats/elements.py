"""Elements of a long JSON list, one after the other, without the list in memory: exports are one document each."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple, Protocol

from cdctl.formats import limits

_NEXT = re.compile(rb'(?:[^"{}\[\]]++|"(?:[^"\\]++|\\.)*+")*+[{}\[\]]', re.DOTALL)
"""Up to the next brace or bracket that is in no text; never tried in a second way, so linear on whatever comes."""
_OPEN = b"{["
_READ = 1 << 18


class Readable(Protocol):
    """What can be read from."""

    def read(self, size: int = ..., /) -> bytes:
        """So many bytes; fewer at the end."""
        ...


class Element(NamedTuple):
    """One value of a list, as it was written; `end` is where it ends, in bytes from the beginning. No text: it is too
    long to be read, or (`half`) the document ends in the middle of it."""

    text: bytes | None
    end: int
    half: bool = False


class Elements:
    """Lists and maps at a depth: 1 for those of `[...]`, 2 for `{"data": [...]}`; 0 for whole values in a row. Those of
    further lists at the same depth come, too."""

    def __init__(self, stream: Readable, depth: int) -> None:
        self._stream = stream
        self._depth = depth
        self._buffer = b""
        self._at = 0
        """Where in the document the buffer begins."""
        self._place = 0
        """What was looked at already, in the buffer."""
        self._begin = -1
        """Where in the buffer an element begins; -1 between elements."""

    def __iter__(self) -> Iterator[Element]:
        depth = 0
        while (token := self._next()) is not None:
            if token in _OPEN:
                if depth == self._depth and self._begin < 0:
                    self._begin = self._place - 1
                depth += 1
                continue
            depth = max(depth - 1, 0)
            if depth == self._depth and self._begin >= 0:
                yield self._element()
        if self._begin >= 0 or self._buffer[self._place :].strip():
            long = self._begin >= 0 and len(self._buffer) - self._begin > 2 * limits.MESSAGE
            yield Element(None, self._at + len(self._buffer), half=not long)

    def _element(self) -> Element:
        begin, self._begin = self._begin, -1
        short = self._place - begin <= limits.MESSAGE
        return Element(self._buffer[begin : self._place] if short else None, self._at + self._place)

    def _next(self) -> int | None:
        """The next brace or bracket; None at the end of the document, and when an element is much too long."""
        while True:
            found = _NEXT.match(self._buffer, self._place)
            if found:
                self._place = found.end()
                return self._buffer[self._place - 1]
            done = self._begin if self._begin >= 0 else self._place
            rest = self._buffer[done:]
            more = self._stream.read(max(_READ, len(rest))) if len(rest) <= 2 * limits.MESSAGE else b""
            if not more:
                return None
            self._buffer = rest + more
            self._at += done
            self._place -= done
            self._begin = min(self._begin, 0)
