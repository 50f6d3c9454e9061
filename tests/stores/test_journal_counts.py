"""Orders of a plan, counted by the file itself: the last try of each vehicle, as whoever reads all of them finds it."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from writing import PLAN, intent, move, order, story, write

from cdctl.application.resuming import last_tries
from cdctl.domain.orders.order import State
from cdctl.errors import UnavailableError
from cdctl.stores.journal import read_journal
from cdctl.stores.journal_counts import Counts


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.db"


def test_counts_are_those_of_the_orders(path: Path) -> None:
    write(path, story(20), [intent(100), intent(101), move(100, State.FAILED)], [intent(102, vin=order(100).vin)])
    write(path, [intent(200, plan="cd" * 32)])
    counts = Counts(path)
    kept = list(last_tries(read_journal(path).orders(plan=PLAN)))
    assert counts.states(PLAN) == Counter(one.course.state.value for one in kept)
    assert counts.states(PLAN) == {"succeeded": 20, "queued": 2}, "a try that was made again does not count"
    assert counts.states("nobody's") == {}
    write(path, [move(101, State.FAILED)])
    assert counts.states(PLAN)["failed"] == 1, "others write meanwhile"
    counts.close()


def test_what_went_wrong_comes_first(path: Path) -> None:
    write(path, story(3), [intent(100), intent(101), intent(102)])
    write(path, [move(100, State.SENT), move(101, State.FAILED), move(102, State.TIMED_OUT)])
    worst = Counts(path).worst(PLAN, 4)
    assert worst == [order(101).id, order(102).id, order(100).id, order(2).id]


def test_a_journal_that_is_not_there_cannot_be_counted(path: Path) -> None:
    with pytest.raises(UnavailableError, match="there is no journal"):
        Counts(path).states(PLAN)


def test_a_damaged_journal_says_so(path: Path) -> None:
    write(path, story(2_000))
    content = bytearray(path.read_bytes())
    for begin in range(8 * 4096, len(content), 4096):
        content[begin : begin + 200] = b"\xff" * 200
    path.write_bytes(bytes(content))
    with pytest.raises(UnavailableError, match="journal"):
        Counts(path).states(PLAN)
