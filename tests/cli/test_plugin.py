"""`cdctl plugin`: what the doors let in."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

TWINS = Path(__file__).parents[1] / "data" / "plugins"


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def with_plugins(here: Path, *folders: Path) -> None:
    (here / "cdctl.toml").write_text(f"[paths]\nplugins = {json.dumps([str(folder) for folder in folders])}\n")


def test_ls_lists_what_ships(cdctl):
    ran = cdctl("plugin", "ls", "-o", "json")
    rows = json.loads(ran.out)
    assert ran.code == 0
    assert {"prometheus"} <= {row["name"] for row in rows if row["room"] == "sources"}
    assert {"table", "json", "html", "junit"} <= {row["name"] for row in rows if row["room"] == "reports"}
    assert {row["status"] for row in rows} == {"ok"}


def test_a_broken_one_is_listed_with_its_reason_and_check_fails(cdctl, here):
    broken = next(folder for folder in sorted(TWINS.iterdir()) if "import" in folder.name)
    with_plugins(here, broken)
    listed = cdctl("plugin", "ls", "-o", "json")
    (row,) = [row for row in json.loads(listed.out) if row["status"] == "broken"]
    assert listed.code == 0, "a listing is not a judgement"
    assert row["reason"]
    checked = cdctl("plugin", "check")
    assert checked.code == 2
    assert "broken" in checked.out
    assert cdctl("plugin", "check", "--no-plugins").code == 0


def test_info(cdctl):
    ran = cdctl("plugin", "info", "reports.json", "-o", "json")
    facts = {row["key"]: row["value"] for row in json.loads(ran.out)}
    assert ran.code == 0
    assert (facts["room"], facts["name"], facts["kind"], facts["api"]) == ("reports", "json", "built-in", 1)
    assert cdctl("plugin", "info", "json").out == cdctl("plugin", "info", "reports.json").out


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("reports.jsn", "did you mean 'json'?"),
        ("rooms.json", "there is no room 'rooms'"),
        ("nothing", "'nothing' names no one plugin"),
    ],
)
def test_info_of_nothing(cdctl, name, said):
    ran = cdctl("plugin", "info", name)
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err
