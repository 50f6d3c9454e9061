"""Spec tests judge made-up series on a real Prometheus, and say what came out otherwise, and where."""

import json
from pathlib import Path

import jsonschema
import pytest

from cdctl.errors import FileError
from cdctl.files.faults import Faults
from cdctl.files.nodes import plain
from cdctl.files.specs import read as read_specs
from cdctl.files.yaml import documents
from cdctl.lab import spec_test_shape
from cdctl.lab.spec_test_file import find, read
from cdctl.lab.spec_tests import Silent, run

ROOT = Path(__file__).parents[2]
SPECS = ROOT / "slo_specs"
SCHEMA = ROOT / "cdctl/lab/schemas/slo-test.schema.json"

SPEC = """\
apiVersion: openslo/v1
kind: SLO
metadata:
  name: NAME
  annotations: {cdctl.io/group-by: region}
spec:
  service: x
  indicator:
    metadata: {name: i}
    spec:
      ratioMetric:
        bad: {metricSource: {type: Prometheus, spec: {query: 'x_total{result="bad"}'}}}
        total: {metricSource: {type: Prometheus, spec: {query: x_total}}}
  timeWindow: [{duration: 1d, isRolling: true}]
  budgetingMethod: Occurrences
  objectives: [{displayName: ok, target: 0.95}]
"""
CASE = """\
  - name: CALLED
    slo: SLO
    at: 26h
    interval: 5m
    input_series:
      - {series: 'x_total{region="eu", result="good"}', values: 0+99x320}
      - {series: 'x_total{region="eu", result="bad"}', values: 0+BADx320}
    expect:
      - group: {region: eu}
        verdict: met
        sli: 0.99
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "a.yaml").write_text(SPEC.replace("NAME", "a"))
    (tmp_path / "b.yaml").write_text(SPEC.replace("NAME", "b"))
    return tmp_path


def case(called, slo, bad, **changes):
    text = CASE.replace("CALLED", called).replace("SLO", slo).replace("BAD", str(bad))
    for old, new in changes.items():
        text = text.replace(f"{old}: ", f"{old}: {new} # ")
    return text


def write(folder, name, *cases):
    path = folder / f"{name}.test.yaml"
    path.write_text("tests:\n" + "".join(cases))
    return path


def test_the_shipped_specs_pass_their_tests():
    found = run([SPECS], progress=Silent())
    assert [str(one) for result in found.results for one in result.mismatches] == []
    assert found.untested == ()
    assert len(found.results) >= 30


def test_every_shipped_promise_is_kept_in_one_case_and_broken_in_another():
    cases = read(find([SPECS]))
    for slo in read_specs([SPECS]).slos:
        verdicts = {expected.verdict for one in cases if one.slo == slo.name for expected in one.expected}
        assert {"met", "breached"} <= verdicts, slo.name


def test_what_came_out_otherwise_is_said_with_its_place(folder):
    path = write(folder, "a", case("right", "a", 1), case("wrong", "a", 9))
    right, wrong = run([folder], progress=Silent()).results
    assert right.passed
    assert [str(one) for one in wrong.mismatches] == [
        f"{path}:22:18: region=eu verdict is breached (2,592 bad events, 1,555.2 allowed), expected met",
        f"{path}:23:14: region=eu sli is 0.916666667, expected 0.99 ± 1e-06",
    ]


def test_cases_do_not_see_each_other(folder):
    write(folder, "a", case("one", "a", 1), case("two", "a", 1))
    write(folder, "b", case("three", "b", 1))
    found = run([folder], progress=Silent())
    assert [result.name for result in found.results] == ["one", "two", "three"]
    assert found.passed


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"group": "{region: us}"}, "region=us answer is no row; there are: region=eu ok"),
        ({"verdict": "breached"}, "verdict is met, expected breached"),
        ({"sli": "0.991"}, "sli is 0.99, expected 0.991"),
        ({"sli": "0.99\n        reason: storm"}, "reason is '', expected 'storm'"),
        ({"sli": "0.99\n        total: 29000"}, "total is 28800, expected 29000 ± 29"),
        ({"sli": "0.99\n        coverage: 0.5"}, "coverage is 1, expected 0.5"),
        ({"sli": "0.99\n        remaining: 0.5"}, "remaining is 0.8, expected 0.5"),
        ({"sli": "0.99\n        burn_rates: {1h: 1.02}"}, "burn_rates.1h is 0.2, expected 1.02 ± 0.01"),
        ({"sli": "0.99\n        objective: other"}, "region=eu other answer is no row"),
    ],
)
def test_each_kind_of_expectation_can_fail(folder, changes, words):
    write(folder, "a", case("one", "a", 1, **changes))
    (result,) = run([folder], progress=Silent()).results
    assert any(words in str(one) for one in result.mismatches), [str(one) for one in result.mismatches]


def test_promises_without_a_test_are_named(folder):
    path = write(folder, "a", case("one", "a", 1))
    assert run([folder], progress=Silent()).untested == ("b",)
    assert run([path], progress=Silent()).untested == ()


def test_an_unknown_promise_is_a_problem_with_the_nearest_name(folder):
    write(folder, "a", case("one", "aa", 1))
    with pytest.raises(FileError, match="no promise called 'aa'"):
        run([folder], progress=Silent())


def test_a_spec_that_the_server_refuses_is_no_row_with_its_reason(folder):
    (folder / "a.yaml").write_text(SPEC.replace("NAME", "a").replace("query: x_total}", "query: avg(x_total)}"))
    write(folder, "a", case("one", "a", 1))
    (result,) = run([folder], progress=Silent()).results
    assert "no plain counter" in str(result.mismatches[0])


def test_the_shipped_schema_is_the_shape(root):
    assert SCHEMA.read_text() == spec_test_shape.text()


@pytest.mark.parametrize("path", sorted(SPECS.glob("*.test.yaml")), ids=lambda path: path.name)
def test_the_schema_accepts_what_the_reader_accepts(path):
    (root,) = documents(path.read_text(), Faults("t"))
    schema = json.loads(SCHEMA.read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(plain(root), schema)
    assert "$schema=../cdctl/lab/schemas/slo-test.schema.json" in path.read_text().splitlines()[0]


@pytest.mark.parametrize(
    ("old", "new"), [("verdict: met", "verdict: good"), ("at: 26h", "at: soon"), ("slo: a", "x: a")]
)
def test_the_schema_refuses_what_the_reader_refuses(folder, old, new):
    path = write(folder, "a", case("one", "a", 1).replace(old, new))
    with pytest.raises(FileError):
        read([path])
    (root,) = documents(path.read_text(), Faults("t"))
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(plain(root), json.loads(SCHEMA.read_text()))


SPANS = """\
  - name: CALLED
    slo: a
    at: 26h
    interval: 1h
    input_series: SERIES
    input_spans:
      - {service: shop, weight: 10, attributes: {region: eu}, values: 99x27}
      - {service: shop, weight: 10, attributes: {region: eu}, status: error, values: 1x27}
    expect:
      - group: {region: eu}
        verdict: met
        sli: 0.99
        total: TOTAL
