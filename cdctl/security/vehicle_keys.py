"""The vehicles' public keys, `vin,key[,revoked]`: a million lines in some seconds and some fifty bytes each.

Lines as they should be are read by columns of bytes; whatever looks otherwise is read one by one, and judged.
"""

from __future__ import annotations

import csv
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cdctl.domain.text import safe
from cdctl.errors import Place, Problem
from cdctl.security import ed25519, whole_file

_PIECE = 4 * 1024 * 1024
_KEY = len(ed25519.PREFIX) + 44
_MOST_VIN = 64
_MOST_PROBLEMS = 100
_FORM = "write vin,key or vin,key,revoked"
_COMMA, _RETURN, _NEWLINE = 44, 13, 10

Bytes = NDArray[np.uint8]

_SIX = np.full(256, 255, np.uint8)  # what a base64 character stands for
_SIX[np.frombuffer(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", np.uint8)] = np.arange(64)
_IN_VIN = np.zeros(256, bool)  # printable, and no part of a topic's syntax
_IN_VIN[33:127] = True
_IN_VIN[np.frombuffer(b"+#/,\"'", np.uint8)] = False


@dataclass(frozen=True, slots=True, eq=False)
class VehicleKeys:
    """Keys of vehicles, sorted by VIN; a vehicle may have several. vins: [n] bytes. keys: [n, 32]. revoked: [n]."""

    vins: NDArray[np.bytes_]
    keys: Bytes
    revoked: NDArray[np.bool_]

    def of(self, vin: str) -> list[tuple[bytes, bool]]:
        """The vehicle's keys, and whether each was revoked."""
        wanted = vin.encode()
        at = bisect_left(self.vins, wanted)
        found = []
        while at < len(self.vins) and self.vins[at] == wanted:
            found.append((self.keys[at].tobytes(), bool(self.revoked[at])))
            at += 1
        return found

    def known(self, vins: Sequence[str]) -> list[bool]:
        """Whether each vehicle has a key that was not revoked."""
        live = self.vins[~self.revoked] if self.revoked.any() else self.vins
        if not len(live) or not vins:
            return [False] * len(vins)
        wanted = np.array([vin.encode() for vin in vins])
        at = np.minimum(np.searchsorted(live, wanted), len(live) - 1)
        return [bool(one) for one in live[at] == wanted]


NOBODY = VehicleKeys(np.empty(0, "S1"), np.empty((0, 32), np.uint8), np.empty(0, bool))


@dataclass(slots=True)
class _Reading:
    """Everything of the file so far, in its order."""

    path: str
    vins: list[NDArray[np.bytes_]] = field(default_factory=list)
    keys: list[Bytes] = field(default_factory=list)
    lines: list[NDArray[np.int64]] = field(default_factory=list)
    revoked: set[int] = field(default_factory=set)
    problems: list[Problem] = field(default_factory=list)

    def wrong(self, line: int, column: int, message: str, fix: str = "") -> None:
        if len(self.problems) < _MOST_PROBLEMS:
            self.problems.append(Problem(Place(self.path, line, column), message, fix))

    def take(self, piece: Bytes, first: int) -> int:
        """Read whole lines, of which the first has that number; returns how many they are."""
        ends = np.flatnonzero(piece == _NEWLINE)
        starts = np.concatenate(([0], ends[:-1] + 1))
        ends = ends - ((ends > starts) & (piece[ends - 1] == _RETURN))
        vin_ends, good = _regular(piece, starts, ends)
        rows = np.flatnonzero(good)
        keys, right = _decoded(piece, vin_ends[rows] + 1 + len(ed25519.PREFIX))
        vins, named = _texts(piece, starts[rows], vin_ends[rows])
        fine = right & named
        good[rows[~fine]] = False
        self.vins.append(vins[fine])
        self.keys.append(keys[fine])
        self.lines.append(rows[fine] + first)
        for row in np.flatnonzero(~good):
            self._one(piece[starts[row] : ends[row]].tobytes(), first + int(row))
        return len(ends)

    def _one(self, content: bytes, line: int) -> None:
        text = content.decode("utf-8", "replace")
        if not text.strip() or text.lstrip().startswith("#"):
            return
        try:
            cells = _cells(text)
            if line == 1 and cells[0].lower() == "vin":
                _header(cells)
                return
            vin, public, revoked = _entry(text, cells)
        except _WrongLineError as error:
            self.wrong(line, *error.told)
            return
        self.vins.append(np.array([vin]))
        self.keys.append(np.frombuffer(public, np.uint8).reshape(1, 32))
        self.lines.append(np.array([line]))
        if revoked:
            self.revoked.add(line)

    def whole(self) -> VehicleKeys:
        """Everything, sorted; the same key twice is a problem."""
        if not self.vins:
            return NOBODY
        vins, keys, lines = np.concatenate(self.vins), np.concatenate(self.keys), np.concatenate(self.lines)
        self.vins, self.keys, self.lines = [], [], []
        if not (lines[:-1] < lines[1:]).all():  # some were read one by one
            order = np.argsort(lines)
            vins, keys, lines = vins[order], keys[order], lines[order]
        revoked = np.isin(lines, list(self.revoked)) if self.revoked else np.zeros(len(lines), bool)
        self._doubles(keys, lines, vins)
        if not (vins[:-1] <= vins[1:]).all():
            order = np.argsort(vins, kind="stable")
            vins, keys, revoked = vins[order], keys[order], revoked[order]
        return VehicleKeys(vins, keys, revoked)

    def _doubles(self, keys: Bytes, lines: NDArray[np.int64], vins: NDArray[np.bytes_]) -> None:
        heads = np.ascontiguousarray(keys[:, :8]).view(np.uint64).ravel()
        ordered = np.sort(heads)
        twice = ordered[1:][ordered[1:] == ordered[:-1]]
        if not len(twice):
            return
        seen: dict[bytes, int] = {}
        for row in np.flatnonzero(np.isin(heads, twice)):
            other = seen.setdefault(keys[row].tobytes(), int(row))
            if other != row:
                said = f"duplicate key: line {lines[other]} has it for {safe(vins[other].decode(), 40)}"
                self.wrong(int(lines[row]), 1, said, "every vehicle has a key of its own")


class _WrongLineError(Exception):
    """A column, what is wrong there, and the fix."""

    def __init__(self, column: int, message: str, fix: str = "") -> None:
        super().__init__(message)
        self.told = column, message, fix


def _cells(text: str) -> list[str]:
    try:
        return [cell.strip() for cell in next(csv.reader([text.lstrip("\ufeff")]))]
    except csv.Error:
        raise _WrongLineError(1, f"{safe(text, 80)!r} is no line", _FORM) from None


def _header(cells: list[str]) -> None:
    if [cell.lower() for cell in cells] not in (["vin", "key"], ["vin", "key", "revoked"]):
        raise _WrongLineError(1, "these are other columns", _FORM)


def _entry(text: str, cells: list[str]) -> tuple[bytes, bytes, bool]:
    if not 2 <= len(cells) <= 3:
        raise _WrongLineError(1, f"a line has 2 or 3 columns, this has {len(cells)}", _FORM)
    vin, key, revoked = (*cells, "")[:3]
    if not 0 < len(vin.encode()) <= _MOST_VIN or not _IN_VIN[np.frombuffer(vin.encode(), np.uint8)].all():
        raise _WrongLineError(1, f"{safe(vin, 80)!r} is no VIN")
    try:
        public = ed25519.parse(key)
    except ValueError as error:
        raise _WrongLineError(text.find(key) + 1, f"malformed key: {error}", "write ed25519:BASE64") from None
    if revoked and revoked != "yes" and not _is_instant(revoked):
        fix = 'write an RFC 3339 instant, "yes" or nothing'
        raise _WrongLineError(text.rfind(revoked) + 1, f"{safe(revoked, 40)!r} is no instant", fix)
    return vin.encode(), public, bool(revoked)


def read(path: Path) -> tuple[VehicleKeys, list[Problem]]:
    """The keys of a file, and everything that is wrong in it (the first hundred). Raises OSError, and RefusedError when
    everybody may change the file."""
    reading = _Reading(str(path))
    line = 1
    for piece in _pieces(path):
        line += reading.take(piece, line)
    found = reading.whole()
    return found, reading.problems


def _pieces(path: Path) -> Iterator[Bytes]:
    """The file in pieces that end with a line."""
    rest = b""
    with path.open("rb") as stream:
        whole_file.guard(stream.fileno(), path)
        while content := stream.read(_PIECE):
            whole, newline, tail = content.rpartition(b"\n")
            if newline:
                yield np.frombuffer(rest + whole + newline, np.uint8)
                rest = tail
            else:
                rest += content
    if rest:
        yield np.frombuffer(rest + b"\n", np.uint8)


def _regular(
    piece: Bytes, starts: NDArray[np.int64], ends: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Where the VIN of each line ends, and which lines are `VIN,ed25519:` and 44 characters, and nothing more."""
    commas = np.append(np.flatnonzero(piece == _COMMA), len(piece))
    vin_ends = commas[np.searchsorted(commas, starts)]
    good = (vin_ends + 1 + _KEY == ends) & (vin_ends > starts) & (vin_ends - starts <= _MOST_VIN)
    rows = np.flatnonzero(good)
    for number, letter in enumerate(ed25519.PREFIX.encode()):
        good[rows] &= piece[vin_ends[rows] + 1 + number] == letter
    return vin_ends, good


def _decoded(piece: Bytes, starts: NDArray[np.int64]) -> tuple[Bytes, NDArray[np.bool_]]:
    """44 characters of base64 from each start as 32 bytes, and which are right."""
    letters = piece[starts[:, None] + np.arange(44)]
    six = _SIX[letters]
    right = (letters[:, 43] == ord("=")) & (six[:, :43] < 64).all(axis=1) & (six[:, 42] & 3 == 0)
    six[:, 43] = 0
    four = six.reshape(-1, 11, 4)
    three = np.empty((len(starts), 11, 3), np.uint8)
    three[..., 0] = four[..., 0] << 2 | four[..., 1] >> 4
    three[..., 1] = four[..., 1] << 4 | four[..., 2] >> 2
    three[..., 2] = four[..., 2] << 6 | four[..., 3]
    return three.reshape(-1, 33)[:, :32], right


def _texts(
    piece: Bytes, starts: NDArray[np.int64], ends: NDArray[np.int64]
) -> tuple[NDArray[np.bytes_], NDArray[np.bool_]]:
    """The texts between starts and ends, and which of them can be VINs."""
    width = int((ends - starts).max(initial=1))
    offsets = np.arange(width)
    inside = offsets < (ends - starts)[:, None]
    letters = piece[np.minimum(starts[:, None] + offsets, len(piece) - 1)]
    named = (_IN_VIN[letters] | ~inside).all(axis=1)
    texts = np.ascontiguousarray(np.where(inside, letters, 0).astype(np.uint8))
    return texts.view(f"S{width}").ravel(), named


def _is_instant(text: str) -> bool:
    from datetime import datetime

    try:
        return datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False
