"""The fleet columns on disk, so that the next start shows the fleet at once, marked with its age.

One file: a line of magic and version, the length of a JSON header, the header, then the sections that it names, one
after the other, each with a CRC. Written beside and renamed, so there is a whole one or none. Nothing in it is
believed: what does not fit is refused with a warning and the fleet starts empty.

Writing needs no lock: rows that speak meanwhile are kept as they were or as they are, and after loading all presence is
unknown anyway. So any reading process, or a thread (checksums and writes let go of the interpreter), can do it.
"""

from __future__ import annotations

import mmap
import os
import tempfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from cdctl.domain.fleet.columns import Columns
from cdctl.domain.fleet.layout import VERSION
from cdctl.errors import UnavailableError

MAGIC = b"cdctl fleet snapshot 1\n"
_LARGEST_HEADER = 1 << 20
_BLOCK = 1 << 22
_ALIGN = 64
_TABLES = ("regions", "models", "softwares", "capabilities", "dtc_names")
_CODES = {
    "region": "regions", "model": "models", "software": "softwares", "caps": "capabilities", "dtcs": "dtc_sets",
}  # fmt: skip
_PRESENCES = 3
_CLOCK_STEP_MS = 3_600_000
"""Our own clock may have been put right meanwhile, and rows go on changing while they are written."""


class _Section(msgspec.Struct, forbid_unknown_fields=True):
    name: str
    kind: str
    count: int
    crc: int = 0


class _Header(msgspec.Struct, forbid_unknown_fields=True):
    layout: int
    taken_ms: int
    rows: int
    signals: list[str]
    sections: list[_Section]


class _RefusedError(Exception):
    """The file is not believed; the text says why."""


def save(columns: Columns, path: Path, now_ms: int) -> int:
    """Write a snapshot of all rows; returns its size in bytes. Raises UnavailableError when the disk refuses.

    The file is the user's alone: ids of vehicles are personal data.
    """
    while True:
        epoch = columns.troubles.epoch
        sections = _sections(columns)
        header = _Header(VERSION, now_ms, columns.rows, list(columns.layout.signals), [])
        header.rows = len(sections["ids"])
        try:
            size = _write(path, header, sections)
        except OSError as error:
            raise UnavailableError(
                f"the fleet's snapshot could not be written: {error.strerror}", subject=str(path)
            ) from error
        if epoch == columns.troubles.epoch and epoch % 2 == 0:
            return size


def _sections(columns: Columns) -> dict[str, NDArray[Any]]:
    """What is in use of each section: rows first, tables after them, so that every code has its text."""
    rows = columns.rows
    found = {name: columns.parts[name][:rows] for name in columns.layout.columns}
    # Codes are copied before the lengths of the tables are read.
    for name in _CODES:
        found[name] = found[name].copy()
    for name in _TABLES:
        found[name] = columns.parts[name][: int(columns.header[name][0])]
    sets = int(columns.header["dtc_sets"][0])
    ends = columns.parts["dtc_ends"][:sets]
    found["dtc_ends"] = ends
    found["dtc_places"] = columns.parts["dtc_places"][: int(ends[-1]) if sets else 0]
    return found


def _write(path: Path, header: _Header, sections: Mapping[str, NDArray[Any]]) -> int:
    path.parent.mkdir(parents=True, exist_ok=True)
    header.sections = [_Section(name, part.dtype.str, len(part), 0xFFFFFFFF) for name, part in sections.items()]
    room = len(msgspec.json.encode(header))  # as long as it can get: checksums are known only after writing
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
        try:
            file.write(MAGIC)
            file.write(room.to_bytes(8, "little"))
            begin = file.tell()
            file.write(b" " * room)
            for section, part in zip(header.sections, sections.values(), strict=True):
                file.write(b"\0" * (-file.tell() % _ALIGN))
                section.crc = _copy(part, file)
            size = file.tell()
            file.seek(begin)
            file.write(msgspec.json.encode(header).ljust(room))
            file.flush()
            os.fsync(file.fileno())
            Path(file.name).replace(path)
        except BaseException:
            Path(file.name).unlink(missing_ok=True)
            raise
    return size


