"""Refused wishes in the journal: as they come, and few however many come."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path

from ears import until
from writing import with_journal

from cdctl.application.refusals import AT_ONCE, Refusals
from cdctl.domain.orders.keeping import Journal
from cdctl.testing.clock import ManualClock

ROLLOUT = ("01krollout", "f" * 64)


def why(refusals: Refusals, *, last: bool = False) -> list[object]:
    return [note.body.get("count", 1) for note in refusals.notes(last=last)]


def test_each_is_written_down_when_it_comes(tmp_path: Path) -> None:
    async def work(journal: Journal) -> None:
        refusals, told = Refusals(ROLLOUT, "ada", ManualClock(1_000.0)), []
        keeping = asyncio.create_task(refusals.keep(journal, told.append))
        refusals.take("vic", "abort", "viewers look")
        await until(lambda: len(list(journal.records(kind="refusal"))) == 1)
        (record,) = journal.records(kind="refusal", subject=ROLLOUT[1])
        assert (record.actor, record.at) == ("vic", 1_000_000)
        assert record.body == {"action": "abort", "why": "viewers look", "rollout": ROLLOUT[0]}
        refusals.take("", "", "not an operator's: unknown key")
        await until(lambda: len(list(journal.records(kind="refusal"))) == 2)
        assert told == []
        keeping.cancel()

    with_journal(tmp_path / "journal.db", work)


def test_a_flood_is_counted_and_told_of(tmp_path: Path) -> None:
    flood = 50_000

    async def work(journal: Journal) -> None:
        refusals, told = Refusals(ROLLOUT, "ada", ManualClock(1_000.0)), []
        keeping = asyncio.create_task(refusals.keep(journal, told.append))
        for number in range(flood):
            refusals.take("", "", f"not an operator's: {number}")
        await until(lambda: told)
        keeping.cancel()
        await refusals.write(journal, last=True)

        def bodies() -> list[Mapping[str, object]]:
            return [record.body for record in journal.records(kind="refusal")]

        # What was being written when the keeping was cancelled is written all the same, a moment later.
        await until(lambda: sum(int(str(body.get("count", 1))) for body in bodies()) == flood)
        assert len(bodies()) <= AT_ONCE + 2
        assert "counted in the journal" in told[0]
        assert refusals.counted == flood - AT_ONCE

    with_journal(tmp_path / "journal.db", work)


def test_after_a_flood_there_is_room_for_some_again() -> None:
    clock = ManualClock(1_000.0)
    refusals = Refusals(ROLLOUT, "ada", clock)
    for _ in range(AT_ONCE + 5):
        refusals.take("vic", "pause", "no")
    assert why(refusals) == [1] * AT_ONCE + [5]
    refusals.take("vic", "pause", "no")
    assert why(refusals) == []
    clock.advance(6.0)
    refusals.take("vic", "pause", "no")
    assert why(refusals) == [1]
    assert why(refusals, last=True) == [1]
