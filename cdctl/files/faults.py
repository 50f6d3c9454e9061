"""Everything that is wrong in one file, collected while it is read, so that all of it is reported together."""

from __future__ import annotations

from typing import Protocol

from cdctl.domain.text import safe
from cdctl.errors import Place, Problem

_MOST = 100
_LONGEST_NAME = 4096


class Located(Protocol):
    """Anything with a place inside a file. `line` and `column` count from 1."""

    @property
    def line(self) -> int: ...  # noqa: D102
    @property
    def column(self) -> int: ...  # noqa: D102


class Faults:
    """The problems of one file, in the order found. After a hundred errors the rest are only counted."""

    def __init__(self, file: str) -> None:
        self.file = safe(file, _LONGEST_NAME)
        self.problems: list[Problem] = []
        self.left_out: dict[str, Problem] = {}
        self.errors = 0

    def place(self, where: Located | None) -> Place:
        """The place of a node in this file; None means the file as a whole."""
        return Place(self.file, where.line, where.column) if where else Place(self.file)

    def error(self, where: Located | None, message: str, fix: str = "") -> None:
        """Something is wrong there."""
        self.errors += 1
        if self.errors <= _MOST:
            self.problems.append(Problem(self.place(where), message, fix))

    def warn(self, where: Located | None, message: str, fix: str = "") -> None:
        """Something there is accepted, but unusual."""
        if len(self.problems) <= 2 * _MOST:
            self.problems.append(Problem(self.place(where), message, fix, warning=True))

    def leave_out(self, name: str, where: Located | None, message: str, fix: str = "") -> None:
        """The promise of that name cannot be judged here; a warning, and remembered."""
        self.left_out[name] = Problem(self.place(where), message, fix, warning=True)
        self.warn(where, message, fix)

    @property
    def full(self) -> bool:
        """Whether so much is wrong already that looking for cures is wasted."""
        return self.errors > _MOST

    def close(self) -> list[Problem]:
        """All of them; a last one says how many were left out."""
        hidden = self.errors - _MOST
        if hidden > 0:
            self.problems.append(Problem(Place(self.file), f"{hidden} more errors", "mend the ones above first"))
        return self.problems
