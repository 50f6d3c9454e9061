"""The timeline through a real collector: it reaches further back than the view, and says how far."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import replace

from collectors import served, standing, vin
from screens import Look

from cdctl.application.top import tellers, timeline_wiring
from cdctl.application.top.lookout_wiring import Means
from cdctl.domain.boards.asking import Missing
from cdctl.domain.boards.timeline import Recall
from cdctl.domain.settings import Context, Settings

SECONDS = 20.0


@asynccontextmanager
async def told_by(one, fleet, look):
    """Asks, as often as it takes until the answer is what a test waits for."""
    means = Means(Settings({"x": Context("x")}, "x"), one.clock, fleet, Missing("none"))
    answer = timeline_wiring.answering(means)[Recall]
    seen = replace(look, at=one.clock.now())

    async def ask(condition=lambda told: True, **about):
        loop = asyncio.get_running_loop()
        end = loop.time() + SECONDS
        while not condition(told := await answer(Recall(**about), seen)):
            assert loop.time() < end, [(one.subject, one.text) for one in told.occasions]
            await asyncio.sleep(0.01)
        return told

    try:
        yield ask
    finally:
        await means.closing.aclose()


def is_away(told):
    return any(reach.source == "vehicles" and reach.bad for reach in told.reaches)


def texts(told):
    return [(one.subject, one.text) for one in told.occasions]


def test_the_past_of_the_collector(tmp_path, monkeypatch):
    monkeypatch.setattr(tellers, "EVERY", 0.0)
    look = Look(1).lookout.snapshot()

    async def run():
        async with served(tmp_path, 50) as one, one.fleet() as fleet, told_by(one, fleet, look) as ask:
            one.apply(standing(1, online=False, seq=2), events=[one.event(2)])
            one.apply(*(standing(n, online=False, seq=2) for n in range(10, 30)))
            one.columns.link_down("us", "mqtt://us", one.now_ms(), "gone")
            told = await ask(lambda told: len(told.occasions) > 3)
            assert ("eu", "17 vehicles went offline") in texts(told)
            assert any(subject == vin(2) and text.startswith("P0A9B set") for subject, text in texts(told))
            assert ("us", "link is cut: gone") in texts(told)
            (reach,) = [reach for reach in told.reaches if reach.source == "vehicles"]
            assert reach.note == "the collector"
            assert reach.since is not None
            assert not reach.bad
            own = await ask(lambda told: told.occasions, vin=vin(2))
            assert [one.vin for one in own.occasions] == [vin(2)] * len(own.occasions)
            nobody = await ask(vin="WBX")
            assert nobody.occasions == []
            group = await ask(lambda told: told.occasions, group=(("region", "eu"), ("sw", "23-07.2")))
            assert {each.vin for each in group.occasions} == {vin(2)}
            assert (await ask(group=(("region", "us"), ("model", "i4")))).occasions == []

    asyncio.run(run())


def test_many_unfold_to_the_vehicles(tmp_path, monkeypatch):
    monkeypatch.setattr(tellers, "EVERY", 0.0)
    look = Look(1).lookout.snapshot()

    async def run():
        async with served(tmp_path, 50) as one, one.fleet() as fleet, told_by(one, fleet, look) as ask:
            one.apply(
                *(standing(n, online=False, seq=2) for n in range(1, 5)),
                *(standing(n, online=False, seq=2) for n in range(6, 10)),
            )

            def whole(told):
                return [each for each in told.occasions if each.count == 8]

            (burst,) = whole(await ask(whole, kinds=("presence",)))
            told = await ask(unfolded=(burst.key,), kinds=("presence",))
            assert {each.vin for each in told.occasions if each.part_of} == {vin(n) for n in (1, 2, 3, 4, 6, 7, 8, 9)}

    asyncio.run(run())


def test_a_collector_that_dies_is_told_and_what_was_known_stays(tmp_path, monkeypatch):
    monkeypatch.setattr(tellers, "EVERY", 0.0)
    look = Look(1).lookout.snapshot()

    async def run():
        async with served(tmp_path, 50) as one, one.fleet() as fleet, told_by(one, fleet, look) as ask:
            one.apply(standing(1, online=False, seq=2))
            await ask(lambda told: (vin(1), "went offline") in texts(told))
            await one.drop()

            told = await ask(is_away)
            assert (vin(1), "went offline") in texts(told)
            (reach,) = [reach for reach in told.reaches if reach.source == "vehicles"]
            assert reach.note.startswith("the collector, which is away: ")

    asyncio.run(run())


def test_a_collector_that_was_never_there(tmp_path):
    look = Look(1).lookout.snapshot()

    async def run():
        async with (
            served(tmp_path, 5) as one,
            one.fleet(url="http://127.0.0.1:1") as fleet,
            told_by(one, fleet, look) as ask,
        ):
            told = await ask(is_away)
            (reach,) = [reach for reach in told.reaches if reach.source == "vehicles"]
            assert reach.note.startswith("the collector does not answer")

    asyncio.run(run())


def test_software_that_spreads_is_told(tmp_path):
    look = Look(1).lookout.snapshot()

    async def run():
        async with served(tmp_path, 20) as one:
            start = int(one.clock.now()) // 60 * 60 - 600
            one.beat.archive.keep_minute(start, {("eu", "i4", "1"): (100, 100, 0, 0)})
            one.beat.archive.keep_minute(
                start + 60, {("eu", "i4", "1"): (50, 50, 0, 0), ("eu", "i4", "2"): (50, 50, 0, 0)}
            )
            async with one.fleet() as fleet, told_by(one, fleet, look) as ask:
                told = await ask(lambda told: told.occasions, kinds=("changes",))
                assert "software: software 2 reached 50% of eu" in [one.text for one in told.occasions]

    asyncio.run(run())
