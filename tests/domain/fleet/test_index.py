"""Ids to rows: as a dict would, while it grows, whatever the ids."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdctl.domain.fleet.index import Index, encode


def index(capacity: int = 100_000, key: np.ndarray | None = None) -> Index:
    return Index(np.zeros(capacity, "S40"), key=key)


def ids(*names: str) -> np.ndarray:
    encoded, bad = encode(names)
    assert bad is None
    return encoded


names = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E, exclude_characters="+#"), min_size=1, max_size=40)


@given(st.lists(st.lists(names, max_size=20), max_size=8))
def test_it_knows_what_a_dict_knows(batches):
    ours, model = index(200), {}
    for batch in batches:
        rows = ours.find_or_add(ids(*batch))
        for name in batch:
            model.setdefault(name, len(model))
        assert rows.tolist() == [model[name] for name in batch]
    assert ours.rows == len(model)
    assert ours.find(ids(*model)).tolist() == list(model.values())
    assert ours.find(ids("no-such-id-at-all,I-am-sure")).tolist() == [-1]


@pytest.mark.parametrize("size", [1, 50, 1000, 40_000])
def test_nothing_is_lost_while_the_table_grows(size):
    ours = index()
    every = ids(*(f"VIN{number:014d}" for number in range(30_000)))
    for begin in range(0, len(every) if size > 1 else 300, size):
        rows = ours.find_or_add(every[begin : begin + size])
        assert (rows == np.arange(begin, begin + len(rows))).all()
        some = every[: begin + size : max(1, begin // 50)]
        assert (ours.find(some) == np.arange(0, begin + size, max(1, begin // 50))[: len(some)]).all()
    assert (ours.find(every[: ours.rows]) == np.arange(ours.rows)).all()
    assert (ours.find(every[ours.rows :]) == -1).all()


def test_an_index_built_from_rows_is_the_same():
    ours = index()
    every = ids(*(f"VIN{number}" for number in range(20_000)))
    ours.find_or_add(every)
    again = Index(ours.ids, ours.rows)
    assert (again.find(every) == np.arange(20_000)).all()


def test_beyond_the_capacity_there_is_no_row():
    ours = index(3)
    assert ours.find_or_add(ids("a", "b", "a", "c", "d", "d")).tolist() == [0, 1, 0, 2, -1, -1]
    assert ours.find_or_add(ids("e", "c")).tolist() == [-1, 2]


def test_ids_with_one_hash_are_told_apart():
    ours = index(20_000, np.zeros(11, np.uint64))  # no key: every id of four characters at most has the same hash
    many = ids(*(f"{number:04d}" for number in range(300)), *(f"{number:04d}" for number in range(10)))
    assert ours.find_or_add(many).tolist() == [*range(300), *range(10)]
    assert ours.find(many).tolist() == [*range(300), *range(10)]
    assert ours.find(ids("none")).tolist() == [-1]


def test_crafted_ids_do_not_meet_because_each_process_has_its_own_key():
    """Ids that all meet under one key are spread under another."""
    fixed = np.zeros(11, np.uint64)
    crafted = ids(*(f"{number:04d}" for number in range(300)))
    longest = []
    for key in (fixed, None):
        table = index(20_000, key)
        table.find_or_add(crafted)
        used = np.flatnonzero(table._table)
        longest.append(max(len(run) for run in np.split(used, np.flatnonzero(np.diff(used) > 1) + 1)))
    assert longest[0] == 300
    assert longest[1] < 30


@pytest.mark.parametrize("name", ["", "x" * 41, "tab\t", "nul\0", "x\x7f", "é", "\x1b]52;c;x\x07", "\ud800"])
def test_what_cannot_be_an_id_is_refused(name):
    encoded, good = encode(["GOOD1", name, "GOOD2"])
    assert good.tolist() == [True, False, True]
    assert encoded[[0, 2]].tolist() == [b"GOOD1", b"GOOD2"]


def test_what_can_be_an_id_is_taken():
    for batch in (["x" * 40, "y"], ["a/b", "~", "!"], ["WBA1", "WBA2"]):
        encoded, good = encode(batch)
        assert good is None
        assert encoded.tolist() == [name.encode() for name in batch]
    assert encode([])[0].shape == (0,)


def test_it_takes_at_most_64_bytes_a_row_while_growing():
    ours = index()
    every = ids(*(f"VIN{number:014d}" for number in range(30_000)))
    worst = 0.0
    for begin in range(0, 30_000, 500):
        ours.find_or_add(every[begin : begin + 500])
        if begin >= 10_000:
            worst = max(worst, ours.nbytes / ours.rows)
    assert worst <= 64
