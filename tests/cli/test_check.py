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
    assert {row["part"] for row in json.loads(ran.out)} == {"settings", "specs", "spec tests", "board", "plugin"}


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


def test_queries_have_a_place(cdctl, here, root):
    (here / "slo_specs").mkdir()
    text = (root / "slo_specs" / "customer-api.yaml").read_text()
    (here / "slo_specs" / "a.yaml").write_text(text.replace("service=", "service=="))
    ran = cdctl("check", "-o", "json")
    assert ran.code == 2
    wrong = rows(ran, "specs")
    assert wrong
    assert all("not PromQL" in row["message"] and row["subject"].count(":") == 2 for row in wrong)


def test_spec_tests_are_read_and_their_promises_looked_up(cdctl, here, root):
    (here / "slo_specs").mkdir()
    spec, tests = here / "slo_specs" / "a.yaml", here / "slo_specs" / "a.test.yaml"
    spec.write_text((root / "slo_specs" / "customer-api.yaml").read_text())
    assert [row["message"] for row in rows(cdctl("check", "-o", "json"), "spec tests")] == ["none"]
    good = (root / "slo_specs" / "customer-api.test.yaml").read_text()
    tests.write_text(good)
    (row,) = rows(cdctl("check", "-o", "json"), "spec tests")
    assert row["result"] == "ok"
    assert " in 1 file; " in row["message"]
    tests.write_text(good.replace("slo: customer-api-latency", "slo: customer-api-latencies"))
    ran = cdctl("check", "-o", "json")
    (row, *_) = rows(ran, "spec tests")
    assert (ran.code, row["result"]) == (2, "error")
    assert "customer-api-latency" in row["fix"]
    tests.write_text(good.replace("verdict: met", "verdict: mett"))
    assert all(
        row["subject"].startswith("slo_specs/a.test.yaml:") for row in rows(cdctl("check", "-o", "json"), "spec tests")
    )
    tests.write_text(good)
    spec.write_text("kind: SLO\n")
    ran = cdctl("check", "-o", "json")
    assert [row["result"] for row in rows(ran, "spec tests")] == ["ok"]


def test_trust_files_and_policies_are_judged_without_a_key(cdctl, here):
    (here / "cdctl.toml").write_text('[contexts.a]\ntrust = "t.toml"\npolicy = "p.cedar"\n[paths]\njournal = "j"\n')
    assert cdctl("keys", "new", "alice", "--file", "a.pem", "--role", "boss").code == 0
    (here / "p.cedar").write_text("permit (principal, action, resource);\n")
    ran = cdctl("check", "-o", "json")
    assert ran.code == 0
    assert [row["result"] for row in rows(ran, "trust") + rows(ran, "policy")] == ["ok", "ok"]
    (here / "t.toml").write_text("[operators.alice]\nkeys = 3\nroles = []\n")
    (here / "p.cedar").write_text("permit (principal, action, resource) when { 1 == 2 };\n")
    ran = cdctl("check", "-o", "json")
    assert ran.code == 2
    assert [row["subject"] for row in rows(ran, "trust")] == ["t.toml:2:8", "t.toml:3:9"]
    assert [row["subject"] for row in rows(ran, "policy")] == ["p.cedar:1:1"]
