"""Every error that cdctl raises on purpose, and who must act on it.

    CdctlError
    ├── UsageError          exit 2   you: a flag, an argument or a setting is wrong
    │   └── FileError       exit 2   you: a file you wrote is wrong; carries every problem found, not the first
    ├── UnavailableError    exit 3   the platform: a server could not be asked, so the answer is not known
    ├── RefusedError        exit 5   a policy, a missing approval or a bad signature says no
    └── PluginError         exit 2   the author of a plugin

A message says what happened, `subject` says to which thing (file:line:column, URL, VIN), `hint` says what to do.
Expected absence is not an error: it is a value with a reason (`Verdict.NO_DATA`, `SourceFailure`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A place in a file somebody wrote. `line` and `column` count from 1; 0 means the file as a whole."""

    file: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}" if self.line else self.file


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing that is wrong (or, as a warning, unusual) in a file: where, what, and the fix."""

    place: Place
    message: str
    fix: str = ""
    warning: bool = False

    def __str__(self) -> str:
        kind = "warning" if self.warning else "error"
        return f"{self.place}: {kind}: {self.message}" + (f" ({self.fix})" if self.fix else "")


class CdctlError(Exception):
    """The root: a message, the subject it is about, and a hint at the cure."""

    exit_code = 2

    def __init__(self, message: str, *, subject: str = "", hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.subject = subject
        self.hint = hint

    def __str__(self) -> str:
        text = f"{self.subject}: {self.message}" if self.subject else self.message
        return f"{text}\n  hint: {self.hint}" if self.hint else text


class UsageError(CdctlError):
    """A flag, an argument or a setting is wrong."""

    exit_code = 2


class FileError(UsageError):
    """Files that somebody wrote are wrong. `problems` holds all of them, of all files."""

    def __init__(self, problems: Sequence[Problem], *, hint: str = "") -> None:
        self.problems = tuple(sorted(problems))
        count = len(self.problems)
        super().__init__("\n".join(map(str, self.problems)) or f"{count} problems", hint=hint)


class UnavailableError(CdctlError):
    """A server, a file or a device could not be asked, so the answer is not known."""

    exit_code = 3


class RefusedError(CdctlError):
    """A policy, a missing approval or a bad signature forbids it."""

    exit_code = 5


class PluginError(CdctlError):
    """A plugin is missing, broken, ambiguous, or made for another version of the API."""

    exit_code = 2
