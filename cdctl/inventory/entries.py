"""Entries of a list of vehicles, judged many at a time: good ones become values, wrong ones are told, all counted."""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence

import numpy as np

from cdctl.domain.fleet.inventory import LONGEST_ID, Listed, Remarks, is_id
from cdctl.domain.text import safe
from cdctl.errors import Place, Problem

Fields = tuple[str, str, str, str]
"""vin, region, model, software, as written."""
Entry = Fields | str | None
"""One entry, or why it is none; None is an empty line."""

NAMES: Mapping[str, int] = {"vin": 0, "id": 0, "region": 1, "model": 2, "sw": 3, "software": 3}
"""What the fields are called in a header or an object, in lower case, and their places in `Fields`."""
LONGEST_TEXT = 100
_MOST_PROBLEMS = 100
_KINDS = ("vin", "region", "model", "sw")


class Entries:
    """The entries of one reading of one list; `file` is what messages call it."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._hashes = array("q")  # 8 bytes a vehicle; a set of a million texts would take a hundred times as much
        self._problems: list[Problem] = []
        self._wrong = 0

    def take(self, entries: Sequence[Entry], first: int) -> list[Listed]:
        """The vehicles of a run of entries, of which the first is number `first` (a line, say)."""
        if set(map(type, entries)) == {tuple} and self._are_good(entries):  # type: ignore[arg-type]
            found = [Listed(*entry) for entry in entries]  # type: ignore[misc]
        else:
            found = [good for at, entry in enumerate(entries, first) if (good := self._judged(entry, at)) is not None]
        self._hashes.extend([hash(listed.vin) for listed in found])
        return found

    @staticmethod
    def _are_good(entries: Sequence[Fields]) -> bool:
        vins, *others = zip(*entries, strict=True)
        ids, lengths = "".join(vins), set(map(len, vins))
        texts = "".join(map("".join, others))
        return (
            ids.isascii()
            and (ids + texts).isprintable()
            and min(lengths) > 0
            and max(lengths) <= LONGEST_ID
            and not any(mark in ids for mark in " +#")
            and max(max(map(len, column)) for column in others) <= LONGEST_TEXT
            and all(list(map(str.strip, column)) == list(column) for column in others)
        )

    def _judged(self, entry: Entry, number: int) -> Listed | None:
        if entry is None:
            return None
        reason = entry if isinstance(entry, str) else ""
        if isinstance(entry, tuple):
            fields = [text.strip() for text in entry]
            reason = _reason(fields)
            if not reason:
                return Listed(*fields)
        self._wrong += 1
        if len(self._problems) < _MOST_PROBLEMS:
            self._problems.append(Problem(Place(self._file, number, 1), reason, "the entry is left out"))
        return None

    def remarks(self) -> Remarks:
        """What was odd so far."""
        listed = len(self._hashes)
        different = len(np.unique(np.frombuffer(self._hashes, np.int64))) if listed else 0
        return Remarks(listed, self._wrong, listed - different, tuple(self._problems))


def _reason(fields: Sequence[str]) -> str:
    if not is_id(fields[0]):
        what = f"'{safe(fields[0], 60)}' is no vehicle's id" if fields[0] else "there is no id"
        return f"{what} (1 to {LONGEST_ID} printable ASCII characters without spaces, + and #)"
    for kind, text in zip(_KINDS[1:], fields[1:], strict=True):
        if len(text) > LONGEST_TEXT:
            return f"{kind} has {len(text)} characters, {LONGEST_TEXT} are allowed"
        if not text.isprintable():
            return f"{kind} '{safe(text, 60)}' holds control characters"
    return ""
