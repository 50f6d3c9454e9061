"""A lab that is up, as its user sees it: what runs, the story of `bad-software` by metrics and spans, and its end."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from urllib.request import urlopen

import numpy as np
import pytest
from panes import Pane
from waiting import eventually, gone

from cdctl.lab.receiving import agent_program

MAIN = [sys.executable, "-m", "cdctl"]
MAKING = ("--vehicles", "600", "--seed", "5")
SLO = "remote-command-availability"
OFFENDERS = "region:eu sw:23-07.60"


@dataclass(frozen=True)
class Standing:
    """The one lab of this module: where it is, and what `lab up` printed."""

    home: Path
    env: Mapping[str, str]
    context: dict[str, Any]


@pytest.fixture(scope="module")
def standing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Standing]:
    """600 vehicles, started by one process and stopped by another."""
    home = tmp_path_factory.mktemp("home")
    folders = {"CDCTL_LAB_DIR": "lab", "CDCTL_CACHE": "cache", "CDCTL_JOURNAL": "journal.db"}
    env = {name: str(home / folder) for name, folder in folders.items()}

    def cdctl(*args: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*MAIN, *args], env={**os.environ, **env}, cwd=home,
            capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip

    try:  # whoever stops the tests while it comes up leaves servers, too
        up = cdctl("lab", "up", *MAKING)
        assert up.returncode == 0, up.stderr
        yield Standing(home, env, json.loads(up.stdout))
    finally:
        assert cdctl("lab", "down").returncode == 0


@pytest.fixture
def here(cdctl, standing: Standing, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Runs `cdctl ...` where the lab is."""
    for name, value in standing.env.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(standing.home)
    return cdctl


@pytest.fixture
def lab(here: Callable[..., Any]) -> Callable[..., Any]:
    """Runs `cdctl --context lab ...`."""
    return lambda *args: here("--context", "lab", *args)


def answer(ran: Any, code: int = 0) -> dict[str, Any]:
    assert ran.code == code, ran.err
    return json.loads(ran.out)


def test_status_says_what_runs(here, standing: Standing) -> None:
    context = standing.context
    assert context["name"] == "lab"
    status = here("lab", "status", "-o", "json")
    assert status.code == 0
    servers = {one["server"]: one for one in json.loads(status.out)}
    assert set(servers) == {"broker", "fleet", "receiver", "agent", "platform", "prometheus"}
    assert (servers["fleet"]["vehicles"], servers["broker"]["url"]) == (600, context["brokers"]["eu"]["url"])
    assert servers["fleet"]["connected"] > 300
    assert servers["agent"]["onward"] == servers["receiver"]["url"]
    assert servers["receiver"]["spans"] >= 0
    assert "of 600 vehicles connected" in (text := here("lab", "status").out)
    assert "spans taken in so far" in text
    assert "hands spans on to the receiver" in text
    assert servers["prometheus"]["url"] == context["prometheus"]["url"]
    assert {one["status"] for one in servers.values()} == {"running"}


def test_the_report_has_the_planned_breach(lab) -> None:
    report = answer(lab("slo", "report", "-o", "json"), 1)
    verdicts = {(row["name"], row["group"]["region"]): row["verdict"] for row in report["slos"]}
    assert verdicts["remote-command-availability", "eu"] == "breached"
    assert set(verdicts.values()) - {"met", "at_risk"} == {"breached"}


def test_vehicles_take_orders(lab) -> None:
    seen = lab("fleet", "ls", "--where", "online region:us", "-o", "jsonl")
    vin = json.loads(seen.out.splitlines()[0])["vin"]
    order = ("parameter.set", "-a", "name=modem.band", "-a", "value=b7")
    done = answer(lab("cmd", "send", *order, "--to", vin, "--yes", "-o", "json"))
    assert done["orders"][0]["result"] == {"value": "b7", "prior": "auto"}


def test_up_again_is_the_same_and_another_is_refused(here, standing: Standing) -> None:
    again = here("lab", "up", *MAKING)
    assert (again.code, json.loads(again.out)) == (0, standing.context)
    assert "up already" in again.err
    other = here("lab", "up", "--seed", "8")
    assert other.code == 2
    assert "cdctl lab down" in other.err


def test_both_sources_tell_the_same_within_what_sampling_allows(lab) -> None:
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


def test_why_names_the_region_and_the_software_and_nothing_else(lab) -> None:
    told = answer(lab("slo", "why", SLO, "--window", "6h", "-o", "json"))
    (cause,) = told["causes"]
    assert {one["attribute"]: one["value"] for one in cause["where"]} == {"region": "eu", "sw": "23-07.60"}
    assert cause["share"] > 0.8
    where = cause["selection"]["where"]
    vehicles = [json.loads(line) for line in lab("fleet", "ls", "--where", where, "-o", "jsonl").out.splitlines()]
    assert len(vehicles) >= cause["selection"]["vehicles"] > 20
    assert {(one["region"], one["sw"]) for one in vehicles} == {("eu", "23-07.60")}
    shown = lab("trace", "show", cause["traces"][0])
    assert shown.code == 0, shown.err
    assert "remote_command" in shown.out


