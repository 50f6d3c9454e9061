"""`cdctl top`: one picture for scripts, and what it says when there is nothing to look at."""

from __future__ import annotations

import json
from xml.etree import ElementTree as ET

import pytest


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "cdctl.toml").write_text('[contexts.x]\nprometheus = { url = "http://127.0.0.1:1" }\n')
    return tmp_path


def test_without_a_broker_it_says_so_in_every_format(cdctl, here):
    text = here / "a.txt"
    ran = cdctl("top", "--once", "-o", "json", "-o", f"text={text}", "-o", f"svg={here / 'a.svg'}", "--size", "60x8")
    assert ran.code == 3
    told = json.loads(ran.out)
    assert (told["schema"], told["board"]) == ("cdctl.top/v1", "fleet")
    assert told["panels"]["h"]["state"] == "stale"
    lines = text.read_text().splitlines()
    assert len(lines) == 8
    assert lines[0].startswith(" STALE  x")
    assert "context 'x' has no broker" in "\n".join(lines)
    ET.fromstring((here / "a.svg").read_text())


def test_a_prometheus_that_is_away_is_a_row_and_no_broker_is_a_line(cdctl):
    ran = cdctl("top", "--once", "--board", "slo", "--size", "160x30")
    assert ran.code == 4  # the promises were judged, if only to say why they cannot be kept
    assert "error" in ran.out
    assert "cannot reach http://127.0.0.1:1" in ran.out
    assert "has no broker" in ran.out


def test_text_is_what_is_written_unless_told_otherwise(cdctl):
    assert " STALE  x" in cdctl("top", "--once").out
    assert cdctl("top", "--once").out.count("\n") == 50


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["--once", "--size", "10x5"], "not a size"),
        (["--once", "--size", "wide"], "write 160x50"),
        (["--once", "--board", "flet"], "did you mean fleet?"),
        (["--once", "--board", "none.yaml"], "none.yaml"),
        (["--once", "-o", "html"], "html"),
        (["--size", "80x24"], "add --once"),
        (["-o", "json"], "add --once"),
        ([], "needs a terminal"),
        (["--once", "--context", "zzz"], "zzz"),
    ],
)
def test_wrong_usage(cdctl, args, said):
    ran = cdctl("top", *args)
    assert ran.code == 2
    assert said in ran.err
    assert ran.out == ""


def test_a_board_of_ones_own(cdctl, here):
    (here / "dashboards").mkdir()
    mine = "board: cdctl/v1\nname: mine\npicture: [h]\npanels: {h: {kind: header}}\n"
    (here / "dashboards" / "mine.yaml").write_text(mine)
    ran = cdctl("top", "--once", "--board", "mine", "-o", "json")
    assert json.loads(ran.out)["panels"].keys() == {"h"}
    (here / "other.yaml").write_text(mine.replace("header", "heder"))
    ran = cdctl("top", "--once", "--board", "./other.yaml")
    assert ran.code == 2
    assert "other.yaml:4:20" in ran.err
    (here / "dashboards" / "mine.yaml").write_text(mine.replace("[h]", "[hx]"))
    rows = [row for row in json.loads(cdctl("check", "-o", "json").out) if row["part"] == "board"]
    *shipped, own = rows
    assert {row["result"] for row in shipped} == {"ok"}
    assert own["result"] == "error"
    assert own["subject"].endswith("dashboards/mine.yaml:3:10")