def _copy(part: NDArray[Any], file: Any) -> int:
    """Write an array that may change meanwhile: what is summed is what is written."""
    crc = 0
    step = max(1, _BLOCK // part.itemsize)
    for begin in range(0, len(part), step):
        block = part[begin : begin + step].tobytes()
        crc = zlib.crc32(block, crc)
        file.write(block)
    return crc


def load(columns: Columns, path: Path, now_ms: int) -> str | None:
    """Fill empty columns from a snapshot; returns a warning when there is one that is not believed, or cannot be read.

    Afterwards all rows are marked as from the snapshot, their presence unknown. Signals are found by name; those that
    the snapshot lacks are not known. Either everything is taken or nothing.
    """
    if columns.rows or columns.header["regions"][0]:
        return f"the fleet's snapshot {path} is not used: the fleet is not empty any more"
    try:
        with path.open("rb") as file:
            body = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        header, parts = _read(memoryview(body), columns, now_ms)
        _fill(columns, header, parts)
    except FileNotFoundError:
        return None
    except (_RefusedError, OSError, ValueError) as error:
        return f"the fleet's snapshot {path} is not used: {error}"
    columns.resume(header.taken_ms)
    return None


def _read(body: memoryview, columns: Columns, now_ms: int) -> tuple[_Header, dict[str, NDArray[Any]]]:
    """Everything checked, nothing taken yet. The arrays are views of the file."""
    start = len(MAGIC) + 8
    if bytes(body[: len(MAGIC)]) != MAGIC:
        raise _RefusedError("it is no snapshot, or another version's")
    room = int.from_bytes(body[len(MAGIC) : start], "little")
    if room > min(_LARGEST_HEADER, len(body) - start):
        raise _RefusedError("it is cut short")
    try:
        header = msgspec.json.decode(bytes(body[start : start + room]), type=_Header)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise _RefusedError("its header is damaged") from error
    if header.layout != VERSION:
        raise _RefusedError(f"it was kept by another version (layout {header.layout}, ours is {VERSION})")
    if not 0 < header.taken_ms <= now_ms + _CLOCK_STEP_MS:
        raise _RefusedError("it says that it was taken in the future")
    if not 0 <= header.rows <= columns.layout.capacity:
        raise _RefusedError(f"it has {header.rows} vehicles, and {columns.layout.capacity} fit")
    parts = _parts(body, start + room, header)
    _judge(columns, header, parts)
    return header, parts


def _parts(body: memoryview, at: int, header: _Header) -> dict[str, NDArray[Any]]:
    parts = {}
    for section in header.sections:
        try:
            kind = np.dtype(section.kind)
        except TypeError as error:
            raise _RefusedError("its header is damaged") from error
        at += -at % _ALIGN
        end = at + kind.itemsize * section.count
        if section.count < 0 or kind.hasobject or not kind.itemsize or end > len(body):
            raise _RefusedError("it is cut short")
        if zlib.crc32(body[at:end]) != section.crc:
            raise _RefusedError(f"{section.name} is damaged (its checksum differs)")
        parts[section.name] = np.frombuffer(body, kind, section.count, at)
        at = end
    return parts


def _judge(columns: Columns, header: _Header, parts: Mapping[str, NDArray[Any]]) -> None:
    """Checksums tell accidents only: nothing in the file may lead outside the tables."""
    signals = [f"signal {number}" for number in range(len(header.signals))]
    fixed = [name for name in columns.layout.columns if not name.startswith("signal ")]
    for name in (*fixed, *signals, *_TABLES, "dtc_ends", "dtc_places"):
        place = "skew" if name.startswith("signal ") else name
        _, kind, most = columns.layout.sections[place]
        count = header.rows if name in fixed or name in signals else None
        part = parts.get(name)
        if part is None or part.dtype != kind or len(part) > most or count not in {None, len(part)}:
            raise _RefusedError(f"{name} is missing or of another shape")
    if len(set(header.signals)) != len(header.signals):
        raise _RefusedError("it names a signal twice")
    ends = parts["dtc_ends"].astype(np.int64)
    places = parts["dtc_places"]
    if len(ends) and (ends[-1] != len(places) or (np.diff(ends, prepend=0) < 0).any()):
        raise _RefusedError("its sets of trouble codes are damaged")
    _within(places, len(parts["dtc_names"]))
    _within(parts["presence"], _PRESENCES)
    for name, table in _CODES.items():
        _within(parts[name], len(parts["dtc_ends" if table == "dtc_sets" else table]))
    for name in ("seen_ms", "since_ms", "before_ms"):
        if (
            header.rows
            and not 0 <= int(parts[name].min()) <= int(parts[name].max()) <= header.taken_ms + _CLOCK_STEP_MS
        ):
            raise _RefusedError(f"{name} holds a moment before 1970 or after the snapshot")
    text = parts["ids"].view(np.uint8)
    if ((text - np.uint8(0x20) > 0x5E) & (text != 0)).any() or (text[:: parts["ids"].itemsize] == 0).any():
        raise _RefusedError("it holds an id that cannot be one")


def _within(codes: NDArray[Any], count: int) -> None:
    if len(codes) and int(codes.max()) >= max(count, 1):
        raise _RefusedError("it holds codes without a text")


def _fill(columns: Columns, header: _Header, parts: Mapping[str, NDArray[Any]]) -> None:
    here = {f"signal {number}": name for number, name in enumerate(columns.layout.signals)}
    there = {name: f"signal {number}" for number, name in enumerate(header.signals)}
    for name in columns.layout.columns:
        source = parts.get(there.get(here[name], "") if name in here else name)
        columns.parts[name][: header.rows] = np.nan if source is None else source
    for name in (*_TABLES, "dtc_ends", "dtc_places"):
        columns.parts[name][: len(parts[name])] = parts[name]
    for name in _TABLES:
        columns.header[name] = len(parts[name])
    columns.header["dtc_sets"] = len(parts["dtc_ends"])
    columns.header["rows"] = header.rows
