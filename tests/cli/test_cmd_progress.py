"""How far orders are: no time is promised that vehicles decide which are away."""

from __future__ import annotations

import asyncio
import time
from collections import Counter

from cdctl.application.sending import Sending
from cdctl.application.tally import Tally
from cdctl.cli.cmd_progress import pace, summed
from cdctl.domain.orders.order import State

UNTIL = 1_750_000_000_000


def told(total: int, rate: float = 0.0, until: int = UNTIL, **states: int) -> str:
    async def work() -> Tally:
        sending = Sending("d", None, {})
        sending.tally = Tally(total, Counter({State(name): count for name, count in states.items()}), until=until)
        if rate:
            sending.left(round(rate * 5))
            sending._lately[0] = (sending._lately[0][0] - 4, sending._lately[0][1])
            sending._began -= 100
        sending.tell()
        return sending.tally

    return pace(summed([asyncio.run(work())]))


def test_while_orders_leave_it_says_until_when_they_have() -> None:
    assert told(864, rate=10, sent=100, succeeded=22) == "; 10/s, all have left in about 1m14s"


def test_who_is_away_is_waited_for_until_nothing_can_begin() -> None:
    clock = time.strftime("%H:%M", time.localtime(UNTIL / 1000))
    assert told(864, sent=100, unknown=5, succeeded=759) == f"; 105 without an answer, which may begin until {clock}"
    assert told(4, until=0, sent=4) == "; 4 without an answer"


def test_what_runs_or_has_ended_says_nothing() -> None:
    assert told(4, running=4) == ""
    assert told(4, succeeded=4) == ""
    assert told(4, queued=4) == "", "nothing leaves: nobody knows until when"
