"""A span judged in Python matches when and only when the store says so."""

from __future__ import annotations

import asyncio

import pytest
import spans_both
from filters import filters
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cdctl.domain.traces.ports import SpanRow, Window
from cdctl.domain.traces.traceql.judging import matches, text_of
from cdctl.domain.traces.traceql.parser import parse
from cdctl.domain.traces.traceql.tree import ALL
from cdctl.domain.traces.traceql.writing import spanset
from cdctl.stores.spans.duck import DuckSpans

WHOLE = Window(spans_both.START, spans_both.START + 1800)


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    return DuckSpans(spans_both.stored(tmp_path_factory.mktemp("spans"), spans_both.some(150, seed=2)))


@pytest.fixture(scope="module")
def spans(store):
    return asyncio.run(store.find(ALL, WHOLE, 1000)).spans


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(where=filters(spans_both.KEYS, st.sampled_from(spans_both.VALUES), leaves=4))
def test_as_the_store_says(store, spans, where):
    traces: dict[str, list[SpanRow]] = {}
    for span in spans:
        traces.setdefault(span.trace, []).append(span)
    judged = [span.span for span in spans if matches(where, span, traces[span.trace])]
    found = asyncio.run(store.find(spanset(where), WHOLE, 1000))
    assert [span.span for span in found.spans] == judged


def test_values_that_are_no_texts():
    span = SpanRow("t", "s", "", "api", "n", "server", "ok", "", 0, 1, {"code": 500, "ok": True, "tags": ["a", 1]})
    for text in ("{ .code >= 500 }", '{ .code = "500" }', "{ .ok }", '{ .tags = "[\\"a\\",1]" }', "{ kind = server }"):
        assert matches(parse(text).where, span, [span]), text
    assert text_of(None) == "null"
