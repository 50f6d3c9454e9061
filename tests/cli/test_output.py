"""Where the answers of a command go."""

from __future__ import annotations

import os
import pty
import subprocess
import sys

import pytest

from cdctl.cli import output
from cdctl.cli.options import Run
from cdctl.cli.output import Output, emit, parse
from cdctl.errors import UnavailableError, UsageError

FORMATS = ("table", "wide", "json", "html", "junit")


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (None, [Output("table")]),
        ([], [Output("table")]),
        (["json"], [Output("json")]),
        (["json=-"], [Output("json")]),
        (["json=a"], [Output("json", "a"), Output("table")]),
        (["junit=a", "html=b", "json"], [Output("junit", "a"), Output("html", "b"), Output("json")]),
        (["html=a=b"], [Output("html", "a=b"), Output("table")]),
    ],
)
def test_stdout_carries_the_table_unless_told(values, expected):
    assert list(parse(values, FORMATS)) == expected


@pytest.mark.parametrize(
    ("values", "said", "hint"),
    [
        (["jsn"], "there is no format 'jsn'", "did you mean json?"),
        (["pdf"], "there is no format 'pdf'", "formats: table, wide, json, html, junit"),
        (["json="], "'json=' names no file", "writes to stdout"),
        (["json", "wide"], "two outputs for stdout", "-o FORMAT=FILE"),
        (["json=a", "html=./a"], "two outputs for ./a", "-o FORMAT=FILE"),
    ],
)
def test_wrong_outputs(values, said, hint):
    with pytest.raises(UsageError, match="--output: ") as error:
        parse(values, FORMATS)
    assert said in error.value.message
    assert hint in error.value.hint


def test_files_and_stdout_in_one_run(tmp_path, capsys):
    emit(Run(), parse([f"json={tmp_path}/a", f"html={tmp_path}/b"], FORMATS), lambda form: f"<{form}>\n")
    assert capsys.readouterr() == ("<table>\n", "")
    assert (tmp_path / "a").read_text() == "<json>\n"
    assert (tmp_path / "b").read_text() == "<html>\n"


def test_nothing_is_written_when_a_report_cannot_be_rendered(tmp_path, capsys):
    def render(form: str) -> str:
        if form == "html":
            raise UnavailableError("no chart")
        return form

    with pytest.raises(UnavailableError):
        emit(Run(), parse([f"json={tmp_path}/a", f"html={tmp_path}/b"], FORMATS), render)
    assert list(tmp_path.iterdir()) == []
    assert capsys.readouterr().out == ""


def test_a_file_that_cannot_be_written_does_not_take_the_others_with_it(tmp_path, capsys):
    wanted = [f"json={tmp_path}/nowhere/a", f"html={tmp_path}/b", "junit=/dev/full"]
    with pytest.raises(UsageError, match=r"nowhere/a: cannot write: there is no such folder"):
        emit(Run(), parse(wanted, FORMATS), lambda form: form)
    assert (tmp_path / "b").read_text() == "html"
    out, err = capsys.readouterr()
    assert out == "table"
    assert err == "error: /dev/full: cannot write: No space left on device\nhint: make room, or choose another place\n"


def test_a_terminal_that_cannot_show_a_letter(monkeypatch, tmp_path):
    with (tmp_path / "out").open("w", encoding="ascii") as stream:
        monkeypatch.setattr(sys, "stdout", stream)
        emit(Run(), parse(None), lambda form: "é…\n")
    assert (tmp_path / "out").read_text() == "\\xe9\\u2026\n"


SHOW = """
import sys
from cdctl.cli.options import Run
from cdctl.cli.output import Output, emit
emit(Run(color=sys.argv[1] != "no"), [Output(sys.argv[2])], lambda form: "breached  no_data\\nmetric unmet error: x\\n")
"""


def on_a_terminal(*args: str, term: str = "xterm") -> str:
    master, slave = pty.openpty()
    subprocess.run(
        [sys.executable, "-c", SHOW, *args], stdout=slave, check=True, timeout=60, env={**os.environ, "TERM": term}
    )
    os.close(slave)
    shown = os.read(master, 65536).decode().replace("\r\n", "\n")
    os.close(master)
    return shown


def test_verdicts_have_colours_on_a_terminal_only():
    colored = "\x1b[1;31mbreached\x1b[0m  \x1b[35mno_data\x1b[0m\nmetric unmet error: x\n"
    plain = "breached  no_data\nmetric unmet error: x\n"
    assert on_a_terminal("yes", "table") == colored
    assert on_a_terminal("no", "table") == plain
    assert on_a_terminal("yes", "csv") == plain
    assert on_a_terminal("yes", "table", term="dumb") == plain
    piped = subprocess.run([sys.executable, "-c", SHOW, "yes", "table"], capture_output=True, text=True, check=True)
    assert piped.stdout == plain


def test_no_color_by_flag_and_variable(cdctl, monkeypatch):
    seen: list[bool] = []
    monkeypatch.setattr(output, "show", lambda run, *rest: seen.append(run.color))
    cdctl("config", "show")
    cdctl("config", "show", "--no-color")
    monkeypatch.setenv("NO_COLOR", "")
    cdctl("config", "show")
    monkeypatch.setenv("NO_COLOR", "1")
    cdctl("config", "show")
    assert seen == [True, False, True, False]
