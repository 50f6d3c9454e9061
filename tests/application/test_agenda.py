"""What is to be looked at when, and what is forgotten before."""

from __future__ import annotations

import gc
import random
import weakref

from cdctl.application.agenda import Agenda


class Thing:
    """Something that is over one day."""

    def __init__(self, at: int = 0, *, over: bool = False) -> None:
        self.at, self.over = at, over


def agenda() -> Agenda[Thing]:
    return Agenda(lambda thing: thing.over)


def test_runs_come_when_their_time_has_come_in_order() -> None:
    todo, things = agenda(), [Thing(at) for at in range(6)]
    todo.put(20, things[2:4])
    todo.put(10, things[:2])
    todo.put(20, things[4:])
    assert todo.next == 10
    assert [thing.at for thing in todo.due(10)] == [0, 1]
    assert todo.due(19) == []
    assert [thing.at for thing in todo.due(30)] == [2, 3, 4, 5]
    assert todo.next is None and todo.due(99) == []


def test_what_is_over_is_not_kept_until_its_time_and_the_rest_is() -> None:
    todo, dice = agenda(), random.Random(1)
    gone, there = [], []
    for start in range(0, 100_000, 100):
        run = [Thing(start + number, over=False) for number in range(100)]
        todo.put(dice.randrange(1_000, 2_000), run)
        for thing in run:
            thing.over = thing.at % 10 > 0
        gone += [weakref.ref(thing) for thing in run if thing.over]
        there += [thing.at for thing in run if not thing.over]
    del run, thing
    gc.collect()
    kept = sum(one() is not None for one in gone)
    assert kept < 20_000, "what has ended is kept for nothing"
    found = todo.due(2_000)
    assert sorted(thing.at for thing in found if not thing.over) == there


def test_instants_stay_in_order_when_what_is_over_was_forgotten() -> None:
    todo, dice = agenda(), random.Random(2)
    for _ in range(3_000):
        at = dice.randrange(1_000)
        todo.put(at, [Thing(at), Thing(at, over=True), Thing(at, over=True)])
    seen = [thing.at for now in range(0, 1_000, 7) for thing in todo.due(now) if not thing.over]
    assert seen == sorted(seen) and len(seen) > 2_900
    assert todo.next is not None and todo.next > 994
