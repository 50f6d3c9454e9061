"""Columns of spans, cut."""

from __future__ import annotations

import numpy as np
from span_batches import SERVICE, spans


def test_only_some_spans():
    whole = spans([0, 1, 2, 3, 4])
    some = whole.where(np.array([False, True, False, True, False]))
    expected = spans([1, 3])
    assert len(some) == 2
    assert some.span.tolist() == expected.span.tolist()
    assert some.end.tolist() == expected.end.tolist()
    assert said(some) == said(expected)
    assert len(whole.where(np.zeros(5, bool))) == 0


def said(batch):
    pairs = batch.attributes
    told = [
        (pairs.keys.values[k], pairs.values.values[v])
        for k, v in zip(pairs.keys.codes, pairs.values.codes, strict=True)
    ]
    names = [batch.texts["name"].values[code] for code in batch.texts["name"].codes]
    services = [batch.columns[SERVICE].values[code] for code in batch.columns[SERVICE].codes]
    return told, pairs.offsets.tolist(), names, services
