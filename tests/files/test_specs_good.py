"""Sound spec files, and the promises they become."""

from __future__ import annotations

import re
import subprocess
import sys
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pytest

from cdctl.domain.slo.objective import (
    AlertCondition,
    AlertPolicy,
    Budgeting,
    ExpectedTraffic,
    Query,
    Ratio,
    RawRatio,
    Threshold,
)
from cdctl.domain.slo.window import Calendar, Rolling, Unit
from cdctl.errors import Place
from cdctl.files.specs import read

GOOD = Path(__file__).parents[1] / "data" / "good" / "specs"


@pytest.fixture
def found(monkeypatch):
    monkeypatch.chdir(GOOD)
    return read([Path()])


@pytest.fixture
def slos(found):
    return {slo.name: slo for slo in found.slos}


def test_a_folder_is_one_set(found):
    assert {re.split(" called | answers ", warning.message)[0] for warning in found.warnings} == {
        "there is no Service",
    }
    assert found.files == (
        "every-kind.yaml",
        "inline-alerts.yml",
        "kinds-of-budget.yaml",
        "sloth-kubernetes.yaml",
        "sloth.yaml",
        "traces.yaml",
        "windows.yaml",
    )
    assert found.kinds == {
        "Service": 2,
        "DataSource": 1,
        "SLI": 2,
        "AlertCondition": 1,
        "AlertNotificationTarget": 1,
        "AlertPolicy": 1,
        "SLO": 11,
        "PrometheusServiceLevel": 1,
        "Sloth": 1,
    }
    assert found.services == {
        "remote-command": "Lock, unlock, climate and horn from the phone.",
        "without-spec": "",
    }


def test_promises_come_in_file_order(found):
    assert [slo.name for slo in found.slos] == [
        "commands",
        "inline-alerts",
        "nothing-optional",
        "status-freshness",
        "slices-of-ratio",
        "navigation",
        "replayed",
        "home-wifi-good-wifi-client-satisfaction",
        "home-wifi-risk-wifi-client-satisfaction",
        "myservice-requests-availability",
        "myservice-requests-ratio",
        "from-spans",
        "from-both",
        "calendar-month",
        "calendar-week",
    ]


def test_a_promise_with_everything(slos):
    slo = slos["commands"]
    assert (slo.service, slo.display_name, slo.budgeting) == (
        "remote-command",
        "Remote commands succeed",
        Budgeting.OCCURRENCES,
    )
    assert slo.description == "A command is answered within its time limit."
    assert slo.place == Place("every-kind.yaml", 93, 9)
    assert slo.window == Rolling(28 * 86400)
    assert slo.labels == {"team": ("remote",)}
    assert slo.group_by == ("region", "model")
    assert slo.lag_seconds == 90
    assert slo.min_coverage == Decimal("0.975")
    assert slo.expect_groups == ({"region": "eu", "model": "i4"}, {"region": "us", "model": "iX M60"})
    assert list(slo.expect_groups[1]) == ["region", "model"]
    assert slo.expected_traffic == ExpectedTraffic(600.0, 3600)
    assert not slo.composite


def test_targets_are_exact(slos):
    ok, dream = slos["commands"].objectives
    assert (ok.name, ok.target) == ("ok", Decimal("0.999"))
    assert (dream.name, dream.target) == ("dream", Decimal("0.9999"))


def test_an_indicator_is_found_by_name_and_its_source_by_reference(slos):
    indicator = slos["commands"].objectives[0].indicator
    settings = {"data_source": "metrics"}
    assert indicator == Ratio(
        Query("remote_command_total", "prometheus", settings),
        bad=Query('remote_command_total{outcome!="ok"}', "prometheus", settings),
        counter=True,
    )
    assert indicator.bad.place == Place("every-kind.yaml", 46, 18)


def test_alert_policies_are_kept(found, slos):
    policy = AlertPolicy(
        "page",
        (AlertCondition("fast-burn", "page", "gte", Decimal("13.44"), 3600, 300),),
        when_breaching=True,
        when_resolved=True,
        targets=("on-call",),
    )
    assert found.alert_policies == {"page": policy}
    assert slos["commands"].alert_policies == (policy,)
    (inline,) = slos["inline-alerts"].alert_policies
    assert inline == AlertPolicy(
        "inline-policy",
        (AlertCondition("inline-condition", "ticket", "gt", Decimal(1), 3 * 86400, 0),),
        targets=("inline-target",),
    )


