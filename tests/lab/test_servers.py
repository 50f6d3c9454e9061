"""The lab's servers start, answer, and are gone afterwards, however the one who started them ends."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from waiting import eventually, gone

from cdctl.errors import UnavailableError
from cdctl.lab.child import Child, find_program
from cdctl.lab.history import Series, import_history, write_blocks
from cdctl.lab.servers import Prometheus, Server, VictoriaMetrics, free_port, get


def query(server: Server, text: str, at: float) -> list[dict]:
    status, body = get(server.port, f"/api/v1/query?query={text}&time={at}")
    assert status == 200, body
    return json.loads(body)["data"]["result"]


@pytest.fixture
def series():
    now = time.time() // 60 * 60
    times = now - np.arange(600)[::-1] * 60.0
    return Series("ticks_total", {"region": 'e"\\u\n'}, times, np.arange(600) * 2.0)


def test_prometheus_answers_from_blocks(tmp_path, series):
    prometheus = Prometheus(tmp_path / "prom")
    assert write_blocks([series], prometheus.data) == 600
    with prometheus:
        pid = prometheus.pid
        answer = query(prometheus, "ticks_total", series.times[-1])
        assert answer[0]["value"][1] == str(2 * 599)
        assert answer[0]["metric"]["region"] == series.labels["region"]
        assert query(prometheus, "ticks_total", series.times[0] - 1) == []
    assert gone(pid)
    assert not prometheus.running


def test_prometheus_scrapes_its_targets(tmp_path):
    with (
        Prometheus(tmp_path / "a") as target,
        Prometheus(
            tmp_path / "b", scrape_targets={"other": f"127.0.0.1:{target.port}"}, scrape_interval="1s"
        ) as prometheus,
    ):
        assert eventually(lambda: query(prometheus, "up", time.time()) != [])
        found = query(prometheus, "up", time.time())[0]
        assert found["metric"]["job"] == "other"
        assert found["metric"]["instance"] == "simulated"
        assert found["value"][1] == "1"


def test_victoria_metrics_answers_from_imported_history(tmp_path, series):
    with VictoriaMetrics(tmp_path / "vm") as victoria:
        pid = victoria.pid
        assert import_history([series], victoria.url) == 600
        assert query(victoria, "ticks_total", series.times[-1])[0]["value"][1] == str(2 * 599)
    assert gone(pid)


def test_a_missing_program_names_its_package(monkeypatch, tmp_path):
    monkeypatch.setattr("shutil.which", lambda *_, **__: None)
    with pytest.raises(UnavailableError, match="apt-get install prometheus") as caught:
        Prometheus(tmp_path).start()
    assert caught.value.exit_code == 3


def test_a_server_that_ends_at_once_says_why(tmp_path):
    with pytest.raises(UnavailableError, match="unknown long flag"):
        Prometheus(tmp_path, flags=["--no-such-flag"]).start()


def test_a_taken_port_is_tried_again(tmp_path, monkeypatch):
    with Prometheus(tmp_path / "a") as first:
        ports = iter([first.port, free_port()])
        monkeypatch.setattr("cdctl.lab.servers.free_port", lambda: next(ports))
        with Prometheus(tmp_path / "b") as second:
            assert second.port != first.port


def test_a_process_that_will_not_end_is_killed(tmp_path, monkeypatch):
    monkeypatch.setattr("cdctl.lab.child._STOP_SECONDS", 0.1)
    code = "import signal,time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(60)"
    child = Child([sys.executable, "-c", code], tmp_path / "log")
    child.start()
    child.wait_until(lambda: "up" in (tmp_path / "log").read_text())
    pid = child.pid
    child.stop()
    assert gone(pid)


PARENT = """
import sys
from pathlib import Path
from cdctl.lab.child import Child
child = Child([sys.executable, "-c", "import time; time.sleep(60)"], Path(sys.argv[1]), survives=sys.argv[2] != "no")
child.start()
if sys.argv[2] == "yes":
    child.go()
print(child.pid, flush=True)
sys.stdin.read()
"""


@pytest.fixture
def parent(tmp_path):
    """A process that starts a child and waits; yields a starter, and ends everything afterwards."""
    started: list[int] = []

    def start(survives: str) -> tuple[subprocess.Popen, int]:
        process = subprocess.Popen(
            [sys.executable, "-c", PARENT, str(tmp_path / "log"), survives],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        pid = int(process.stdout.readline())
        started.extend([process.pid, pid])
        return process, pid

    yield start
    for pid in started:
        if not gone(pid):
            os.kill(pid, signal.SIGKILL)


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_a_child_dies_with_its_parent(parent, how):
    process, pid = parent("no")
    assert not gone(pid)
    with process:
        process.send_signal(how)
    assert eventually(lambda: gone(pid))


def test_a_child_that_survives_does_not(parent):
    process, pid = parent("yes")
    with process:
        process.kill()
    assert not eventually(lambda: gone(pid), 0.3)


def test_before_it_was_noted_down_it_dies_with_its_parent_all_the_same(parent):
    process, pid = parent("not yet")
    assert not gone(pid)
    with process:
        process.kill()
    assert eventually(lambda: gone(pid))


def test_one_that_survives_is_stopped_before_and_after_it_began(tmp_path):
    for begun in (False, True):
        child = Child([sys.executable, "-c", "import time; time.sleep(60)"], tmp_path / "log", survives=True)
        child.start()
        pid = child.pid
        if begun:
            child.go()
            child.go()
        assert child.running
        child.stop()
        assert gone(pid)


def test_a_path_of_its_own_makes_an_address_of_its_own(tmp_path):
    with Prometheus(tmp_path / "p", prefix="/lab-1") as prometheus:
        assert prometheus.url == f"http://127.0.0.1:{prometheus.port}/lab-1"
        assert get(prometheus.port, "/lab-1/api/v1/query?query=1")[0] == 200
        assert get(prometheus.port, "/api/v1/query?query=1")[0] == 404


def test_a_server_tells_its_number_before_it_is_ready(tmp_path):
    told: list[int] = []
    server = Prometheus(tmp_path / "p", flags=["--no-such-flag"])
    server.on_spawn = told.append
    with pytest.raises(UnavailableError):
        server.start()
    assert len(told) == 1
    assert gone(told[0])


def test_a_found_program_is_an_absolute_path():
    assert Path(find_program("promtool", "prometheus")).is_absolute()
