"""The root command: help, version, shared options, and its start-up."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from cdctl import __version__
from cdctl.cli.main import app
from cdctl.cli.options import FLAGS, VALUED
from cdctl.cli.registry import COMMANDS


def test_help_lists_every_command_on_stdout(cdctl):
    ran = cdctl("--help")
    assert ran.code == 0
    assert ran.err == ""
    for name, entry in COMMANDS.items():
        assert f"  {name} " in ran.out
        assert entry.help.split()[0] in ran.out


def test_version(cdctl):
    assert cdctl("--version") == (ran := cdctl("--version"))
    assert ran.out == f"cdctl {__version__}\n"


def test_nothing_at_all_is_answered_with_help_and_code_2(cdctl):
    ran = cdctl()
    assert ran.code == 2
    assert ran.out == ""
    assert ran.err.startswith("Usage: cdctl")


@pytest.mark.parametrize("noun", ["config", "plugin"])
def test_a_noun_alone_is_answered_with_its_help(cdctl, noun):
    ran = cdctl(noun)
    assert ran.code == 2
    assert ran.err.startswith(f"Usage: cdctl {noun}")


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["confg"], "No such command 'confg'. Did you mean 'config'?"),
        (["--nonsense"], "No such option: --nonsense"),
        (["config", "shwo"], "No such command 'shwo'. Did you mean 'show'?"),
        (["config", "show", "--nonsense"], "No such option: --nonsense"),
        (["plugin", "info"], "Missing argument"),
        (["config", "show", "surplus"], "unexpected extra argument"),
    ],
)
def test_usage_errors_say_what_and_where_help_is(cdctl, args, said):
    ran = cdctl(*args)
    assert ran.code == 2
    assert ran.out == ""
    assert said in ran.err
    assert ran.err.splitlines()[-1].startswith("hint: cdctl")
    assert ran.err.splitlines()[-1].endswith("--help")


def test_shared_options_may_stand_anywhere(cdctl):
    first = cdctl("--prometheus", "http://localhost:1", "config", "show", "-o", "json")
    last = cdctl("config", "show", "-o", "json", "--prometheus=http://localhost:1")
    assert first == last
    assert {"key": "default_context", "value": "ad-hoc", "origin": "--prometheus"} in json.loads(last.out)


def test_verbose_says_what_was_used(cdctl, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "cdctl.toml").write_text('[contexts.prod]\nprometheus = { url = "https://prom.example" }\n')
    said = cdctl("config", "show", "-v", "-o", "json=rows.json").err.splitlines()
    assert said[:2] == ["settings: cdctl.toml; context: prod (the only context)", "wrote rows.json"]
    assert said[2].startswith("took ")
    assert len(said) == 3
    assert cdctl("config", "show").err == cdctl("config", "show", "-v", "-q").err == ""


def test_no_command_takes_a_shared_option_for_itself():
    shared = FLAGS | VALUED
    names = [(path, option) for path, command in _commands() for param in command.params for option in param.opts]
    assert ("config show", "--output") in names
    assert [(path, option) for path, option in names if option in shared] == []


def _commands() -> list[tuple[str, typer.core.TyperCommand]]:
    group = typer.main.get_command(app)
    ctx = group.make_context("cdctl", ["check"])
    found = []
    for name in group.list_commands(ctx):
        command = group.get_command(ctx, name)
        found.append((name, command))
        found += [(f"{name} {sub.name}", sub) for sub in getattr(command, "commands", {}).values()]
    return found


def test_a_closed_pipe_is_quiet(cdctl_process):
    reader, writer = os.pipe()
    os.close(reader)
    for args in (["--help"], ["config", "show"], ["config", "show", "--help"]):
        ran = cdctl_process(*args, capture_output=False, stdout=writer, stderr=subprocess.PIPE)
        assert (ran.returncode, ran.stderr) == (0, "")
    os.close(writer)


def test_a_full_disk_under_stdout_is_said(cdctl_process):
    for args in (["--help"], ["config", "show"]):
        with Path("/dev/full").open("w") as full:
            ran = cdctl_process(*args, capture_output=False, stdout=full, stderr=subprocess.PIPE)
        assert ran.returncode == 3
        assert "No space left on device" in ran.stderr
        assert "Traceback" not in ran.stderr
        assert "bug" not in ran.stderr


SLEEPER = """
import sys, time
import typer
from cdctl.cli import exits, main
from cdctl.cli.registry import Entry
import types
sleeper = types.ModuleType("sleeper")
sleeper.app = typer.Typer()
@sleeper.app.command()
def sleep() -> None:
    try:
        print("asleep", flush=True)
        {work}
    finally:
        print("cleaned up", flush=True)
sys.modules["sleeper"] = sleeper
main.Root.entries = {{"sleep": Entry("sleeper:app", "")}}
main.run()
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("work", ["time.sleep(60)", "import asyncio; asyncio.run(asyncio.sleep(60))"])
def test_a_signal_cleans_up_and_says_interrupted(number, work):
    with subprocess.Popen(
        [sys.executable, "-c", SLEEPER.format(work=work), "sleep"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout.readline() == "asleep\n"
        process.send_signal(number)
        out, err = process.communicate(timeout=30)
    assert (process.returncode, out, err) == (130, "cleaned up\n", "interrupted\n")


def test_a_background_job_that_ignores_interrupts_can_still_be_ended():
    with subprocess.Popen(
        ["sh", "-c", 'trap "" INT; exec "$0" -c "$1" sleep', sys.executable, SLEEPER.format(work="time.sleep(60)")],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout.readline() == "asleep\n"
        process.send_signal(signal.SIGINT)
        process.send_signal(signal.SIGTERM)
        out, _ = process.communicate(timeout=30)
    assert (process.returncode, out) == (130, "cleaned up\n")


def test_hostile_arguments_reach_no_terminal():
    """On a real terminal: escape sequences in what a user pastes are written out, not obeyed."""
    master, slave = pty.openpty()
    subprocess.run(
        [sys.executable, "-m", "cdctl", "config", "show", "--prometheus", "http://\x1b]52;c;aGk=\x07/\x9b2J"],
        stdin=slave,
        stdout=slave,
        stderr=slave,
        check=False,
        timeout=60,
    )
    os.close(slave)
    shown = _drain(master)
    assert b"error" in shown
    assert b"\x1b]" not in shown
    assert b"\x07" not in shown
    assert "\x9b".encode() not in shown


def _drain(descriptor: int) -> bytes:
    shown = b""
    while True:
        try:
            piece = os.read(descriptor, 65536)
        except OSError:  # Linux says EIO when the other side is closed
            break
        if not piece:
            break
        shown += piece
    os.close(descriptor)
    return shown
