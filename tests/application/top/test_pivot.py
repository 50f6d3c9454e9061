"""Answers to how the fleet is by its fields: of columns here, and of a collector's."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import numpy as np
import pytest
from collectors import served, standing
from far_screens import far_look
from screens import NOW, Look, columns

from cdctl.application.top.far_pivot import FarPivot
from cdctl.application.top.pivot import MOST_TRENDS, Pivoting
from cdctl.domain.boards.asking import Missing
from cdctl.domain.boards.pivoting import Aggregate, Aggregated
from cdctl.domain.boards.snapshot import FleetSight, Snapshot
from cdctl.errors import UsageError

REGION = Aggregate(("region",))


def asked(pivoting: Pivoting, ask: Aggregate, seen: Snapshot) -> Aggregated:
    found = asyncio.run(pivoting.answer(ask, seen))
    assert isinstance(found, Aggregated)
    return found


def of(found: Aggregated, name: str) -> dict[object, float]:
    return {group[0]: value for group, value in zip(found.groups, found.numbers[name].tolist(), strict=True)}


def test_counts_are_of_the_snapshots_own_view():
    look = Look(90)
    found = asked(Pivoting(), REGION, look.lookout.snapshot())
    assert of(found, "vehicles") == {"eu": 30, "us": 30, "cn": 30}
    assert found.matched == 90
    some = asked(Pivoting(), Aggregate(("region",), "model:i4 | model:ix", "region", True), look.lookout.snapshot())
    assert list(some.groups) == [("us",), ("eu",), ("cn",)]
    assert of(some, "vehicles") == {"us": 20, "eu": 20, "cn": 20}


def test_change_is_of_the_same_vehicles_asked_for_before():
    look, pivoting = Look(90), Pivoting()
    seen = look.lookout.snapshot()
    assert asked(pivoting, REGION, seen).change_over is None
    look.columns.presence[:90:3] = 1  # all of eu are offline
    later = replace(look.lookout.snapshot(), at=NOW + 120)
    found = asked(pivoting, REGION, later)
    assert found.change_over == 120
    assert of(found, "online_change") == {"eu": -27, "us": 0, "cn": 0}
    other = asked(pivoting, Aggregate(("region",), "online"), later)
    assert np.isnan(list(of(other, "online_change").values())).all()


def test_a_rate_is_of_the_last_minute():
    look, pivoting = Look(90), Pivoting()
    for second in range(0, 200, 10):
        look.columns.messages[:90] += np.uint32(10)
        found = asked(pivoting, REGION, replace(look.lookout.snapshot(), at=NOW + second))
        if second < 20:
            assert found.rate_over is None
        else:
            assert found.rate_over == min(second, 60 + second % 20)
            assert of(found, "messages_per_s") == {"eu": 30, "us": 30, "cn": 30}


def test_a_frozen_picture_is_of_the_moment_at_which_it_was_frozen():
    look, pivoting = Look(90), Pivoting()
    asked(pivoting, REGION, look.lookout.snapshot())
    frozen = replace(look.lookout.snapshot(), at=NOW + 5000, frozen_at=NOW + 30)
    assert asked(pivoting, REGION, frozen).change_over == 30
    assert asked(pivoting, REGION, replace(look.lookout.snapshot(), at=NOW + 40)).change_over == 40


def test_the_past_of_a_few_questions_is_kept():
    look, pivoting = Look(9), Pivoting()
    for number in range(20):
        asked(pivoting, Aggregate(("region",), f"model:m{number}"), look.lookout.snapshot())
    assert len(pivoting._trends) == MOST_TRENDS


def test_what_cannot_be_asked():
    look = Look(9, hidden=("soc",))
    seen = look.lookout.snapshot()
    assert "tells where a vehicle is" in asked(Pivoting(("soc",)), Aggregate(("region",), "soc<5"), seen).error
    assert "^" in asked(Pivoting(), Aggregate(("region",), "online ~"), seen).error
    with pytest.raises(UsageError, match="cannot be grouped by vin"):
        asyncio.run(Pivoting().answer(Aggregate(("vin",)), seen))
    nobody = Look(fleet=Missing("no broker")).lookout.snapshot()
    assert asyncio.run(Pivoting().answer(REGION, nobody)) == Missing("no broker")


def test_several_at_once_do_not_mix():
    look, pivoting = Look(900), Pivoting()
    asks = [Aggregate(("region",), f"model:{model}") for model in ("i4", "ix", "i7")] * 4

    async def all_of_them() -> list[object]:
        return await asyncio.gather(*(pivoting.answer(ask, look.lookout._own()) for ask in asks))

    found = asyncio.run(all_of_them())
    assert [one.matched for one in found if isinstance(one, Aggregated)] == [300] * 12


async def _far(fleet, pivoting, ask, clock):
    async with far_look(fleet, clock) as look:
        await look.until(lambda: isinstance(look.lookout.snapshot().fleet, FleetSight))
        return await pivoting.answer(ask, replace(look.lookout.snapshot(), at=clock.now()))


def test_a_collector_counts_and_tells_how_it_was(tmp_path):
    async def run():
        async with served(tmp_path, 100) as one, one.fleet() as fleet:

            async def minutes(where, since, by):
                return (await fleet.history(where, since, by))[2]

            pivoting = Pivoting(far=FarPivot(fleet, minutes))
            sw = Aggregate(("region", "sw"), "", "sw", True)
            found = await _far(fleet, pivoting, sw, one.clock)
            assert list(found.groups) == [("eu", "23-07.2"), ("eu", "23-07.1"), ("eu", "23-07.0")]
            assert found.numbers["vehicles"].tolist() == [33, 33, 34]
            assert found.numbers["online"].tolist() == [26, 27, 27]
            assert found.change_over is None
            assert np.isnan(found.numbers["faulty"]).all()

            minute = int(one.clock.now() // 60) * 60 - 120
            kept = {("eu", "i4", "23-07.2"): (33, 20, 600, 0), ("eu", "i4", "23-07.1"): (33, 30, 60, 0)}
            one.beat.archive.keep_minute(minute, kept)
            one.beat.archive.keep_minute(minute - 60, {("eu", "i4", "23-07.2"): (33, 18, 9, 0)})
            one.apply(*(standing(n, False, 2, sw="23-07.2") for n in (2, 8)))
            one.clock.ahead += 40
            found = await _far(fleet, pivoting, sw, one.clock)
            assert found.numbers["online"].tolist() == [24, 27, 27]
            assert found.numbers["online_change"].tolist() == [6, 27, 27]
            assert found.numbers["messages_per_s"].tolist() == [10, 1, 0]
            assert found.change_over == pytest.approx(one.clock.now() - minute, abs=10), "since that minute ended"

            state = await _far(fleet, pivoting, Aggregate(("state",)), one.clock)
            assert (list(state.groups), state.change_over) == ([("online",), ("offline",)], None)
            wrong = await _far(fleet, pivoting, Aggregate(("region",), "online ~"), one.clock)
            assert "^" in wrong.error

    asyncio.run(run())


def test_a_million_is_counted_aside_in_milliseconds():
    import time

    look = Look(vehicles=columns(1_000_000))
    pivoting, ask = Pivoting(), Aggregate(("region", "sw"))
    took = []
    for second in range(0, 100, 20):
        seen = replace(look.lookout._own(), at=NOW + second)
        begin = time.process_time()
        asked(pivoting, ask, seen)
        took.append(time.process_time() - begin)
    assert min(took) < 0.15, "some tens of milliseconds on a quiet machine"
