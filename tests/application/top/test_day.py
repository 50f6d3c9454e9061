"""A day of looking, in seconds: whatever is done meanwhile, memory does not grow."""

from __future__ import annotations

import asyncio
import gc
import tracemalloc
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from days import REGIONS, Day
from held import held
from screens import NOW, vin
from writing import write

from cdctl.application.top import (
    happened,
    lookout,
    orders,
    orders_past,
    promising,
    rollouts,
    timeline,
    vehicle,
    view,
)
from cdctl.application.top.orders import MOST as MOST_PLANS
from cdctl.application.top.orders_wiring import book_of
from cdctl.domain.orders.keeping import Note
from cdctl.domain.settings import Settings
from cdctl.panels import timeline as timeline_panel

VISIT = 600.0
"""Seconds on a board."""
WARM, WHOLE = 16, 144
"""Visits: two rounds of all boards, after which everything is as large as it becomes, and a day."""
MOST = 24 << 10
"""Bytes that the last twenty-one hours may leave behind: what happened last is longer or shorter than before."""

MOST_TRACED = 64 << 10
"""The same with what the interpreter keeps for the next tuple or float."""
MOST_RESIDENT = 32 << 20
"""Bytes of memory of the process, which are given back when the allocator likes: some 20 MB to and fro."""


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is kept of the past is full after two hours: what grows on has no bound at all."""
    for module, name, most in (
        (lookout, "MOST_NOTES", 20), (promising, "MOST_TURNS", 10), (orders_past, "MOST_RECORDS", 30),
        (orders_past, "_MOST_KNOWN", 10), (orders_past, "_MOST_OF_ONE", 1), (vehicle, "MOST_ORDERS", 1),
        (orders, "MOST", 3), (rollouts, "MOST", 3), (happened, "MOST", 20), (timeline, "MOST", 20),
        (view, "_LONGEST_PAST", 5), (timeline_panel, "_MOST_UNFOLDED", 3),
    ):  # fmt: skip
        monkeypatch.setattr(module, name, most)


def hands(visit: int) -> Iterator[tuple[str, ...] | str]:
    """What is done on a board, and which: each time about something else. A text is a word after `:`."""
    about = f"promise-{visit % 2} region={REGIONS[visit % 3]}"
    yield from {
        0: ("fleet", ("slash", *f"soc<{visit}", "enter"), ("space", "down", "space", "O", "x", "y"), ("escape",) * 2),
        1: ("slo", ("down", "y"), ("f",), "slo", ("t",), ("[", "e"), ("[", "]")),
        2: (f"vehicle {vin(visit % 120)}", ("tab", "tab", "enter", "y", "escape"), ("e",), ("[", "t"), ("[", "x")),
        3: ("orders", ("enter",), ("down", "F", "y"), ("escape", "A", "P"), f"orders {vin(visit % 90)}"),
        4: (f"incident {about}", ("tab", "r"), ("down", "x", "y"), ("f",), f"incident none-{visit}", ("t",)),
        5: (f"trace {visit:032x}", ("n", "n"), ("N", "enter", "d"), ("r", "v")),
        6: ("events", ("a",), ("slash", *f"w{visit}", "enter"), ("escape", "down", "enter"), ("1", "0", "enter", "a")),
        7: ("pivot", ("slash", *f"soc>{visit}", "enter"), ("escape", "g", "ctrl+u", *"sw", "enter"), ("O", "enter")),
    }[visit % 8]  # fmt: skip
    yield from (("p",), ("p", "?", "x"), f"nothing-{visit}", f"./none-{visit}.yaml", "freeze", "freeze", ("slash", "("))
    yield ("ctrl+u", "escape", "escape")


async def lived(day: Day, until: float, step: float) -> None:
    """Look until then (seconds after the beginning), from one board to the next."""
    while day.clock.at < NOW + until:
        visit, left = int((day.clock.at - NOW) // VISIT), day.clock.at + VISIT
        for done in hands(visit):
            await (day.word(done) if isinstance(done, str) else day.press(*done))
            await day.live(step)
        while day.clock.at < left:
            await day.live(step)


def test_a_day_leaves_nothing_behind(tmp_path: Path, small: None) -> None:
    async def run() -> tuple[Counter[str], Counter[str]]:
        day = Day(tmp_path)
        async with day.open():
            await lived(day, WARM * VISIT, 40.0)
            before = held()
            await lived(day, WHOLE * VISIT, 40.0)
            return before, held(before)

    before, after = asyncio.run(run())
    grown = after.total() - before.total()
    print(f"{grown:,} bytes more than {before.total():,}")
    assert grown < MOST, f"{grown:,} bytes more: {(after - before).most_common(12)}"


def test_of_rollouts_only_the_newest_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    plan = {"id": "p", "command": "lock", "targets": [], "rollout": {"name": "winter"}}
    write(path, [Note("plan", f"{n:064x}", "ada", n, plan) for n in range(3 * MOST_PLANS)])
    write(path, [Note("guard", f"r{n}", "ada", n, {"guard": "g", "health": "healthy"}) for n in range(3 * MOST_PLANS)])
    book = book_of(Settings(journal=str(path)), lambda close: None, plugins=False)
    assert book.read(0) == ([], {}), "what a rollout sends is no single command"
    assert len(book._of_rollouts) == MOST_PLANS
    assert not book._rollouts._readings
    assert book.targeted(f"{3 * MOST_PLANS - 1:064x}", 0).plan.command == "lock"


@pytest.mark.soak
def test_a_day_leaves_nothing_behind_line_by_line(tmp_path: Path, small: None) -> None:
    def taken() -> int:
        gc.collect()
        return tracemalloc.get_traced_memory()[0]

    async def run() -> tuple[int, list[str]]:
        day = Day(tmp_path)
        async with day.open():
            tracemalloc.start(1)
            await lived(day, WARM * VISIT, 20.0)
            begin, before = taken(), tracemalloc.take_snapshot()
            await lived(day, WHOLE * VISIT, 20.0)
            grown = taken() - begin
            told = tracemalloc.take_snapshot().compare_to(before, "lineno")
            return grown, [str(one) for one in told[:40]]

    try:
        grown, where = asyncio.run(run())
    finally:
        tracemalloc.stop()
    print(f"{grown:,} bytes more")
    assert grown < MOST_TRACED, f"{grown:,} bytes more:\n" + "\n".join(where)


@pytest.mark.soak
def test_every_picture_of_a_day(tmp_path: Path, small: None) -> None:
    """Ten looks a second, as on a terminal; some twenty minutes."""

    def resident() -> int:
        gc.collect()
        lines = Path("/proc/self/status").read_text().splitlines()
        return next(int(line.split()[1]) << 10 for line in lines if line.startswith("RssAnon"))

    async def run() -> tuple[int, int]:
        day = Day(tmp_path, past=True)
        async with day.open():
            await lived(day, WARM * VISIT, 0.1)
            before = resident()
            await lived(day, WHOLE * VISIT, 0.1)
            return before, resident()

    before, after = asyncio.run(run())
    print(f"{before:,} bytes resident, {after - before:,} more after a day")
    assert after - before < MOST_RESIDENT