def test_the_board_of_an_alert_tells_who_and_shows_one_that_failed(lab) -> None:
    told = answer(lab("top", "--alert", SLO, "--once", "-o", "json"))["panels"]["y"]
    (cause,) = told["causes"]
    assert {one["attribute"]: one["value"] for one in cause["where"]} == {"region": "eu", "sw": "23-07.60"}
    assert set(told["where"].split()) == {"region:eu", "sw:23-07.60"}
    trace = answer(lab("top", "--alert", SLO, "--board", "trace", "--once", "-o", "json"))["panels"]["w"]
    assert trace["trace"] == trace["examples"][0]
    assert trace["errors"] >= 1
    assert any("remote_command" in span["name"] for span in trace["spans"])


def test_triage_tells_who_and_since_when(lab) -> None:
    told = answer(lab("triage", SLO, "-o", "json"))
    assert "sw:23-07.60" in told["filter"]
    assert "region:eu" in told["filter"]
    assert told["onset"]["rate_since"] > 10 * told["onset"]["rate_before"]
    assert all(one["ok"] for one in told["states"])


def test_an_order_is_a_trace_from_us_to_the_vehicle_through_an_agent(lab) -> None:
    assert agent_program(), "script/setup brings it"
    fleet = lab("fleet", "ls", "--where", "online region:us", "-o", "jsonl")
    vin = json.loads(fleet.out.splitlines()[0])["vin"]
    assert lab("cmd", "send", "ping", "--to", vin, "--yes").code == 0

    def told() -> list[dict]:
        wanted = f'{{ name = "process cmd" && span.vehicle.id = "{vin}" && span.command.name = "ping" }}'
        return [json.loads(line) for line in lab("trace", "query", wanted, "-o", "jsonl").out.splitlines()]

    assert eventually(lambda: bool(told()), 60)
    shown = lab("trace", "show", told()[0]["trace"])
    assert "cdctl: cmd ping" in shown.out
    assert "vehicle: process cmd" in shown.out


def test_our_own_evaluations_are_traces(lab) -> None:
    def told() -> str:
        return lab("trace", "query", '{ resource.service.name = "cdctl" && name = "slo evaluate" }').out

    assert eventually(lambda: "slo evaluate" in told(), 30)


def healed(standing: Standing) -> float:
    """Share of the vehicles with the bad software that are well again, by the lab's own book."""
    (file,) = standing.home.rglob("healed.shares")
    return float(np.fromfile(file, np.float64)[0])


def failing(standing: Standing) -> float:
    """Remote commands in eu that fail, a second, over half a minute; 0 when it is not known yet."""
    query = 'sum(rate(remote_command_total{region="eu",outcome="failed"}[30s]))'
    place = f"{standing.context['prometheus']['url']}/api/v1/query?{urlencode({'query': query})}"
    with urlopen(place, timeout=10) as answer:
        found = json.load(answer)["data"]["result"]
    return float(found[0]["value"][1]) if found else 0.0


def agree(top: Pane, fields: int) -> None:
    """From the first of so many fields to the line in which is typed what is asked; send."""
    assert top.shows("policy allows it", "value=off")
    top.keys(*["Enter"] * fields)
    top.write("y")
    assert top.shows("type y ▌y ")
    top.keys("Enter")
    assert top.shows("orders ·", "parameter.set name=gateway.cac")


def test_from_a_burning_promise_to_its_vehicles_to_a_command_to_recovery(standing: Standing, tmp_path) -> None:
    """The story of the live view, on a real terminal: four keys, one command, tried again where it failed."""
    assert eventually(lambda: failing(standing) > 0, 60)
    burned = failing(standing)
    command = [*MAIN, "--context", "lab", "top", "--board", "slo"]
    with Pane(tmp_path, *command, size=(160, 50), env=standing.env) as top:
        assert top.shows("breached")
        top.keys("f")
        assert top.shows(f"/{OFFENDERS}", "software 23-07.60 in eu")
        top.keys("Enter")
        assert top.shows("trouble codes", "23-07.60")
        top.keys("Escape")
        assert top.shows("Enter vehicle", OFFENDERS)
        top.keys("x")
        assert top.shows("a command, or a word of what it does")
        top.write("parameter.set")
        assert top.shows("parameter.set")
        top.keys("Enter")
        assert top.shows("must be given")
        top.write("gateway.cache")
        assert top.shows("gateway.cache")
        top.keys("Enter")
        top.write("off")
        agree(top, 3)
        for _ in range(6):  # about half of them fail, each time anew
            assert top.shows("F retry failed")
            if healed(standing) > 0.6:
                break
            top.keys("F")
            assert top.shows("once more")
            agree(top, 4)
        assert healed(standing) > 0.6
        assert eventually(lambda: failing(standing) < 0.6 * burned, 90)
        top.keys("q")
        assert eventually(lambda: any(text in top.text() for text in ("left with 0", "Leave")))
        if "left with 0" not in top.text():  # vehicles that are away have not answered yet
            top.write("leave")
            top.keys("Enter")
        assert top.ended()


def test_it_stays_until_it_is_told_to_go(here, lab, standing: Standing) -> None:
    """The last of this module: afterwards there is no lab."""
    servers = {one["server"]: one for one in json.loads(here("lab", "status", "-o", "json").out)}
    os.kill(servers["platform"]["pid"], signal.SIGKILL)
    assert eventually(lambda: here("lab", "status").code == 3)
    assert "platform ended" in here("lab", "status").err

    down = subprocess.run([*MAIN, "lab", "down"], capture_output=True, timeout=60, check=False)
    assert down.returncode == 0, down.stderr
    assert all(gone(one["pid"]) for one in servers.values())
    folder = standing.home / "lab"
    assert list(folder.iterdir()) == [folder / "lab.lock"]
    assert "lab up" in lab("slo", "report").err
