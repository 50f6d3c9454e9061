"""cdctl's annotations as values."""

from __future__ import annotations

from decimal import Decimal

import pytest

from cdctl.domain.slo.objective import ExpectedTraffic


@pytest.fixture
def annotated(edited):
    def write(**notes):
        lines = "".join(f"    cdctl.io/{key.replace('_', '-')}: '{value}'\n" for key, value in notes.items())
        return edited(("  name: commands\n", f"  name: commands\n  annotations:\n    example.com/x: y\n{lines}"))

    return write


@pytest.fixture
def judged(reading, annotated):
    return lambda **notes: reading(annotated(**notes)).slos[0]


def test_without_annotations_the_run_decides(judged):
    slo = judged()
    assert (slo.group_by, slo.lag_seconds, slo.min_coverage) == ((), None, None)
    assert (slo.expect_groups, slo.expected_traffic) == ((), None)


def test_annotations_of_others_are_kept(judged):
    assert judged(group_by="region").annotations == {"example.com/x": "y"}


@pytest.mark.parametrize(
    ("text", "labels"),
    [
        ("region", ("region",)),
        (" region , model_2 ", ("region", "model_2")),
        ("a,b,c", ("a", "b", "c")),
        ("_x", ("_x",)),
    ],
)
def test_group_by(judged, text, labels):
    assert judged(group_by=text).group_by == labels


@pytest.mark.parametrize("text", ["", "a,", ",a", "a b", "a;b", "1a", "__name__", "a,__x", "grün", "a-b"])
def test_group_by_refused(problems, annotated, text):
    (line,) = problems(annotated(group_by=text))
    assert line.startswith("1.yaml:7:24: error: cdctl.io/group-by ")


@pytest.mark.parametrize(("text", "length"), [("0s", 0), ("60s", 60), ("5m", 300), ("1h", 3600), ("1d", 86_400)])
def test_lag(judged, text, length):
    assert judged(lag=text).lag_seconds == length


@pytest.mark.parametrize(
    ("text", "ratio"), [("90%", "0.9"), ("99.95%", "0.9995"), ("0%", "0"), ("100%", "1"), ("100.0%", "1")]
)
def test_min_coverage(judged, text, ratio):
    assert judged(min_coverage=text).min_coverage == Decimal(ratio)


@pytest.mark.parametrize("text", ["100.1%", "101%", "-1%", "%", "90", "90 %", "1e1%"])
def test_min_coverage_refused(problems, annotated, text):
    assert len(problems(annotated(min_coverage=text))) == 1


@pytest.mark.parametrize(
    ("labels", "text", "groups"),
    [
        ("region", "eu", [{"region": "eu"}]),
        ("region", " eu , us,", [{"region": "eu"}, {"region": "us"}]),
        ("region", "region=eu; region=us", [{"region": "eu"}, {"region": "us"}]),
        ("region", 'region="north america"', [{"region": "north america"}]),
        ("region", "north america, eu", [{"region": "north america"}, {"region": "eu"}]),
        ("region, model", "model=i4 region=eu;", [{"region": "eu", "model": "i4"}]),
        ("region, model", 'region="" model="a;b"', None),
        ("region, model", 'region="" model="a, b"', [{"region": "", "model": "a, b"}]),
    ],
)
def test_expect_groups(judged, problems, annotated, labels, text, groups):
    if groups is None:
        assert "is not a group" in problems(annotated(group_by=labels, expect_groups=text))[0]
        return
    assert list(judged(group_by=labels, expect_groups=text).expect_groups) == groups


@pytest.mark.parametrize(
    ("labels", "text", "message"),
    [
        ("region", ", ,", "names no group"),
        ("region, model", ";", "names no group"),
        ("region", "eu, eu", "names a group twice"),
        ("region, model", "eu, us", "is not a group (write region=... model=...)"),
        ("region, model", "region=eu", "has no model (write region=... model=...)"),
        ("region, model", "region=eu modle=i4", 'label "modle", cdctl.io/group-by does not (did you mean "model"?)'),
        ("region, model", "region=eu region=us model=i4", "is not a group"),
        ("region, model", "region=eumodel=i4", "has no model"),
        ("region, model", "region=eu model", "is not a group"),
    ],
)  # fmt: skip
def test_expect_groups_refused(problems, annotated, labels, text, message):
    (line,) = problems(annotated(group_by=labels, expect_groups=text))
    assert message in line
    assert line.startswith("1.yaml:8:29: error: cdctl.io/expect-groups")


def test_expected_traffic(judged):
    assert judged(expected_traffic="600/1h").expected_traffic == ExpectedTraffic(600.0, 3600)
    assert judged(expected_traffic="0.5/30s").expected_traffic == ExpectedTraffic(0.5, 30)


@pytest.mark.parametrize("text", ["600", "600/h", "600/0h", "-1/1h", "600 / 1h", "1e3/1h", "0/1h", "0.0/1h", "1/1M"])
def test_expected_traffic_refused(problems, annotated, text):
    (line,) = problems(annotated(expected_traffic=text))
    assert line.startswith("1.yaml:7:32: error: cdctl.io/expected-traffic ")
