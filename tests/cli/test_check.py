"""`cdctl check`: everything that somebody wrote, judged in one look."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

TWINS = Path(__file__).parents[1] / "data" / "plugins"


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def rows(ran, part: str) -> list[dict[str, str]]:
    return [row for row in json.loads(ran.out) if row["part"] == part]


def test_what_ships_is_in_order(cdctl):
    ran = cdctl("check", "-o", "json")
    assert ran.code == 0
    assert {row["result"] for row in json.loads(ran.out)} == {"ok"}
    assert {row["part"] for row in json.loads(ran.out)} == {"settings", "specs", "plugin"}


def test_every_part_is_judged_whatever_the_others_say(cdctl, here, root):
    broken = TWINS / "missing_import"
    (here / "cdctl.toml").write_text(f'[paths]\nslo_specs = "mine"\nplugins = ["{broken}"]\n')
    (here / "mine").mkdir()
    (here / "mine" / "slo.yaml").write_text("apiVersion: openslo/v1\nkind: SLO\nmetadata: {name: BAD NAME}\n")
    ran = cdctl("check", "-o", "json")
    assert ran.code == 2
    assert [row["result"] for row in rows(ran, "settings")] == ["ok"]
    assert any(row["subject"].startswith("mine/slo.yaml:3:") for row in rows(ran, "specs"))
    assert all(row["fix"] for row in rows(ran, "specs"))
    assert [row["result"] for row in rows(ran, "plugin")].count("error") == 1
    good = (root / "slo_specs" / "customer-api.yaml").read_text()
    (here / "mine" / "slo.yaml").write_text(good)
    ran = cdctl("check", "-o", "json", "--no-plugins")
    assert ran.code == 0
    assert [row["result"] for row in rows(ran, "specs")] == ["ok"]


def test_wrong_settings_are_rows_too(cdctl, here):
    (here / "cdctl.toml").write_text("contxts = 1\nzzz = 2\n")
    ran = cdctl("check", "-o", "json")
    assert ran.code == 2
    assert [row["subject"] for row in rows(ran, "settings")] == ["cdctl.toml:1:1", "cdctl.toml:2:1"]
    assert rows(ran, "plugin")
    assert cdctl("check", "--config", "nowhere.toml").code == 2
