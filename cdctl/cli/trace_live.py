"""`cdctl trace top --live`: on a terminal a table that is drawn anew; in a pipe one answer after the other."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from cdctl.cli import exits, output, records, trace_rows
from cdctl.errors import UnavailableError, UsageError

if TYPE_CHECKING:
    from cdctl.cli.options import Run
    from cdctl.domain.traces.ports import Operations

Look = Callable[[], "Operations"]
_BESIDES = 3
"""Lines of the picture that are not of the table."""


def watch(run: Run, outputs: Sequence[output.Output], look: Look, seconds: float) -> None:
    """Show operations every so many seconds, until a key or Ctrl-C. Raises UsageError for what cannot be streamed."""
    form = outputs[0].form
    if len(outputs) > 1 or outputs[0].file or form not in {"table", "wide", "jsonl"}:
        raise UsageError("--live shows a table, or -o jsonl", subject="--output", hint="-o jsonl")
    if output.terminal_width() and sys.stdin.isatty() and form != "jsonl":
        _screen(run, form, look, seconds)
        return
    while True:
        rows = _looked(look)
        if isinstance(rows, str):
            exits.warn(run, rows)
        elif form == "jsonl":
            said = [{"at": int(time.time()), **row} for row in rows]
            output.live(run, form, records.render(said, trace_rows.OPERATIONS, form))
        else:
            output.live(run, form, f"{records.render(rows, trace_rows.OPERATIONS, form)}\n")
        time.sleep(seconds)


def _looked(look: Look) -> list[records.Record] | str:
    """Rows, or why there are none now: a server that is away for a moment comes back."""
    try:
        return list(trace_rows.operations(look().rows))
    except UnavailableError as error:
        return error.message


def _screen(run: Run, form: str, look: Look, seconds: float) -> None:
    from rich.console import Console
    from rich.live import Live
    from rich.text import Text

    from cdctl.cli.live import pressed, single_keys

    console = Console(stderr=True, no_color=not run.color)
    with single_keys(), Live(console=console, auto_refresh=False, transient=True) as picture:
        while True:
            rows = _looked(look)
            width, height = console.size
            if isinstance(rows, str):
                text = rows
            else:
                text = records.render(rows[: max(1, height - _BESIDES)], trace_rows.OPERATIONS, form, width)
            at = time.strftime("%H:%M:%S")
            shown = Text(f"{text}\n{at}; a key ends it", no_wrap=True, overflow="ellipsis")
            picture.update(shown, refresh=True)
            if pressed(seconds):
                return
