"""The stream of `cdctl fleet watch`: a line for each change, as it comes."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import TYPE_CHECKING

from cdctl.cli import exits, fleet_asking, fleet_rows, fleet_status, output, records
from cdctl.domain import grid
from cdctl.domain.fleet.reading import Happening
from cdctl.domain.text import safe
from cdctl.errors import UsageError

if TYPE_CHECKING:
    from cdctl.cli.options import Run
    from cdctl.domain.fleet.reading import Fleet, FleetStatus

KEPT = 100_000
"""Changes that are kept for a format that is written at the end; the last ones of more."""
_WIDTHS = (8, 17, 6, 13)
_MOST = (8, 40, 16, 24)
"""Cells of time, id, region and kind: usual, and at most in a table."""
COLORS = {
    "online": "32",
    "offline": "33",
    "unknown": "35",
    "dtc.set": "31",
    "dtc.cleared": "32",
    "sw.changed": "36",
    "matched": "1",
    "unmatched": "2",
    "lost": "1;31",
    "link.down": "1;31",
    "link.up": "1;32",
    "region.moved": "36",
}
"""How a terminal tells kinds apart; others are plain."""


class Teller:
    """Writes changes to stdout in one format; and keeps them where a file or a document wants them at the end."""

    def __init__(self, run: Run, form: str, *, keep: bool) -> None:
        self._run, self._form, self._keep = run, form, keep or form == "json"
        self._color = output.wants_color(run, form)
        self._width = output.terminal_width()
        self.count = 0
        self.kept: list[Happening] = []

    def begin(self) -> None:
        """The head of a table or of CSV."""
        if self._form in {"table", "wide"}:
            output.live(self._run, self._form, self._line(("TIME", "VIN", "REGION", "KIND", "DETAIL")))
        elif self._form == "csv":
            output.live(self._run, self._form, fleet_rows.happenings("csv", (), False))

    def tell(self, news: Sequence[Happening]) -> None:
        """Changes, in order."""
        self.count += len(news)
        if self._keep:
            self.kept = [*self.kept, *news][-KEPT:]
        if self._form != "json":
            output.live(self._run, self._form, "".join(map(self._said, news)))

    def _said(self, one: Happening) -> str:
        if self._form == "jsonl":
            return records.line(fleet_rows.happening(one))
        if self._form == "csv":
            text = io.StringIO()
            cells = [safe(str(cell)) for cell in fleet_rows.happening(one).values()]
            csv.writer(text, lineterminator="\n").writerow(map(records.inert, cells))
            return text.getvalue()
        line = self._line((fleet_rows.clock(one.at), one.vin, one.region, one.kind, one.detail))
        color = COLORS.get(one.kind, "") if self._color else ""
        return f"\x1b[{color}m{line[:-1]}\x1b[0m\n" if color else line

    def _line(self, cells: Sequence[str]) -> str:
        clean = [safe(cell, 200) or "-" for cell in cells[:-1]]
        if self._form == "table":
            clean = [grid.shorten(cell, most) for cell, most in zip(clean, _MOST, strict=True)]
        placed = [f"{cell}{' ' * (width - grid.cells(cell))}" for cell, width in zip(clean, _WIDTHS, strict=True)]
        line = "  ".join([*placed, safe(cells[-1], 200)]).rstrip()
        return (_fitting(line, self._width) if self._width and self._form == "table" else line) + "\n"


def _fitting(line: str, width: int) -> str:
    """The beginning of a line: what is at its end matters least."""
    if grid.cells(line) <= width:
        return line
    end = min(len(line), width - 1)
    while grid.cells(line[:end]) > width - 1:
        end -= 1
    return line[:end] + "…"


def stream(run: Run, asked: fleet_asking.Question, chosen: Sequence[output.Output], *, show_vins: bool) -> exits.Code:
    """Listen, then tell; the exit code of `fleet_status.code`."""
    from cdctl.application import fleet_wiring

    files = [one for one in chosen if one.file]
    (form,) = [one.form for one in chosen if not one.file]
    if asked.seconds is None and (files or form == "json"):
        raise UsageError(
            "what is written at the end needs an end", subject="--output", hint="add --for 5m, or use -o jsonl"
        )
    teller = Teller(run, form, keep=bool(files))

    async def work(fleet: Fleet) -> FleetStatus:
        from cdctl.cli.progress import progress

        bound = None if asked.seconds is None else min(asked.seconds, fleet_asking.PATIENCE)
        status = await fleet_asking.listen(fleet, bound, progress(run), longer=False)
        fleet_status.told(run, status, {})
        teller.begin()
        await fleet_asking.follow(fleet, asked.where, asked.seconds, teller.tell)
        return await fleet.status()

    def said() -> str:
        return f"watching, {teller.count:,} changes told"

    with exits.in_flight(said, "nothing was changed: run it again to go on from now"):
        status = fleet_wiring.with_fleet(
            asked.settings, work, config=run.config, plugins=run.plugins, focus=asked.where
        )

    def render(form: str, hide: bool, width: int | None) -> str:
        if form == "json":
            told = [fleet_rows.happening(one, hide) for one in teller.kept]
            return records.document({"happenings": told, "status": fleet_status.record(status, {})})
        return fleet_rows.happenings(form, teller.kept, hide, width)

    ends = [one for one in chosen if one.file or one.form == "json"]
    fleet_rows.emit(run, ends, render, show_vins=show_vins)
    if teller.count > len(teller.kept) and ends:
        exits.warn(run, f"only the last {KEPT:,} of {teller.count:,} changes are in what was written")
    exits.note(run, f"{teller.count:,} change{'s' * (teller.count != 1)} told")
    return fleet_status.code(status)
