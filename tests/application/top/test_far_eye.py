"""The live view through a collector: what it shows is what the columns say, with a page of them at hand."""

from __future__ import annotations

import asyncio

import pytest
from collectors import TOKEN, served, standing, vin
from ears import until
from far_screens import far_look
from screens import NOW, Still, columns

from cdctl.application.fleet import LocalFleet
from cdctl.application.top import pages
from cdctl.application.top.far_eye import FarEye
from cdctl.application.top.lookout import Lookout, Setting
from cdctl.collector import serving
from cdctl.domain.boards.asking import Arrange, Missing
from cdctl.domain.boards.keys import Key
from cdctl.domain.boards.requests import Copy, Prepare
from cdctl.domain.fleet.view import fields_of
from cdctl.tui.saving import keep


def view(one, fleet, **more):
    return far_look(fleet, one.clock, alive=one.columns, **more)


def table(look):
    """The table of vehicles, from its title on."""
    lines = look.lines()
    return lines[next(n for n, line in enumerate(lines) if "── vehicles" in line) :]


def shown(look, column="vin"):
    return [row[column] for row in look.data()["rows"]]


def test_it_shows_what_the_columns_say(tmp_path):
    async def run():
        async with served(tmp_path, 100) as one, one.fleet() as fleet, view(one, fleet) as look:
            await look.until(lambda: "vehicles · 100" in look.text() and vin(0) in look.text())
            head = look.lines()[0]
            assert head.startswith(" LIVE  team via c.example:7443 │ ")
            assert "100 vehicles │ 80 online" in head
            first = look.data()["rows"][1]
            assert first | {"age": 0} == {
                "vin": vin(1), "region": "eu", "model": "i4", "sw": "23-07.1", "state": "online", "age": 0,
                "dtcs": None, "messages": 1,
            }  # fmt: skip
            age = first["age"]
            one.clock.ahead += 100  # ages go on between two pages
            await look.until(lambda: look.data()["rows"][1]["age"] >= age + 100)
            one.apply(standing(0, True, 2))
            await look.until(lambda: look.data()["rows"][0]["state"] == "online")

    asyncio.run(run())


def test_filters_and_orders_are_those_of_the_columns(tmp_path):
    async def run():
        async with served(tmp_path, 300) as one, one.fleet() as fleet, view(one, fleet) as look:
            await look.until(lambda: vin(0) in look.text())
            await look.press("slash", *"-online sw:23-07.1", "enter")
            assert "vehicles · 20 of 300 · /-online sw:23-07.1" in look.text()
            assert shown(look)[:2] == [vin(10), vin(25)]
            await look.press("shift+right", "shift+left", "O", "O", "home")
            assert shown(look)[0] == vin(295)
            await look.press("escape", "home")
            assert (look.data()["matched"], shown(look)[0]) == (300, vin(299))
            await look.press("slash", *"online ~")
            lines = look.lines()
            prompt = next(n for n, line in enumerate(lines) if line.startswith(" / "))
            assert lines[prompt + 1][lines[prompt].index("online")] == "^"
            assert vin(299) in look.text()
            await look.press("escape", "slash", *"soc<20", "enter")
            assert "not judged: 300 without soc" in look.text()

    asyncio.run(run())


def test_a_page_at_a_time_all_of_them_can_be_reached(tmp_path):
    async def run():
        async with served(tmp_path, 5_000) as one, one.fleet() as fleet, view(one, fleet) as look:
            await look.until(lambda: vin(0) in look.text())
            seen = []
            for _ in range(400):
                seen += [one for one in shown(look) if not seen or one > seen[-1]]
                if len(seen) == 5_000:
                    break
                await look.press("pagedown")
            assert seen == [vin(n) for n in range(5_000)]
            assert look.hand.cursor == vin(4_999)
            await look.press("home")
            assert (shown(look)[0], look.hand.cursor) == (vin(0), vin(0))
            await look.press("end")
            assert (shown(look)[-1], look.hand.cursor) == (vin(4_999), vin(4_999))
            assert max(len(leaf.page.rows) for leaf in look.lookout._eye._pages.newest.values()) == 1_000
            await look.press("slash", *"sw:23-07.0 -online", "enter")
            await look.look()
            assert look.data()["matched"] == 334
            assert look.hand.cursor in shown(look)

    asyncio.run(run())


