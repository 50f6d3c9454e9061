"""Ids of vehicles in what a board shows, masked as in every file: pictures travel."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence

from cdctl.domain.boards.drawing import Line
from cdctl.domain.fleet.privacy import VIN, masked

KEYS = frozenset({"vin", "vins"})
"""Under which panels tell ids."""
_SHORT = 6
"""Characters of an id that may be a part of any other word: a shorter one is found where it stands alone."""
_CUT = re.compile(r"[^\s…]*…[^\s…]*|[A-Za-z0-9]{8,}")
"""What an id may have become where there was no room for it."""
_SIGN = re.compile(r"[:=,(/'\"]")


def ids_in(data: object) -> frozenset[str]:
    """Ids that a board's data name."""
    return frozenset(filter(None, _ids(data, False)))


def _ids(data: object, named: bool) -> Iterator[str]:
    if isinstance(data, Mapping):
        for key, value in data.items():
            yield from _ids(value, key in KEYS)
    elif isinstance(data, str):
        yield from [data] if named else ()
    elif isinstance(data, Sequence):
        for value in data:
            yield from _ids(value, named)


def masked_lines(lines: Sequence[Line], ids: Collection[str]) -> list[Line]:
    """The lines without the ids, and without whatever else has the shape of a VIN; every character stays in its place,
    so that nothing moves."""
    known, pattern = sorted(ids), _pattern(ids)
    return [_masked_line(line, known, pattern) for line in lines]


def masked_data(data: object, ids: Collection[str]) -> object:
    """The same for what programs read."""
    return _masked_data(data, _pattern(ids), False)


def _masked_data(data: object, pattern: re.Pattern[str], named: bool) -> object:
    if isinstance(data, Mapping):
        return {key: _masked_data(value, pattern, key in KEYS) for key, value in data.items()}
    if isinstance(data, str):
        return masked(data) if named and data else pattern.sub(lambda found: masked(found[0]), data)
    if isinstance(data, Sequence):
        return [_masked_data(value, pattern, named) for value in data]
    return data


def _pattern(ids: Collection[str]) -> re.Pattern[str]:
    long = sorted((one for one in ids if len(one) >= _SHORT), key=len, reverse=True)
    short = [rf"(?<!\S){re.escape(one)}(?!\S)" for one in ids if 0 < len(one) < _SHORT]
    words = [rf"(?<![A-Za-z0-9]){re.escape(one)}(?![A-Za-z0-9])" for one in long]
    return re.compile("|".join([*words, *short, VIN.pattern]))


def _masked_line(line: Line, known: Sequence[str], pattern: re.Pattern[str]) -> Line:
    before = "".join(text for text, _ in line)
    after = pattern.sub(lambda found: _placed(masked(found[0]), len(found[0])), before)
    after = _CUT.sub(lambda found: _placed(_whole(found[0], known), len(found[0])), after)
    if after == before:
        return line
    pieces, at = [], 0
    for text, roles in line:
        pieces.append((after[at : at + len(text)], roles))
        at += len(text)
    return tuple(pieces)


def _whole(word: str, known: Sequence[str]) -> str:
    """A word as it is, masked where it, or what stands behind its last sign, is the rest of an id."""
    begin, dots, end = word.partition("…")
    for first in dict.fromkeys([begin, _SIGN.split(begin)[-1]]):
        found = next((one for one in known if one.startswith(first) and one.endswith(end)), "")
        if found and len(first) + len(end) > _SHORT:
            return begin[: len(begin) - len(first)] + (masked(found) if dots else f"{first[:3]}…")
    return word


def _placed(text: str, width: int) -> str:
    return text[:width].ljust(width)
