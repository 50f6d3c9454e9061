"""What a command answers: stdout and the files of `-o`. Nothing else in cdctl writes to stdout."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from cdctl.cli import exits, records, whole_file
from cdctl.cli.options import Run
from cdctl.errors import CdctlError, UsageError


@dataclass(frozen=True, slots=True)
class Output:
    """One `-o`: a format and the file it goes to; no file means stdout."""

    form: str
    file: str = ""


def parse(values: Sequence[str] | None, allowed: Collection[str] = records.FORMATS) -> tuple[Output, ...]:
    """The outputs of a run. stdout carries the table unless an `-o` without a file is given.

    Raises UsageError: a format that the command does not have, two for stdout, two for one file.
    """
    outputs = [_one(value, allowed) for value in values or ()]
    targets = [os.path.realpath(output.file) if output.file else "" for output in outputs]
    for number, target in enumerate(targets):
        if target in targets[:number]:
            raise UsageError(
                f"two outputs for {outputs[number].file or 'stdout'}", subject="--output", hint="-o FORMAT=FILE"
            )
    return tuple(outputs) if "" in targets else (*outputs, Output("table"))


def _one(value: str, allowed: Collection[str]) -> Output:
    form, equals, file = value.partition("=")
    if form not in allowed:
        near = get_close_matches(form, allowed, n=1)
        hint = f"did you mean {near[0]}?" if near else f"formats: {', '.join(allowed)}"
        raise UsageError(f"there is no format {form!r}", subject="--output", hint=hint)
    if equals and not file:
        raise UsageError(f"{value!r} names no file", subject="--output", hint=f"-o {form} writes to stdout")
    return Output(form, "" if file == "-" else file)


def emit(run: Run, outputs: Sequence[Output], render: Callable[[str], str]) -> None:
    """Write every output; `render` gives the whole text of a format.

    Everything is rendered before anything is written. One file that cannot be written does not keep the others from
    being written; then the first such error is raised.
    """
    texts = {form: render(form) for form in dict.fromkeys(output.form for output in outputs)}
    failures: list[CdctlError] = []
    for output in sorted(outputs, key=lambda output: not output.file):
        try:
            if output.file:
                whole_file.write(Path(output.file).expanduser(), texts[output.form])
                exits.detail(run, f"wrote {output.file}")
            else:
                _to_stdout(_colored(texts[output.form]) if _wants_color(run, output.form) else texts[output.form])
        except CdctlError as error:
            failures.append(error)
    for further in failures[1:]:
        exits.report(further)
    if failures:
        raise failures[0]


def show(
    run: Run, values: Sequence[str] | None, rows: Sequence[records.Record], columns: Sequence[records.Column]
) -> None:
    """Write a list of things in the formats asked for (`values` is the list of `-o`)."""
    emit(run, parse(values), lambda form: records.render(rows, columns, form))


def _to_stdout(text: str) -> None:
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:  # `| head` has seen enough; the exit code still tells the verdict
        exits.drop_stdout()
    except UnicodeEncodeError:
        encoding = sys.stdout.encoding
        sys.stdout.write(text.encode(encoding, "backslashreplace").decode(encoding))
    except OSError as error:
        exits.drop_stdout()
        raise whole_file.refusal(error, "stdout") from None


def _wants_color(run: Run, form: str) -> bool:
    return run.color and form in {"table", "wide"} and sys.stdout.isatty() and os.environ.get("TERM") != "dumb"


_VERDICT = re.compile(r"(?<!\S)(met|at_risk|breached|no_data|error)(?!\S)")
_COLORS = {"met": "32", "at_risk": "33", "breached": "1;31", "no_data": "35", "error": "31"}


def _colored(text: str) -> str:
    return _VERDICT.sub(lambda found: f"\x1b[{_COLORS[found[1]]}m{found[1]}\x1b[0m", text)
