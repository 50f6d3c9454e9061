"""`cdctl slo` over spans as a script calls it: exit codes, places of faults, what is said where there are none."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from traced import stored

from cdctl.lab.made_spans import UNKNOWN, MadeSpans, spread

END = 1_796_000_400 // 3600 * 3600
AT = datetime.fromtimestamp(END, UTC).isoformat()
HEARD = [(END - 3 * 86_400, END)]
SPEC = """\
apiVersion: openslo/v1
kind: SLO
metadata:
  name: NAME
  annotations: {cdctl.io/group-by: "region, model"ONLY}
spec:
  service: shop
  indicator:
    spec:
      ratioMetric:
        bad:
          metricSource: {type: traces, spec: {errors: convention}}
        total:
          metricSource:
            type: traces
            spec:
              query: >-
                { resource.service.name = "SERVICE"
                  && duration < 60s }
  timeWindow: [{duration: 1d, isRolling: true}]
  budgetingMethod: Occurrences
  objectives: [{displayName: ok, target: 0.99}]
"""


def spec(name: str = "from-spans", service: str = "shop", only: str = "") -> str:
    return SPEC.replace("NAME", name).replace("SERVICE", service).replace("ONLY", only)


def even(every: int, **more: object) -> MadeSpans:
    ends = spread(END - 2 * 86_400, 3600, np.full(49, float(every)))
    about = {"region": "eu", "vehicle.model": "i4"}
    return MadeSpans(ends, "shop", attributes=about, **more)  # type: ignore[arg-type]


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with settings that name a store which is not there yet."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (tmp_path / "cdctl.toml").write_text('[contexts.x]\ntraces = { store = "spans" }\n[paths]\ncache = "kept"\n')
    (tmp_path / "slo_specs").mkdir()
    (tmp_path / "slo_specs" / "a.yaml").write_text(spec())
    return tmp_path


def report(cdctl, *args: object) -> tuple[int, list[dict[str, object]]]:
    ran = cdctl("slo", "report", "--at", AT, "-o", "json", *args)
    return ran.code, json.loads(ran.out)["slos"]


def test_a_verdict_by_spans(cdctl, here: Path) -> None:
    stored(here / "spans", [even(200, weight=10.0), even(1, status="error")], heard=HEARD)
    code, (row,) = report(cdctl)
    assert (code, row["verdict"]) == (0, "met")
    assert row["group"] == {"region": "eu", "model": "i4"}
    assert (row["bad"], row["total"]) == (24, 48_024)
    assert [one["source"] for one in row["evidence"]] == ["traces", "traces"]
    low, high = row["interval"]
    assert low < row["sli"] < high


def test_a_broken_promise_is_1_and_unknown_weights_are_said(cdctl, here: Path) -> None:
    stored(here / "spans", [even(9, weight=UNKNOWN), even(1, status="error", weight=UNKNOWN)], heard=HEARD)
    code, (row,) = report(cdctl)
    assert (code, row["verdict"]) == (1, "breached")
    assert row["warnings"] == [
        "no span says how many it stands for: each counts as one, and how many events there were is not known; let the "
        "sampler write ot=th, or give `weight` in the spec"
    ]


@pytest.mark.parametrize("store", ["none", "empty"])
def test_no_spans_are_3_with_a_reason(cdctl, here: Path, store: str) -> None:
    if store == "empty":
        stored(here / "spans", [])
    code, (row,) = report(cdctl)
    assert (code, row["verdict"]) == (3, "no_data")
    assert row["reason"].startswith("the store took no spans in during the window: cdctl trace serve and")


def test_a_fault_in_a_filter_has_its_place(cdctl, here: Path) -> None:
    (here / "slo_specs" / "a.yaml").write_text(spec().replace("&& duration", "& duration"))
    ran = cdctl("slo", "validate")
    assert ran.code == 2
    assert "slo_specs/a.yaml:19:19: error: " in ran.err
    (here / "slo_specs" / "a.yaml").write_text(spec().replace("errors: convention", "errors: conventions"))
    assert 'a.yaml:12:55: error: errors is "conventions", not convention' in cdctl("slo", "validate").err
    (here / "slo_specs" / "a.yaml").write_text(spec())
    assert cdctl("slo", "validate").code == 0


def test_a_live_look(cdctl, here: Path) -> None:
    now = datetime.now(UTC).timestamp()
    recent = MadeSpans(now - 7200 - np.arange(50.0), "shop", attributes={"region": "eu", "vehicle.model": "i4"})
    stored(here / "spans", [recent])
    assert "50 spans of the total since" in cdctl("slo", "validate", "--live").out
    (here / "slo_specs" / "a.yaml").write_text(spec(service="shpo"))
    ran = cdctl("slo", "validate", "--live")
    assert ran.code == 2
    assert "the store has no service 'shpo'" in ran.out
    (here / "cdctl.toml").write_text('[contexts.x]\ntraces = { store = "elsewhere" }\n')
    assert cdctl("slo", "validate", "--live").code == 3


def test_it_is_left_out_where_there_are_no_traces(cdctl, here: Path) -> None:
    (here / "cdctl.toml").write_text('[contexts.x]\nprometheus = { url = "http://127.0.0.1:9" }\n')
    only = ", cdctl.io/only-with: traces"
    (here / "slo_specs" / "a.yaml").write_text(spec(only=only) + "---\n" + spec("other"))
    ran = cdctl("slo", "status", "--at", AT, "-o", "json")
    assert {row["slo"] for row in json.loads(ran.out)} == {"other"}
    assert "from-spans is left out: this context has no traces" in ran.err
    assert "left out" not in cdctl("-q", "slo", "status", "--at", AT).err
    named = cdctl("slo", "status", "--at", AT, "--slo", "from-spans", "-o", "json")
    assert {row["slo"] for row in json.loads(named.out)} == {"from-spans"}


def test_the_shipped_promises_do_not_miss_traces(cdctl, here: Path, root: Path) -> None:
    (here / "cdctl.toml").write_text('[contexts.x]\nprometheus = { url = "http://127.0.0.1:9" }\n')
    ran = cdctl("slo", "status", root / "slo_specs", "--at", AT, "-o", "json")
    names = {row["slo"] for row in json.loads(ran.out)}
    assert "remote-command-availability" in names
    assert "remote-command-availability-traces" not in names
    assert ran.code == 3, "as ever where the server cannot be asked"