def test_what_is_far_away_is_blank_until_it_comes(tmp_path):
    async def run():
        async with served(tmp_path, 5_000) as one, one.fleet() as fleet, view(one, fleet) as look:
            await look.until(lambda: vin(0) in look.text())
            look.view.press(Key("end"))
            assert [line.strip() for line in table(look)[2:6]] == ["…"] * 4
            assert (shown(look), look.hand.cursor) == ([], None)
            look.view.press(Key("space", " "))
            assert not look.hand.marks
            await look.look()
            assert look.hand.cursor == vin(4_999)

    asyncio.run(run())


def test_cursor_and_marks_stay_on_their_vehicles(tmp_path):
    async def run():
        async with served(tmp_path, 100) as one, one.fleet() as fleet, view(one, fleet) as look:
            one.soc(range(100), [50] * 100)
            await look.until(lambda: vin(0) in look.text())
            await look.press(":", *"columns vin soc state", "enter", *["down"] * 4, "space")
            assert (look.hand.cursor, look.hand.marks) == (vin(5), {vin(4)})
            await look.press("shift+right", "O", "O")
            one.soc([70], [90])
            await look.until(lambda: shown(look)[0] == vin(70))
            assert look.hand.cursor == vin(5)
            assert "● " + vin(4) in look.text()
            await look.press("x", "y")
            assert look.asked == [Prepare((vin(4),)), Copy(vin(5), "VIN")]

    asyncio.run(run())


def test_a_frozen_picture_stays_as_it_was(tmp_path):
    async def run():
        async with served(tmp_path, 2_500) as one, one.fleet() as fleet, view(one, fleet) as look:
            await look.until(lambda: vin(0) in look.text())
            await look.press("p")
            before = table(look)
            one.apply(*(standing(n, False, 2) for n in range(10)), standing(9_000))
            one.clock.ahead += 60
            await until(lambda: look.lookout._eye.sight(one.clock.now()).status.vehicles == 2_501)
            await look.look()
            assert table(look) == before
            head = look.lines()[0]
            assert "FROZEN" in head
            assert "2,500 vehicles" in head
            await look.press("slash", *"offline", "enter")
            assert "frozen: what is not shown here only the collector knows" in look.text()
            await look.press("escape", "p")
            await look.until(
                lambda: "2,501 vehicles" in look.lines()[0] and look.data()["rows"][0]["state"] == "offline"
            )

    asyncio.run(run())


def test_places_of_vehicles_are_neither_shown_nor_asked_about(tmp_path):
    async def run():
        async with (
            served(tmp_path, 10) as one,
            one.fleet() as fleet,
            view(one, fleet, hidden=["soc"]) as look,
        ):
            one.soc(range(10), [41] * 10)
            await look.until(lambda: vin(0) in look.text())
            await look.press("slash", *"soc<50")
            assert "soc tells where a vehicle is" in look.text()
            await look.press("escape", ":", *"columns vin soc", "enter")
            look.view.stage.table.show(["vin", "soc"])
            await look.look()
            assert "soc tells where a vehicle is" in look.text()
            assert "41" not in look.text()
            assert all("soc" not in ask.columns for ask in (topic._ask for topic in one.beat.topics.values()))

    asyncio.run(run())


def test_what_only_the_settings_here_know_is_said(tmp_path):
    async def run():
        async with (
            served(tmp_path, 10) as one,
            one.fleet() as fleet,
            view(one, fleet, signals=["soc", "speed"]) as look,
        ):
            await look.until(lambda: vin(0) in look.text())
            await look.press(":", *"columns vin speed", "enter")
            await look.look()
            assert "there is no column 'speed'" in look.text()
            assert vin(0) in look.text()

    asyncio.run(run())


def test_pages_that_nobody_wants_are_let_go(tmp_path, monkeypatch):
    monkeypatch.setattr(pages, "WANTED", 0.2)

    async def run():
        async with served(tmp_path, 50) as one, one.fleet() as fleet, view(one, fleet) as look:
            await look.until(lambda: vin(0) in look.text())
            await look.press("slash", *"vin:WBA0000000000001", "enter")
            assert len(look.lookout._eye._pages.newest) <= pages.MOST
            assert len(one.beat.topics) <= pages.MOST + 2
            await look.press(":", *"slo", "enter")
            assert look.view.place[0] == "slo"

            async def gone():
                while len(one.beat.topics) > 2:
                    await asyncio.sleep(0.05)

            await asyncio.wait_for(gone(), 20)

    asyncio.run(run())


