"""Whatever document an alert comes in, its labels say which promise it is about."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdctl.domain.slo.objective import Budgeting, Objective, Query, Ratio, Slo
from cdctl.domain.slo.window import Rolling
from cdctl.domain.triage.alerts import about_alerts, about_name, alerts, nearest
from cdctl.errors import Place


def slo(name: str, service: str, by: tuple[str, ...] = ("region",)) -> Slo:
    objective = Objective("", Ratio(Query("a"), Query("b")), Decimal("0.99"))
    return Slo(name, service, (objective,), Budgeting.OCCURRENCES, Rolling(86_400), Place("f"), group_by=by)


SLOS = [
    slo("remote-command-availability", "remote-command"),
    slo("remote-command-availability-traces", "remote-command"),
    slo("remote-command-latency", "remote-command"),
    slo("ota-download", "ota-campaign"),
]
ONE = {
    "status": "firing",
    "labels": {"alertname": "Burn", "sloth_slo": "ota-download", "region": "eu", "severity": "page"},
    "annotations": {"summary": "it burns"},
    "startsAt": "2026-03-01T10:00:00Z",
}


@pytest.mark.parametrize(
    "document",
    [
        {"version": "4", "status": "firing", "alerts": [ONE]},
        [{**ONE, "status": {"state": "active"}}],
        {"data": {"alerts": [{"labels": ONE["labels"], "state": "firing", "activeAt": ONE["startsAt"]}]}},
        {"status": "success", "data": [ONE]},
        ONE,
    ],
    ids=["webhook", "api v2", "prometheus", "data", "alone"],
)  # fmt: skip
def test_every_kind_of_document_holds_the_same_alert(document):
    (found,) = alerts(document)
    assert (found.name, found.labels["region"], found.starts, found.firing) == ("Burn", "eu", 1_772_359_200, True)
    about = about_alerts([found], SLOS)
    assert [one.name for one in about.slos] == ["ota-download"]
    assert (about.labels, about.starts) == ({"region": "eu"}, 1_772_359_200)
    assert about.because == "alert Burn names the promise"


@given(st.recursive(st.none() | st.text() | st.integers(), lambda inner: st.lists(inner) | st.dictionaries(
    st.sampled_from(["alerts", "data", "labels", "status", "startsAt", "annotations", "state"]), inner)))  # fmt: skip
def test_no_document_is_a_crash(document):
    about_alerts(alerts(document), SLOS)


def test_firing_ones_come_first_and_count_alone():
    resolved = {**ONE, "status": "resolved", "labels": {**ONE["labels"], "region": "us"}}
    found = alerts([resolved, ONE])
    assert [one.firing for one in found] == [True, False]
    assert about_alerts(found, SLOS).labels == {"region": "eu"}


def test_a_service_stands_for_all_of_its_promises():
    about = about_alerts(alerts([{"labels": {"alertname": "X", "service": "remote-command"}}]), SLOS)
    assert [one.name for one in about.slos] == [one.name for one in SLOS[:3]]
    assert about.because == "alert X names the service"
    assert about.starts is None


def test_the_name_of_an_alert_may_hold_that_of_a_promise():
    about = about_alerts(alerts([{"labels": {"alertname": "RemoteCommandAvailabilityTracesBurnsFast"}}]), SLOS)
    assert [one.name for one in about.slos] == ["remote-command-availability-traces"]


def test_alerts_that_disagree_on_a_group_are_about_all_groups():
    other = {**ONE, "labels": {**ONE["labels"], "region": "us"}}
    assert about_alerts(alerts([ONE, other]), SLOS).labels == {}


def test_what_names_no_promise_is_about_none():
    assert about_alerts(alerts([{"labels": {"alertname": "DiskFull", "job": "node"}}]), SLOS) is None
    assert about_alerts([], SLOS) is None


def test_a_name_is_a_promise_or_a_service():
    assert [one.name for one in about_name("remote-command-latency", SLOS).slos] == ["remote-command-latency"]
    assert len(about_name("remote-command", SLOS).slos) == 3
    assert about_name("remote", SLOS) is None
    assert nearest("remote-comand", SLOS)[0] == "remote-command"


@pytest.mark.parametrize("starts", ["0001-01-01T00:00:00Z", "yesterday", "2026-03-01T10:00:00", 5, None])
def test_an_instant_that_is_none_is_not_told(starts):
    (found,) = alerts([{"labels": {}, "startsAt": starts}])
    assert found.starts is None
