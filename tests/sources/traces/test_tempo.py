"""Tempo: what it finds, what it cannot promise, and how it fails."""

from __future__ import annotations

import asyncio
import math

import pytest
import spans_both
from trace_servers import tempo

from cdctl.domain.traces.ports import Window
from cdctl.domain.traces.traceql.parser import parse
from cdctl.errors import UnavailableError, UsageError
from cdctl.sources.traces.otlp_rows import NotTracesError
from cdctl.sources.traces.tempo import TempoSearch, days
from cdctl.sources.traces.tempo_answers import envelope, found_ids
from cdctl.stores.spans.duck import DuckSpans

SPANS = spans_both.some(120, seed=3)
WHOLE = Window(spans_both.START, spans_both.START + 1800)
FILTER = '{ span.region != "us" && duration > 1ms || status = error }'


def asked(server, ask, **more):
    """What a Tempo answers."""

    async def run():
        search = TempoSearch({"tempo": server.url, **more})
        try:
            return await ask(search)
        finally:
            await search.aclose()

    return asyncio.run(run())


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    return DuckSpans(spans_both.stored(tmp_path_factory.mktemp("spans"), SPANS))


def test_it_finds_what_a_store_finds(store):
    with tempo(SPANS) as server:
        found = asked(server, lambda search: search.find(parse(FILTER), WHOLE, 1000))
    wanted = asyncio.run(store.find(parse(FILTER), WHOLE, 1000))
    assert 10 < len(wanted.spans) < 110
    assert [row.span for row in found.spans] == [row.span for row in wanted.spans]
    for here, there in zip(found.spans, wanted.spans, strict=True):
        for name in ("trace", "parent", "service", "name", "kind", "status", "message", "start", "end", "scope"):
            assert getattr(here, name) == getattr(there, name), name
    assert (found.more, found.notes, found.partial) == (False, (), False)


def test_a_span_belongs_to_the_moment_at_which_it_ended(store):
    part = Window(spans_both.START + 300.5, spans_both.START + 900.5)  # Tempo knows whole seconds
    with tempo(SPANS) as server:
        found = asked(server, lambda search: search.find(parse("{ }"), part, 1000))
    wanted = asyncio.run(store.find(parse("{ }"), part, 1000))
    assert 0 < len(wanted.spans) < 120
    assert [row.span for row in found.spans] == [row.span for row in wanted.spans]


def test_the_filter_goes_there_as_it_was_written():
    odd = '{   span.region="eu"&&( .n = 5 ) }'
    with tempo(SPANS) as server:
        asked(server, lambda search: search.find(parse(odd), WHOLE, 50), headers={"X-Scope-OrgID": "team-a"})
        (path, told), *_ = server.asked
        assert {name.lower(): said for name, said in server.headers.items()}["x-scope-orgid"] == "team-a"
    assert (path, told["q"]) == ("/api/search", odd)
    assert (told["start"], told["end"]) == (str(spans_both.START), str(spans_both.START + 1800))


def test_a_limit_says_that_another_search_may_find_others():
    with tempo(SPANS) as server:
        found = asked(server, lambda search: search.find(parse("{ }"), WHOLE, 3))
    assert (len(found.spans), found.more, found.partial) == (3, True, False)
    assert "may find others" in found.notes[0]


def test_long_windows_are_asked_for_in_days_from_the_newest():
    long = Window(spans_both.START - 20 * 86_400, spans_both.START + 1800)
    with tempo(SPANS) as server:
        found = asked(server, lambda search: search.find(parse(FILTER), long, 1000))
        searches = [told for path, told in server.asked if path == "/api/search"]
    assert len(found.spans) > 10
    assert len(searches) == 21
    assert all(int(told["end"]) - int(told["start"]) <= 86_400 for told in searches)
    assert [int(told["end"]) for told in searches] == sorted((int(told["end"]) for told in searches), reverse=True)
    assert days(Window(0, 10)) == [Window(0, 10)]


@pytest.mark.parametrize("old", [False, True])
def test_a_trace_whole_and_one_that_is_not_there(old):
    trace = SPANS[5]["trace"]
    with tempo(SPANS) as server:
        server.old = old
        found = asked(server, lambda search: search.trace(trace))
        assert asked(server, lambda search: search.trace("f" * 32)).spans == ()
    assert sorted(row.span for row in found.spans) == sorted(one["span"] for one in SPANS if one["trace"] == trace)
    assert found.partial is False


