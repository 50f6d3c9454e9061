"""Taking files in: every span once, whatever happens in between, and an account of what was not taken."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pytest
from otlp_json import numbered, request, span
from span_batches import NOW

from cdctl.application import importing
from cdctl.application.importing import Opened, Store, Taken, heard, take
from cdctl.domain.traces.batch import AHEAD, SpanBatch
from cdctl.domain.traces.ports import Message
from cdctl.errors import UnavailableError, UsageError
from cdctl.formats import reading


@dataclass
class _Kept:
    new: int
    known: int


@dataclass
class _Memory:
    """A store in memory; a full one keeps nothing more."""

    room: int = 10**9
    spans: set[bytes] = field(default_factory=set)
    marked: dict[str, str] = field(default_factory=dict)
    times: list[tuple[float, float]] = field(default_factory=list)
    writes: int = 0

    def write_all(
        self, batches: Sequence[SpanBatch], *, marks: Mapping[str, str], heard: Sequence[tuple[float, float]]
    ) -> _Kept:
        if self.writes >= self.room:
            raise UnavailableError("the disk is full")
        self.writes += 1
        ids = [batch.span[at].tobytes() for batch in batches for at in range(len(batch))]
        new = set(ids) - self.spans
        self.spans |= new
        self.marked.update(marks)
        self.times += heard
        return _Kept(len(new), len(ids) - len(new))

    def marks(self, prefix: str) -> Mapping[str, str]:
        return {key: value for key, value in self.marked.items() if key.startswith(prefix)}


@dataclass
class _Data:
    """A file that is only its bytes."""

    data: bytes
    name: str = "a.json"
    closed: bool = False

    @property
    def size(self) -> int:
        return len(self.data)

    at = 0

    def taken(self, store: Store) -> int:
        return int(store.marks(self.name).get(self.name, 0))

    def marks(self, end: int) -> Mapping[str, str]:
        return {self.name: str(end)}

    def open(self) -> Opened:
        form, source = reading.opened(io.BytesIO(self.data), self.name)

        def messages(taken: int) -> Iterator[Message]:
            return form.framing(source, taken)

        return Opened(form.name, form.reader(), messages)

    def close(self) -> None:
        self.closed = True


def _take(store: _Memory, *data: _Data) -> list[Taken]:
    return take(data, store, NOW + 60)


def _lines(*bodies: bytes) -> bytes:
    return b"".join(body + b"\n" for body in bodies)


@pytest.fixture(autouse=True)
def small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "SPANS", 4)


def test_a_file_is_taken_once():
    store, data = _Memory(), _Data(_lines(numbered(1, 2, 3), numbered(4, 5), numbered(6)))
    first = _take(store, data)[0]
    assert (first.taken, first.there, first.before, first.form) == (6, 0, False, "OTLP JSON lines")
    assert data.closed
    again = _take(store, data)[0]
    assert (again.taken, again.there, again.before) == (0, 0, True)


def test_a_file_that_has_grown_is_gone_on_with():
    store, first = _Memory(), _lines(numbered(1, 2))
    _take(store, _Data(first))
    grown = _take(store, _Data(first + _lines(numbered(3))))[0]
    assert (grown.taken, grown.there, grown.before) == (1, 0, True)


def test_spans_of_another_file_that_are_there_are_counted():
    store = _Memory()
    results = _take(store, _Data(_lines(numbered(1, 2))), _Data(_lines(numbered(2, 3, 3)), "b.json"))
    assert [(one.taken, one.there) for one in results] == [(2, 0), (1, 2)]


def test_stopped_in_the_middle_it_goes_on_and_takes_nothing_twice():
    data = _Data(_lines(*(numbered(number) for number in range(20))))
    store = _Memory(room=2)
    with pytest.raises(UnavailableError, match="full"):
        _take(store, data)
    assert len(store.spans) == 8
    store.room = 10**9
    rest = _take(store, data)[0]
    assert (rest.taken, rest.there, rest.before) == (12, 0, True)
    assert len(store.spans) == 20


def test_a_message_that_is_still_being_written_is_taken_the_next_time():
    whole = _lines(numbered(1), numbered(2))
    store, cut = _Memory(), _Data(whole[:-20])
    first = _take(store, cut)[0]
    assert (first.taken, first.rejected.counts) == (1, {}), "it is not lost"
    assert first.unread == len(whole) // 2 - 20
    assert first.cut.startswith("a.json: line 2: this is no OTLP/JSON")
    assert _take(store, _Data(whole))[0].taken == 1


def test_what_is_rejected_is_told_by_reason_with_its_place():
    bad = [span(2, kind=9), span(3, kind=9), span(4, traceId="x")]
    data = _Data(_lines(numbered(1), b"{rubbish", request(*bad), numbered(5)))
    result = _take(_Memory(), data)[0]
    assert result.taken == 2
    assert result.rejected.counts == {
        importing.UNREADABLE: 1,
        "the kind is not a number from 0 to 5": 2,
        "the trace id is not 16 bytes": 1,
    }
    assert result.rejected.examples["the kind is not a number from 0 to 5"] == "a.json: line 3: span 1"
    assert result.rejected.examples[importing.UNREADABLE].startswith("a.json: line 2: this is no OTLP/JSON")


def test_a_file_that_cannot_be_read_does_not_keep_the_others():
    results = _take(_Memory(), _Data(b"rubbish", "a"), _Data(_lines(numbered(1)), "b"))
    assert isinstance(results[0].error, UsageError)
    assert (results[1].taken, results[1].error) == (1, None)


def test_a_file_that_breaks_in_the_middle_gives_what_came_before():
    import gzip

    packed = gzip.compress(_lines(*(numbered(number) for number in range(2000))), 0)
    result = _take(_Memory(), _Data(packed[: len(packed) // 2]))[0]
    assert "ends in the middle" in str(result.error)
    assert 0 < result.taken < 2000


def test_clocks_that_are_ahead_are_kept_and_counted():
    ahead = str((NOW + 2 * 86_400) * 10**9)
    result = _take(_Memory(), _Data(_lines(request(span(1), span(2, endTimeUnixNano=ahead)))))[0]
    assert (result.taken, result.rejected.odd, result.rejected.total) == (2, {AHEAD: 1}, 0)


def test_the_store_is_told_when_spans_were_taken_in():
    store = _Memory()
    _take(store, _Data(_lines(numbered(1, 2))))
    assert store.times == [(NOW // 60 * 60, NOW // 60 * 60 + 60)]


def test_quiet_times_of_a_file_are_not_claimed():
    minutes = np.array([0, 1, 6, 20, 21], np.int64) * 60_000_000_000 + 5
    assert heard(minutes) == [(0, 420), (1200, 1320)]
    assert heard(np.zeros(0, np.int64)) == []


def test_it_is_told_how_it_goes():
    seen: list[int] = []
    data = _Data(_lines(*(numbered(number) for number in range(10))))
    take([data], _Memory(), NOW, lambda results: seen.append(results[0].taken))
    assert seen == [4, 8, 10, 10]
