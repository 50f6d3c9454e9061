"""What is kept comes back, to this process and to any other, and nothing else does."""

from __future__ import annotations

import subprocess
import sys
import zlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pages import GROUPS, HOUR, assert_page, assert_part, kept, known, page, written

from cdctl.domain.slo.series import SAMPLED, Buckets, Sampled, Span
from cdctl.stores.ledger import SqliteLedger

DAYS = Span(0, 30 * 24 * HOUR, HOUR)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[SqliteLedger]:
    opened = SqliteLedger(tmp_path / "folder" / "ledger.db")
    yield opened
    opened.close()
    assert opened.warnings() == ()


def test_an_empty_ledger_knows_nothing(ledger: SqliteLedger) -> None:
    found = ledger.read("k", [DAYS, Span(0, HOUR, 300)])
    assert set(found) == {HOUR, 300}
    for part in found.values():
        assert (len(part.ends), part.groups) == (0, ())
    assert ledger.read("k", []) == {}


def test_what_is_kept_comes_back(ledger: SqliteLedger) -> None:
    ledger.keep("k", HOUR, page(DAYS))
    ledger.flush()
    assert_page(kept(ledger, "k", DAYS), DAYS)
    part = Span(100 * HOUR, 400 * HOUR, HOUR)
    assert_page(kept(ledger, "k", part), part)


def test_keys_and_steps_are_kept_apart(ledger: SqliteLedger) -> None:
    fine = Span(0, 10 * HOUR, 300)
    ledger.keep("a", HOUR, page(DAYS))
    ledger.keep("a", 300, page(fine))
    ledger.keep("b", HOUR, page(DAYS, factor=2))
    ledger.flush()
    both = ledger.read("a", [DAYS, fine])
    assert_page(both[HOUR], DAYS)
    assert_page(both[300], fine)
    assert_page(kept(ledger, "b", DAYS), DAYS, factor=2)
    assert known(ledger, "b", fine) == known(ledger, "c", DAYS) == []


def test_another_process_sees_it(tmp_path: Path) -> None:
    written(tmp_path / "l.db", [("k", DAYS)])
    again = SqliteLedger(tmp_path / "l.db")
    assert_page(kept(again, "k", DAYS), DAYS)
    again.close()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["l.db"]


def test_close_flushes_and_many_pages_flush_by_themselves(tmp_path: Path) -> None:
    one, other = SqliteLedger(tmp_path / "l.db"), SqliteLedger(tmp_path / "l.db")
    one.keep("k0", HOUR, page(DAYS))
    assert known(other, "k0", DAYS) == []
    for number in range(1, 300):
        one.keep(f"k{number}", HOUR, page(Span(0, HOUR, HOUR)))
    assert len(known(other, "k0", DAYS)) == len(DAYS)
    assert known(other, "k299", DAYS) == []
    one.close()
    assert known(other, "k299", DAYS) == [HOUR]
    other.close()


def test_a_part_may_be_kept_again_and_the_later_wins(ledger: SqliteLedger) -> None:
    ledger.keep("k", HOUR, page(DAYS))
    ledger.flush()
    middle = Span(300 * HOUR, 310 * HOUR, HOUR)
    ledger.keep("k", HOUR, page(middle, factor=3))
    ledger.keep("k", HOUR, page(Span(305 * HOUR, 310 * HOUR, HOUR), factor=5))
    ledger.flush()
    found = kept(ledger, "k", DAYS)
    np.testing.assert_array_equal(found.ends, DAYS.ends)
    factors = found.good / page(DAYS).good
    assert factors[:, 300:305] == pytest.approx(3)
    assert factors[:, 305:310] == pytest.approx(5)
    assert np.delete(factors, slice(300, 310), axis=1) == pytest.approx(1)


