"""Sloth's files, read as they are, with a line for each thing that has no equal here."""

from __future__ import annotations

import pytest

from cdctl.domain.slo.objective import Budgeting
from cdctl.domain.slo.window import Rolling

FULL = """\
version: "prometheus/v1"
service: "myservice"
labels:
  owner: "myteam"
slo_plugins:
  chain: [{id: "sloth.dev/core/debug/v1"}]
slos:
  - name: "requests-availability"
    objective: 99.9
    description: "Common SLO based on availability."
    labels: {category: availability}
    infoLabels: {some: thing}
    interval: {all: 5m}
    plugins: {chain: []}
    sli:
      events:
        error_query: sum(rate(http_requests_total{code=~"(5..|429)"}[{{.window}}]))
        total_query: sum(rate(http_requests_total[{{.window}}]))
    alerting:
      name: MyServiceHighErrorRate
      labels: {category: "availability"}
      annotations: {summary: "High error rate on 'myservice' requests responses"}
      page_alert:
        labels: {severity: pageteam}
      ticket_alert:
        disable: true
"""
KUBERNETES = """\
apiVersion: sloth.slok.dev/v1
kind: PrometheusServiceLevel
metadata: {name: x, namespace: monitoring, labels: {a: b}, anything: [1]}
spec:
  service: myservice
  slos:
    - name: requests-availability
      objective: 99.9
      sli:
        events:
          errorQuery: sum(rate(http_requests_total{code=~"(5..|429)"}[{{.window}}]))
          totalQuery: sum(rate(http_requests_total[{{.window}}]))
      alerting:
        pageAlert: {disable: true}
        ticketAlert:
status: {processedSLOs: 1}
"""


def test_what_has_no_equal_gets_a_line(reading):
    found = reading(FULL)
    assert [str(warning) for warning in found.warnings] == [
        "1.yaml:5:1: warning: slo_plugins: Sloth's plugins have no equal here",
        "1.yaml:12:5: warning: infoLabels: labels of Sloth's info metric have no equal here",
        "1.yaml:13:5: warning: interval: rule intervals have no equal here",
        "1.yaml:14:5: warning: plugins: Sloth's plugins have no equal here",
        "1.yaml:19:5: warning: alerting: Sloth's alert rules (page) are not made here "
        "(cdctl judges with its own burn pairs)",
    ]
    (slo,) = found.slos
    assert slo.name == "myservice-requests-availability"
    assert slo.labels == {"owner": ("myteam",), "category": ("availability",)}
    assert (slo.window, slo.budgeting) == (Rolling(30 * 86_400), Budgeting.OCCURRENCES)
    assert (slo.place.line, slo.place.column) == (8, 11)


def test_both_forms_say_the_same(reading):
    plain, kubernetes = reading(FULL).slos[0], reading(KUBERNETES).slos[0]
    assert plain.objectives == kubernetes.objectives
    assert plain.name == kubernetes.name


def test_one_service_in_two_files_may_not_promise_the_same_twice(problems):
    (said,) = [line for line in problems(FULL, KUBERNETES) if ": error: " in line]
    assert said == (
        '2.yaml:7:13: error: two SLOs are called "myservice-requests-availability", the other one at 1.yaml:8:11 '
        "(rename one of them)"
    )


def test_other_services_may_use_the_name(reading):
    assert len(reading(FULL, FULL.replace("myservice", "yours")).slos) == 2


def test_a_low_objective_is_linted_for_thirty_days(reading):
    warnings = reading(KUBERNETES.replace("99.9", "90")).warnings
    assert "1h/5m > 14.4" in str(warnings[0])
    assert "1h/5m" not in "".join(map(str, reading(KUBERNETES).warnings))


ALERTING = {
    # what Sloth would make, by what is written
    "alerting: {page_alert: {disable: true}, ticket_alert: {disable: true}}": "",
    "alerting: {page_alert: {disable: true}}": "ticket",
    "alerting: {page_alert: {disable: true}, ticket_alert: {disable: false}}": "ticket",
    "alerting: {name: High, ticket_alert: {disable: True}}": "page",
    "alerting: {name: High}": "page and ticket",
    "alerting:": "",
}


@pytest.mark.parametrize("written", ALERTING)
def test_only_alerts_that_sloth_would_have_made_are_missed(reading, written):
    start, _, _ = FULL.partition("    alerting:")
    said = [str(warning) for warning in reading(f"{start}    {written}\n").warnings if ": alerting: " in str(warning)]
    lost = ALERTING[written]
    wanted = f"alerting: Sloth's alert rules ({lost}) are not made here (cdctl judges with its own burn pairs)"
    assert said == ([f"1.yaml:19:5: warning: {wanted}"] if lost else [])


def test_a_promise_that_a_plugin_measures_is_left_out_by_name(reading):
    plugin = "  - name: odd\n    objective: 99\n    sli: {plugin: {id: sloth-common/x}}\n"
    found = reading(FULL, FULL.replace("myservice", "yours") + plugin)
    assert [slo.name for slo in found.slos] == ["myservice-requests-availability", "yours-requests-availability"]
    ((name, why),) = found.left_out.items()
    assert name == "yours-odd"
    assert why in found.warnings
    assert why.message == ('SLI plugin "sloth-common/x" runs inside Sloth and has no equal here: this SLO is left out')
    assert reading(FULL).left_out == {}
