"""References across files, also when some files are broken."""

from __future__ import annotations

import pytest

SLI = """\
apiVersion: openslo/v1
kind: SLI
metadata: {name: measured}
spec: {ratioMetric: {rawType: success, raw: {metricSource: {spec: {query: x}}}}}
"""


@pytest.fixture
def referring(slo_text):
    start, end = slo_text.index("  indicator:"), slo_text.index("  timeWindow:")
    return slo_text[:start] + "  indicatorRef: measured\n" + slo_text[end:]


def test_a_reference_reaches_other_files_before_and_after(reading, referring):
    assert len(reading(SLI, referring).slos) == 1
    assert len(reading(referring, SLI).slos) == 1


def test_an_unknown_reference_is_said_once_with_the_nearest_name(problems, referring):
    assert problems(referring, SLI.replace("measured", "measurde")) == [
        '1.yaml:7:17: error: there is no SLI called "measured" (did you mean "measurde"?)'
    ]


@pytest.mark.parametrize(
    "broken",
    [
        SLI.replace("success", "sucess"),
        SLI.replace("kind: SLI", "kind: Sli"),
        SLI + "x: [",
        SLI.replace("{query: x}", "{query: &x x}"),
        SLI.replace("openslo/v1", "openslo/v1alpha"),
        SLI.encode() + b"\xff",
        b"\xff",
    ],
    ids=str,
)
def test_what_a_broken_file_may_hold_is_not_called_missing(problems, referring, broken):
    assert not [line for line in problems(referring, broken) if "there is no SLI" in line]


def test_another_broken_file_hides_no_missing_name(problems, referring):
    said = problems(referring, SLI.replace("measured", "other") + "x: [")
    assert [line for line in said if "there is no SLI" in line]


def test_a_faulty_indicator_is_said_where_it_is_written_and_once(problems, referring):
    other = referring.replace("name: commands", "name: others")
    sli = SLI.replace("{spec: {query: x}}", "{metricSourceRef: metrics, spec: {text: x}}")
    source = "apiVersion: openslo/v1\nkind: DataSource\nmetadata: {name: metrics}\nspec: {type: Prometheus}\n"
    assert problems(referring, other, sli, source) == [
        "3.yaml:4:93: error: spec of metricSource has no query (add query: with the PromQL to ask)"
    ]


def test_the_type_of_a_data_source_is_that_of_its_queries(reading, referring):
    sli = SLI.replace("{spec: {query: x}}", "{metricSourceRef: metrics, spec: {text: x}}")
    source = "apiVersion: openslo/v1\nkind: DataSource\nmetadata: {name: metrics}\nspec: {type: Replay}\n"
    raw = reading(referring, sli, source).slos[0].objectives[0].indicator.raw
    assert (raw.source, raw.text, raw.settings) == ("replay", "", {"text": "x", "data_source": "metrics"})


def test_all_kinds_have_names_of_their_own(reading, referring, problems):
    service = "apiVersion: openslo/v1\nkind: Service\nmetadata: {name: measured}\n"
    assert reading(referring, SLI, service).kinds == {"SLO": 1, "SLI": 1, "Service": 1}
    assert problems(referring, SLI, SLI) == [
        '3.yaml:3:18: error: two SLIs are called "measured", the other one at 2.yaml:3:18 (rename one of them)'
    ]
