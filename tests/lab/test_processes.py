"""A process of another run is told from a stranger with its number, and surely ended."""

import dataclasses
import os
import subprocess
import sys

import pytest
from waiting import eventually, gone

from cdctl.lab.processes import Process

IGNORES = "import signal,time; signal.signal(15, signal.SIG_IGN); print(1, flush=True); time.sleep(60)"


@pytest.fixture
def child():
    with subprocess.Popen([sys.executable, "-c", IGNORES], stdout=subprocess.PIPE) as process:
        process.stdout.readline()
        yield process
        process.kill()


def test_this_process_runs():
    assert Process.of(os.getpid()).running


def test_there_is_no_process_of_a_number_that_nobody_has(child):
    child.kill()
    child.wait()
    with pytest.raises(ProcessLookupError):
        Process.of(child.pid)


def test_a_zombie_does_not_run(child):
    process = Process.of(child.pid)
    child.kill()
    assert eventually(lambda: gone(child.pid))
    assert not process.running


@pytest.mark.parametrize("change", [{"start": 1}, {"boot": "another"}])
def test_a_stranger_with_the_same_number_is_left_alone(child, change):
    stranger = dataclasses.replace(Process.of(child.pid), **change)
    assert not stranger.running
    stranger.stop()
    assert Process.of(child.pid).running


def test_a_process_that_will_not_end_is_killed(child, monkeypatch):
    monkeypatch.setattr("cdctl.lab.processes._STOP_SECONDS", 0.2)
    process = Process.of(child.pid)
    process.stop()
    assert eventually(lambda: not process.running)
