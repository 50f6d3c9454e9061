"""Codes, their precedence, and the words on stderr."""

from __future__ import annotations

import itertools

import pytest
import typer

from cdctl.cli import exits
from cdctl.cli.exits import Code, explained, worst
from cdctl.cli.options import Run
from cdctl.errors import CdctlError, FileError, Place, PluginError, Problem, RefusedError, UnavailableError, UsageError


@pytest.mark.parametrize(
    ("codes", "expected"),
    [
        ([], 0),
        ([0, 0], 0),
        ([0, 3], 3),
        ([3, 4], 4),
        ([4, 1], 1),
        ([1, 5], 5),
        ([5, 2], 2),
        ([1, 3, 4, 0, 5, 2], 2),
        ([2, 130], 130),
    ],
)
def test_two_before_five_before_one_before_four_before_three(codes, expected):
    assert {worst(order) for order in itertools.permutations(codes[:4])} <= set(map(Code, codes)) | {Code.DONE}
    assert worst(codes) == worst(reversed(codes)) == expected


def test_a_code_that_is_not_in_the_table_is_refused():
    with pytest.raises(ValueError, match="7"):
        worst([7])


def test_every_code_has_a_meaning():
    assert set(exits.MEANING) == set(Code)


def _all_errors(root: type[CdctlError] = CdctlError) -> list[type[CdctlError]]:
    return [root, *(error for child in root.__subclasses__() for error in _all_errors(child))]


def test_every_error_has_a_code_of_the_table():
    assert {error.exit_code for error in _all_errors()} <= set(Code)
    assert len(_all_errors()) >= 6


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (UsageError("no", subject="--at", hint="yes"), 2, "error: --at: no\nhint: yes\n"),
        (UnavailableError("gone", subject="http://x"), 3, "error: http://x: gone\n"),
        (RefusedError("policy"), 5, "error: policy\n"),
        (PluginError("broken"), 2, "error: broken\n"),
        (
            FileError([Problem(Place("b", 2, 1), "two"), Problem(Place("a", 1, 1), "one", "fix")]),
            2,
            "a:1:1: error: one (fix)\nb:2:1: error: two\nerror: 2 problems in 2 files\n",
        ),
        (
            FileError([Problem(Place("a", 1, 1), "one"), Problem(Place("a", 2, 1), "odd", warning=True)], hint="h"),
            2,
            "a:1:1: error: one\na:2:1: warning: odd\nerror: 1 problem in a\nhint: h\n",
        ),
        (typer.BadParameter("bad"), 2, "error: Invalid value: bad\n"),
        (KeyboardInterrupt(), 130, "interrupted\n"),
        (EOFError(), 130, "\ninterrupted\n"),
        (OSError(28, "No space left on device", "x.html"), 3, "error: x.html: cannot write: No space left on device\n"),
    ],
)
def test_how_a_run_ends(error, code, said, capsys):
    with pytest.raises(typer.Exit) as stop, explained():
        raise error
    assert stop.value.exit_code == code
    assert capsys.readouterr() == ("", said)


def test_what_ctrl_c_stopped_and_what_is_left(capsys):
    asked: list[str] = []
    with pytest.raises(typer.Exit) as stop, explained(), exits.in_flight("a long day", "go on tomorrow"):  # noqa: SIM117
        with exits.in_flight(lambda: asked.append("now") or "writing\x1b[2J", "nothing is kept"):
            assert asked == [], "how far it is counts when it ends"
            raise KeyboardInterrupt
    assert stop.value.exit_code == 130
    assert capsys.readouterr() == ("", "interrupted while writing\\x1b[2J; nothing is kept\n")


def test_other_ends_are_not_called_interruptions(capsys):
    with pytest.raises(typer.Exit) as stop, explained(), exits.in_flight("a long day", "go on tomorrow"):
        raise UnavailableError("gone")
    assert stop.value.exit_code == 3
    assert capsys.readouterr().err == "error: gone\n"


def test_a_bug_is_a_line_and_with_debug_a_traceback(capsys):
    with pytest.raises(typer.Exit) as stop, explained():
        raise ZeroDivisionError("division\x1b[2J by zero")
    err = capsys.readouterr().err
    assert stop.value.exit_code == Code.UNKNOWN, "a crash must not look like a broken promise"
    assert err.startswith("error: ZeroDivisionError: division\\x1b[2J by zero\nhint: this is a bug in cdctl")
    assert "Traceback" not in err
    with pytest.raises(typer.Exit), explained(debug=True):
        raise ZeroDivisionError
    assert "Traceback (most recent call last)" in capsys.readouterr().err


def test_what_is_raised_on_purpose_passes():
    with pytest.raises(typer.Exit) as stop, explained():
        raise typer.Exit(4)
    assert stop.value.exit_code == 4


def test_hostile_text_is_written_out(capsys):
    hostile = "\x1b]0;title\x07\u202e\x9b"
    with pytest.raises(typer.Exit), explained():
        raise UsageError(hostile, subject=hostile, hint=hostile)
    with pytest.raises(typer.Exit), explained():
        raise FileError([Problem(Place(hostile, 1, 1), hostile, hostile)])
    exits.warn(Run(), hostile)
    exits.note(Run(), hostile)
    err = capsys.readouterr().err
    assert "\\x1b]0;title\\x07\\u202e\\x9b" in err
    assert not set(hostile) - set("]0;title") & set(err)


def test_quiet_and_verbose(capsys):
    for run in (Run(), Run(quiet=True), Run(verbose=True), Run(quiet=True, verbose=True)):
        exits.warn(run, "w")
        exits.note(run, "n")
        exits.detail(run, "d")
    assert capsys.readouterr().err == "warning: w\nn\n" + "warning: w\nn\nd\n"


def test_leave():
    exits.leave(Code.DONE)
    with pytest.raises(typer.Exit):
        exits.leave(Code.BAD_NEWS)