def test_groups_may_come_and_go(ledger: SqliteLedger) -> None:
    first, second = Span(0, 10 * HOUR, HOUR), Span(10 * HOUR, 20 * HOUR, HOUR)
    ledger.keep("k", HOUR, page(first, (("eu",),)))
    ledger.flush()
    ledger.keep("k", HOUR, page(second, (("us",), ("eu",))))
    ledger.flush()
    found = kept(ledger, "k", Span(0, 20 * HOUR, HOUR))
    eu, us = found.groups.index(("eu",)), found.groups.index(("us",))
    np.testing.assert_array_equal(found.good[eu, :10], page(first).good[0])
    np.testing.assert_array_equal(found.good[us, 10:], page(second).good[0])
    np.testing.assert_array_equal(found.good[eu, 10:], page(second).good[1])
    assert not found.seen[us, :10].any(), "a group that was not there was not seen"


def test_time_without_any_group_is_known(ledger: SqliteLedger) -> None:
    ledger.keep("k", HOUR, page(Span(0, 10 * HOUR, HOUR), ()))
    ledger.flush()
    found = kept(ledger, "k", DAYS)
    assert (len(found.ends), found.groups, found.good.shape) == (10, (), (0, 10))


@pytest.mark.parametrize("groups", [((),), (("",),), (("é\x1b\n'\"",),), (("a", "b"), ("a", "")), (("x" * 5000,),)])
def test_groups_of_any_text(ledger: SqliteLedger, groups: tuple[tuple[str, ...], ...]) -> None:
    ledger.keep("k", HOUR, page(DAYS, groups))
    ledger.flush()
    assert_page(kept(ledger, "k", DAYS), DAYS, groups=groups)


def test_fine_buckets_are_forgotten_after_a_hundred_days_and_hours_never(ledger: SqliteLedger) -> None:
    old, new = Span(0, 2 * 86_400, 300), Span(110 * 86_400, 111 * 86_400, 300)
    ledger.keep("k", 300, page(old))
    ledger.keep("k", HOUR, page(DAYS))
    ledger.flush()
    assert len(known(ledger, "k", old)) == len(old)
    ledger.keep("k", 300, page(new))
    ledger.keep("k", HOUR, page(Span(110 * 86_400, 111 * 86_400, HOUR)))
    ledger.flush()
    assert known(ledger, "k", old) == []
    assert len(known(ledger, "k", new)) == len(new)
    assert len(known(ledger, "k", DAYS)) == len(DAYS)


_SPANS = st.builds(lambda start, length: (start, length), st.integers(0, 700), st.integers(1, 320))


@settings(max_examples=25, deadline=None, database=None)
@given(st.lists(_SPANS, min_size=1, max_size=6), _SPANS)
def test_any_pieces_in_any_order(tmp_path_factory: pytest.TempPathFactory, pieces: list, asked: tuple) -> None:
    ledger = SqliteLedger(tmp_path_factory.mktemp("l") / "l.db")
    wanted = Span(asked[0] * 300, (asked[0] + asked[1]) * 300, 300)
    there: set[int] = set()
    for start, length in pieces:
        span = Span(start * 300, (start + length) * 300, 300)
        ledger.keep("k", 300, page(span))
        there |= set(span.ends.tolist())
        ledger.flush()
    found = kept(ledger, "k", wanted)
    ledger.close()
    assert found.ends.tolist() == sorted(there & set(wanted.ends.tolist()))
    assert_part(found, page(Span(0, 1100 * 300, 300)))


_WRITER = """
import sys
from pathlib import Path
sys.path.insert(0, {support!r})
from pages import HOUR, page
from cdctl.domain.slo.series import SAMPLED, Buckets, Sampled, Span
from cdctl.stores.ledger import SqliteLedger
path, first = Path(sys.argv[1]), int(sys.argv[2])
print("ready", flush=True)
sys.stdin.readline()
for number in range(first, 288, 4):  # every fourth bucket of the same rows is this process's
    ledger = SqliteLedger(path)
    for key in ("a", "b", "c"):
        ledger.keep(key, HOUR, page(Span(number * HOUR, (number + 1) * HOUR, HOUR)))
    ledger.close()
    print(*ledger.warnings(), file=sys.stderr, end="")
"""


