"""The story of `bad-software` by spans, as a user of the lab sees it: both sources agree, and it is clear who it is."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest
from waiting import eventually

from cdctl.lab.receiving import agent_program

Run = Callable[..., subprocess.CompletedProcess[str]]
SLO = "remote-command-availability"


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """Runs `cdctl --context lab ...` with a lab of 600 vehicles that is up."""
    home = tmp_path_factory.mktemp("home")
    folders = {"CDCTL_LAB_DIR": "lab", "CDCTL_CACHE": "cache", "CDCTL_JOURNAL": "journal.db"}
    env = {**os.environ, **{name: str(home / folder) for name, folder in folders.items()}}

    def cdctl(*args: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "cdctl", *args]
        return subprocess.run(command, env=env, cwd=home, capture_output=True, text=True, timeout=120, check=False)

    try:  # whoever stops the tests while it comes up leaves servers, too
        up = cdctl("lab", "up", "--vehicles", "600", "--seed", "5")
        assert up.returncode == 0, up.stderr
        yield lambda *args: cdctl("--context", "lab", *args)
    finally:
        assert cdctl("lab", "down").returncode == 0


def answer(ran: subprocess.CompletedProcess[str], code: int = 0) -> dict:
    assert ran.returncode == code, ran.stderr
    return json.loads(ran.stdout)


def test_both_sources_tell_the_same_within_what_sampling_allows(lab: Run) -> None:
    report = answer(lab("slo", "report", "--slo", f"{SLO}*", "-o", "json"), 1)
    rows = {(row["name"], row["group"]["region"]): row for row in report["slos"]}
    for region in ("eu", "us", "cn"):
        metric, spans = rows[SLO, region], rows[f"{SLO}-traces", region]
        assert metric["verdict"] == spans["verdict"] == ("breached" if region == "eu" else "met")
        assert spans["bad"] == pytest.approx(metric["bad"], rel=0.02), "every bad one is kept"
        assert spans["total"] == pytest.approx(metric["total"], rel=0.03), "one in 64 of the others"
        low, high = spans["interval"]
        assert low <= metric["sli"] <= high
        assert spans["coverage"] > 0.95


def test_why_names_the_region_and_the_software_and_nothing_else(lab: Run) -> None:
    told = answer(lab("slo", "why", SLO, "--window", "6h", "-o", "json"))
    (cause,) = told["causes"]
    assert {one["attribute"]: one["value"] for one in cause["where"]} == {"region": "eu", "sw": "23-07.60"}
    assert cause["share"] > 0.8
    where = cause["selection"]["where"]
    vehicles = [json.loads(line) for line in lab("fleet", "ls", "--where", where, "-o", "jsonl").stdout.splitlines()]
    assert len(vehicles) >= cause["selection"]["vehicles"] > 20
    assert {(one["region"], one["sw"]) for one in vehicles} == {("eu", "23-07.60")}
    shown = lab("trace", "show", cause["traces"][0])
    assert shown.returncode == 0, shown.stderr
    assert "remote_command" in shown.stdout


def test_triage_tells_who_and_since_when(lab: Run) -> None:
    told = answer(lab("triage", SLO, "-o", "json"))
    assert "sw:23-07.60" in told["filter"]
    assert "region:eu" in told["filter"]
    assert told["onset"]["rate_since"] > 10 * told["onset"]["rate_before"]
    assert all(one["ok"] for one in told["states"])


def test_an_order_is_a_trace_from_us_to_the_vehicle_through_an_agent(lab: Run) -> None:
    assert agent_program(), "script/setup brings it"
    fleet = lab("fleet", "ls", "--where", "online region:us", "-o", "jsonl")
    vin = json.loads(fleet.stdout.splitlines()[0])["vin"]
    assert lab("cmd", "send", "ping", "--to", vin, "--yes").returncode == 0

    def told() -> list[dict]:
        wanted = f'{{ name = "process cmd" && span.vehicle.id = "{vin}" && span.command.name = "ping" }}'
        return [json.loads(line) for line in lab("trace", "query", wanted, "-o", "jsonl").stdout.splitlines()]

    assert eventually(lambda: bool(told()), 60)
    shown = lab("trace", "show", told()[0]["trace"])
    assert "cdctl: cmd ping" in shown.stdout
    assert "vehicle: process cmd" in shown.stdout


def test_our_own_evaluations_are_traces(lab: Run) -> None:
    def told() -> str:
        return lab("trace", "query", '{ resource.service.name = "cdctl" && name = "slo evaluate" }').stdout

    assert eventually(lambda: "slo evaluate" in told(), 30)
