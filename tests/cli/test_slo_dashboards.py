"""`cdctl slo dashboards`: files that are whole, a check for CI, and nothing left out in silence."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from grafana import faults, load
from specs_of import outcome, slo, write

COMMAND = "cdctl slo dashboards slo_specs --out dashboards/grafana"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_dashboards_that_ship_are_those_of_the_specs_that_ship(cdctl, root, monkeypatch) -> None:
    """Every byte of them."""
    monkeypatch.chdir(root)
    ran = cdctl("slo", "dashboards", "slo_specs", "--out", "dashboards/grafana", "--check")
    assert ran.code == 0, f"dashboards/grafana is not of slo_specs; write it anew: {COMMAND}\n{ran.out}{ran.err}"
    files = {path.name for path in (root / "dashboards" / "grafana").iterdir()}
    assert files == {line.split()[0] for line in ran.out.splitlines()[1:]}


def test_they_are_no_boards_of_the_live_view(cdctl, here: Path) -> None:
    rows = json.loads(cdctl("check", "-o", "json").out)
    assert [row["subject"] for row in rows if "grafana" in row["subject"]] == []


def test_without_a_folder_nothing_is_written_and_json_holds_them(cdctl, here: Path) -> None:
    write(here, outcome("one", "x_total"))
    ran = cdctl("slo", "dashboards", "specs")
    assert ran.code == 0
    assert [line.split() for line in ran.out.splitlines()] == [
        ["FILE", "TITLE", "PROMISES", "PANELS"],
        ["slo_overview.json", "SLO", "overview", "1", "3"],
        ["commands.json", "SLO:", "commands", "1", "6"],
    ]
    assert "nothing is written: --out DIR writes these files" in ran.err
    rows = json.loads(cdctl("slo", "dashboards", "specs", "-o", "json", "--quiet").out)
    assert [row["uid"] for row in rows] == ["slo_overview", "cdctl-slo-commands"]
    assert [faults(row["dashboard"]) for row in rows] == [[], []]
    assert [path.name for path in here.iterdir()] == ["specs"]


def test_files_are_written_and_then_the_same(cdctl, here: Path) -> None:
    write(here, outcome("one", "x_total"), outcome("two", "y_total", group_by="region"))
    ran = cdctl("slo", "dashboards", "specs", "-d", "out", "-o", "json")
    assert (ran.code, [row["state"] for row in json.loads(ran.out)]) == (0, ["written", "written"])
    files = sorted(Path("out").iterdir())
    assert [path.name for path in files] == ["commands.json", "slo_overview.json"]
    assert [faults(load(path.read_text())) for path in files] == [[], []]
    before = [path.stat().st_ino for path in files]
    again = cdctl("slo", "dashboards", "specs", "-d", "out", "-o", "json")
    assert [row["state"] for row in json.loads(again.out)] == ["same", "same"]
    assert [path.stat().st_ino for path in files] == before
    assert cdctl("slo", "dashboards", "specs", "-d", "out", "--check").code == 0


def test_a_check_says_which_files_differ_and_why(cdctl, here: Path) -> None:
    write(here, outcome("one", "x_total"), slo("two", "y_total", 'y_total{code="5"}').replace("commands", "shop"))
    assert cdctl("slo", "dashboards", "specs", "-d", "out").code == 0
    board = Path("out/commands.json")
    board.write_text(board.read_text().replace("percentunit", "percent", 1))
    Path("out/shop.json").unlink()
    Path("out/gone.json").write_text(json.dumps({"tags": ["cdctl-slo"]}))
    Path("out/mine.json").write_text("{}")
    kept = {path.name: path.read_bytes() for path in Path("out").iterdir()}
    ran = cdctl("slo", "dashboards", "specs", "-d", "out", "--check", "-o", "csv")
    assert ran.code == 1
    states = {line.split(",")[0]: line.split(",", 5)[5] for line in ran.out.splitlines()[1:]}
    assert states == {
        "slo_overview.json": "same,",
        "commands.json": states["commands.json"],
        "shop.json": "missing,",
        "gone.json": "left over,no promise here is of that service: delete it",
    }
    assert "differs,panel " in states["commands.json"]
    assert "(Error budget left): fieldConfig.defaults.unit differs" in states["commands.json"]
    assert "write them anew: cdctl slo dashboards specs --out out\n" in ran.err
    assert {path.name: path.read_bytes() for path in Path("out").iterdir()} == kept
    again = cdctl("slo", "dashboards", "specs", "-d", "out")
    assert again.code == 0
    assert "out/gone.json is left over" in again.err
    Path("out/gone.json").unlink()
    assert cdctl("slo", "dashboards", "specs", "-d", "out", "--check").code == 0


def test_a_folder_that_is_not_there_is_all_missing_to_a_check(cdctl, here: Path) -> None:
    write(here, outcome("one", "x_total"))
    ran = cdctl("slo", "dashboards", "specs", "-d", "out", "--check")
    assert (ran.code, ran.out.count("missing")) == (1, 2)
    assert not Path("out").exists()


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["specs", "--check"], "name their folder: --out DIR"),
        (["specs", "-d", "no/such"], "there is no such folder"),
        (["specs", "-d", "specs/slo.yaml"], "it is no folder"),
        (["specs", "-d", "out", "-o", "yaml"], "there is no format 'yaml'"),
        (["specs", "--slo", "on"], "nearest: one"),
        (["nowhere"], "nowhere"),
    ],
)
def test_wrong_arguments(cdctl, here: Path, args: list[str], said: str) -> None:
    write(here, outcome("one", "x_total"))
    ran = cdctl("slo", "dashboards", *args)
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err
    assert [path.name for path in here.iterdir()] == ["specs"]


def test_a_wrong_query_writes_nothing(cdctl, here: Path) -> None:
    write(here, outcome("one", "x_total"), slo("wrong", "sum by (pod) (x_total)", "y_total"))
    ran = cdctl("slo", "dashboards", "specs", "-d", "out")
    assert (ran.code, ran.out) == (2, "")
    assert "specs/slo.yaml:" in ran.err
    assert "wrong: the query sums by (pod)" in ran.err
    assert not Path("out").exists()


def test_nothing_is_written_where_one_file_cannot_be(cdctl, here: Path) -> None:
    write(here, outcome("one", "x_total"))
    (here / "out" / "commands.json").mkdir(parents=True)
    ran = cdctl("slo", "dashboards", "specs", "-d", "out")
    assert (ran.code, ran.out) == (2, "")
    assert "out/commands.json" in ran.err
    assert [path.name for path in Path("out").iterdir()] == ["commands.json"]


def test_a_file_that_is_replaced_is_whole_at_every_moment(cdctl, here: Path) -> None:
    write(here, outcome("one", "x_total"))
    Path("out").mkdir()
    Path("out/commands.json").write_text("old")
    os.link("out/commands.json", "watched")
    assert cdctl("slo", "dashboards", "specs", "-d", "out").code == 0
    assert Path("watched").read_text() == "old", "written in place would be half-written for a moment"


def test_promises_by_spans_are_left_out_with_a_line(cdctl, here: Path, root: Path) -> None:
    ran = cdctl("slo", "dashboards", root / "slo_specs", "--slo", "remote-command-availability*", "-o", "json")
    assert ran.code == 0
    assert "remote-command-availability-traces is left out: it asks traces, not Prometheus" in ran.err
    assert {name for row in json.loads(ran.out) for name in row["promises"]} == {"remote-command-availability"}
    alone = cdctl("slo", "dashboards", root / "slo_specs", "--slo", "*-traces")
    assert (alone.code, alone.out) == (2, "")
    assert "none of these promises asks a Prometheus" in alone.err


def test_help_shows_an_example(cdctl_process) -> None:
    ran = cdctl_process("slo", "dashboards", "--help")
    assert ran.returncode == 0
    assert "Example: cdctl slo dashboards --out dashboards/grafana --check" in ran.stdout
