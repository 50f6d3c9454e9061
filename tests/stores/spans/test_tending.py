"""Small files become large ones, old ones go; readers are not disturbed."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
from span_batches import NOW, spans
from span_stores import numbers

from cdctl.errors import UnavailableError
from cdctl.stores.spans import tending
from cdctl.stores.spans.folder import SpanFolder
from cdctl.stores.spans.manifest import SpanFile
from cdctl.stores.spans.reading import SpanFiles
from cdctl.stores.spans.tending import GRACE, Keeping, Tending, plan

HOUR = 3600


class Store:
    def __init__(self, path: Path, keeping: Keeping | None = None) -> None:
        self.now = float(NOW)
        self.folder = SpanFolder(path, clock=lambda: self.now)
        self.tending = Tending(self.folder, keeping or Keeping(), lambda: self.now)

    def files(self) -> int:
        return len(self.folder.files())


def on_disk(path: Path) -> int:
    return len(list((path / "data").iterdir()))


def test_an_hour_that_is_over_becomes_one_file(tmp_path):
    store = Store(tmp_path)
    for begin in range(0, 60, 10):
        store.folder.write(spans(list(range(begin, begin + 10))[::-1]))
    store.folder.write(spans([500], end=NOW + HOUR))
    store.tending.once()
    assert store.files() == 7, "nothing is over yet"
    store.now += HOUR + 600
    store.tending.once()
    assert store.files() == 2
    assert numbers(tmp_path) == [*range(60), 500]
    (path, _) = SpanFiles(tmp_path).listing().paths
    found = [int(row[0]) for row in duckdb.sql(f"SELECT span_attributes['n'] FROM '{path}'").fetchall()]
    assert found == list(range(60))
    assert store.folder.write(spans([3, 61])) == 1, "it is still known what was kept"
    store.folder.close()


def test_files_that_are_gone_stay_for_readers_for_a_while(tmp_path):
    store = Store(tmp_path)
    store.folder.write(spans([1]))
    store.folder.write(spans([2]))
    before = SpanFiles(tmp_path).listing()
    store.now += 2 * HOUR
    store.tending.once()
    assert duckdb.sql(f"SELECT count(*) FROM read_parquet({list(before.paths)})").fetchall() == [(2,)]
    store.now += GRACE / 2
    store.tending.once()
    assert on_disk(tmp_path) == 3
    store.folder.close()
    store = Store(tmp_path)  # a new writer keeps them, too
    store.now += 2 * HOUR
    assert on_disk(tmp_path) == 3
    store.now += GRACE + 1
    store.tending.once()
    assert on_disk(tmp_path) == 1
    store.folder.close()


def test_a_span_that_is_in_two_files_is_kept_once_when_they_become_one(tmp_path):
    store = Store(tmp_path)
    store.folder.write(spans([1, 2]))
    store.folder._known.drop(NOW // HOUR)
    store.folder._known._load = lambda _: ()
    store.folder.write(spans([2, 3]))
    assert numbers(tmp_path) == [1, 2, 2, 3]
    store.now += 2 * HOUR
    store.tending.once()
    assert numbers(tmp_path) == [1, 2, 3]
    store.folder.close()


def test_many_small_files_of_the_hour_become_larger_ones_at_once(tmp_path):
    store = Store(tmp_path)
    for number in range(15):
        store.folder.write(spans([number]))
    store.tending.once()
    assert store.files() == 15
    for number in range(15, 37):
        store.folder.write(spans([number]))
    store.tending.once()
    assert store.files() == 7, "sixteen became one, twice; these are left"
    assert numbers(tmp_path) == list(range(37))
    store.folder.close()


def test_merging_can_be_broken_off(tmp_path):
    store = Store(tmp_path)
    for number in range(3):
        store.folder.write(spans([number]))
    store.now += 2 * HOUR
    asked = iter([True, False])
    store.tending.once(lambda: next(asked, False))
    assert store.files() == on_disk(tmp_path) == 3
    store.folder.close()


def test_files_much_larger_than_what_is_read_at_once(tmp_path, monkeypatch):
    from cdctl.stores.spans import merging

    monkeypatch.setattr(merging, "_LEAST_ROWS", 16)
    monkeypatch.setattr(merging, "_ROWS_IN_ALL", 16)
    monkeypatch.setattr(merging, "ROWS_A_GROUP", 300)
    store = Store(tmp_path)
    for part in range(5):
        store.folder.write(spans(list(range(part, 1000, 5))))
    store.folder.write(spans(list(range(1000, 1500))))
    store.now += 2 * HOUR
    store.tending.once()
    (path,) = SpanFiles(tmp_path).listing().paths
    found = [int(row[0]) for row in duckdb.sql(f"SELECT span_attributes['n'] FROM '{path}'").fetchall()]
    assert found == list(range(1500))
    store.folder.close()


def test_what_is_too_old_goes_and_with_it_that_it_was_heard(tmp_path):
    store = Store(tmp_path, Keeping(seconds=3 * HOUR))
    for hour in range(5):
        end = NOW - hour * HOUR
        store.folder.write_all([spans([hour], end=end)], heard=[(end - HOUR, end)])
    store.tending.once()
    assert numbers(tmp_path) == [0, 1, 2, 3]
    assert store.tending.dropped == 1
    assert SpanFiles(tmp_path).seen() == [(NOW - 4 * HOUR + 1, NOW)]
    store.folder.close()


def test_what_is_too_much_goes_oldest_first(tmp_path):
    store = Store(tmp_path)
    for hour in range(5):
        store.folder.write(spans([hour], end=NOW - hour * HOUR))
    sizes = [file.size for file in store.folder.files()]
    store.tending = Tending(store.folder, Keeping(most=sum(sizes[-2:])), lambda: store.now)
    store.tending.once()
    assert numbers(tmp_path) == [0, 1]
    store.folder.close()


def test_a_damaged_file_is_named_and_left_alone(tmp_path):
    store = Store(tmp_path)
    for number in range(3):
        store.folder.write(spans([number]))
    name = store.folder.files()[1].name
    path = tmp_path / "data" / name
    body = bytearray(path.read_bytes())
    body[len(body) // 2] ^= 0xFF
    path.write_bytes(body)
    store.now += 2 * HOUR
    store.tending.once()
    assert store.tending.notes == [f"{path}: its bytes have changed; 1 spans are lost"]
    assert store.files() == 2
    store.folder.close()


def test_a_disk_that_fails_while_files_become_one(tmp_path, monkeypatch):
    store = Store(tmp_path)
    for number in range(3):
        store.folder.write(spans([number]))
    store.now += 2 * HOUR

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("cdctl.stores.spans.merging.sync", full)
        with pytest.raises(UnavailableError, match="no space is left"):
            store.tending.once()
    assert on_disk(tmp_path) == 3
    store.tending.once()
    assert numbers(tmp_path) == [0, 1, 2]
    assert store.files() == 1
    store.folder.close()


@pytest.mark.parametrize(
    ("rows", "quiet", "expected"),
    [
        ([100, 100], 300, 2),
        ([100, 100], 60, 0),
        ([100_000, 10], 300, 0),
        ([100_000, 10, 10], 300, 2),
        ([100_000, 10], 4000, 2),
        ([100_000, 6000], 300, 2),
        ([100_000], 4000, 0),
    ],
)
def test_what_becomes_one(rows, quiet, expected):
    hour = NOW // HOUR
    files = [SpanFile(n, hour, count, 0, 0, 1, 0, made=NOW + 2 * HOUR - quiet) for n, count in enumerate(rows)]
    assert len(plan(files, NOW + 2 * HOUR)) == expected


def test_tiers_are_of_one_size():
    hour = NOW // HOUR
    sizes = [10] * 15 + [5000] * 15
    files = [SpanFile(n, hour, count, 0, 0, 1, 0, made=NOW) for n, count in enumerate(sizes)]
    assert plan(files, NOW) == []
    more = SpanFile(99, hour, 6000, 0, 0, 1, 0, made=NOW)
    assert {file.rows for file in plan([*files, more], NOW)} == {5000, 6000}
    assert len(plan([*files, more], NOW)) == tending._TIER
