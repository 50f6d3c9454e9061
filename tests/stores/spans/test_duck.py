"""DuckDB over a span store: beside its writer, with files that go or break, within its memory."""

from __future__ import annotations

import asyncio
import builtins
import threading
from pathlib import Path

import numpy as np
import pytest
import span_batches
import spans_both

from cdctl.domain.slo.series import Span
from cdctl.domain.traces.attributes import Attribute
from cdctl.domain.traces.counting import Counting
from cdctl.domain.traces.ports import Window
from cdctl.domain.traces.traceql.parser import parse
from cdctl.domain.traces.traceql.tree import ALL
from cdctl.errors import UnavailableError, UsageError
from cdctl.stores.spans import duck
from cdctl.stores.spans.duck import DuckSpans
from cdctl.stores.spans.folder import SpanFolder
from cdctl.stores.spans.reading import SpanFiles

START = spans_both.START
WHOLE = Window(START, START + 1800)
RUN = Span(START, START + 1800, 300)
EVERY = Counting(ALL, parse("{ status = error }"), True, "all")


def find(store, text="{ }", window=WHOLE, limit=1000):
    return asyncio.run(store.find(parse(text), window, limit))


def count(store, counting=EVERY, by=(), run=RUN):
    (found,) = asyncio.run(store.count(counting, by, [run]))
    return found


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    return DuckSpans(spans_both.stored(tmp_path_factory.mktemp("spans"), spans_both.some(150)))


def test_buckets_end_with_the_moment_that_ends_them(tmp_path):
    spans = spans_both.some(4)
    for span, after in zip(spans, (0, 1, 300 * 10**9, 300 * 10**9 + 1), strict=True):
        span["end"] = START * 10**9 + after
        span["start"] = span["end"] - 1
    found = count(DuckSpans(spans_both.stored(tmp_path / "s", spans)))
    assert found.raw.tolist() == [[2, 1, 0, 0, 0, 0]]
    assert found.ends.tolist() == [START + 300 * n for n in range(1, 7)]


def test_which_spans_are_events(tmp_path):
    spans = spans_both.some(5)
    for span, (kind, parent) in zip(
        spans, ((2, "a" * 16), (3, "a" * 16), (1, ""), (5, "a" * 16), (3, "")), strict=True
    ):
        span |= {"kind": kind, "parent": parent}
    store = DuckSpans(spans_both.stored(tmp_path / "s", spans))
    events = {which: count(store, Counting(ALL, ALL, True, which)).raw.sum() for which in ("entry", "root", "all")}
    assert events == {"entry": 4, "root": 2, "all": 5}


def test_good_and_bad_are_counted_either_way_round(store):
    bad = count(store)
    good = count(store, Counting(ALL, parse("{ status != error }"), False, "all"))
    for name in ("good", "total", "raw", "raw_bad", "squares", "squares_bad", "unknown", "unknown_bad"):
        np.testing.assert_allclose(getattr(bad, name), getattr(good, name), err_msg=name)
    assert 0 < bad.raw_bad.sum() < bad.raw.sum() == 150
    assert 0 < bad.unknown.sum() < 150


def test_groups_hold_all_events_and_an_empty_value_where_there_is_none(store):
    by = [Attribute("resource", "service.name"), Attribute("span", "n")]
    found, whole = count(store, by=by), count(store)
    assert found.groups == tuple(sorted(found.groups))
    assert ("api", "") in found.groups
    np.testing.assert_allclose(found.total.sum(axis=0), whole.total[0])


def test_nothing_matches(store):
    found = count(store, Counting(parse('{ name = "never" }'), ALL, True, "all"))
    assert (found.groups, found.total.shape) == ((), (0, 6))
    later = Window(START + 86_400, START + 90_000)
    assert find(store, window=later).spans == ()
    assert asyncio.run(store.top(ALL, later, 5)).rows == ()
    assert len(asyncio.run(store.observe(EVERY, later, 10)).bad) == 0
    assert asyncio.run(store.trace("f" * 32)).spans == ()


def test_a_limit_is_told(store):
    found = find(store, limit=7)
    assert (len(found.spans), found.more) == (7, True)
    assert [span.end for span in found.spans] == sorted((span.end for span in found.spans), reverse=True)
    assert find(store, limit=150).more is False


def test_what_a_trace_is_like_is_seen_beyond_the_window(tmp_path):
    spans = spans_both.some(2)
    for span, (name, parent, end) in zip(spans, (("root", "", 2000), ("child", "x", 1000)), strict=True):
        span |= {"trace": "1" * 32, "name": name, "parent": parent and "1" * 16, "end": (START + end) * 10**9}
        span["start"] = span["end"] - 10**9
    store = DuckSpans(spans_both.stored(tmp_path / "s", spans))
    for text in ('{ rootName = "root" }', "{ traceDuration > 1000s }"):
        assert [span.name for span in find(store, text).spans] == ["child"], text
    assert find(store, '{ rootName = "child" }').spans == ()


def test_texts_are_values_and_never_sql(store):
    for hostile in ("'; DROP TABLE x; --", '"', "$files", "{v0:String}", "\\", "\x00"):
        counting = Counting(parse("{ }"), ALL, True, "all")
        assert count(store, counting, [Attribute("span", hostile)]).groups == (("",),)


