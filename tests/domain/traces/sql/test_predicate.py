"""Filters as SQL: what a user wrote is bound, never pasted, and what an index can answer is asked so."""

from __future__ import annotations

import re

import pytest
from filters import filters
from hypothesis import given

from cdctl.domain.traces.sql.clickhouse import ClickHouseWriting
from cdctl.domain.traces.sql.duckdb import DuckWriting
from cdctl.domain.traces.sql.predicate import predicate
from cdctl.domain.traces.traceql.parser import parse

ENGINES = pytest.mark.parametrize("writing", [DuckWriting, ClickHouseWriting])


def said(text: str, writing) -> tuple[str, dict]:
    write = writing()
    return predicate(parse(text).where, write), write.values


@ENGINES
@given(where=filters())
def test_no_text_of_a_user_is_in_the_statement(writing, where):
    write = writing()
    text = predicate(where, write)
    bare = re.sub(r"\$v\d+|\{v\d+:\w+\}", "?", text)
    # What is left is the same for every text: our names, and values by number.
    assert set(bare) <= set("".join(map(chr, range(32, 127))))
    for value in write.values.values():
        if isinstance(value, str) and len(value) > 12:
            assert value not in bare
    assert text.count("$v" if writing is DuckWriting else "{v") >= len(write.values)


@ENGINES
def test_values_are_bound_with_their_types(writing):
    _, values = said('{ span.a = "x" && duration > 5s && .n >= 2.5 && kind = server }', writing)
    found = list(values.values())
    assert [value for value in found if value in ("x", 5_000_000_000, 2.5, 2)] == ["x", 5_000_000_000, 2.5, 2]
    assert {type(value) for value in found} == {str, int, float}


def test_a_service_is_asked_for_by_the_column_that_sorts_the_table():
    assert said('{ resource.service.name = "api" }', ClickHouseWriting)[0] == "ServiceName = {v0:String}"
    for text in ('{ resource.service.name != "api" }', '{ resource.service.name = "" }'):
        assert "nullIf(ServiceName, '')" in said(text, ClickHouseWriting)[0]
    assert said('{ resource.service.name = "api" }', DuckWriting)[0] == '"resource.service.name" = $v0'


@ENGINES
def test_renamed_attributes_are_found_by_either_name(writing):
    assert said("{ span.http.status_code = 5 }", writing) == said("{ span.http.response.status_code = 5 }", writing)


def test_what_a_trace_is_like_widens_what_is_read():
    write = DuckWriting()
    write.window(10**15, 2 * 10**15)
    assert write.reach == (10**15, 2 * 10**15)
    predicate(parse("{ traceDuration > 1s }").where, write)
    assert write.reach == (10**15 - 3600 * 10**9, 2 * 10**15 + 3600 * 10**9)
