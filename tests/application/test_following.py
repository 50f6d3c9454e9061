"""The fleet of this machine, followed: pages and counts come at once and then as they change, and never faster."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from contextlib import aclosing
from typing import Any

import pytest

from cdctl.application import fleet as local
from cdctl.application.fleet import LocalFleet
from cdctl.domain.fleet.batch import Batch, Presence, Standing
from cdctl.domain.fleet.columns import Columns
from cdctl.domain.fleet.layout import Layout
from cdctl.domain.fleet.reading import MOST_FOLLOWED, Fleet, Query
from cdctl.domain.fleet.selection import SelectionError
from cdctl.errors import UsageError

NOW = 1_800_000_000


class Clock:
    """A clock that stands until it is set."""

    at = float(NOW)

    def now(self) -> float:
        return self.at


@pytest.fixture
def columns() -> Columns:
    layout = Layout(("soc",), 3_000)
    return Columns(layout, bytearray(layout.size))


def says(columns: Columns, *told: tuple[str, float], region: str = "eu") -> None:
    vins, charges = [vin for vin, _ in told], [soc for _, soc in told]
    batch = Batch(vins=vins, regions=[region] * len(vins), ts=[0] * len(vins))
    batch.signals[0] = (list(range(len(vins))), charges)
    columns.apply(batch, NOW * 1000, region)


def run(work: Coroutine[Any, Any, None]) -> None:
    async def whole() -> None:
        async with asyncio.timeout(30):
            await work

    asyncio.run(whole())


def test_a_page_is_followed_as_it_changes_and_ages_go_on(columns):
    async def work():
        clock = Clock()
        fleet: Fleet = LocalFleet(columns, clock)
        says(columns, ("A", 50), ("B", 40), ("C", 90))
        async with aclosing(fleet.follow(Query("soc<60", ("vin", "soc", "age"), "-soc"))) as pages:
            first = await anext(pages)
            assert (first.rows, first.matched) == ([["A", 50.0, 0.0], ["B", 40.0, 0.0]], 2)
            says(columns, ("A", 70), ("B", 45))
            clock.at += 5
            then = await anext(pages)
            assert (then.rows, then.matched, then.status.at) == ([["B", 45.0, 5.0]], 1, NOW + 5)
            assert first.rows[0] == ["A", 50.0, 0.0]  # a page stays what it was

    run(work())


def test_a_page_that_is_followed_is_not_the_whole_fleet(columns):
    async def work():
        fleet = LocalFleet(columns, Clock())
        says(columns, *((f"V{n}", n % 100) for n in range(MOST_FOLLOWED + 5)))
        for limit, offset, rows in ((None, 0, MOST_FOLLOWED), (2_000, 0, MOST_FOLLOWED), (3, 2, 3)):
            async with aclosing(fleet.follow(Query(columns=("vin",), limit=limit, offset=offset))) as pages:
                page = await anext(pages)
                assert (len(page.rows), page.matched, page.rows[0]) == (rows, MOST_FOLLOWED + 5, [f"V{offset}"])

    run(work())


def test_counts_are_followed(columns):
    async def work():
        fleet = LocalFleet(columns, Clock())
        says(columns, ("A", 50), ("B", 40))
        async with aclosing(fleet.follow_tally("", ("region",))) as tallies:
            assert list((await anext(tallies)).rows) == [("eu", 2, 2, 0, 0)]
            columns.apply(Batch(standings=[Standing("U", Presence.OFFLINE, "us", 1)]), NOW * 1000, "us")
            assert list((await anext(tallies)).rows) == [("eu", 2, 2, 0, 0), ("us", 1, 0, 1, 0)]

    run(work())


def test_it_rests_between_two_pages(columns, monkeypatch):
    rests: list[float] = []
    sleep = asyncio.sleep

    async def resting(seconds: float) -> None:
        rests.append(seconds)
        await sleep(0)

    async def work():
        fleet = LocalFleet(columns, Clock())
        async with aclosing(fleet.follow(Query())) as pages, aclosing(fleet.follow_tally("", ())) as tallies:
            for _ in range(3):
                await anext(pages)
                await anext(tallies)

    monkeypatch.setattr(local.asyncio, "sleep", resting)
    run(work())
    assert len(rests) == 4
    assert min(rests) >= local.BEAT / 2  # what is left of the beat, or as long as the answer took


@pytest.mark.parametrize(
    ("query", "error"), [(Query("regoin:eu"), SelectionError), (Query(columns=("colour",)), UsageError)]
)
def test_a_question_that_is_wrong_is_refused_at_once(columns, query, error):
    async def work():
        with pytest.raises(error):
            await anext(LocalFleet(columns, Clock()).follow(query))

    run(work())
