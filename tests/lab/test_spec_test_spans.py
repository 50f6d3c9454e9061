"""Spans of spec tests, as they are written and as they come out."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest

from cdctl.errors import FileError
from cdctl.lab.spec_test_file import Case, read

TEXT = """\
tests:
  - name: fine
    slo: a
    at: 1h
    interval: 10m
    input_spans:
      - service: shop
        values: SPANS
    expect:
      - verdict: met
"""
START = 1_767_571_200
Written = Callable[..., Case]


@pytest.fixture
def written(tmp_path):
    def write(values: str = "0 10x3", more: str = "") -> Case:
        path = tmp_path / "a.test.yaml"
        path.write_text(
            TEXT.replace("SPANS", values + "".join(f"\n        {line}" for line in more.split("\n") if line))
        )
        (case,) = read([path])
        return case

    return write


def test_so_many_end_in_each_interval(written: Written) -> None:
    case = written("0 2 _ 4")
    (spans,) = case.spans
    assert (spans.ends - START).tolist() == [300, 600, 1350, 1500, 1650, 1800]
    assert case.heard == ((START - 600, START + 600), (START + 1200, START + 1800))
    assert case.series == ()


def test_what_is_usual(written: Written) -> None:
    (spans,) = written().spans
    assert (spans.service, spans.name, spans.kind, spans.status) == ("shop", "made", "server", "unset")
    assert (spans.duration, spans.weight, spans.child) == (0.1, 1, False)


def test_everything_may_be_said(written: Written) -> None:
    more = """name: pay
kind: client
status: error
duration: 1.5s
child: true
weight: 20
attributes: {region: eu, http.status_code: 503}
resource: {cloud.region: eu-1}"""
    (spans,) = written(more=more).spans
    assert (spans.name, spans.kind, spans.status, spans.duration) == ("pay", "client", "error", 1.5)
    assert (spans.child, spans.weight) == (True, 20)
    assert spans.attributes == {"region": "eu", "http.status_code": "503"}
    assert spans.resource == {"cloud.region": "eu-1"}


@pytest.mark.parametrize(("text", "seconds"), [("800ms", 0.8), ("5s", 5.0), ("2m", 120.0), ("0.5ms", 0.0005)])
def test_durations(written: Written, text: str, seconds: float) -> None:
    assert written(more=f"duration: {text}").spans[0].duration == pytest.approx(seconds)


def test_a_weight_that_nobody_knows(written: Written) -> None:
    assert math.isnan(written(more="weight: unknown").spans[0].weight)


@pytest.mark.parametrize(
    ("values", "more", "said"),
    [
        ("1 2 x", "", ":8:21: error: values: "),
        ("1 2.5", "", ":8:17: error: values: 2.5 is no number of spans (write 10x100)"),
        ("-1", "", ":8:17: error: values: -1 is no number of spans"),
        ("NaN", "", ":8:17: error: values: nan is no number of spans"),
        ("100000x20", "", ":8:17: error: values: 2,100,000 spans are too many (write fewer, and a weight"),
        ("1", "weight: 0.5", ":9:17: error: weight 0.5 is not a number at least 1"),
        ("1", "weight: some", ":9:17: error: "),
        ("1", "kind: servant", "did you mean server?"),
        ("1", "status: bad", ":9:17: error: status is "),
        ("1", "duration: 5", "such as 800ms or 5s"),
        ("1", "attribute: {a: b}", 'did you mean "attributes"?'),
    ],
)
def test_what_is_wrong_has_its_place(written: Written, values: str, more: str, said: str) -> None:
    with pytest.raises(FileError) as caught:
        written(values, more)
    assert said in "\n".join(map(str, caught.value.problems))


def test_a_case_needs_some_input(tmp_path) -> None:
    path = tmp_path / "a.test.yaml"
    text = TEXT.replace("    input_spans:\n      - service: shop\n        values: SPANS\n", "")
    path.write_text(text)
    with pytest.raises(FileError, match="neither input_series nor input_spans"):
        read([path])
    path.write_text(text.replace("    expect:", "    input_spans: []\n    expect:"))
    (case,) = read([path])
    assert (case.spans, case.heard) == ((), ())


def test_numbers_are_spread_evenly() -> None:
    from cdctl.lab.made_spans import spread

    assert spread(0, 100, np.array([0.0, 4.0, 1.0])).tolist() == [25, 50, 75, 100, 200]
    assert len(spread(0, 100, np.zeros(0))) == 0
