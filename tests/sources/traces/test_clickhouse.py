"""ClickHouse and DuckDB give the same answers to the same questions about the same spans."""

from __future__ import annotations

import asyncio

import numpy as np
import pytest
import spans_both
from clickhouse import serving
from filters import filters
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cdctl.domain.slo.series import Span
from cdctl.domain.traces.attributes import Attribute
from cdctl.domain.traces.counting import Counting
from cdctl.domain.traces.failing import failed
from cdctl.domain.traces.ports import Window
from cdctl.domain.traces.traceql.parser import parse
from cdctl.domain.traces.traceql.tree import ALL, Compare, Field, Literally
from cdctl.domain.traces.traceql.writing import spanset
from cdctl.errors import UnavailableError, UsageError
from cdctl.sources.traces.clickhouse import ClickHouseSpans
from cdctl.stores.spans.duck import DuckSpans

SPANS = spans_both.some(250)
WHOLE = Window(spans_both.START, spans_both.START + 1800)
RUN = Span(spans_both.START, spans_both.START + 1800, 300)
ATTRIBUTES = st.sampled_from(
    [Attribute("span", "region"), Attribute("resource", "service.name"), Attribute("span", "http.status_code"),
     Attribute("resource", "n"), Attribute("span", "odd 'k\\ey\"")]
)  # fmt: skip
WHERE = filters(spans_both.KEYS, st.sampled_from(spans_both.VALUES), leaves=4)
KIND = st.sampled_from(["entry", "root", "all"])


@pytest.fixture(scope="module")
def engines(tmp_path_factory):
    folder = spans_both.stored(tmp_path_factory.mktemp("spans"), SPANS)
    with serving(spans_both.rows(SPANS)) as (table, _):
        yield DuckSpans(folder), table


def both(engines, ask):
    """What both answer."""
    duck, table = engines
    return asyncio.run(ask(duck)), asked_of(table, ask)


def asked_of(table, ask):
    """What a ClickHouse answers."""

    async def run():
        click = ClickHouseSpans(table)
        try:
            return await ask(click)
        finally:
            await click.aclose()

    return asyncio.run(run())


def test_odd_texts_arrive_as_they_are(engines):
    for value in spans_both.VALUES:
        where = Compare(Field("span", "odd 'k\\ey\""), "=", Literally("text", value))
        wanted = {span["span"] for span in SPANS if span["attributes"].get("odd 'k\\ey\"") == value}
        one, other = both(engines, lambda store, where=where: store.find(spanset(where), WHOLE, 1000))
        assert {row.span for row in one.spans} == {row.span for row in other.spans} == wanted, value


FIXED = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]


@settings(max_examples=25, deadline=None, suppress_health_check=FIXED)
@given(where=WHERE)
def test_the_same_spans_match(engines, where):
    one, other = both(engines, lambda store: store.find(spanset(where), WHOLE, 1000))
    assert [row.span for row in one.spans] == [row.span for row in other.spans]


@settings(max_examples=12, deadline=None, suppress_health_check=FIXED)
@given(
    total=WHERE, part=WHERE, bad=st.booleans(), failing=st.booleans(), which=KIND, by=st.lists(ATTRIBUTES, max_size=2)
)
def test_the_same_events_are_counted(engines, total, part, bad, failing, which, by):
    counting = Counting(spanset(total), spanset(part), bad, which, failing)
    (one,), (other,) = both(engines, lambda store: store.count(counting, by, [RUN]))
    assert one.groups == other.groups
    for name in ("good", "total", "raw", "raw_bad", "squares", "squares_bad", "unknown", "unknown_bad"):
        np.testing.assert_allclose(getattr(one, name), getattr(other, name), rtol=1e-9, atol=1e-9, err_msg=name)


def test_operations_are_the_same(engines):
    for by in ("operation", "service"):
        one, other = (found.rows for found in both(engines, lambda store, by=by: store.top(ALL, WHOLE, 100, by)))
        assert [(row.service, row.name, row.kind) for row in one] == [
            (row.service, row.name, row.kind) for row in other
        ]
        for name in ("count", "rate", "errors", "p50", "p95", "p99"):
            found = [[getattr(row, name) for row in rows] for rows in (one, other)]
            np.testing.assert_allclose(found[0], found[1], rtol=1e-9, err_msg=name)


