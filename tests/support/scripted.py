"""A fleet behind something that is not MQTT (port Executor): every vehicle answers as it is told, in words that nobody
signed. What cannot be relied on is said in `promises`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from cdctl.domain.fleet.speech import Promises
from cdctl.domain.orders.executing import Hearer, Outgoing, Said
from cdctl.domain.orders.order import Heard, Word
from cdctl.domain.wire import Receipt

Script = Callable[[Outgoing], Sequence[tuple[Heard, str]]]


class Scripted:
    """receipt: what the way there says of the n-th handing on of an order, counted from 0. script: what its vehicle
    then says. ledger: what vehicles say when they are asked."""

    def __init__(
        self,
        script: Script,
        *,
        receipt: Callable[[Outgoing, int], Receipt] = lambda one, often: Receipt(0),
        ledger: Script = lambda one: [(Heard.UNHELD, "")],
        promises: Promises | None = None,
    ) -> None:
        self._script, self._receipt, self._ledger = script, receipt, ledger
        self._promises = promises or Promises(dedupe=True)
        self.handed: list[Outgoing] = []
        self.asked: list[str] = []
        self.cancelled: list[str] = []
        self._telling: set[asyncio.Task[None]] = set()

    @property
    def promises(self) -> Promises:
        return self._promises

    async def open(self, hearer: Hearer, regions: Sequence[str]) -> None:
        self.hearer = hearer

    async def send(self, orders: Sequence[Outgoing]) -> Sequence[Receipt]:
        receipts = []
        for one in orders:
            often = sum(before.order.id == one.order.id for before in self.handed)
            self.handed.append(one)
            receipts.append(self._receipt(one, often))
            if receipts[-1].code == 0:
                self._say(one, self._script(one))
        return receipts

    async def cancel(self, orders: Sequence[Outgoing]) -> Sequence[Receipt]:
        for one in orders:
            self.cancelled.append(one.order.id)
            self._say(one, [(Heard.CANCELLED, "")])
        return [Receipt(0)] * len(orders)

    async def query(self, orders: Sequence[Outgoing]) -> Sequence[Receipt]:
        for one in orders:
            self.asked.append(one.order.id)
            self._say(one, self._ledger(one))
        return [Receipt(0)] * len(orders)

    async def aclose(self) -> None:
        await asyncio.gather(*self._telling)

    def _say(self, one: Outgoing, words: Sequence[tuple[Heard, str]]) -> None:
        order = one.order
        said = [
            Said(order.region, order.vin, order.created, word=Word(order.id, order.vin, heard, reason=reason))
            for heard, reason in words
        ]

        async def tell() -> None:
            pending = self.hearer.on_said(said)
            if pending is not None:
                await pending

        if said:
            task = asyncio.get_running_loop().create_task(tell())
            self._telling.add(task)
            task.add_done_callback(self._telling.discard)
