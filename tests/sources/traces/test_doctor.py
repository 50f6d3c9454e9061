"""A look at a live store, before anybody judges by it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from traced import stored

from cdctl.domain.ports import BucketRequest, Finding, Inspector
from cdctl.domain.slo.objective import Indicator, Query, Ratio, RawRatio
from cdctl.domain.slo.series import Span
from cdctl.lab.made_spans import UNKNOWN, MadeSpans
from cdctl.sources.traces.source import TracesSource
from cdctl.stores.spans.duck import DuckSpans

START = 1_795_996_800
SPAN = Span(START, START + 4 * 3600, 3600)
Looking = Callable[..., Finding]


def made(count: int = 5, **more: object) -> MadeSpans:
    return MadeSpans(START + 4000.0 + np.arange(count), service="shop", **more)  # type: ignore[arg-type]


def ratio(total: str = '{ resource.service.name = "shop" }', good: str = "", bad: str = "", **more: str) -> Ratio:
    part = Query(good or bad, "traces")
    return Ratio(Query(total, "traces", more), part if good else None, part if bad else None)


@pytest.fixture
def looked(tmp_path: Path) -> Looking:
    def look(spans: Sequence[MadeSpans], indicator: Indicator, *group_by: str) -> Finding:
        source = TracesSource(stored(tmp_path / "s", spans) if spans else DuckSpans(tmp_path / "s"))
        assert isinstance(source, Inspector)
        (found,) = asyncio.run(source.inspect([BucketRequest("k", indicator, group_by, (SPAN,), SPAN.end)]))
        return found

    return look


def test_fine(looked: Looking) -> None:
    found = looked(
        [made(attributes={"region": "eu"}), made(2, status="error")], ratio(bad="{ status = error }"), "region"
    )
    assert (found.ok, found.hint) == (True, "")
    assert found.text == "7 spans of the total since 2026-11-30 02:00 UTC, 2 of them bad"


def test_notes_are_no_faults(looked: Looking) -> None:
    nothing_bad = looked([made()], ratio(bad="{ status = error }"))
    assert (nothing_bad.ok, nothing_bad.hint) == (True, "none is bad: right if nothing ever failed")


def test_weights_that_nobody_knows_are_a_note(looked: Looking) -> None:
    found = looked([made(weight=UNKNOWN), made(15)], ratio(good="{ }"))
    assert (found.ok, found.hint) == (True, "25% of them do not say how many they stand for")


@pytest.mark.parametrize(
    ("indicator", "groups", "text", "hint"),
    [
        (ratio('{ .service.name = "shopp" }', good="{ }"), (), "has no service 'shopp'", "did you mean 'shop'?"),
        (ratio('{ .service.name = "bank" }', good="{ }"), (), "the store has no service 'bank'", "it has shop"),
        (ratio('{ .service.name = "shop" && name = "x" }', good="{ }"), (), "no span matches the total", "cdctl trace"),
        (ratio(spans="root", good="{ }"), (), "spans match, and none of them is one that counts", "write spans: all"),
        (ratio(good="{ status = error }"), (), "good matches none of 5 spans of the total", "do the filters fit"),
        (ratio(good="{ }"), ("regoin",), "no span of the total has regoin", ""),
        (ratio(good="{ nonsense }"), (), "unknown name 'nonsense'", ""),
        (RawRatio(Query("{ }", "traces")), (), "spans are counted", "write a ratioMetric"),
    ],
)  # fmt: skip
def test_what_the_spec_must_mend(
    looked: Looking, indicator: Indicator, groups: tuple[str, ...], text: str, hint: str
) -> None:
    found = looked([made(child=True, attributes={"region": "eu"})], indicator, *groups)
    assert (found.ok, found.mine) == (False, True)
    assert text in found.text
    assert hint in found.hint


def test_an_empty_store_is_nobodys_fault(looked: Looking, tmp_path: Path) -> None:
    none = looked([], ratio(good="{ }"))
    assert (none.ok, none.mine, none.text) == (False, False, f"there is no span store ({tmp_path}/s)")
    empty = looked([MadeSpans(np.array([START - 1e6]))], ratio(good="{ }"))
    assert (empty.ok, empty.mine, empty.text) == (False, False, "the store has no spans in the window")
    assert "cdctl trace import" in empty.hint


def test_a_probe(tmp_path: Path) -> None:
    source = TracesSource(stored(tmp_path / "s", [MadeSpans(time.time() - np.arange(3.0))]))
    assert asyncio.run(source.probe()) == (True, "answers; 3 spans in the last day", "")
    ok, found, hint = asyncio.run(TracesSource(DuckSpans(tmp_path / "none")).probe())
    assert (ok, found) == (True, f"there is no span store ({tmp_path}/none)")
    assert hint
