"""A CSV file that lists the vehicles: `vin,region,model,sw`, read in pieces."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from pathlib import Path

from cdctl.domain.fleet.inventory import Listed, Remarks
from cdctl.domain.ports import API, Plugin
from cdctl.errors import FileError, Place, Problem, UnavailableError, UsageError
from cdctl.inventory.entries import Entries
from cdctl.inventory.lines import CsvReader

PIECE = 128 * 1024
"""Bytes read at once: some thousand lines."""


class CsvInventory:
    """Vehicles of a file. Wrong lines are left out and told by `remarks`; a file without a good one is wrong."""

    def __init__(self, settings: Mapping[str, object]) -> None:
        file = settings.get("file")
        if not isinstance(file, str | Path) or not str(file):
            raise UsageError("an inventory needs a file", subject="inventory.csv", hint='write { file = "fleet.csv" }')
        self._path = Path(file).expanduser()
        self._entries = Entries(str(self._path))

    def remarks(self) -> Remarks:
        """What was odd in the last reading."""
        return self._entries.remarks()

    async def vehicles(self) -> AsyncGenerator[Sequence[Listed]]:
        """Every vehicle of the file, in its order."""
        entries = self._entries = Entries(str(self._path))
        reader = CsvReader(str(self._path))
        try:
            with self._path.open("rb") as file:  # a piece takes a millisecond
                while piece := file.read(PIECE):
                    for first, run in reader.feed(piece):
                        yield entries.take(run, first)
                    await asyncio.sleep(0)
        except OSError as error:
            reason = (error.strerror or type(error).__name__).lower()
            raise UnavailableError(
                f"cannot read {self._path}: {reason}", subject="inventory", hint="check the path and its permissions"
            ) from None
        for first, run in reader.end():
            yield entries.take(run, first)
        remarks = entries.remarks()
        if not remarks.listed:
            empty = Problem(
                Place(str(self._path)), "it lists no vehicle", "write a header, vin,region,model,sw, and lines"
            )
            raise FileError(remarks.problems or [empty])


PLUGIN = Plugin(
    api=API,
    room="inventory",
    name="csv",
    version="1",
    summary="a CSV file: vin, region, model, sw",
    make=CsvInventory,
    settings={"file": "path of the file; its header names the columns, of which only vin is needed"},
)
