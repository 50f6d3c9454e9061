"""How many requests are let in, with latencies that are said instead of waited for."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from cdctl.sources.prometheus.gate import Gate


def widest(most: int, requests: int, latency: Callable[[int], float | None]) -> list[int]:
    """Requests under way at once, after every request; each comes back after one turn of the loop.

    latency: what the gate is told when so many are under way.
    """
    under_way, seen = 0, []

    async def one(gate: Gate) -> None:
        nonlocal under_way
        await gate.enter()
        under_way += 1
        seen.append(under_way)
        await asyncio.sleep(0)
        took = latency(under_way)
        under_way -= 1
        gate.leave(took)

    async def run() -> None:
        gate = Gate(most)
        await asyncio.gather(*(one(gate) for _ in range(requests)))

    asyncio.run(asyncio.wait_for(run(), 10))
    assert len(seen) == requests
    return seen


@pytest.mark.parametrize("most", [1, 2, 3, 8, 32])
def test_never_more_than_most(most: int) -> None:
    assert max(widest(most, 300, lambda n: 0.01)) == most


def test_begins_with_few() -> None:
    assert max(widest(32, 4, lambda n: 0.01)) == max(widest(32, 20, lambda n: None)) == 4


def test_grows_while_requests_cost_each_other_nothing() -> None:
    seen = widest(32, 400, lambda n: 0.05)
    assert max(seen[:10]) < 8
    assert max(seen) == 32


def test_stays_small_where_requests_wait_for_each_other() -> None:
    assert max(widest(32, 400, lambda n: 0.01 * n)) <= 8


def test_shrinks_when_latency_doubles_and_grows_again() -> None:
    # Each says what the others before it took: quick, then crowded, then quick again.
    answered = 0

    def latency(under_way: int) -> float:
        nonlocal answered
        answered += 1
        return 0.021 if 200 < answered <= 500 else 0.01

    seen = widest(32, 900, latency)
    assert max(seen[100:200]) == 32
    assert max(seen[450:500]) <= 5
    assert max(seen[850:]) == 32


def test_a_little_slower_is_no_reason_to_shrink() -> None:
    answered = 0

    def latency(under_way: int) -> float:
        nonlocal answered
        answered += 1
        return 0.019 if answered > 200 else 0.01

    assert max(widest(32, 600, latency)[500:]) == 32


def test_requests_without_an_answer_teach_nothing() -> None:
    assert max(widest(32, 200, lambda n: None)) == 4


def test_whoever_gives_up_waiting_takes_no_place() -> None:
    async def run() -> None:
        gate = Gate(1)
        await gate.enter()
        waiting = [asyncio.ensure_future(gate.enter()) for _ in range(3)]
        await asyncio.sleep(0)
        waiting[0].cancel()
        await asyncio.sleep(0)
        gate.leave(None)
        await asyncio.wait_for(waiting[1], 5)
        assert not waiting[2].done()
        gate.leave(None)
        await asyncio.wait_for(waiting[2], 5)

    asyncio.run(run())