def test_what_is_partial_is_told():
    with tempo(SPANS) as server:
        server.partial = True
        found = asked(server, lambda search: search.trace(SPANS[5]["trace"]))
        searched = asked(server, lambda search: search.find(parse(FILTER), WHOLE, 1000))
        top = asked(server, lambda search: search.top(parse("{ }"), WHOLE, 10))
    assert found.partial
    assert found.notes == ("Tempo has only a part of this trace: blocks are missing",)
    assert searched.partial
    assert "Tempo did not look at all of its blocks" in searched.notes
    assert top.partial
    assert "Tempo looked at a part only: too much" in top.notes


def test_operations(store):
    with tempo(SPANS) as server:
        top = asked(server, lambda search: search.top(parse("{ }"), WHOLE, 1000))
        services = asked(server, lambda search: search.top(parse("{ }"), WHOLE, 1000, "service"))
        with pytest.raises(UsageError, match="at most one day"):
            asked(server, lambda search: search.top(parse("{ }"), Window(0, 90_000), 10))
    assert len(top.rows) > 10
    assert sum(row.count for row in top.rows) == pytest.approx(120)
    (first, *_) = services.rows
    assert {row.service for row in services.rows} == {"", "api", "db", "remote-command"}
    assert (first.name, first.kind) == ("", "")
    assert 0 < first.errors < 1
    assert 0 < first.p50 <= first.p95 <= first.p99
    assert not any(math.isnan(row.p99) for row in top.rows)
    assert top.notes == ("Tempo counts spans by their start, and those that it has kept",)


def test_what_it_does_not_take():
    with tempo(SPANS) as server:
        server.bad = [400]
        with pytest.raises(UsageError) as caught:
            asked(server, lambda search: search.find(parse("{ }"), WHOLE, 10))
    assert caught.value.message == "it does not take this: no \\x1b[2J"


@pytest.mark.parametrize("bad", [[429], [503, 502], ["cut"], [504, "cut"]])
def test_what_passes_is_asked_for_again(bad):
    with tempo(SPANS) as server:
        server.bad = list(bad)
        ok, found, _ = asked(server, lambda search: search.probe())
        assert (ok, found) == (True, "Tempo 2.9.0")
        assert len(server.asked) == len(bad) + 1


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        ([500], "it failed (HTTP 500): no \\x1b[2J"),
        ([401], "it does not let us in (HTTP 401)"),
        (["later"], "it is busy or in trouble (HTTP 429): slow down"),
        (["nonsense"], "this is no answer of tempo"),
        ([503] * 9, "it is busy or in trouble (HTTP 503)"),
        (["cut"] * 9, "it broke off"),
        (["drip"] * 9, "it did not answer within 0.2 s"),
    ],
)
def test_what_does_not_pass(bad, said):
    with tempo(SPANS) as server:
        server.bad = list(bad)
        with pytest.raises(UnavailableError) as caught:
            asked(server, lambda search: search.find(parse("{ }"), WHOLE, 10), timeout=0.2, retries=1)
    assert said in caught.value.message
    assert caught.value.subject == f"tempo {server.url}"


def test_nobody_is_there():
    with tempo([]) as server:
        pass
    with pytest.raises(UnavailableError, match="cannot be reached"):
        asked(server, lambda search: search.probe(), retries=0)


@pytest.mark.parametrize("body", [b"\xff", b"\x0a\x05abc", b"\x0b", b"\x08" + b"\xff" * 20])
def test_an_envelope_that_is_none(body):
    with pytest.raises(NotTracesError):
        envelope(body)


def test_an_answer_of_a_search_that_is_none():
    for document in ({"traces": 5}, {"traces": [{}]}, {"traces": [{"traceID": "1", "spanSets": [{"spans": [1]}]}]}):
        with pytest.raises(NotTracesError):
            found_ids(document)
    older = {"traces": [{"traceID": "1f", "spanSet": {"spans": [{"spanID": "a"}], "matched": 3}}]}
    assert found_ids(older) == ({"1f".rjust(32, "0"): {"a".rjust(16, "0")}}, True, True)


def test_an_answer_that_is_nested_too_deeply_is_none():
    with tempo(SPANS) as server:
        for ask in (
            lambda search: search.find(parse("{ }"), WHOLE, 10),
            lambda search: search.trace("f" * 32),
            lambda search: search.top(parse("{ }"), WHOLE, 10),
        ):
            server.bad = ["deep"] * 9
            with pytest.raises(UnavailableError, match="nested too deeply"):
                asked(server, ask)
        server.bad = ["deep"] * 9  # a slow machine asks again
        assert asked(server, lambda search: search.probe())[0] is False
