"""Whatever is heard of whichever order, in whichever process: the journal has each as the state machine has it."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Sequence
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from writing import intent, order

from cdctl.domain.orders.keeping import Entry, Move
from cdctl.domain.orders.order import Course, Effect, Heard, State, step
from cdctl.stores.journal import open_journal, read_journal
from cdctl.testing.clock import ManualClock

ORDERS = 4
news = st.tuples(st.integers(0, ORDERS - 1), st.sampled_from(Heard))
writes = st.lists(st.tuples(st.integers(0, 1), st.lists(news, min_size=1, max_size=6)), max_size=8)


def after(
    courses: dict[str, Course], lates: dict[str, int], heard: Sequence[tuple[int, Heard]], at: int
) -> list[Entry]:
    """What a dispatch writes for this news: moves, and what came late."""
    made: list[Entry] = []
    for number, one in heard:
        name = order(number).id
        course, effect = step(courses[name], one, at)
        if effect is Effect.LATE:
            lates[name] += 1
        if effect is not Effect.SAME or course != courses[name]:
            made.append(Move(name, course, one.value, at, late=effect is Effect.LATE))
        courses[name] = course
    return made


@settings(max_examples=40)
@given(writes)
def test_as_the_state_machine_has_it(parts: list[tuple[int, list[tuple[int, Heard]]]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(_played(Path(folder) / "journal.sqlite", parts))


async def _played(path: Path, parts: Sequence[tuple[int, Sequence[tuple[int, Heard]]]]) -> None:
    both = [open_journal(path, clock=ManualClock(), reserve=0, every=0) for _ in range(2)]
    courses = {order(number).id: Course(State.QUEUED, order(number).created) for number in range(ORDERS)}
    lates = dict.fromkeys(courses, 0)
    try:
        await both[0].write([intent(number) for number in range(ORDERS)])
        for at, (which, heard) in enumerate(parts, 1):
            await both[which].write(after(courses, lates, heard, at))
            found = {kept.order.id: (kept.course, kept.lates) for kept in both[1 - which].orders()}
            assert found == {name: (course, lates[name]) for name, course in courses.items()}
            waiting = {kept.order.id for kept in both[which].orders(open_only=True)}
            assert waiting == {name for name, course in courses.items() if not course.state.terminal}
    finally:
        for journal in both:
            await journal.aclose()
    assert list(read_journal(path).verify()) == []


@settings(max_examples=40)
@given(writes)
def test_two_that_do_not_know_of_each_other(parts: list[tuple[int, list[tuple[int, Heard]]]]) -> None:
    """Each process goes on from what it remembers. The first end stands, everything after it is late."""
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(_apart(Path(folder) / "journal.sqlite", parts))


async def _apart(path: Path, parts: Sequence[tuple[int, Sequence[tuple[int, Heard]]]]) -> None:
    both = [open_journal(path, clock=ManualClock(), reserve=0) for _ in range(2)]
    names = [order(number).id for number in range(ORDERS)]
    minds = [{name: Course(State.QUEUED, order(0).created) for name in names} for _ in both]
    ended: dict[str, Course] = {}
    try:
        await both[0].write([intent(number) for number in range(ORDERS)])
        for at, (which, heard) in enumerate(parts, 1):
            entries = after(minds[which], dict.fromkeys(names, 0), heard, at)
            await both[which].write(entries)
            for entry in entries:
                if isinstance(entry, Move) and entry.course.state.terminal and not entry.late:
                    ended.setdefault(entry.order, entry.course)
        for kept in both[0].orders():
            if kept.order.id in ended:
                assert kept.course == ended[kept.order.id]
            else:
                assert not kept.course.state.terminal
    finally:
        for journal in both:
            await journal.aclose()
    assert list(read_journal(path).verify()) == []
