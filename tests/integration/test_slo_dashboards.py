"""The dashboards that ship, asked of a real Prometheus: it takes every query, and says what `slo report` says."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest
from charted import answered
from grafana import chosen, filled, load, targets
from monthly import DAY
from monthly import END as NEWEST

from cdctl.lab.history import write_blocks
from cdctl.lab.past import past
from cdctl.lab.servers import Prometheus

MUNICH = ZoneInfo("Europe/Berlin")


def within_a_month(at: int) -> int:
    """An hour of which the month is not a day old would be judged by next to nothing; some days before that, then."""
    begun = datetime.fromtimestamp(at, MUNICH).replace(day=1, hour=0, minute=0, second=0).timestamp()
    return at if at - begun > 2 * DAY else at - 3 * DAY


END = within_a_month(NEWEST)
AT = END - 3600 + 1500
"""Within an hour, so that both edges of a window are seen; a multiple of the slices that are asked about."""
FEW = 150
"""Seconds between two samples: two in a bucket."""
PROMISES = {  # of each kind one
    "remote-command-availability": "remote_command_total",
    "entertainment-stream-start": "entertainment_stream_start_total",
    "ota-install-success": "ota_install_total",
    "status-update-freshness": "status_update_lag_seconds",
}
SLICED = {
    "remote-diagnostics-availability": "diagnostic_session_total",
    "file-transfer-completion": "file_transfer_total",
}

Board = dict[str, Any]


@pytest.fixture(scope="module")
def boards(root: Path) -> dict[str, Board]:
    return {path.name: load(path.read_text()) for path in sorted((root / "dashboards" / "grafana").glob("*.json"))}


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A Prometheus that holds what the lab's platform says of these promises in a month in which one is broken."""
    names = {*PROMISES.values(), *SLICED.values()}
    made = past("bad-software", seed=4, vehicles=500, end=END, days=32, step=FEW)
    server = Prometheus(tmp_path_factory.mktemp("lab"), retention="100d")
    write_blocks([one for one in made.series if one.name in names], server.data)
    with server:
        yield server.url


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with Prometheus(tmp_path_factory.mktemp("empty")) as server:
        yield server.url


def since(panel: Board, at: int) -> int:
    """Milliseconds of the span that a panel asks for."""
    begins = {"now/M": datetime.fromtimestamp(at, MUNICH).replace(day=1, hour=0, minute=0, second=0), None: None}
    begin = begins[panel.get("timeFrom")]
    return int(at - begin.timestamp()) * 1000 if begin else 86_400_000


def sent(panel: Board, expr: str, at: int, *regions: str) -> str:
    """A query as Grafana sends it."""
    return filled(expr, {"region": chosen(*regions), "__range_ms": str(since(panel, at))})


def refused(url: str, queries: set[str]) -> list[str]:
    """What the server says of the queries that it does not take."""
    found = []
    with httpx.Client(base_url=url, timeout=30) as client:
        for query in sorted(queries):
            said = client.post("/api/v1/query", data={"query": query, "time": str(END)}).json()
            found += [f"{said['error']}: {query}"] if said["status"] != "success" else []
    return found


def test_a_real_prometheus_takes_every_query(boards: dict[str, Board], empty: str) -> None:
    asked = {
        sent(panel, target["expr"], END, *regions)
        for board in boards.values()
        for panel, target in targets(board)
        for regions in ((), ("eu.1", "us|'x"))
    }
    assert len(asked) > 300
    assert refused(empty, asked) == []
    assert len(refused(empty, {"sum(", "x{a=~'('}", next(iter(asked)) + ")"})) == 3


def figures(board: Board, url: str, at: int) -> dict[tuple[str, str, str], float]:
    """What a dashboard's figures show: by promise, panel and region."""
    found = {}
    head = ""
    for panel in board["panels"]:
        head = panel["title"] if panel["type"] == "row" else head
        if panel["type"] in {"stat", "bargauge"}:
            (target,) = panel["targets"]
            for labels, value in answered(url, sent(panel, target["expr"], at), at).items():
                found[head.split(" · ")[0], panel["type"], dict(labels)["region"]] = value
    return found


@pytest.mark.parametrize(("names", "at"), [(PROMISES, AT), (SLICED, END - 3600)], ids=["events", "slices"])
def test_figures_are_those_of_the_report(
    cdctl: Callable[..., Any], boards: dict[str, Board], lab: str, root: Path, names: dict[str, str], at: int
) -> None:
    only = [word for name in names for word in ("--slo", name)]
    moment = datetime.fromtimestamp(at, UTC).isoformat()
    ran = cdctl("--prometheus", lab, "slo", "report", root / "slo_specs", *only, "--at", moment, "-o", "json", "-q")
    rows = json.loads(ran.out)["slos"]
    assert {row["name"] for row in rows} == set(names)
    assert "breached" in {row["verdict"] for row in rows} or names is SLICED
    shown = {}
    for service in {row["service"] for row in rows}:
        shown |= figures(boards[f"{service}.json"], lab, at)
    for row in rows:
        region = row["group"]["region"]
        assert shown[row["display_name"], "stat", region] == pytest.approx(row["sli"], abs=1e-9), row["name"]
        left = row["error_budget"]["remaining_ratio"]
        assert shown[row["display_name"], "bargauge", region] == pytest.approx(left, abs=1e-8), row["name"]


def test_the_variables_list_the_groups(boards: dict[str, Board], lab: str) -> None:
    for name in ("remote-command.json", "slo_overview.json"):
        _, region = boards[name]["templating"]["list"]
        query = re.fullmatch(r"label_values\((?:(.+),\s*)?([a-zA-Z_$][a-zA-Z0-9_]*)\)\s*", region["definition"])
        assert query is not None
        params = {"match[]": query[1], "start": str(END - 86_400), "end": str(END)}
        found = httpx.get(f"{lab}/api/v1/label/{query[2]}/values", params=params).json()
        assert found == {"status": "success", "data": ["cn", "eu", "us"]}
