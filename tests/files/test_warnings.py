"""What is accepted with a word: unusual, without effect, or without an equal here."""

from __future__ import annotations

import pytest

SLI = """\
apiVersion: openslo/v1
kind: SLI
metadata: {name: measured}
spec:
  ratioMetric:
    good: {metricSource: {metricSourceRef: elsewhere, spec: {query: a}}}
    total: {metricSource: {spec: {query: b}}}
"""
POLICY = """\
apiVersion: openslo/v1
kind: AlertPolicy
metadata: {name: page}
spec:
  conditions:
    - kind: AlertCondition
      metadata: {name: fast}
      spec: {severity: page, condition: {kind: burnrate, op: gt, threshold: 1, lookbackWindow: 1h}}
  notificationTargets: [{targetRef: pager}]
"""
SERVICE = "apiVersion: openslo/v1\nkind: Service\nmetadata: {name: remote-commands}\n"
WARNINGS = {
    "op on a ratio": (
        [("      target: 0.999\n", "      target: 0.999\n      op: lte\n      value: 1\n")],
        [
            "1.yaml:20:7: warning: op has no effect on a ratio (delete op)",
            "1.yaml:21:7: warning: value has no effect on a ratio (delete value)",
        ],
    ),
    "slices of occurrences": (
        [("      target: 0.999\n", "      target: 0.999\n      timeSliceWindow: 5m\n      compositeWeight: 2\n")],
        [
            "1.yaml:20:7: warning: timeSliceWindow has no effect with budgetingMethod Occurrences "
            "(delete timeSliceWindow)",
            "1.yaml:21:7: warning: compositeWeight has no effect with one indicator for all objectives "
            "(delete compositeWeight)",
        ],
    ),
    "slice target of ratio timeslices": (
        [
            ("Occurrences", "RatioTimeslices"),
            ("      target: 0.999\n", "      target: 0.999\n      timeSliceWindow: 5\n      timeSliceTarget: 0.9\n"),
        ],
        [
            "1.yaml:21:7: warning: timeSliceTarget has no effect with budgetingMethod RatioTimeslices "
            "(delete timeSliceTarget)"
        ],
    ),
    "a percentage that looks like a ratio": (
        [("target: 0.999", "targetPercent: 0.999")],
        [
            "1.yaml:19:22: warning: targetPercent 0.999 is 0.999 % (did you mean target: 0.999?)",
            "1.yaml:19:22: warning: with target 0.00999 the burn rate never passes 1.01, so it is never at risk by "
            "1h/5m > 13.44, 6h/30m > 5.6, 1d/2h > 2.8 (all burn pairs work from target 0.9256 on)",
        ],
    ),
    "rolling months": (
        [("28d", "1M")],
        ["1.yaml:14:17: warning: a rolling 1M is taken as 30 days (write 30d, or use a calendar)"],
    ),
    "rolling quarters": (
        [("28d", "2Q")],
        ["1.yaml:14:17: warning: a rolling 2Q is taken as 180 days (write 180d, or use a calendar)"],
    ),
    "minutes for months": (
        [("28d", "1m")],
        [
            "1.yaml:14:17: warning: 1m is 1 min (for months write 1M)",
            "1.yaml:14:17: warning: the window of 1 min is judged as 5 min: nothing finer than 5 min is measured "
            "(write a multiple of 5m)",
        ],
    ),
    "a window that is no multiple of a bucket": (
        [("28d", "77m")],
        [
            "1.yaml:14:17: warning: the window of 77 min is judged as 80 min: nothing finer than 5 min is measured "
            "(write a multiple of 5m)",
        ],
    ),
    "a calendar of years to come": (
        [("28d", "1M"), ("isRolling: true", "calendar: {startTime: '2999-01-01 00:00:00', timeZone: UTC}")],
        [
            "1.yaml:15:29: warning: the calendar begins only on 2999-01-01 00:00 UTC: judged as if its periods had "
            "come before that, too (write a startTime that has passed)",
        ],
    ),
    "a pair that cannot fire": (
        [("0.999", "0.9")],
        [
            "1.yaml:19:15: warning: with target 0.9 the burn rate never passes 10, so it is never at risk by "
            "1h/5m > 13.44 (all burn pairs work from target 0.9256 on)"
        ],
    ),
    "a pair of 30 days that cannot fire": (
        [("0.999", "0.93"), ("28d", "30d")],
        [
            "1.yaml:19:15: warning: with target 0.93 the burn rate never passes 14.29, so it is never at risk by "
            "1h/5m > 14.4 (all burn pairs work from target 0.9306 on)"
        ],
    ),
    "a data source of nobody": (
        [],
        [
            '2.yaml:6:44: warning: there is no DataSource called "elsewhere" in these files '
            "(define it, if other tools need it; cdctl asks the source in its settings)"
        ],
        SLI,
    ),
    "a notification target of nobody, an old spelling": (
        [("      target: 0.999\n", "      target: 0.999\n  alertPolicies: [page]\n")],
        [
            "1.yaml:20:19: warning: a bare policy name is an old spelling (write alertPolicyRef: page)",
            '2.yaml:9:37: warning: there is no AlertNotificationTarget called "pager" in these files '
            "(define it, if other tools need it; cdctl itself tells nobody)",
        ],
        POLICY,
    ),
    "a service that is nearly defined": (
        [],
        ['1.yaml:6:12: warning: there is no Service called "remote-command" (did you mean "remote-commands"?)'],
        SERVICE,
    ),
    "a service that is not among those defined": (
        [("service: remote-command", "service: navigation")],
        ['1.yaml:6:12: warning: there is no Service called "navigation" (write a Service document, as for the others)'],
        SERVICE,
    ),
}