def test_time_that_nobody_listened_is_not_seen(tmp_path):
    folder = tmp_path / "s"
    writer = SpanFolder(folder)
    writer.write_all([spans_both.batch(spans_both.some(20))], heard=[(START + 60, START + 450)])
    writer.close()
    assert count(DuckSpans(folder)).seen.tolist() == [4, 2.5, 0, 0, 0, 0]


def test_a_folder_with_letters_that_mean_something_elsewhere(tmp_path):
    odd = tmp_path / "a[b]*?{c} 'd' hour=3"
    spans_both.stored(odd, spans_both.some(10))
    assert len(find(DuckSpans(odd)).spans) == 10


def test_it_reads_beside_a_writer(tmp_path):
    writer = SpanFolder(tmp_path / "s")
    store = DuckSpans(tmp_path / "s")
    writer.write(span_batches.spans(list(range(100))))
    window = Window(span_batches.NOW - 1, span_batches.NOW + 3600)
    failures = []

    def write():
        try:
            for n in range(1, 20):
                writer.write(span_batches.spans(list(range(n * 100, n * 100 + 100))))
        except BaseException as error:
            failures.append(error)

    thread = threading.Thread(target=write)
    thread.start()
    seen = [len(find(store, window=window, limit=10_000).spans) for _ in range(10)]
    thread.join()
    writer.close()
    assert not failures
    assert seen == sorted(seen)
    assert all(number % 100 == 0 for number in seen)
    assert len(find(store, window=window, limit=10_000).spans) == 2000


def test_a_file_that_goes_while_it_is_read_is_looked_for_anew(tmp_path, monkeypatch):
    folder = spans_both.stored(tmp_path / "s", spans_both.some(30))
    listed = SpanFiles.listing
    moved = []

    def listing(self, window=None):
        found = listed(self, window)
        if not moved:
            (path,) = map(Path, found.paths)
            moved.append(path.rename(path.with_suffix(".away")))
        elif moved[0].exists():
            moved[0].rename(moved[0].with_suffix(".parquet"))
            found = listed(self, window)
        return found

    monkeypatch.setattr(SpanFiles, "listing", listing)
    found = find(DuckSpans(folder))
    assert (len(found.spans), found.notes, found.partial) == (30, (), False)


def test_a_damaged_file_is_left_out_and_told(tmp_path):
    writer = SpanFolder(tmp_path / "s")
    writer.write_all([spans_both.batch(spans_both.some(30))], heard=[(START - 3600, START + 7200)])
    late = spans_both.some(40)
    for span in late:
        span |= {"span": f"{int(span['span'], 16) + 1000:016x}", "end": span["end"] + 3600 * 10**9}
    writer.write(spans_both.batch(late))
    writer.close()
    first, *_ = sorted((tmp_path / "s").rglob("*.parquet"))
    whole = first.read_bytes()
    first.write_bytes(whole[:200] + bytes(len(whole) - 400) + whole[-200:])
    store = DuckSpans(tmp_path / "s")
    found = find(store, window=Window(START, START + 7200))
    assert (len(found.spans), found.partial) == (40, True)
    assert first.name in found.notes[0]
    (counts,) = asyncio.run(store.count(EVERY, [], [Span(START, START + 7200, 3600)]))
    assert counts.raw.tolist() == [[0, 40]]
    assert counts.notes[0].startswith("server: ")


def test_no_store_at_all(tmp_path):
    store = DuckSpans(tmp_path / "none")
    with pytest.raises(UnavailableError) as caught:
        find(store)
    assert "trace import" in caught.value.hint
    assert asyncio.run(store.probe()) == (True, "there are no spans yet", "")
    assert store.identity == f"spans {tmp_path / 'none'} none"


def test_what_it_is(store):
    assert asyncio.run(store.probe()) == (True, "holds 150 spans in 1 file", "")
    assert store.identity == DuckSpans(store.folder).identity


def test_an_answer_that_does_not_fit(tmp_path, monkeypatch):
    monkeypatch.setattr(duck, "MEMORY", "1MB")
    with pytest.raises(UsageError, match="does not fit into 1MB"):
        find(DuckSpans(spans_both.stored(tmp_path / "s", spans_both.some(150))))


@pytest.mark.parametrize("missing", ["duckdb", "pyarrow"])
def test_a_part_that_is_not_installed(store, monkeypatch, missing):
    imports = builtins.__import__

    def refuse(name, *args, **more):
        if name.split(".")[0] == missing:
            raise ImportError(f"No module named {name!r}", name=name)
        return imports(name, *args, **more)

    monkeypatch.setattr(builtins, "__import__", refuse)
    with pytest.raises(UnavailableError) as caught:
        find(DuckSpans(store.folder))
    assert missing in caught.value.message
    assert "cdctl[traces]" in caught.value.hint


def test_far_too_many_groups(store, monkeypatch):
    monkeypatch.setattr("cdctl.domain.traces.sql.tallies.MOST_CELLS", 10)
    with pytest.raises(UsageError, match="groups of 6 buckets are too many"):
        count(store, by=[Attribute("span", "region")])
