"""History is written exactly: what a server is asked for is what was given, stale markers included."""

import io
import json
import urllib.parse

import numpy as np
import pytest

from cdctl.errors import UnavailableError
from cdctl.lab.history import Series, import_history, number, write_blocks, write_openmetrics
from cdctl.lab.remote_write import RECEIVE_FLAGS, STALE, encode_samples, remote_write, snappy
from cdctl.lab.servers import Prometheus, VictoriaMetrics, get

NOW = 1_790_000_000.0


def ask(server, query, at):
    path = "/api/v1/query?" + urllib.parse.urlencode({"query": query, "time": at})
    return [item["value"][1] for item in json.loads(get(server.port, path, 30)[1])["data"]["result"]]


def raw(server, query, at):
    path = "/api/v1/query?" + urllib.parse.urlencode({"query": query, "time": at})
    result = json.loads(get(server.port, path, 30)[1])["data"]["result"]
    return [(float(t), float(v)) for item in result for t, v in item["values"]]


@pytest.fixture(scope="module")
def receiver(tmp_path_factory):
    with Prometheus(tmp_path_factory.mktemp("rw"), retention="100y", flags=RECEIVE_FLAGS) as server:
        yield server


def test_remote_write_keeps_values_times_and_order_of_ages(receiver):
    rng = np.random.default_rng(7)
    times = NOW - np.arange(5000)[::-1] * 0.25
    values = rng.normal(size=5000)
    old = Series("old", {}, times - 300 * 86400, values)
    assert remote_write([Series("exact", {"b": "ü\n", "a": "1"}, times, values), old], receiver.url) == 10_000
    assert raw(receiver, 'exact{a="1"}[1h]', NOW) == list(zip(times.tolist(), values.tolist(), strict=True))
    assert len(raw(receiver, "old[1h]", NOW - 300 * 86400)) == 5000


def test_a_stale_marker_ends_a_series_and_a_nan_does_not(receiver):
    times = NOW - np.array([60.0, 0.0])
    remote_write([Series("ended", {}, times, np.array([1.0, STALE]))], receiver.url)
    remote_write([Series("odd", {}, times, np.array([1.0, np.nan]))], receiver.url)
    assert ask(receiver, "ended", NOW - 1) == ["1"]
    assert ask(receiver, "ended", NOW) == []
    assert ask(receiver, "odd", NOW) == ["NaN"]


def test_what_a_server_refuses_is_an_error_with_its_words(receiver):
    with pytest.raises(UnavailableError, match="answered 400: out of bounds"):
        remote_write([Series("too_old", {}, np.array([3.5e7]), np.array([1.0]))], receiver.url)


def test_nobody_there_is_an_error():
    with pytest.raises(UnavailableError, match="no answer"):
        remote_write([Series("x", {}, np.array([NOW]), np.array([1.0]))], "http://127.0.0.1:1")


@pytest.mark.parametrize("instant", [0.0, 5e9])
def test_instants_that_do_not_fit_are_refused(instant):
    with pytest.raises(ValueError, match="1971 to 2109"):
        encode_samples(np.array([instant]), np.array([1.0]))


def test_a_literal_says_its_length():
    assert snappy(b"ab") == b"\x02\xfc\x01\x00\x00\x00ab"
    assert snappy(b"x" * 300)[:2] == b"\xac\x02"


def test_blocks_and_import_give_what_was_given(tmp_path):
    times = NOW - np.arange(50)[::-1] * 60.0
    values = np.where(np.arange(50) % 7 == 0, 0.1, np.arange(50)).astype(float)
    series = [Series("mixed", {"k": "v"}, times, values), Series("big", {}, times, np.arange(50) * 1e15)]
    prometheus = Prometheus(tmp_path / "p", retention="10y")
    write_blocks(series, prometheus.data)
    with prometheus, VictoriaMetrics(tmp_path / "v") as victoria:
        import_history(series, victoria.url)
        for server in (prometheus, victoria):
            assert raw(server, "mixed[1h]", NOW) == list(zip(times.tolist(), values.tolist(), strict=True))
            assert raw(server, "big[1h]", NOW)[-1][1] == 49e15


def test_no_series_are_no_blocks(tmp_path):
    assert write_blocks([], tmp_path / "data") == 0
    assert list((tmp_path / "data").iterdir()) == []


def test_promtool_says_what_it_refuses(tmp_path):
    with pytest.raises(UnavailableError, match="promtool refused"):
        write_blocks([Series("not a name", {}, np.array([NOW]), np.array([1.0]))], tmp_path / "data")
    assert list((tmp_path / "data").iterdir()) == []


def test_text_ends_with_eof_and_escapes():
    out = io.StringIO()
    write_openmetrics([Series("m", {"a": 'q"\\\n'}, np.array([1.5]), np.array([np.inf]))], out)
    assert out.getvalue() == 'm{a="q\\"\\\\\\n"} +Inf 1.5\n# EOF\n'


@pytest.mark.parametrize(
    ("value", "text"),
    [(1.0, "1"), (-0.5, "-0.5"), (float("nan"), "NaN"), (float("-inf"), "-Inf"), (1e20, "1e+20"), (0.1, "0.1")],
)
def test_numbers_are_exact(value, text):
    assert number(value) == text
