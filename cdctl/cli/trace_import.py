"""`cdctl trace import`: spans from files, each taken once."""

from __future__ import annotations

import sys
import time
from collections import Counter
from typing import TYPE_CHECKING, Annotated

import typer

from cdctl.cli import exits, output
from cdctl.cli.options import OutputOption, run_of
from cdctl.domain.text import safe

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence
    from pathlib import Path

    from cdctl.application.importing import Taken
    from cdctl.cli.options import Run

_EVERY = 10.0
"""Seconds between lines in a pipe."""
_LONGEST = 300
_FORMATS = ("table", "json")


def import_(
    ctx: typer.Context,
    files: Annotated[
        list[str], typer.Argument(metavar="FILE...", help="Files, or patterns such as 'spans-*.json*'; - is stdin.")
    ],
    store: Annotated[str, typer.Option(metavar="FOLDER", help="Where spans are kept; default: the context's.")] = "",
    outputs: OutputOption = None,
) -> None:
    """Take spans in from files: OTLP as the Collector writes it (JSON lines, or messages with their length; compressed
    or not), JSON of Jaeger (v1 and v3), Zipkin version 2. What is in a file says how it is written.

    A span is taken once, by its trace and span id, and a file that was taken is not read again; stopped in the middle,
    the same command goes on where it was. Exit code 1 when spans were rejected, 2 when a file could not be read, 4 when
    one ends in the middle of a message: how many bytes were not read is told.
    """
    from cdctl.application import importing_wiring
    from cdctl.cli.settings import settings_of

    run = run_of(ctx)
    chosen = output.parse(outputs, _FORMATS)
    settings = settings_of(run, store=store)
    shown = _Shown(run)
    with exits.in_flight(shown.said, "what was taken is on disk: the same command goes on where it was"):
        try:
            folder, results = importing_wiring.import_files(settings, files, store, shown.pulse)
        finally:
            shown.close()
    output.emit(run, chosen, lambda form: _json(folder, results) if form == "json" else _table(results))
    exits.detail(run, f"spans are kept in {folder}")
    for result in results:
        if result.unread:
            exits.warn(run, f"{safe(result.cut, _LONGEST)}; {result.unread:,} bytes from there on were not read")
        if result.error:
            exits.report(result.error)
    wrong = [exits.Code(result.error.exit_code) for result in results if result.error]
    rejected = any(result.rejected.total for result in results)
    partly = any(result.unread for result in results)
    others = [exits.Code.BAD_NEWS] * rejected + [exits.Code.PARTLY] * partly
    exits.leave(exits.worst([*wrong, *others]))


def _record(result: Taken) -> dict[str, object]:
    return {
        "file": result.name,
        "format": result.form,
        "taken": result.taken,
        "already_there": result.there,
        "rejected": result.rejected.total,
        "state": _state(result),
    }


def _state(result: Taken) -> str:
    if result.error:
        return "unreadable" if not result.form else "broken"
    if result.unread:
        return "incomplete"
    if result.before:
        return "continued" if result.taken or result.there or result.rejected.total else "taken before"
    return "taken"


def _json(folder: Path, results: Sequence[Taken]) -> str:
    from cdctl.cli import records

    return records.document(
        {
            "store": str(folder),
            "taken": sum(result.taken for result in results),
            "already_there": sum(result.there for result in results),
            "rejected": sum(result.rejected.total for result in results),
            "reasons": _reasons(results),
            "odd": dict(_odd(results)),
            "files": [
                {**_record(result), "unread": result.unread, "error": result.error.message if result.error else None}
                for result in results
            ],
        }
    )


def _table(results: Sequence[Taken]) -> str:
    from cdctl.cli import records

    keys = ("file", "format", "state", "taken", "already_there", "rejected")
    columns = [records.Column(key, shrinks=key == "file") for key in keys]
    parts = [records.render([_record(result) for result in results], columns, "table")]
    reasons = _reasons(results)
    if reasons:
        about = [records.Column("rejected"), records.Column("why"), records.Column("example", shrinks=True)]
        lines = [
            {"rejected": one["count"], "why": one["reason"], "example": safe(str(one["example"]), _LONGEST)}
            for one in reasons
        ]
        parts.append(records.render(lines, about, "table"))
    parts += [f"{what}: {count:,} (taken)\n" for what, count in _odd(results).most_common()]
    return "\n".join(parts)


def _reasons(results: Sequence[Taken]) -> list[dict[str, object]]:
    counts: Counter[str] = Counter()
    examples: dict[str, str] = {}
    for result in results:
        counts.update(result.rejected.counts)
        for reason, example in result.rejected.examples.items():
            examples.setdefault(reason, example)
    return [
        {"reason": reason, "count": count, "example": examples.get(reason, "")}
        for reason, count in counts.most_common()
    ]


def _odd(results: Sequence[Taken]) -> Counter[str]:
    odd: Counter[str] = Counter()
    for result in results:
        odd.update(result.rejected.odd)
    return odd


class _Shown:
    """How it goes: one line that changes on a terminal, a line every ten seconds elsewhere."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._begun = self._then = time.monotonic()
        self._line = ""
        self._spans = 0
        self._drawing = self._drawn() if sys.stderr.isatty() and not run.quiet else None

    def pulse(self, results: Sequence[Taken]) -> None:
        """Something was made durable."""
        now = time.monotonic()
        self._spans = sum(result.taken for result in results)
        looked_at = sum(result.taken + result.there for result in results)
        done, size = sum(result.done for result in results), sum(result.size for result in results)
        rate = looked_at / max(now - self._begun, 1e-3)
        self._line = f"{looked_at:,} spans, {done / 1e6:,.0f} of {size / 1e6:,.0f} MB, {rate:,.0f} spans/s"
        if 0 < done < size:
            self._line += f", {(now - self._begun) * (size - done) / done:,.0f} s left"
        if self._drawing is not None:
            next(self._drawing)
        elif now - self._then >= _EVERY:
            self._then = now
            exits.note(self._run, self._line)

    def said(self) -> str:
        """How far it was, for the last words."""
        return f"taking spans in ({self._spans:,} taken)"

    def close(self) -> None:
        """End what is shown."""
        if self._drawing is not None:
            self._drawing.close()

    def _drawn(self) -> Generator[None, None, None]:
        from rich.console import Console

        console = Console(stderr=True, no_color=not self._run.color, highlight=False)
        with console.status("") as status:
            while True:
                status.update(self._line)
                yield
