"""A fleet looked at through a collector, over a real socket."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys

import httpx
import pytest
from ears import until

from cdctl.collector.client import RemoteFleet
from cdctl.collector.reaching import Place
from cdctl.domain.fleet.reading import Happening, Query
from cdctl.errors import UnavailableError, UsageError


def test_pages_are_those_of_the_columns(served):
    async def run():
        async with served(2_500) as one, one.fleet() as fleet:
            one.soc(range(50), range(50))
            page = await fleet.find(Query("soc<20 sw:23-07.0", ("vin", "soc", "state"), "-soc", 3))
            assert (page.matched, page.left_out) == (7, {"soc": 817})
            assert list(page.rows) == [
                [f"WBA{n:014d}", float(n), "offline" if n % 5 == 0 else "online"] for n in (18, 15, 12)
            ]
            whole = await fleet.find(Query())
            assert len(whole.rows) == 2_500
            assert [row[0][-4:] for row in whole.rows] == [f"{n:04d}" for n in range(2_500)]
            assert whole.rows[2_499][0] == whole.rows[-1][0] == f"WBA{2_499:014d}"
            assert [row[0] for row in whole.rows[999:1_001]] == [f"WBA{n:014d}" for n in (999, 1_000)]
            with pytest.raises(IndexError):
                whole.rows[2_500]

    asyncio.run(run())


def test_counts_cards_and_status(served):
    async def run():
        async with served(10) as one, one.fleet() as fleet:
            one.apply(events=[one.event(3)])
            tally = await fleet.tally("", ("region", "sw"))
            assert tally.by == ("region", "sw")
            assert next(tuple(row) for row in tally.rows) == ("eu", "23-07.0", 4, 3, 1, 0)
            card = await fleet.card(f"WBA{3:014d}")
            assert card.cells["sw"] == "23-07.0"
            assert [one.kind for one in card.happenings][-1] == "dtc.set"
            assert await fleet.card("WBA9") is None
            status = await fleet.settle(5)
            assert (status.settled, status.vehicles, status.online) == (True, 10, 8)
            assert status.links[0].region == "eu"

    asyncio.run(run())


def test_a_wrong_question_is_said_with_its_caret(served):
    async def run():
        async with served() as one, one.fleet() as fleet:
            with pytest.raises(UsageError, match=r"no field 'regon'(?s:.)*\^"):
                await fleet.find(Query("regon:eu"))
            with pytest.raises(UsageError, match="no column 'vim'"):
                await fleet.find(Query(columns=("vim",)))
            with pytest.raises(UsageError, match="regon"):
                await anext(fleet.follow(Query("regon:eu")))
            with pytest.raises(UsageError, match="regon"):
                await anext(fleet.watch("regon:eu"))
            with pytest.raises(UsageError, match="minutes are not kept by state"):
                await fleet.history("", 0, by=("state",))
            with pytest.raises(UsageError, match="characters"):
                await fleet.find(Query("region:" + "x" * 5_000))
            assert (await fleet.status()).vehicles == 10

    asyncio.run(run())


def test_what_is_followed_changes_and_ages_go_on(served):
    async def run():
        async with served(100) as one, one.fleet() as fleet:
            one.soc(range(10), [50] * 10)
            pages = fleet.follow(Query("soc<60", ("vin", "soc", "age"), "-soc", 3))
            first = await anext(pages)
            assert [row[1] for row in first.rows] == [50, 50, 50]
            assert all(0 <= row[2] < 5 for row in first.rows)
            one.soc([7], [55])
            while (page := await anext(pages)).rows[0][1] != 55:
                pass
            assert page.rows[0][0] == f"WBA{7:014d}"
            one.soc(range(10), [90] * 9 + [20])
            while (page := await anext(pages)).matched != 1:
                pass
            assert [row[1] for row in page.rows] == [20]
            before = page.rows[0][2]
            one.clock.ahead += 100
            while (page := await anext(pages)).rows[0][2] < before + 90:
                pass
            await pages.aclose()

    asyncio.run(run())


def test_counts_are_followed(served, make_standing):
    async def run():
        async with served(10) as one, one.fleet() as fleet:
            tallies = fleet.follow_tally("", ("region",))
            assert [list(row) for row in (await anext(tallies)).rows] == [["eu", 10, 8, 2, 0]]
            one.apply(*(make_standing(n, region="us") for n in range(20, 25)))
            while len((told := await anext(tallies)).rows) != 2:
                pass
            assert [list(row) for row in told.rows] == [["eu", 10, 8, 2, 0], ["us", 5, 5, 0, 0]]
            await tallies.aclose()

    asyncio.run(run())


def test_only_what_changed_is_sent(served, token):
    async def run():
        async with served(1_000) as one, httpx.AsyncClient(headers={"Authorization": f"Bearer {token}"}) as client:
            ask = {"columns": ["vin", "soc", "age"], "limit": 500}
            async with client.stream("POST", f"{one.url}/v1/follow", json=ask) as response:
                lines = response.aiter_lines()
                whole = json.loads(await anext(lines))
                assert len(whole["rows"]) == 500
                quiet = await anext(lines)
                assert "changed" not in json.loads(quiet)
                assert len(quiet) < 2_000
                one.soc([3], [1.5])
                while "changed" not in (frame := json.loads(await anext(lines))):
                    pass
                assert [(place, row[:2]) for place, row in frame["changed"]] == [(3, [f"WBA{3:014d}", 1.5])]

    asyncio.run(run())


def test_identical_questions_are_evaluated_once(served):
    async def run():
        async with served(10) as one, one.fleet() as fleet, one.fleet() as other:
            views = [f.follow(Query("soc<60", ("vin",), "", 3)) for f in (fleet, other, fleet)]
            views.append(fleet.follow(Query("soc<61", ("vin",), "", 3)))
            for view in views:
                await anext(view)
            assert (one.beat.viewers, len(one.beat.topics)) == (4, 2)
            for view in views:
                await view.aclose()
            await until(lambda: not one.beat.topics)

    asyncio.run(run())


def test_happenings_are_watched(served, make_standing):
    async def run():
        async with served(10) as one, one.fleet() as fleet:
            runs = fleet.watch("sw:23-07.1")
            news: list[Happening] = []

            async def listen():
                async for told in runs:
                    news.extend(told)

            task = asyncio.create_task(listen())
            await until(lambda: one.beat.viewers)
            one.apply(make_standing(1, False, 2, sw="23-07.1"), make_standing(2, False, 2, sw="23-07.2"))
            one.apply(make_standing(3, True, 2, sw="23-07.1"))
            await until(lambda: len(news) >= 2)
            told = {(one.vin[-1], one.kind) for one in news}
            assert ("1", "offline") in told
            assert ("3", "matched") in told
            assert not any(vin == "2" for vin, _ in told)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            await runs.aclose()
            await until(lambda: not one.beat.topics)

    asyncio.run(run())


def test_what_happened_before_is_not_watched_and_a_new_collector_says_that_it_is_new(served, make_standing):
    async def run():
        async with served(10) as one, one.fleet() as fleet:
            one.apply(make_standing(1, False, 2, sw="23-07.1"))
            runs = fleet.watch("")
            news = asyncio.create_task(anext(runs))
            await until(lambda: one.beat.viewers)
            one.apply(make_standing(2, False, 2, sw="23-07.2"))
            assert [(h.vin[-1:], h.kind) for h in await news] == [("2", "offline")]
            one.beat.boot = "another"
            await one.drop()
            port = int(one.url.rpartition(":")[2])
            from cdctl.collector import serving

            again = asyncio.create_task(serving.serve(one.collector.app, serving.bound("127.0.0.1", port), None))
            kinds = [h.kind for _ in range(3) for h in await anext(runs)]
            assert kinds == ["collector.down", "collector.up", "lost"]
            await runs.aclose()
            again.cancel()
            await asyncio.gather(again, return_exceptions=True)

    asyncio.run(run())


def test_a_cut_is_told_and_what_was_missed_comes_after_it(served, make_standing):
    async def run():
        async with served(10) as one, one.fleet() as fleet:
            pages = fleet.follow(Query(columns=("vin", "age"), limit=2))
            await anext(pages)
            news: list[Happening] = []
            runs = fleet.watch("")

            async def listen():
                async for told in runs:
                    news.extend(told)

            task = asyncio.create_task(listen())
            await until(lambda: one.beat.viewers == 2)
            await one.drop()
            while not (page := await anext(pages)).status.notes:
                pass
            assert "the collector is not heard since" in page.status.notes[0]
            assert len(page.rows) == 2
            await until(lambda: [one.kind for one in news] == ["collector.down"])
            one.apply(make_standing(4, False, 2, sw="23-07.1"))
            port = int(one.url.rpartition(":")[2])
            from cdctl.collector import serving

            again = asyncio.create_task(serving.serve(one.collector.app, serving.bound("127.0.0.1", port), None))
            while (await anext(pages)).status.notes:
                pass
            await until(lambda: len(news) >= 3)
            assert [(one.kind, one.vin[-1:]) for one in news[1:3]] == [("collector.up", ""), ("offline", "4")]
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            await runs.aclose()
            await pages.aclose()
            again.cancel()
            await asyncio.gather(again, return_exceptions=True)

    asyncio.run(run())


def test_the_last_day_is_there_at_once(served, make_standing):
    async def run():
        async with served(10) as one, one.fleet() as fleet:
            one.apply(
                make_standing(1, False, 2, sw="23-07.1"),
                make_standing(2, False, 2, sw="23-07.2"),
                events=[one.event(1)],
            )
            await until(lambda: one.beat.happenings >= 3)
            begun = one.beat._minute
            one.clock.ahead += 61
            await until(lambda: one.beat._minute > begun)
            since, told, minutes = await fleet.history("", one.clock.now() - 86_400)
            assert since is not None
            assert [(h.vin[-1:], h.kind) for h in told if h.vin] == [
                ("1", "offline"),
                ("2", "offline"),
                ("1", "dtc.set"),
            ]
            await until(lambda: one.beat._kept is None or one.beat._kept.done())
            since, told, minutes = await fleet.history("region:eu", 0, by=("region", "sw"))
            assert next((m.group, m.vehicles, m.online) for m in minutes) == (("eu", "23-07.0"), 4, 3)
            assert sum(m.events for m in minutes) == 1
            _, told, minutes = await fleet.history("vin:WBA00000000000001", 0)
            assert {h.vin[-1:] for h in told} == {"1"}
            assert minutes == []

    asyncio.run(run())


def test_a_collector_that_is_away_is_an_error_in_words():
    async def run():
        fleet = RemoteFleet(Place("http://127.0.0.1:9", "x" * 30), None)
        for question in (fleet.status(), fleet.find(Query()), anext(fleet.watch("")), anext(fleet.follow(Query()))):
            with pytest.raises(UnavailableError, match="the collector does not answer") as caught:
                await question
            assert "cdctl collect" in caught.value.hint
        await fleet.aclose()

    asyncio.run(run())


def test_no_token_goes_over_plain_http_to_another_machine():
    with pytest.raises(UsageError, match="without TLS"):
        RemoteFleet(Place("http://collector.example:7443", "x" * 30), None)
    assert "secret" not in repr(Place("https://c.example", "secret", password="secret"))


def test_a_viewer_is_light():
    code = (
        "import cdctl.collector.client, sys; sys.exit(bool({'numpy', 'starlette', 'apsw', 'paho'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=60).returncode == 0
    heavy = code.replace("cdctl.collector.client", "cdctl.collector.server")
    assert subprocess.run([sys.executable, "-c", heavy], check=False, timeout=60).returncode == 1
