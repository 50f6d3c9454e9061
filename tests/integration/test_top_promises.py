"""Promises in the live view while their Prometheus is away, comes, hangs, dies and is back: real servers, real keys."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from cutter import Cutter, hung
from monthly import END
from specs_of import slo as promise
from stock import Stock, outcomes
from top_acting import Scene

from cdctl.application import wiring
from cdctl.application.top import lookout_wiring
from cdctl.application.top.boards_wiring import Boards
from cdctl.application.top.lookout import Lookout
from cdctl.application.top.promising import Promising
from cdctl.application.top.view import View
from cdctl.domain.boards.keys import Keymap
from cdctl.domain.boards.requests import About
from cdctl.lab.history import write_blocks
from cdctl.lab.servers import Prometheus, free_port
from cdctl.tui.app import Top

pytest_plugins = ["stocked"]
Story = Callable[[Scene, Promising], Awaitable[None]]


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> None:
    """History ends now."""
    monkeypatch.setattr(wiring.WallClock, "now", lambda _: END + 120.0)


def looked(folder: Path, url: str, metric: str, story: Story) -> None:
    """The board of promises of a context without brokers, whose Prometheus this is, while a story is told."""
    (folder / "specs").mkdir()
    (folder / "specs" / "doors.yaml").write_text(promise("doors", metric, good=f'{metric}{{code="200"}}'))
    file = folder / "cdctl.toml"
    file.write_text(
        f'[contexts.x]\nprometheus = {{ url = "{url}", timeout = "8s", retries = 0 }}\n'
        f'[paths]\nslo_specs = "{folder}/specs"\ncache = "{folder}/cache"\njournal = "{folder}/journal.db"\n'
    )
    settings = wiring.read_settings(config=str(file))

    async def work(lookout: Lookout, fleet: object, slo: object) -> None:
        assert isinstance(slo, Promising)
        boards = Boards(settings, wiring.catalogue(settings, plugins=False), Keymap())
        view = View(lookout, boards, Keymap(), "slo", About())
        async with Top(view).run_test(size=(120, 30)) as pilot:
            await story(Scene(pilot, view, None, lookout), slo)

    lookout_wiring.with_lookout(settings, work, config=str(file), plugins=False)


@pytest.mark.usefixtures("now")
def test_a_prometheus_that_comes_late_dies_and_is_back(tmp_path, monkeypatch):
    port = free_port()
    monkeypatch.setattr("cdctl.lab.servers.free_port", lambda: port)
    server = Prometheus(tmp_path / "server", retention="100d")
    write_blocks(outcomes("doors_total", 0.05, days=2), server.data)

    async def story(scene: Scene, promises: Promising) -> None:
        await scene.shows("promises are being judged")
        await asyncio.to_thread(promises.once)
        await scene.shows("doors", "error", "cannot reach http://127.0.0.1")
        with server:
            await asyncio.to_thread(promises.once)
            await scene.shows("doors", "breached")
        await asyncio.to_thread(promises.once)
        await scene.shows("doors", "breached", "promises: cannot reach", "promises 0s old")
        with server:
            await asyncio.to_thread(promises.once)
            await scene.until(lambda: "cannot reach" not in scene.board)
            await scene.shows("doors", "breached")
        assert [(turn.was.value, turn.verdict.value) for turn in promises.turns] == [("error", "breached")], (
            "no more news"
        )

    looked(tmp_path, f"http://127.0.0.1:{port}", "doors_total", story)


@pytest.mark.usefixtures("now")
def test_while_a_prometheus_hangs_keys_are_answered_and_what_was_judged_stays(stock: Stock, tmp_path: Path) -> None:
    metric = stock.outcomes(0.05, days=2)

    async def story(scene: Scene, promises: Promising) -> None:
        await asyncio.to_thread(promises.once)
        await scene.shows("doors", "breached")
        cutter.usual, before = hung, len(cutter.asked)
        promises.begin()
        await asyncio.to_thread(cutter.wait_for, before + 1)
        await scene.pilot.press("question_mark")
        await scene.shows("everywhere")
        await scene.pilot.press("escape")
        await scene.shows("doors", "breached")
        await scene.pilot.press("colon")
        await scene.write("fleet")
        await scene.pilot.press("enter")
        await scene.until(lambda: scene.view.place[0] == "fleet")
        await scene.pilot.press("left_square_bracket")
        await scene.shows("doors", "breached")
        assert len(cutter.asked) > before, "all of that while it hung"

    with Cutter(stock.url) as cutter:
        looked(tmp_path, cutter.url, metric, story)
