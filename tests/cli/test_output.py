"""Where the answers of a command go."""

from __future__ import annotations

import json
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
    folder = tmp_path / "soon gone"
    folder.mkdir()
    outputs = parse([f"json={folder}/a", f"html={tmp_path}/b", "junit=/dev/full"], FORMATS)
    folder.rmdir()
    with pytest.raises(UsageError, match=r"soon gone/a: cannot write: there is no such folder"):
        emit(Run(), outputs, lambda form: form)
    assert (tmp_path / "b").read_text() == "html"
    out, err = capsys.readouterr()
    assert out == "table"
    assert err == "error: /dev/full: cannot write: No space left on device\nhint: make room, or choose another place\n"


@pytest.mark.parametrize("stdout", ["-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"])
def test_stdout_by_another_name_is_stdout_and_replaces_the_table(stdout, cdctl_process, tmp_path):
    (tmp_path / "log").write_text("before\n")
    with (tmp_path / "log").open("a") as log:
        ran = cdctl_process("config", "show", "-o", f"json={stdout}", capture_output=False, stdout=log)
    before, data = (tmp_path / "log").read_text().split("\n", 1)
    assert (ran.returncode, before) == (0, "before"), "the file behind stdout is written to, not replaced"
    assert {row["key"] for row in json.loads(data)} >= {"default_context"}
    with pytest.raises(UsageError, match="two outputs for stdout"):
        parse([f"json={stdout}", "wide"])


def test_stderr_is_a_file_that_goes_on(cdctl_process, tmp_path):
    (tmp_path / "log").write_text("before\n")
    with (tmp_path / "log").open("a") as log:
        ran = cdctl_process("config", "show", "-o", "jsonl=/dev/stderr", capture_output=False, stdout=-3, stderr=log)
    text = (tmp_path / "log").read_text()
    assert ran.returncode == 0
    assert text.startswith('before\n{"key"')


def test_files_are_looked_at_before_anything_is_asked(cdctl, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.chdir(tmp_path)
    deaf = ["--prometheus", "http://127.0.0.1:1"]
    wrong = {"nowhere/a": "there is no such folder", ".": "it is a folder", "file/a": "there is no such folder"}
    wrong |= {"/dev/fd/873": "it is not open"}
    for file, said in wrong.items():
        for command in (
            ["slo", "report"],
            ["slo", "status"],
            ["slo", "test"],
            ["config", "check"],
            ["slo", "validate"],
        ):
            ran = cdctl(*deaf, *command, "-o", f"json={file}")
            assert (ran.code, ran.out) == (2, ""), (file, command)
            assert said in ran.err
            assert "127.0.0.1" not in ran.err
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
    assert cdctl("config", "show", "-o", "json=file").code == 0, "the good twin"


def test_a_place_without_rights_is_refused(tmp_path, monkeypatch):
    """The rights are made up: root, who may run this, has all of them."""
    (tmp_path / "old").write_text("")
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    for file in (tmp_path / "new", tmp_path / "old", "/dev/null"):
        with pytest.raises(UsageError, match="cannot write: Permission denied") as error:
            parse([f"json={file}"])
        assert error.value.hint == "choose another place"


def test_one_file_under_two_names(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "link").symlink_to("a")
    for other in (f"html={tmp_path}/a", f"html={tmp_path}/link", f"html={tmp_path}/x/../a"):
        with pytest.raises(UsageError, match="two outputs for"):
            parse(["json=~/a", other], FORMATS)
    assert len(parse(["json=~/a", "html=~/b"], FORMATS)) == 3


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


FITS = """
import sys
from cdctl.cli.options import Run
from cdctl.cli.output import Output, emit
emit(Run(), [Output("table"), Output("table", sys.argv[1])], lambda form: "whole", lambda form, width: f"fit {width}")
"""


def test_a_terminal_gets_what_fits_and_a_file_the_whole(tmp_path):
    master, slave = pty.openpty()
    command = [sys.executable, "-c", FITS, str(tmp_path / "file")]
    subprocess.run(command, stdout=slave, check=True, timeout=60, env={**os.environ, "COLUMNS": "72"})
    os.close(slave)
    assert os.read(master, 65536) == b"fit 72"
    os.close(master)
    assert (tmp_path / "file").read_text() == "whole"
    assert subprocess.run(command, capture_output=True, check=True, timeout=60).stdout == b"whole"
