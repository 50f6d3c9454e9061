"""Tables of short texts in shared memory: what is said a million times is kept once, and a row holds its code.

Append-only, so a reader that copied codes first and texts second can name all of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

NOT_TOLD, OTHER = 0, 1
"""Codes that every table has: "" and what came when the table was full."""
OTHER_TEXT = "(other)"


def short(text: str, most: int) -> bytes:
    """UTF-8 of at most that many bytes, cut between characters, without a zero byte (arrays drop those at the end)."""
    body = text[:most].replace("\0", "\ufffd").encode("utf-8", "replace")
    return body if len(body) <= most else body[:most].decode("utf-8", "ignore").encode()


def ended(text: str, most: int) -> bytes:
    """The same for people: what is cut ends with "…"."""
    body = text[: most + 1].replace("\0", "\ufffd").encode("utf-8", "replace")
    return body if len(body) <= most else short(text, most - 3) + "…".encode()


class Strings:
    """One table: `texts` S[n] and `count` u4[1], both views on the shared memory."""

    def __init__(self, texts: NDArray[np.bytes_], count: NDArray[Any], limit: int | None = None) -> None:
        self._texts, self._count = texts, count
        self._limit = limit or len(texts)
        self._width = texts.itemsize
        self._codes: dict[bytes, int] | None = None
        self._by_text: dict[str, int] = {"": NOT_TOLD}
        self._read: list[str] = []
        self.refused = 0
        """How many texts found no place since the writer began."""

    def code(self, text: str) -> int:
        """The code of a text, a new one when it was not there. Only the writer may ask."""
        found = self._by_text.get(text)
        return self._enter(text) if found is None else found

    def codes(self, texts: Sequence[str]) -> NDArray[np.uint16]:
        """Codes of many; quick when most are alike. Only the writer may ask."""
        known = {text: self.code(text) for text in set(texts)}
        if len(known) == 1:
            return np.full(len(texts), next(iter(known.values())), np.uint16)
        return np.fromiter(map(known.__getitem__, texts), np.uint16, len(texts))

    def _enter(self, text: str) -> int:
        if self._codes is None:
            self._start()
        assert self._codes is not None
        body = short(text, self._width)
        code = self._codes.get(body)
        if code is None:
            code = int(self._count[0])
            if code >= self._limit:
                self.refused += 1
                return OTHER
            self._texts[code] = body
            self._count[0] = code + 1
            self._codes[body] = code
        if len(text) <= self._width:  # what is cut is looked up each time: many long texts may share one code
            self._by_text[text] = code
        return code

    def _start(self) -> None:
        if not self._count[0]:
            self._texts[OTHER] = OTHER_TEXT.encode()
            self._count[0] = 2
        # The text of OTHER is no key: a vehicle that calls itself so gets a code of its own.
        self._codes = {bytes(body): code for code, body in enumerate(self._texts[: self._count[0]]) if code != OTHER}

    def texts(self) -> list[str]:
        """The text of each code, so far; not safe for a terminal. The list is kept: do not change it. Threads may ask
        at once: what one of them has does not grow under another's hand."""
        count, read = int(self._count[0]), self._read
        if len(read) < count:
            new = self._texts[len(read) : count].tolist()
            self._read = read = [*read, *(body.decode("utf-8", "replace") for body in new)]
        return read or ["", OTHER_TEXT]