@pytest.mark.parametrize("case", WARNINGS)
def test_it_is_accepted_with_a_word(case, reading, edited):
    changes, expected, *more = WARNINGS[case]
    found = reading(edited(*changes), *more)
    assert [str(warning) for warning in found.warnings] == expected
    assert [slo.name for slo in found.slos] == ["commands"]


@pytest.mark.parametrize(
    "changes",
    [
        [],
        [("0.999", "0.93")],
        [("0.999", "0.9306"), ("28d", "30d")],
        [("28d", "15m")],
        [("28d", "1M"), ("isRolling: true", "calendar: {startTime: '2026-01-01 00:00:00', timeZone: UTC}")],
        [("0.999", "0.5"), ("28d", "1h")],
    ],
    ids=str,
)
def test_what_is_usual_is_accepted_without(changes, reading, edited):
    assert reading(edited(*changes), SERVICE.replace("remote-commands", "remote-command")).warnings == ()


def test_where_no_service_is_defined_every_name_will_do(reading, edited):
    assert reading(edited(("service: remote-command", "service: navigation"))).warnings == ()


def test_a_service_in_a_torn_file_may_be_there(problems, edited):
    torn = SERVICE.replace("remote-commands", "remote-command") + "x: [\n"
    said = problems(edited(), SERVICE, torn)
    assert not [line for line in said if "no Service" in line]


def test_rolling_months_have_the_lengths_of_the_go_sdk(reading, edited):
    lengths = {unit: reading(edited(("28d", f"1{unit}"))).slos[0].window.seconds // 86400 for unit in "dwMQY"}
    assert lengths == {"d": 1, "w": 7, "M": 30, "Q": 90, "Y": 365}


def test_warnings_come_along_when_something_is_wrong(problems, edited):
    said = problems(edited(("28d", "1M"), ("target: 0.999", "target: 1")))
    assert [line.split(": ")[1] for line in said] == ["error"]
    said = problems(edited(("28d", "1M"), ("      ratioMetric", "      description: x\n      ratioMetric")), "[]")
    assert [line.split(": ")[1] for line in said] == ["warning", "error"]