def test_weights_and_failures_are_those_of_the_domain(engines):
    batch = spans_both.batch(SPANS)
    known = {row["span"]: (weight, bad) for row, weight, bad in zip(SPANS, batch.weight, failed(batch), strict=True)}
    _, found = both(engines, lambda store: store.find(ALL, WHOLE, 1000))
    assert len(found.spans) == len(SPANS)
    for row in found.spans:
        weight = known[row.span][0]
        assert row.weight == (None if np.isnan(weight) else pytest.approx(weight)), row
    assert len({row.weight for row in found.spans}) >= 8
    counting = Counting(ALL, ALL, True, "all", True)
    _, (counts,) = both(engines, lambda store: store.count(counting, [], [RUN]))
    assert counts.raw_bad.sum() == sum(bad for _, bad in known.values())


def test_a_span_and_a_trace_are_shown_alike(engines):
    one, other = both(engines, lambda store: store.find(ALL, WHOLE, 1000))
    for here, there in zip(one.spans, other.spans, strict=True):
        for name in (
            "trace",
            "span",
            "parent",
            "service",
            "name",
            "kind",
            "status",
            "message",
            "start",
            "end",
            "scope",
        ):
            assert getattr(here, name) == getattr(there, name), name
        assert here.attributes == there.attributes
        assert here.resource == there.resource
    trace = SPANS[7]["trace"]
    one, other = both(engines, lambda store: store.trace(trace))
    assert [row.span for row in one.spans] == [row.span for row in other.spans]
    assert len(one.spans) == sum(span["trace"] == trace for span in SPANS)
    assert both(engines, lambda store: store.trace("f" * 32))[1].spans == ()


def test_events_come_with_the_same_attributes(engines):
    counting = Counting(ALL, parse("{ status = error }"), True, "all")
    one, other = both(engines, lambda store: store.observe(counting, WHOLE, 10_000))
    assert (one.bad.sum(), len(one.bad)) == (other.bad.sum(), len(other.bad)) == (SPANS_BAD, len(SPANS))
    assert set(one.columns) == set(other.columns)
    for attribute in one.columns:
        tallies = []
        for found in (one, other):
            column = found.columns[attribute]
            said = [None if code < 0 else column.values[code] for code in column.codes.tolist()]
            ids = [bytes(trace) for trace in found.trace]
            tallies.append(sorted(zip(ids, found.end.tolist(), map(str, said), strict=True)))
        assert tallies[0] == tallies[1], attribute


SPANS_BAD = sum(span["status"] == 2 for span in SPANS)


def test_a_sample_stands_for_all(engines):
    counting = Counting(ALL, ALL, True, "all")
    for found in both(engines, lambda store: store.observe(counting, WHOLE, 100)):
        assert 40 < len(found.bad) < 180
    full = both(engines, lambda store: store.observe(counting, WHOLE, 10_000))
    assert [len(found.bad) for found in full] == [250, 250]


def test_what_a_user_wrote_is_never_part_of_the_statement():
    hostile = "'; DROP TABLE otel_traces; --"
    with serving([]) as (table, asked):
        wanted = parse(f'{{ span."{hostile}" = "{hostile}" && name =~ "{hostile}" }}')
        assert asked_of(table, lambda store: store.find(wanted, WHOLE, 5)).spans == ()
        assert [value for name, value in asked[-1].items() if name.startswith("param_")].count(hostile) >= 2
        assert asked[-1]["readonly"] == "2"


def test_a_secret_that_is_not_there():
    store = ClickHouseSpans({"clickhouse": "http://127.0.0.1:9", "username": "u", "password_env": "NOT_SET_HERE"})
    with pytest.raises(UnavailableError, match="NOT_SET_HERE"):
        asyncio.run(store.probe())


def test_a_server_that_lets_nobody_change_settings():
    with serving(spans_both.rows(SPANS[:3]), locked=True) as (table, asked):
        assert len(asked_of(table, lambda store: store.find(ALL, WHOLE, 10)).spans) == 3
        assert "readonly" not in asked[-1]


def test_a_table_that_is_not_there(engines):
    with pytest.raises(UnavailableError) as caught:
        asked_of({**engines[1], "table": "nothing"}, lambda store: store.find(ALL, WHOLE, 10))
    assert "nothing" in caught.value.message
    assert "database and table" in caught.value.hint


def test_what_it_is(engines):
    ok, found, hint = asked_of(engines[1], lambda store: store.probe())
    assert (ok, hint) == (True, "")
    assert found.startswith("ClickHouse 2")
    assert "holds 250 spans in" in found


def test_settings_that_are_wrong():
    with pytest.raises(UsageError) as caught:
        ClickHouseSpans({"clickhouse": "http://ch.example"})
    assert caught.value.subject == "traces.clickhouse"