def test_processes_do_not_lose_each_others_buckets(tmp_path: Path, root: Path) -> None:
    path = tmp_path / "new" / "ledger.db"
    script = _WRITER.format(support=str(root / "tests" / "support"))
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", script, str(path), str(number)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=root,
        )
        for number in range(4)
    ]
    try:
        for writer in writers:
            assert writer.stdout
            assert writer.stdout.readline() == "ready\n"
        for writer in writers:
            assert writer.stdin
            writer.stdin.write("\n")
            writer.stdin.flush()
        said = [writer.communicate(timeout=60) for writer in writers]
    finally:
        for writer in writers:
            writer.kill()
            writer.communicate()
    assert said == [("", "")] * 4
    assert [writer.returncode for writer in writers] == [0] * 4
    ledger = SqliteLedger(path)
    for key in ("a", "b", "c"):
        assert_page(kept(ledger, key, Span(0, 288 * HOUR, HOUR)), Span(0, 288 * HOUR, HOUR))
    ledger.close()


def test_the_yardstick_finds_what_is_wrong() -> None:
    whole = page(DAYS)
    swapped = page(DAYS, GROUPS[::-1])
    for wrong in (page(DAYS, factor=1.0000001), swapped, page(Span(HOUR, 2 * HOUR, 300)), page(DAYS, (("eu",),))):
        with pytest.raises(AssertionError):
            assert_part(wrong, whole)
    with pytest.raises(AssertionError):
        assert_page(page(Span(0, HOUR, HOUR)), DAYS)


def spans_page(groups: tuple[tuple[str, ...], ...] = GROUPS) -> Buckets:
    """As a source of single events tells it."""
    whole = page(DAYS, groups)
    behind = Sampled(*(whole.total * factor for factor in (1, 2, 3, 4, 5)))
    return replace(whole, sampled=behind, watched=np.arange(len(whole.ends), dtype=np.float64))


@pytest.mark.parametrize("groups", [GROUPS, ()])
@pytest.mark.parametrize("missing", [{}, {"watched": None}, {"sampled": None}])
def test_what_spans_tell_besides_comes_back(
    ledger: SqliteLedger, groups: tuple[tuple[str, ...], ...], missing: dict[str, None]
) -> None:
    whole = replace(spans_page(groups), **missing)  # type: ignore[arg-type]
    ledger.keep("k", HOUR, whole)
    ledger.flush()
    found = kept(ledger, "k", DAYS)
    assert found.groups == groups
    assert_page(found, DAYS, groups=groups)
    assert (found.sampled is None) == (whole.sampled is None)
    assert (found.watched is None) == (whole.watched is None)
    if found.sampled and whole.sampled:
        for name in SAMPLED:
            np.testing.assert_array_equal(getattr(found.sampled, name), getattr(whole.sampled, name))
    if found.watched is not None:
        np.testing.assert_array_equal(found.watched, whole.watched)


def test_a_row_of_an_older_cdctl_is_read(tmp_path: Path) -> None:
    """Made by hand as versions before 0.6 wrote it: two fields in the header, three arrays."""
    import apsw
    import msgspec

    written(tmp_path / "l.db", [("k", Span(0, 3 * HOUR, HOUR))])
    head = msgspec.msgpack.encode([np.packbits([1, 1, 1] + [0] * 285).tobytes(), [["eu"], ["us"]]])
    values = np.arange(18, dtype="<f8").tobytes()
    body = len(head).to_bytes(4, "little") + head + values
    body = zlib.crc32(body, zlib.crc32(b"k 3600 0")).to_bytes(4, "little") + body
    db = apsw.Connection(str(tmp_path / "l.db"))
    (mine,) = db.execute("SELECT length(body) FROM chunk").fetchone()
    assert mine == len(body), "rows of counters are as they were, so that an older cdctl reads them"
    db.execute("UPDATE chunk SET body = ?", (body,))
    db.close()
    reader = SqliteLedger(tmp_path / "l.db")
    found = kept(reader, "k", Span(0, 3 * HOUR, HOUR))
    reader.close()
    assert found.total.tolist() == [[6, 7, 8], [9, 10, 11]]
    assert (found.sampled, found.watched, reader.warnings()) == (None, None, ())
