"""The wire format: what is a number, what is not, and what is no answer at all."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from cdctl.domain.slo.series import Span
from cdctl.sources.prometheus.answers import NotPrometheusError, decode, matrix, retention, version

SPAN = Span(1_700_000_000 // 300 * 300, 1_700_000_000 // 300 * 300 + 1500, 300)


def said(*series: dict[str, Any], **more: object) -> bytes:
    return json.dumps({"status": "success", "data": {"resultType": "matrix", "result": series}, **more}).encode()


def one(*values: object, **labels: str) -> dict[str, Any]:
    """A series with a value for every bucket; None leaves one out."""
    points = [[end, value] for end, value in zip(SPAN.ends.tolist(), values, strict=True) if value is not None]
    return {"metric": labels, "values": points}


def test_points_land_in_their_buckets() -> None:
    (series,) = matrix(decode(said(one("1", None, "2.5", None, "4e2", region="eu"))), SPAN)
    assert series.labels == {"region": "eu"}
    np.testing.assert_array_equal(series.values, [1, np.nan, 2.5, np.nan, 400])


def test_points_outside_the_span_are_left_out() -> None:
    points = [[SPAN.start, "1"], [SPAN.start + 300, "2"], [SPAN.end + 300, "4"]]
    (series,) = matrix(decode(said({"metric": {}, "values": points})), SPAN)
    np.testing.assert_array_equal(series.values, [2, np.nan, np.nan, np.nan, np.nan])


def test_instants_may_be_off_by_a_millisecond() -> None:
    points = [[SPAN.start + 300.001, "1"], [SPAN.start + 599.999, "2"]]
    (series,) = matrix(decode(said({"metric": {}, "values": points})), SPAN)
    np.testing.assert_array_equal(series.values[:2], [1, 2])


@pytest.mark.parametrize("odd", ["NaN", "+Inf", "-Inf"])
def test_what_is_no_number_of_events_is_no_point(odd: str) -> None:
    answer = decode(said(one("1", odd, "3", odd, "5", region="eu"), one("7", "8", "9", "10", "11")))
    first, second = matrix(answer, SPAN)
    np.testing.assert_array_equal(first.values, [1, np.nan, 3, np.nan, 5])
    np.testing.assert_array_equal(second.values, [7, 8, 9, 10, 11])


@pytest.mark.parametrize("odd", ["NaN", "-Inf", "+Inf", "1"])
def test_the_servers_warnings_are_kept(odd: str) -> None:
    answer = decode(said(one("1", odd, "3", "4", "5"), warnings=["a store is down"], infos=["no counter"]))
    assert (answer.status, answer.warnings, answer.infos) == ("success", ["a store is down"], ["no counter"])


def test_nothing_found_is_an_answer() -> None:
    assert matrix(decode(said()), SPAN) == []
    (empty,) = matrix(decode(said({"metric": {"a": "b"}, "values": []})), SPAN)
    assert np.isnan(empty.values).all()


def test_an_error_keeps_the_servers_words() -> None:
    answer = decode(b'{"status":"error","errorType":"bad_data","error":"1:5: unexpected"}')
    assert (answer.status, answer.errorType, answer.error) == ("error", "bad_data", "1:5: unexpected")
    assert matrix(answer, SPAN) == []


WHOLE = said(one("1", "2", "3", "4", "5", region="eu"))


@pytest.mark.parametrize("share", [0.01, 0.3, 0.6, 0.9, 0.99])
def test_half_a_document_is_told_as_such(share: float) -> None:
    decode(WHOLE)
    with pytest.raises(NotPrometheusError, match="truncated or not JSON"):
        decode(WHOLE[: int(len(WHOLE) * share)])


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<html>sign in</html>",
        b"null",
        b"[]",
        b"{}",
        b'"+Inf"',
        b'{"data":{"result":[{"metric":{},"values":[[1,"+Inf"],[2,"many"]]}]}}',
        b'{"status":"success","data":{"result":[{"metric":{},"values":[[1,"many"]]}]}}',
        b'{"status":"success","data":{"result":[{"metric":{"a":1}}]}}',
        b"\xff\xfe{}",
        b'{"status":"\xff"}',
        b"[" * 100_000,
    ],
)
def test_what_is_no_answer_of_a_prometheus_is_refused(content: bytes) -> None:
    with pytest.raises(NotPrometheusError):
        decode(content)


def test_fields_of_later_servers_are_no_harm() -> None:
    (series,) = matrix(decode(said({**one("1", "2", "3", "4", "5"), "histograms": [[1, {}]]}, stats={"a": 1})), SPAN)
    assert series.values.sum() == 15


def test_the_retention() -> None:
    said = b'{"status":"success","data":{"startTime":"2026-01-01T00:00:00Z","storageRetention":"15d or 10GiB"}}'
    assert retention(said) == "15d or 10GiB"
    for odd in (b"", b"<html>", b"{}", b'{"data":{}}', b'{"data":{"storageRetention":1}}', b'{"data":null}', b"\xff"):
        assert retention(odd) == ""


def test_the_version() -> None:
    assert version(b'{"status":"success","data":{"version":"2.42.0","goVersion":"go1.19"}}') == "2.42.0"
    for odd in (b"", b"<html>", b"{}", b'{"data":{}}', b'{"data":{"version":1}}', b'{"data":null}'):
        assert version(odd) == ""