def test_the_same_question_by_the_same_words_on_this_machine():
    """An answer through a page is the answer from the columns, place by place."""

    async def run():
        fleet, clock = LocalFleet(columns(1_200), Still()), Still()
        near = Lookout(Setting("x"), clock, fleet, Missing("none"))
        eye = FarEye(fleet, clock, fields_of(("soc",)), ())
        seen = near.snapshot()
        sight = eye.sight(NOW)
        await eye.ready(5)
        sight = eye.sight(NOW)
        for ask in (
            Arrange("region:eu", "messages", True, ("vin", "messages", "dtc", "soc")),
            Arrange("", "", False, ("vin", "sw")),
            Arrange("offline | age>30m", "sw", False, ("vin", "sw", "since")),
            Arrange("", "vin", True, ("vin",), near=1_199),
        ):
            here = await near._eye.arranged(ask, seen, seen.fleet)
            there = await eye.arranged(ask, seen, sight)
            assert (here.matched, here.of, here.left_out) == (there.matched, there.of, there.left_out)
            far = eye.sight(NOW).vehicles
            known = [n for n in range(here.matched) if there.order.holds(n, n + 1)]
            handles = [there.order.handles(n, n + 1)[0] for n in known]
            rows = [here.order.handles(n, n + 1)[0] for n in known]
            assert len(known) == min(here.matched, 450 if ask.near else 1_000)
            names = [*ask.columns, "state", "age"]
            assert far.told(there.order, handles, names) == seen.fleet.vehicles.told(here.order, rows, names)
            assert [there.order.place(handle) for handle in handles] == known
        await eye.aclose()
        await near.aclose()

    asyncio.run(run())


@pytest.mark.parametrize("text", ["", "offline"])
def test_nobody_matches_in_an_empty_fleet(tmp_path, text):
    async def run():
        async with served(tmp_path, 0) as one, one.fleet() as fleet, view(one, fleet) as look:
            await look.until(lambda: "vehicles · 0" in look.text())
            await look.press("down", "space", "end", "O", "slash", *text, "enter", "pagedown")
            assert look.data()["matched"] == 0

    asyncio.run(run())


def test_a_token_that_is_taken_back_is_told_and_not_tried_again_and_again(tmp_path):
    async def run():
        async with served(tmp_path, 20) as one, one.fleet() as fleet, view(one, fleet) as look:
            await look.until(lambda: vin(0) in look.text())
            (tmp_path / "tokens").write_text("another-token-that-is-long-enough\n")
            await until(lambda: one.gate.renew() or not one.gate.who(f"Bearer {TOKEN}", "elsewhere"))
            before = one.gate.refused
            await one.drop()
            listening = serving.bound("127.0.0.1", int(one.url.rpartition(":")[2]))
            again = asyncio.create_task(serving.serve(one.collector.app, listening, None))
            await look.until(lambda: "does not know the token" in look.text())
            assert look.lines()[0].startswith(" STALE ")
            assert vin(0) in look.text()
            for letter in "online":
                await look.press(letter if look.view.stage.writing else "slash")
            one.clock.ahead += 20  # the table asks again meanwhile
            await look.look()
            assert vin(0) in look.text()
            assert one.gate.refused - before < 6
            again.cancel()
            await asyncio.gather(again, return_exceptions=True)

    asyncio.run(run())


def test_what_is_saved_says_of_how_many_it_is(tmp_path):
    async def run():
        async with served(tmp_path, 5000) as one, one.fleet() as fleet, view(one, fleet) as look:
            await look.until(lambda: "vehicles · 5,000" in look.text() and vin(0) in look.text())
            (folder := tmp_path / "saved").mkdir()
            told = keep(look.view.stage, (100, 20), "dark", NOW).write(folder)
            rows = len(next(folder.glob("*.csv")).read_text().splitlines()) - 1
            assert 0 < rows < 5000
            assert f": {rows:,} of 5,000 vehicles, those that are known here; cdctl fleet ls" in told

    asyncio.run(run())