"""
TRACES = "{metricSource: {type: traces, spec: {query: '{ resource.service.name = \"shop\" }'}}}"


def over_spans(folder, total):
    text = SPEC.replace("NAME", "a").replace(
        "{metricSource: {type: Prometheus, spec: {query: 'x_total{result=\"bad\"}'}}}",
        "{metricSource: {type: traces, spec: {query: '{ status = error && .service.name = \"shop\" }'}}}",
    )
    (folder / "a.yaml").write_text(text.replace("{metricSource: {type: Prometheus, spec: {query: x_total}}}", total))


def test_promises_over_spans_need_no_server(folder, monkeypatch):
    monkeypatch.setattr("cdctl.lab.spec_tests.Prometheus", None)
    over_spans(folder, TRACES)
    write(folder, "a", SPANS.replace("SERIES", "[]").replace("TOTAL", "24000"))
    assert [str(one) for result in run([folder], progress=Silent()).results for one in result.mismatches] == []


def test_spans_and_series_may_meet_in_one_promise(folder):
    over_spans(folder, "{metricSource: {type: Prometheus, spec: {query: 'sum by (region) (x_total)'}}}")
    series = "[{series: 'x_total{region=\"eu\"}', values: 0+1000x27}]"
    two = (
        SPANS.replace("CALLED", "two")
        .replace("sli: 0.99", "sli: 0.98")
        .replace("error, values: 1x27", "error, values: 2x27")
    )
    write(folder, "a", *(text.replace("SERIES", series).replace("TOTAL", "24000") for text in (SPANS, two)))
    found = run([folder], progress=Silent())
    assert [str(one) for result in found.results for one in result.mismatches] == []


def test_spans_are_not_seen_by_other_cases(folder):
    over_spans(folder, TRACES)
    alone = SPANS.replace("SERIES", "[]").replace("TOTAL", "24000")
    silent = alone.split("    input_spans:")[0] + "    expect:\n      - {verdict: no_data, reason: took no spans in}\n"
    write(folder, "a", alone, silent, alone)
    assert run([folder], progress=Silent()).passed


def test_every_mistake_of_a_file_is_told_at_once(folder):
    first = case("one", "a", 1).replace("0+99x320", "0+99y320").replace("verdict: met", "verdict: mett")
    second = case("two", "nobody", 1).replace("0+1x320", "lots")
    third = case("three", "b", 1).replace("    at: 26h\n", "")
    fourth = case("four", "nobody2", 1).replace("at: 26h", "at: 2026-02-30T00:00:00Z")
    path = write(folder, "a", first, second, third, fourth)
    with pytest.raises(FileError) as caught:
        run([path], progress=Silent())
    said = "\n".join(problem.message for problem in caught.value.problems)
    for words in ("mett", "99y", "nobody'", "lots", "has no at", "nobody2", "is no instant"):
        assert words in said, (words, said)
    assert len(caught.value.problems) == 7


def test_mistakes_of_specs_and_of_their_tests_are_told_together(folder):
    (folder / "b.yaml").write_text(SPEC.replace("NAME", "b").replace("target: 0.95", "target: 95"))
    path = write(folder, "a", case("one", "a", 1).replace("verdict: met", "verdict: mett"))
    with pytest.raises(FileError) as caught:
        run([path], progress=Silent())
    assert {Path(problem.place.file).name for problem in caught.value.problems} == {"b.yaml", "a.test.yaml"}