def test_unnamed_objectives_are_numbered(slos):
    assert slos["inline-alerts"].objectives[0].name == "objective-1"


def test_counter_unsaid_is_told_from_the_queries(slos):
    assert slos["inline-alerts"].objectives[0].indicator.counter
    windowed = slos["nothing-optional"].objectives[0].indicator
    assert not windowed.counter
    assert windowed.good.text == 'sum(increase(transfers_total{outcome="ok"}[{{window}}]))'
    assert windowed.total.text == "sum(\n  increase(transfers_total[{{window}}])\n)"
    assert windowed.good.source == "prometheus"


def test_calendar_windows(slos):
    assert slos["calendar-month"].window == Calendar(1, Unit.MONTH, datetime(2026, 1, 31), "Europe/Berlin")
    assert slos["calendar-week"].window == Calendar(2, Unit.WEEK, datetime(2026, 1, 5, 6, 30), "UTC")


def test_raw_ratios_say_of_what(slos):
    failure = slos["calendar-month"].objectives[0].indicator
    assert failure == RawRatio(Query("job:errors:ratio_rate5m"), success=False)
    assert slos["calendar-week"].objectives[0].indicator.success


def test_thresholds_and_slices(slos):
    fresh, very = slos["status-freshness"].objectives
    assert fresh.indicator == Threshold(Query("max by (region) (status_age_seconds)"), "lte", 60.0)
    assert (fresh.slice_seconds, fresh.slice_target) == (300, Decimal("1.0"))
    assert (very.indicator.op, very.indicator.value, very.slice_seconds, very.target) == (
        "lt",
        15.0,
        60,
        Decimal("0.95"),
    )
    assert slos["status-freshness"].expect_groups == ({"region": "eu"}, {"region": "us"}, {"region": "north america"})
    (hourly,) = slos["slices-of-ratio"].objectives
    assert slos["slices-of-ratio"].budgeting is Budgeting.RATIO_TIMESLICES
    assert (hourly.slice_seconds, hourly.slice_target) == (3600, None)


def test_a_composite_has_indicators_of_its_own(slos):
    slo = slos["navigation"]
    answers, speed = slo.objectives
    assert slo.composite
    assert isinstance(answers.indicator, Ratio)
    assert isinstance(speed.indicator, Threshold)
    assert (answers.weight, speed.weight) == (Decimal(2), Decimal(1))


def test_another_source_gets_its_settings_flat(slos):
    good = slos["replayed"].objectives[0].indicator.good
    assert good == Query(
        "",
        "replay",
        {
            "file": "history.parquet",
            "columns.value": "good",
            "columns.labels.0": "region",
            "columns.labels.1": "model",
        },
    )


def test_labels_are_text_whatever_they_look_like(monkeypatch, reading, edited):
    labels = "  labels: {tier: 1, on: true, team: [a, b]}\n"
    (slo,) = reading(edited(("  name: commands\n", f"  name: commands\n{labels}"))).slos
    assert slo.labels == {"tier": ("1",), "on": ("true",), "team": ("a", "b")}


def test_start_up_stays_lean():
    """Validating must not pay for arrays, the network, parsers of PromQL or JSON Schema."""
    heavy = {"numpy", "httpx", "promql_parser", "jsonschema", "asyncio", "difflib", "json"}
    files = [str(GOOD / name) for name in ("windows.yaml", "kinds-of-budget.yaml", "sloth.yaml")]
    code = (
        "import sys; from pathlib import Path; from cdctl.files.specs import read; "
        f"read(list(map(Path, {files!r}))); print(*sorted({heavy!r} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.split() == []


def test_spans_are_asked_with_their_own_settings(found):
    spans, both = (next(slo for slo in found.slos if slo.name == name) for name in ("from-spans", "from-both"))
    assert spans.group_by == ("region", "vehicle.model", "resource.cloud.region")
    assert spans.expect_groups == ({"region": "eu", "vehicle.model": "i4", "resource.cloud.region": "eu-1"},)
    assert spans.only_with == ("traces",)
    ratio = spans.objectives[0].indicator
    assert (ratio.bad.source, ratio.bad.text, ratio.bad.settings) == ("traces", "", {"errors": "convention"})
    assert (ratio.total.source, ratio.total.settings) == ("traces", {"spans": "entry", "weight": "1"})
    mixed = both.objectives[0].indicator
    assert (mixed.total.source, mixed.good.source) == ("prometheus", "traces")
