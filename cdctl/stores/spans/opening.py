"""How the writer opens a manifest, whatever it finds: one that is damaged is made anew from the files, each of which
says what it is and which others it stands for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import apsw

from cdctl.domain.text import safe
from cdctl.stores.spans import manifest
from cdctl.stores.spans.columns import FORMAT, pyarrow
from cdctl.stores.spans.files import FORMAT_KEY, REPLACES_KEY, checksum
from cdctl.stores.spans.manifest import HOUR_NS, SpanFile, name_of
from cdctl.stores.spans.manifest_file import NAME, open_to_write
from cdctl.stores.spans.reasons import unavailable
from cdctl.stores.sqlite_files import DAMAGE

ASIDE = ".damaged"


def opened(folder: Path, data: Path, now: float) -> tuple[apsw.Connection, list[str]]:
    """The manifest, and what is to be said about it. Raises apsw.Error, OSError, UnavailableError."""
    if not (folder / NAME).exists() and any(data.glob("*.parquet")):
        return _anew(folder, data, now, "it is gone")  # it is there before any file: an empty one would have them swept
    try:
        db = open_to_write(folder)
    except DAMAGE as error:
        return _anew(folder, data, now, str(error))
    try:
        said = [row[0] for row in db.execute("PRAGMA quick_check(1)")]
        newer = [file for file in manifest.files(db) if file.format > FORMAT]
    except DAMAGE as error:
        said, newer = [str(error)], []
    except BaseException:
        db.close()
        raise
    if newer:
        db.close()
        raise _newer(data / newer[0].name, newer[0].format)
    if said != ["ok"]:
        db.close()
        return _anew(folder, data, now, str(said[0]))
    return db, []


def _newer(path: Path, found: int) -> Exception:
    return unavailable(path, "used", f"a newer cdctl wrote it (format {found}, this one knows {FORMAT}); upgrade cdctl")


def _anew(folder: Path, data: Path, now: float, why: str) -> tuple[apsw.Connection, list[str]]:
    found, bad = _survey(data, now)
    aside = folder / f"{NAME}{ASIDE}"
    for suffix in ("-wal", "-shm"):
        (folder / f"{NAME}{suffix}").unlink(missing_ok=True)
    kept = (folder / NAME).exists()
    if kept:
        (folder / NAME).replace(aside)
    db = open_to_write(folder)
    try:
        with manifest.changing(db):
            manifest.add(db, found)
    except BaseException:
        db.close()
        raise
    for path, _ in bad:
        path.rename(path.with_suffix(ASIDE))
    rows = sum(file.rows for file in found)
    notes = [
        f"the manifest of {folder} was lost ({safe(why)}) and is made anew from {len(found)} files with {rows}"
        f" spans; when spans were taken in, and what was imported, is no longer known"
        + (f"; the old one is {aside.name}" if kept else "")
    ]
    return db, notes + [f"{path}: {reason}; its spans are lost" for path, reason in bad]


def _survey(data: Path, now: float) -> tuple[list[SpanFile], list[tuple[Path, str]]]:
    """What the files themselves say, without those that others stand for; and those that cannot be read."""
    found: list[SpanFile] = []
    bad: list[tuple[Path, str]] = []
    replaced: set[int] = set()
    for path in sorted(data.glob("*.parquet")):
        try:
            file, stands_for = _described(path, now)
        except (OSError, ValueError, KeyError) as error:
            bad.append((path, safe(str(error).partition("\n")[0], 200)))
            continue
        if file.format > FORMAT:
            raise _newer(path, file.format)
        found.append(file)
        replaced |= stands_for
    return [file for file in found if file.number not in replaced], bad


def _described(path: Path, now: float) -> tuple[SpanFile, set[int]]:
    """Raises OSError, ValueError, KeyError of what is no span file."""
    with pyarrow().parquet.ParquetFile(path) as opened_:
        told: Any = opened_.metadata
    said = told.metadata or {}
    form = int(said[FORMAT_KEY.encode()])
    groups = [told.row_group(number) for number in range(told.num_row_groups)]
    place = told.schema.names.index("end_ns")
    bounds = [group.column(place).statistics for group in groups]
    first, last = min(one.min for one in bounds), max(one.max for one in bounds)
    number = int(path.stem.rpartition("-")[2])
    hour = first // HOUR_NS
    if path.name != name_of(number, hour):
        raise ValueError("its name is not what is in it")
    stands_for = {int(text) for text in said.get(REPLACES_KEY.encode(), b"").split(b",") if text}
    size, crc = path.stat().st_size, checksum(path)
    return SpanFile(number, hour, told.num_rows, first, last, size, crc, now, form), stands_for
