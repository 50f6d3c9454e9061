"""What a command answers: stdout and the files of `-o`. Nothing else in cdctl writes to stdout."""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from cdctl.cli import exits, plain, records, whole_file
from cdctl.cli.options import Run
from cdctl.errors import CdctlError, UsageError

if TYPE_CHECKING:
    from cdctl.domain.ports import Report
    from cdctl.domain.slo.verdict import SloReport

_USUAL_WIDTH = 80


@dataclass(frozen=True, slots=True)
class Output:
    """One `-o`: a format and the file it goes to; no file means stdout."""

    form: str
    file: str = ""


def parse(values: Sequence[str] | None, allowed: Collection[str] = records.FORMATS) -> tuple[Output, ...]:
    """The outputs of a run. stdout carries the table unless an `-o` without a file is given.

    Called before any asking begins. Raises UsageError: a format that the command does not have, two for stdout, two
    for one file, a file that cannot be written.
    """
    outputs = [_one(value, allowed) for value in values or ()]
    if all(output.file for output in outputs):
        outputs.append(Output("table"))
    check(outputs)
    return tuple(outputs)


def check(outputs: Sequence[Output]) -> None:
    """Raise UsageError when two of them go to one place, or a file cannot be written."""
    taken: set[object] = set()
    for output in outputs:
        place = whole_file.place(output.file) if output.file else whole_file.STDOUT
        if place in taken:
            raise UsageError(f"two outputs for {output.file or 'stdout'}", subject="--output", hint="-o FORMAT=FILE")
        taken.add(place)
        if output.file:
            whole_file.check(output.file)


def _one(value: str, allowed: Collection[str]) -> Output:
    form, equals, file = value.partition("=")
    if form not in allowed:
        near = get_close_matches(form, allowed, n=1)
        hint = f"did you mean {near[0]}?" if near else f"formats: {', '.join(allowed)}"
        raise UsageError(f"there is no format {form!r}", subject="--output", hint=hint)
    if equals and not file:
        raise UsageError(f"{value!r} names no file", subject="--output", hint=f"-o {form} writes to stdout")
    return Output(form, "" if file == "-" or whole_file.place(file) == whole_file.STDOUT else file)


def emit(
    run: Run, outputs: Sequence[Output], render: Callable[[str], str], fit: Callable[[str, int], str] | None = None
) -> None:
    """Write every output; `render` gives the whole text of a format, `fit` the same for a terminal so many cells wide.

    Everything is rendered before anything is written. One file that cannot be written does not keep the others from
    being written; then the first such error is raised.
    """
    fitting = fit if fit and sys.stdout.isatty() else None
    texts = {output: _text(output, render, fitting) for output in dict.fromkeys(outputs)}
    failures: list[CdctlError] = []
    for output in sorted(outputs, key=lambda output: not output.file):
        try:
            if output.file:
                whole_file.write(Path(output.file).expanduser(), texts[output])
                exits.detail(run, f"wrote {output.file}")
            else:
                _to_stdout(run, output.form, texts[output])
        except CdctlError as error:
            failures.append(error)
    for further in failures[1:]:
        exits.report(further)
    if failures:
        raise failures[0]


def _text(output: Output, render: Callable[[str], str], fit: Callable[[str, int], str] | None) -> str:
    if fit and not output.file:
        return fit(output.form, shutil.get_terminal_size((0, 0)).columns or _USUAL_WIDTH)
    return render(output.form)


def reports(run: Run, outputs: Sequence[Output], renderers: Mapping[str, Report], report: SloReport) -> None:
    """Write a report in every format asked for; `renderers` by format. Tables fit the terminal that shows them."""

    def fit(form: str, width: int) -> str:
        fitted = getattr(renderers[form], "fit", None)
        return str(fitted(report, width)) if fitted else renderers[form].render(report)

    emit(run, outputs, lambda form: renderers[form].render(report), fit)


def show(
    run: Run,
    values: Sequence[str] | None,
    rows: Sequence[records.Record],
    columns: Sequence[records.Column],
    more: Mapping[str, Callable[[], str]] = MappingProxyType({}),
) -> None:
    """Write a list of things in the formats asked for (`values` is the list of `-o`); `more` has formats of its own."""

    def render(form: str) -> str:
        return more[form]() if form in more else records.render(rows, columns, form)

    def fit(form: str, width: int) -> str:
        return records.render(rows, columns, form, width) if form == "table" else render(form)

    emit(run, parse(values, (*records.FORMATS, *more)), render, fit)


def live(run: Run, form: str, text: str) -> None:
    """A part of an answer that is told while it comes; must be safe for a terminal. Colour is up to whoever says it.

    Raises BrokenPipeError when nobody reads any more: a stream has no other end.
    """
    try:
        sys.stdout.write(plain.carried(text, form, sys.stdout.encoding))
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        exits.drop_stdout()
        raise whole_file.refusal(error, "stdout") from None


def terminal_width() -> int | None:
    """Cells of the terminal that stdout is; None when it is none."""
    return (shutil.get_terminal_size((0, 0)).columns or _USUAL_WIDTH) if sys.stdout.isatty() else None


def _to_stdout(run: Run, form: str, text: str) -> None:
    text = plain.carried(text, form, sys.stdout.encoding)
    try:
        sys.stdout.write(_colored(text) if wants_color(run, form) else text)
        sys.stdout.flush()
    except BrokenPipeError:  # `| head` has seen enough; the exit code still tells the verdict
        exits.drop_stdout()
    except OSError as error:
        exits.drop_stdout()
        raise whole_file.refusal(error, "stdout") from None


def wants_color(run: Run, form: str) -> bool:
    """Whether stdout shows colours, and whoever runs this wants them."""
    return run.color and form in {"table", "wide"} and sys.stdout.isatty() and os.environ.get("TERM") != "dumb"


_COLORS = {"met": "32", "at_risk": "33", "breached": "1;31", "no_data": "35", "error": "31"}
_COLORS |= {"online": "32", "offline": "33", "unknown": "35", "never": "35"}
_VERDICT = re.compile(rf"(?<!\S)({'|'.join(_COLORS)})(?!\S)")


def _colored(text: str) -> str:
    return _VERDICT.sub(lambda found: f"\x1b[{_COLORS[found[1]]}m{found[1]}\x1b[0m", text)
