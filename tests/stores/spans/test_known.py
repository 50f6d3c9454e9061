"""What is known of spans: exact, in whatever pieces it came, and bounded."""

from __future__ import annotations

import numpy as np
import pytest
from span_batches import ids

from cdctl.stores.spans import known as module
from cdctl.stores.spans.known import Known


def both(numbers):
    """Ids of spans of which many share a trace, and others a span id."""
    which = np.array(numbers, np.int64)
    return ids(which // 7 + 1, 16), ids(which % 7 + 1, 8)


@pytest.fixture
def small(monkeypatch):
    monkeypatch.setattr(module, "_SPILL", 16)
    monkeypatch.setattr(module, "_LARGE", 200)
    monkeypatch.setattr(module, "_SEGMENTS", 3)


def test_it_agrees_with_a_set(tmp_path, small):
    random = np.random.default_rng(3)
    known, kept = Known(lambda _: (), tmp_path), set()
    for _ in range(120):
        numbers = random.integers(0, 1500, random.integers(1, 40)).tolist()
        new = known.new(5, *both(numbers))
        expected = []
        for number in numbers:
            expected.append(number not in kept)
            kept.add(number)
        assert new.tolist() == expected
        trace, span = both(numbers)
        known.add(5, trace[new], span[new])
    assert list(tmp_path.iterdir()) == [], "what is on disk has no name"


def test_hours_are_apart_and_read_when_they_are_asked_for(tmp_path):
    loads = []

    def load(hour):
        loads.append(hour)
        return [both([1, 2]), both([3])] if hour == 7 else []

    known = Known(load, tmp_path)
    assert known.new(7, *both([3, 4, 1])).tolist() == [False, True, False]
    assert known.new(8, *both([3, 4, 1])).tolist() == [True, True, True]
    known.new(7, *both([2]))
    assert loads == [7, 8]
    known.drop(7)
    known.new(7, *both([2]))
    assert loads == [7, 8, 7]


def test_what_was_not_used_for_long_is_forgotten(tmp_path):
    loads = []
    known = Known(lambda hour: loads.append(hour) or [], tmp_path, most=20)
    for hour in (1, 2, 1, 3):
        trace, span = both(range(hour * 10, hour * 10 + 8))
        known.add(hour, trace, span)
    known.new(3, *both([1]))
    assert loads == [1, 2, 3]
    known.new(2, *both([1]))
    assert loads == [1, 2, 3, 2]


def test_keys_that_collide_are_told_apart(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "_mixed", lambda value: value * np.uint64(0))
    known = Known(lambda _: (), tmp_path)
    numbers = list(range(50))  # all of one span id have one key now
    assert known.new(1, *both(numbers + numbers)).tolist() == [True] * 50 + [False] * 50
    known.add(1, *both(numbers))
    assert known.new(1, *both([49, 50, 0, 56])).tolist() == [False, True, False, True]


def test_a_disk_that_is_full_costs_memory_only(tmp_path, small, monkeypatch):
    def full(**_: object):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module.tempfile, "TemporaryFile", full)
    known = Known(lambda _: (), tmp_path)
    known.add(1, *both(range(100)))
    assert not known.new(1, *both(range(100))).any()
