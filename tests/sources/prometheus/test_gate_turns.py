"""Turns at the gate: nobody is lost, nobody is overtaken."""

from __future__ import annotations

import asyncio

import pytest

from cdctl.sources.prometheus.gate import Gate


def test_a_turn_that_is_given_up_goes_to_the_next() -> None:
    async def run() -> None:
        gate = Gate(1)
        await gate.enter()
        first, second = (asyncio.ensure_future(gate.enter()) for _ in range(2))
        await asyncio.sleep(0)
        gate.leave(None)
        first.cancel()
        try:
            await asyncio.wait_for(second, 1)
        except TimeoutError:
            pytest.fail("nobody is inside, and nobody is let in")

    asyncio.run(run())


def test_first_come_first_served() -> None:
    order: list[int] = []

    async def one(gate: Gate, number: int) -> None:
        await gate.enter()
        order.append(number)
        await asyncio.sleep(0)
        gate.leave(0.01)

    async def run() -> None:
        gate = Gate(2)
        await asyncio.gather(*(one(gate, number) for number in range(30)))

    asyncio.run(run())
    assert order == sorted(order)
