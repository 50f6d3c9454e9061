"""Ctrl-C in long commands: what was in flight is said, and nothing is left behind."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from waiting import children, eventually, gone

RUN = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); from cdctl.cli.main import run; run()"


def started(*args: str | Path, **more: str) -> subprocess.Popen[str]:
    """`cdctl ARGS` under way; Ctrl-C counts, even where these tests run in the background."""
    command = [sys.executable, "-c", RUN, *map(str, args)]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ, **more}
    )


def stopped(process: subprocess.Popen[str]) -> str:
    """What it says when it is interrupted."""
    process.send_signal(signal.SIGINT)
    try:
        out, err = process.communicate(timeout=30)
    finally:
        process.kill()
    assert (process.returncode, out) == (130, "")
    assert "Traceback" not in err
    return err


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (["config", "check"], "interrupted while connecting to "),
        (["slo", "validate", "--live"], "interrupted while looking at the sources of "),
    ],
)
def test_a_server_that_never_answers(command, said, root):
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(30)
        paths = [root / "slo_specs"] if command[0] == "slo" else []
        process = started("--prometheus", f"http://127.0.0.1:{server.getsockname()[1]}", *command, *paths)
        held, _ = server.accept()
        err = stopped(process)
        held.close()
    assert said in err
    assert "run it again" in err


def test_spec_tests_stop_their_server(root, tmp_path):
    process = started("slo", "test", root / "slo_specs", TMPDIR=str(tmp_path))
    assert eventually(lambda: bool(children(process.pid)) or process.poll() is not None)
    pids = children(process.pid)
    err = stopped(process)
    assert pids
    assert "interrupted while testing specs, " in err
    assert "its Prometheus is stopped and its folder removed; run it again" in err
    assert list(tmp_path.iterdir()) == []
    assert eventually(lambda: all(map(gone, pids)))
