"""Ctrl-C in long commands: what was in flight is said, and nothing is left behind."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

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


def runs(pid: str) -> bool:
    """Whether it is there and no zombie that nobody has collected yet."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


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
    deadline = time.monotonic() + 30
    while not list(tmp_path.glob("cdctl-lab-*/*/")) and time.monotonic() < deadline and process.poll() is None:
        time.sleep(0.01)
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    err = stopped(process)
    assert "interrupted while testing specs, " in err
    assert "its Prometheus is stopped and its folder removed; run it again" in err
    assert list(tmp_path.iterdir()) == []
    assert children
    deadline = time.monotonic() + 30
    while any(map(runs, children)) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert [pid for pid in children if runs(pid)] == []
