"""Exit codes, and everything said on stderr. Codes are promises: scripts branch on them."""

from __future__ import annotations

import errno
import os
import select
import signal
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from enum import IntEnum
from types import FrameType
from typing import Any

import typer

from cdctl.cli.options import Run
from cdctl.domain.text import safe
from cdctl.errors import CdctlError, FileError, UnavailableError


class Code(IntEnum):
    """What an exit code means, the same for every command."""

    DONE = 0
    BAD_NEWS = 1
    WRONG = 2
    UNKNOWN = 3
    PARTLY = 4
    REFUSED = 5
    INTERRUPTED = 130


MEANING = {
    Code.DONE: "done; every promise held; every vehicle succeeded",
    Code.BAD_NEWS: "the answer is bad news: an objective breached, a gate closed, a vehicle failed",
    Code.WRONG: "you wrote something wrong: usage, spec, settings",
    Code.UNKNOWN: "could not know: no data, source or broker unreachable, coverage too low; or a bug in cdctl",
    Code.PARTLY: "partly: some vehicles did not answer or state is unknown",
    Code.REFUSED: "refused: policy, missing approval, bad signature",
    Code.INTERRUPTED: "interrupted",
}

_DISK = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EROFS})

# What to fix first comes first: a wrong spec makes every other answer doubtful.
_PRECEDENCE = (Code.INTERRUPTED, Code.WRONG, Code.REFUSED, Code.BAD_NEWS, Code.PARTLY, Code.UNKNOWN, Code.DONE)


def worst(codes: Iterable[int]) -> Code:
    """The one code of a run in which several apply: 2 before 5 before 1 before 4 before 3; 0 when none does."""
    return min((Code(code) for code in codes), key=_PRECEDENCE.index, default=Code.DONE)


def leave(code: int) -> None:
    """End the command with this code; returns when it is 0, so that it can simply be the last line."""
    if code:
        raise typer.Exit(code)


def warn(run: Run, text: str) -> None:
    """Something odd that does not stop the run. Not shown with --quiet."""
    if not run.quiet:
        _say(f"warning: {safe(text, 2000)}")


def insist(text: str) -> None:
    """Something odd without which the answer would be misread: said even with --quiet."""
    _say(f"warning: {safe(text, 2000)}")


def note(run: Run, text: str) -> None:
    """Progress and hints. Not shown with --quiet."""
    if not run.quiet:
        _say(safe(text, 2000, lines=True))


def detail(run: Run, text: str) -> None:
    """What only --verbose shows."""
    if run.verbose and not run.quiet:
        _say(safe(text, 2000, lines=True))


def report(error: CdctlError) -> None:
    """Say what happened, to which subject, and what to do."""
    if isinstance(error, FileError):
        for problem in error.problems:
            _say(safe(str(problem), 1000))
        wrong = sum(not problem.warning for problem in error.problems)
        _say(f"error: {wrong} {'problem' if wrong == 1 else 'problems'} in {_files(error)}")
    else:
        subject = f"{safe(error.subject)}: " if error.subject else ""
        _say(f"error: {subject}{safe(error.message, 2000, lines=True)}")
    if error.hint:
        _say(f"hint: {safe(error.hint, 2000, lines=True)}")


def _files(error: FileError) -> str:
    names = sorted({problem.place.file for problem in error.problems})
    return safe(names[0]) if len(names) == 1 else f"{len(names)} files"


@contextmanager
def explained(debug: bool = False) -> Iterator[None]:
    """Turn whatever ends a command into words on stderr and an exit code (`typer.Exit`)."""
    try:
        yield
    except (typer.Exit, SystemExit):
        raise
    except KeyboardInterrupt as stop:
        # A terminal has shown ^C where the cursor stood: the words begin on a line of their own.
        _say(f"{chr(10) * sys.stderr.isatty()}{' '.join(['interrupted', *map(str, stop.args)])}")
        raise typer.Exit(Code.INTERRUPTED) from stop
    except Exception as error:
        if debug:
            traceback.print_exception(error)
        raise typer.Exit(_explain(error)) from error


@contextmanager
def in_flight(what: str | Callable[[], str], after: str) -> Iterator[None]:
    """Let Ctrl-C inside say what it stopped and what is left: `interrupted while {what}; {after}`, exit code 130.

    `what` is a word such as "starting the lab", or is asked for it when the time comes; `after` says what is kept or
    removed, and how to go on. Clean-up belongs inside, so that the words are true. The innermost of several speaks.
    """
    try:
        yield
    except KeyboardInterrupt as stop:
        if stop.args:
            raise
        said = what if isinstance(what, str) else what()
        raise KeyboardInterrupt(f"while {safe(said)}; {safe(after)}") from stop


def _explain(error: Exception) -> int:
    if isinstance(error, CdctlError):
        report(error)
        return error.exit_code
    if hasattr(error, "format_message"):  # Typer's own errors: their common class is public since 0.28 only
        _usage(error)
        return Code.WRONG
    if isinstance(error, typer.Abort | EOFError):
        _say("\ninterrupted")
        return Code.INTERRUPTED
    if isinstance(error, BrokenPipeError) and _reader_left():
        return Code.DONE
    if isinstance(error, OSError) and error.errno in _DISK:
        report(UnavailableError(f"cannot write: {error.strerror}", subject=str(error.filename or "stdout")))
        if not error.filename:
            drop_stdout()  # or the interpreter fails again on what is left, with a code of its own
        return Code.UNKNOWN
    _say(f"error: {type(error).__name__}: {safe(str(error), 2000)}")
    _say("hint: this is a bug in cdctl; run it again with --debug and report what it prints")
    return Code.UNKNOWN


def _usage(error: Any) -> None:
    ctx = getattr(error, "ctx", None)
    text = error.format_message()
    if ctx is not None and text == ctx.get_help():
        _say(text)  # a noun alone: its help is the answer
        return
    _say(f"error: {safe(text, 2000)}")
    if ctx is not None:
        _say(f"hint: {ctx.command_path} --help")


def _reader_left() -> bool:
    """Whether stdout is a pipe that nobody reads any more (`| head`). If so, later writes go nowhere, quietly."""
    poll = select.poll()
    poll.register(sys.stdout.fileno(), 0)  # that the other side is gone is told whatever is asked for
    if poll.poll(0):
        drop_stdout()
        return True
    return False


def drop_stdout() -> None:
    """Send what is still to be written to nowhere: the reader of the pipe is gone, or the disk is full."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


def stop_politely() -> None:
    """Make a request to end (SIGTERM, a closed terminal) the same as Ctrl-C, so that clean-up runs."""

    def stop(number: int, frame: FrameType | None) -> None:
        # asyncio installs its own handler for SIGINT while it runs: that one cancels tasks instead of raising.
        handler = signal.getsignal(signal.SIGINT)
        if callable(handler):
            handler(number, frame)
            return
        raise KeyboardInterrupt

    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:  # nohup stays nohup
            signal.signal(number, stop)


def _say(text: str) -> None:
    try:
        print(text, file=sys.stderr, flush=True)
    except OSError:  # nobody reads stderr: nothing is left to tell it to
        return
