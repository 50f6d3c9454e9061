"""Spans that are made up are the same whichever way they get into a store."""

from __future__ import annotations

import asyncio
from pathlib import Path

import numpy as np
from traced import stored

from cdctl.domain.slo.series import Span
from cdctl.domain.traces.attributes import Attribute
from cdctl.domain.traces.counting import Counting
from cdctl.domain.traces.ports import Window
from cdctl.domain.traces.traceql.parser import parse
from cdctl.domain.traces.traceql.tree import ALL
from cdctl.lab.made_spans import UNKNOWN, MadeSpans, batch, stock
from cdctl.stores.spans.duck import DuckSpans

START = 1_795_996_800
GROUPS = [
    MadeSpans(START + np.arange(1.0, 7200, 60), "shop", attributes={"region": "eu", "http.status_code": "503"}),
    MadeSpans(START + np.arange(2.0, 7200, 90), "shop", weight=20.0, resource={"rack": "7"}, attributes={"odd": "1"}),
    MadeSpans(START + np.arange(3.0, 7200, 600), "bank", kind="client", child=True, weight=UNKNOWN, status="error"),
]


def counted(store: DuckSpans) -> list[object]:
    async def ask() -> list[object]:
        counting = Counting(
            ALL, parse("{ status = error || span.odd = `1` || resource.rack = `7` }"), True, "all", False
        )
        keys = [Attribute("span", "region"), Attribute("resource", "rack"), Attribute("resource", "service.name")]
        (one,) = await store.count(counting, keys, [Span(START, START + 7200, 3600)])
        await store.aclose()
        return [one.groups, *(getattr(one, name).tolist() for name in ("good", "total", "raw", "squares", "unknown"))]

    return asyncio.run(ask())


def test_one_file_answers_as_the_writer_of_a_store_does(tmp_path: Path) -> None:
    stock(tmp_path / "one", GROUPS, [(START, START + 7200)])
    written = counted(stored(tmp_path / "two", GROUPS, heard=[(START, START + 7200)]))
    assert counted(DuckSpans(tmp_path / "one")) == written
    assert written[0] == (("", "", "bank"), ("", "7", "shop"), ("eu", "", "shop"))


def test_a_store_may_have_heard_and_hold_nothing(tmp_path: Path) -> None:
    stock(tmp_path / "s", [], [(START, START + 3600)])

    async def seen() -> list[float]:
        counting = Counting(ALL, ALL, True, "all", False)
        (one,) = await DuckSpans(tmp_path / "s").count(counting, [], [Span(START, START + 7200, 3600)])
        return one.seen.tolist()

    assert asyncio.run(seen()) == [60, 0]


def test_a_span_is_what_was_told(tmp_path: Path) -> None:
    store = stored(tmp_path, GROUPS[:1])

    async def first() -> object:
        found = await store.find(ALL, Window(START, START + 60), 5)
        return found.spans[-1]

    span = asyncio.run(first())
    assert (span.service, span.kind, span.end, span.end - span.start) == ("shop", "server", (START + 1) * 10**9, 10**8)
    assert span.attributes["region"] == "eu"
    assert str(span.attributes["http.response.status_code"]) == "503"


def test_ids_follow_from_the_seed() -> None:
    one, same, other = batch(GROUPS), batch(GROUPS), batch(GROUPS, seed=1)
    assert (one.trace == same.trace).all()
    assert not (one.trace == other.trace).all()
    assert len(np.unique(one.span, axis=0)) == len(one)
