"""Jaeger in both of its APIs: what it finds, and how it fails."""

from __future__ import annotations

import asyncio

import pytest
import spans_both
from trace_servers import jaeger

from cdctl.domain.traces.ports import Window
from cdctl.domain.traces.traceql.parser import parse
from cdctl.errors import UnavailableError, UsageError
from cdctl.sources.traces.jaeger import JaegerSearch
from cdctl.sources.traces.jaeger_asking import Narrowed, narrowed
from cdctl.stores.spans.duck import DuckSpans

WHOLE = Window(spans_both.START, spans_both.START + 1800)


def told(one):
    """As both APIs can tell it: with a service, and in whole microseconds."""
    start, took = one["start"] // 1000 * 1000, (one["end"] - one["start"]) // 1000 * 1000
    return {**one, "start": start, "end": start + took, "resource": {"service.name": "ui", **one["resource"]}}


SPANS = [told(one) for one in spans_both.some(120, seed=4)]
FILTERS = (
    "{ }",
    '{ resource.service.name = "api" && (span.region != "us" || status = error) }',
    '{ name = "lock" && duration >= 250ms && kind != server }',
    "{ .n > 4 }",
    '{ resource.service.name = "nobody" }',
)


def asked(server, ask, **more):
    """What a Jaeger answers."""

    async def run():
        search = JaegerSearch({"jaeger": server.url, **more})
        try:
            return await ask(search)
        finally:
            await search.aclose()

    return asyncio.run(run())


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    return DuckSpans(spans_both.stored(tmp_path_factory.mktemp("spans"), SPANS))


@pytest.mark.parametrize("newer", [True, False])
@pytest.mark.parametrize("text", FILTERS)
def test_it_finds_what_a_store_finds(store, text, newer):
    with jaeger(SPANS, newer=newer) as server:
        found = asked(server, lambda search: search.find(parse(text), WHOLE, 1000))
    wanted = asyncio.run(store.find(parse(text), WHOLE, 1000))
    assert [row.span for row in found.spans] == [row.span for row in wanted.spans]
    for here, there in zip(found.spans, wanted.spans, strict=True):
        for name in ("trace", "parent", "service", "name", "kind", "status", "message", "start", "end"):
            assert getattr(here, name) == getattr(there, name), name
    assert (found.more, found.notes, found.partial) == (False, (), False)


def test_a_span_belongs_to_the_moment_at_which_it_ended(store):
    part = Window(spans_both.START + 300, spans_both.START + 900)
    with jaeger(SPANS) as server:
        found = asked(server, lambda search: search.find(parse("{ }"), part, 1000))
    wanted = asyncio.run(store.find(parse("{ }"), part, 1000))
    assert 0 < len(wanted.spans) < 120
    assert [row.span for row in found.spans] == [row.span for row in wanted.spans]


def test_parameters_of_before_are_tried_when_those_of_now_are_refused(store):
    with jaeger(SPANS, camel=False) as server:
        found = asked(server, lambda search: search.find(parse(FILTERS[1]), WHOLE, 1000))
        kinds = [next(iter(told)) for path, told in server.asked if path.endswith("/traces")]
    assert found.spans
    assert kinds[0] == "query.serviceName"
    assert kinds[-1] == "query.service_name"


def test_what_is_asked_for_is_what_must_hold():
    assert narrowed(parse(FILTERS[1]).where) == Narrowed("api")
    assert narrowed(parse(FILTERS[2]).where) == Narrowed("", "lock", 250_000_000)
    assert narrowed(parse('{ name = "a" || name = "b" }').where) == Narrowed()
    assert narrowed(parse('{ span.service.name = "a" && duration < 5s }').where) == Narrowed()


@pytest.mark.parametrize("newer", [True, False])
def test_a_trace_whole_and_one_that_is_not_there(newer):
    trace = SPANS[5]["trace"]
    with jaeger(SPANS, newer=newer) as server:
        found = asked(server, lambda search: search.trace(trace))
        assert asked(server, lambda search: search.trace("f" * 32)).spans == ()
    assert sorted(row.span for row in found.spans) == sorted(one["span"] for one in SPANS if one["trace"] == trace)


def test_traces_beyond_the_limit_are_told():
    with jaeger([told(one) for one in spans_both.some(400, seed=5)]) as server:
        found = asked(server, lambda search: search.find(parse("{ }"), WHOLE, 20))
    assert (len(found.spans), found.more, found.partial) == (20, True, True)
    assert "the newest 20 traces" in found.notes[0]


def test_it_does_not_count():
    with jaeger(SPANS) as server, pytest.raises(UsageError, match="does not count"):
        asked(server, lambda search: search.top(parse("{ }"), WHOLE, 10))


@pytest.mark.parametrize("newer", [True, False])
def test_what_it_is(newer):
    with jaeger(SPANS, newer=newer) as server:
        ok, found, _ = asked(server, lambda search: search.probe())
    assert ok
    assert found == f"Jaeger (API {'v3' if newer else 'v1'}), 4 services"


@pytest.mark.parametrize("bad", [[429], [503, "cut"]])
def test_what_passes_is_asked_for_again(bad):
    with jaeger(SPANS) as server:
        server.bad = list(bad)
        assert asked(server, lambda search: search.probe())[0]


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        ([500], "it failed (HTTP 500)"),
        (["nonsense", "nonsense"], "this is no answer of jaeger"),
        (["deep", "deep"], "this is no answer of jaeger"),
        (["later"], "it is busy or in trouble (HTTP 429)"),
        (["drip"] * 9, "it did not answer within 0.2 s"),
    ],
)
def test_what_does_not_pass(bad, said):
    with jaeger(SPANS) as server:
        server.bad = list(bad)
        with pytest.raises(UnavailableError) as caught:
            asked(server, lambda search: search.find(parse("{ }"), WHOLE, 10), timeout=0.2, retries=1)
    assert said in caught.value.message


@pytest.mark.parametrize("newer", [True, False])
@pytest.mark.parametrize("bad", ["nonsense", "deep"])
def test_traces_that_are_none(bad, newer):
    with jaeger(SPANS, newer=newer) as server:

        async def find(search):
            await search.probe()
            server.bad = [bad] * 9
            return await search.find(parse("{ }"), WHOLE, 10)

        with pytest.raises(UnavailableError, match="this is no answer of jaeger"):
            asked(server, find)
