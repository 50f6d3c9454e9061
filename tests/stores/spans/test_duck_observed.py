"""Events as codes: every attribute that occurs, by its present name, without a text per span."""

from __future__ import annotations

import asyncio

import numpy as np
import pyarrow as pa
import spans_both

from cdctl.domain.traces.attributes import present
from cdctl.domain.traces.ports import Counting, Window
from cdctl.domain.traces.traceql.parser import parse
from cdctl.domain.traces.traceql.tree import ALL
from cdctl.stores.spans import duck_observed
from cdctl.stores.spans.duck import DuckSpans
from cdctl.stores.spans.duck_observed import Words, observations

SPANS = spans_both.some(80)
WHOLE = Window(spans_both.START, spans_both.START + 1800)


def observed(tmp_path):
    store = DuckSpans(spans_both.stored(tmp_path / "s", SPANS))
    return asyncio.run(store.observe(Counting(ALL, parse("{ status = error }"), True, "all"), WHOLE, 10_000))


def test_every_attribute_of_every_span(tmp_path):
    found = observed(tmp_path)
    ends = {end: number for number, end in enumerate(found.end.tolist())}
    assert len(ends) == len({span["end"] for span in SPANS})
    for span in SPANS:
        if sum(one["end"] == span["end"] for one in SPANS) > 1:
            continue
        row = ends[span["end"]]
        assert found.bad[row] == (span["status"] == 2)
        assert found.trace[row].tobytes().hex() == span["trace"]
        for attribute, column in found.columns.items():
            code = column.codes[row]
            said = span["attributes"] if attribute.scope == "span" else span["resource"]
            kept = {present(attribute.scope, key): value for key, value in said.items()}
            assert (None if code < 0 else column.values[code]) == kept.get(attribute.key)


def test_words_are_a_sequence():
    words = Words(pa.array(["a", "b", "c"]))
    assert (len(words), words[1], list(words), words[1:]) == (3, "b", ["a", "b", "c"], ["b", "c"])
    assert words[np.int32(2)] == "c"


def test_no_rows():
    assert len(observations(None, 1.0, bad=True).bad) == 0


def test_of_many_attributes_the_frequent_ones(tmp_path, monkeypatch):
    whole = observed(tmp_path / "a")
    monkeypatch.setattr(duck_observed, "MOST_KEYS", 2)
    few = observed(tmp_path / "b")
    assert set(few.columns) < set(whole.columns)
