"""Who installed cdctl without the extra `traces` has a lab, a demo and spec tests: without spans, and told so."""

import json
from pathlib import Path

import pytest
from lacking import lacking

from cdctl.lab import state

SPECS = Path(__file__).parents[2] / "slo_specs"
HOW = "pip install 'cdctl[traces]'"


@pytest.fixture
def without(tmp_path, monkeypatch, cdctl_process):
    """Commands of an installation that lacks pyarrow."""
    monkeypatch.setenv("PYTHONPATH", str(lacking(tmp_path / "lacking", "pyarrow")))
    monkeypatch.setenv("CDCTL_LAB_DIR", str(tmp_path / "lab"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    (tmp_path / "data" / "cdctl" / "spans").mkdir(parents=True)  # the user's own store is not the lab's
    yield cdctl_process
    found = state.read()
    for process in found.processes.values() if found else ():
        process.stop()


def test_the_lab_is_up_without_spans(without):
    up = without("lab", "up", "--vehicles", "40", "--scenario", "calm")
    assert up.returncode == 0, up.stderr
    assert up.stderr.count(HOW) == 1
    assert "pyarrow is not installed" in up.stderr
    assert not {"traces", "otlp"} & set(json.loads(up.stdout))
    servers = json.loads(without("lab", "status", "-o", "json").stdout)
    assert {one["server"] for one in servers} == {"broker", "fleet", "platform", "prometheus"}
    asked = without("--context", "lab", "slo", "report", "-o", "json")
    rows = json.loads(asked.stdout)["slos"]
    assert rows
    assert "no_data" not in {row["verdict"] for row in rows}


def test_only_cases_about_spans_fail(without, tmp_path):
    for spec in ("status-update", "remote-command-traces"):
        for path in SPECS.glob(f"{spec}.*yaml"):
            (tmp_path / path.name).write_text(path.read_text())
    tested = without("slo", "test", str(tmp_path), "-o", "json")
    assert tested.returncode == 1, tested.stderr
    by_slo = {}
    for case in json.loads(tested.stdout):
        by_slo.setdefault(case["slo"], []).append(case)
    assert {case["result"] for case in by_slo["status-update-delivery"]} == {"passed"}
    for case in by_slo["remote-command-availability-traces"]:
        (told,) = case["differences"]
        assert "pyarrow is not installed" in told
        assert HOW in told
