"""Changes as people and pipelines write them down: a JSON object a line.

    {"at": "2026-03-01T10:00:00Z", "title": "api 1.4.2", "service": "customer-api", "version": "1.4.2"}

`at` and `title` must be there; `kind` is a deployment when it is not told. What else is there becomes a label.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from datetime import datetime
from io import BufferedReader
from pathlib import Path

from cdctl.domain.changes import DEPLOYMENT, Change
from cdctl.errors import FileError, Place, Problem, UnavailableError

_OWN = ("kind", "title", "service", "version", "region", "by")
LONGEST = 64 << 10
"""Bytes of a line; longer ones are not read."""
_MOST_LABELS = 64
_MILLISECONDS = 1e11
"""Numbers beyond this are not seconds of our time: they are milliseconds, or nanoseconds."""


class WrongLineError(ValueError):
    """Why a line is none, and the cure."""

    def __init__(self, reason: str, cure: str) -> None:
        super().__init__(reason)
        self.reason, self.cure = reason, cure


def read(path: Path) -> tuple[list[Change], list[Problem]]:
    """All changes of a file in its order, and what is wrong with the other lines. No file: no changes.

    Raises UnavailableError when it cannot be read.
    """
    changes: list[Change] = []
    problems: list[Problem] = []
    try:
        with path.open("rb") as file:
            for number, line in enumerate(_lines(file), 1):
                if not line.strip():
                    continue
                try:
                    changes.append(change(line, str(path)))
                except WrongLineError as wrong:
                    problems.append(Problem(Place(str(path), number, 1), wrong.reason, wrong.cure, warning=True))
    except FileNotFoundError:
        return [], []
    except OSError as error:
        raise UnavailableError(f"the changes cannot be read: {error.strerror}", subject=str(path)) from None
    return changes, problems


def _lines(file: BufferedReader) -> Iterator[bytes]:
    """Lines, of which none is longer than twice the longest."""
    while line := file.readline(2 * LONGEST):
        yield line
        while line and not line.endswith(b"\n") and len(line) == 2 * LONGEST:
            line = file.readline(2 * LONGEST)


def change(line: bytes, source: str) -> Change:
    """One line as a change. Raises WrongLineError."""
    if len(line) > LONGEST:
        raise WrongLineError(f"the line is longer than {LONGEST >> 10} KiB", "write what was changed, not all that is")
    try:
        told = json.loads(line)
    except (ValueError, RecursionError):
        raise WrongLineError("this is no JSON object on one line", 'write {"at": ..., "title": ...}') from None
    if not isinstance(told, dict):
        raise WrongLineError("this is no JSON object", 'write {"at": ..., "title": ...}')
    texts = {name: _text(name, told.get(name, "")) for name in _OWN}
    if not texts["title"]:
        raise WrongLineError("it has no title", 'say what was changed: "title": "customer-api 1.4.2"')
    labels = {str(name): str(value) for name, value in told.items() if name not in {*_OWN, "at", "labels"}}
    more = told.get("labels", {})
    labels |= {str(name): str(value) for name, value in more.items()} if isinstance(more, dict) else {}
    return Change(
        at(told.get("at")),
        texts["kind"] or DEPLOYMENT,
        texts["title"],
        texts["service"],
        texts["version"],
        texts["region"],
        texts["by"],
        dict(list(labels.items())[:_MOST_LABELS]),
        source,
    )


def at(told: object) -> float:
    """Epoch seconds of an instant: RFC 3339, or a number of seconds, milliseconds or nanoseconds. Raises
    WrongLineError."""
    if isinstance(told, int | float) and not isinstance(told, bool) and math.isfinite(told) and told >= 0:
        value = float(told)
        while value > _MILLISECONDS:
            value /= 1e3
        return value
    if isinstance(told, str):
        try:
            found = datetime.fromisoformat(told)
        except ValueError:
            found = None
        if found is not None and found.tzinfo is not None:
            return found.timestamp()
        if found is not None:
            raise WrongLineError(f"at {told!r} has no time zone", 'write "2026-03-01T10:00:00Z"')
    raise WrongLineError("it has no instant `at`", 'write "at": "2026-03-01T10:00:00Z"')


def _text(name: str, value: object) -> str:
    if not isinstance(value, str | int | float) or isinstance(value, bool):
        raise WrongLineError(f"{name} is no text", f'write "{name}": "..."')
    return str(value)


def written(one: Change) -> bytes:
    """A change as a line of such a file."""
    told: dict[str, object] = {"at": datetime.fromtimestamp(one.at).astimezone().isoformat(timespec="milliseconds")}
    fields: Mapping[str, str] = {name: getattr(one, name) for name in _OWN}
    told |= {name: value for name, value in fields.items() if value}
    if one.labels:
        told["labels"] = dict(one.labels)
    return json.dumps(told, ensure_ascii=True).encode() + b"\n"


def refused(problems: list[Problem]) -> FileError:
    """All of them, as an error."""
    return FileError([Problem(one.place, one.message, one.fix) for one in problems])
