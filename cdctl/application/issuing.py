"""Makes orders: names, nonces and times for each target; and signs, without holding up the loop for long."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from cdctl.application.spans import Traces, Untraced
from cdctl.domain.orders import ids
from cdctl.domain.orders.command import Command
from cdctl.domain.orders.executing import Executor, Outgoing
from cdctl.domain.orders.keeping import Journal
from cdctl.domain.orders.order import Order
from cdctl.domain.orders.plan import Plan, Target
from cdctl.domain.orders.telling import CANCEL, ORDER, QUERY, Telling
from cdctl.domain.orders.trust import Sealer, Trust
from cdctl.domain.ports import Clock

NONCE_BYTES = 16
ASK_MS = 120_000
"""So long a vehicle may take a query or a cancel for one."""
_AT_ONCE = 32
"""Orders that are written and signed between two turns of the loop: some milliseconds."""


async def _never(session: str) -> bool:
    return False


def _unknown_command(name: str) -> Command | None:
    return None


@dataclass(frozen=True, slots=True)
class Means:
    """What a dispatch works with. randomness: that many unpredictable bytes. command: a command by its name, None when
    nobody has it (its results are then believed as they are). take_over: hear another session's answers, too, when no
    process goes on with it; False when one does."""

    executor: Executor
    journal: Journal
    sealer: Sealer
    trust: Trust
    telling: Telling
    clock: Clock
    randomness: Callable[[int], bytes]
    command: Callable[[str], Command | None] = field(default=_unknown_command)
    take_over: Callable[[str], Awaitable[bool]] = field(default=_never)
    traces: Traces = field(default_factory=Untraced)

    def now(self) -> int:
        """Epoch milliseconds."""
        return round(self.clock.now() * 1000)


class Issuer:
    """Orders, queries and cancels of one session, signed. skew: milliseconds by which a vehicle's clock may be late."""

    def __init__(self, means: Means, session: str, skew: int) -> None:
        self._means, self._session, self._skew = means, session, skew

    def orders(
        self,
        plan: Plan,
        digest: str,
        targets: Sequence[Target],
        arguments: Mapping[str, object],
        trace: tuple[str, str] = ("", ""),
    ) -> list[Order]:
        """An order for each target. arguments: as they travel. trace: traceparent and tracestate."""
        now, noise = self._means.now(), self._means.randomness
        expires, timeout, first = now + plan.expires * 1000, plan.timeout * 1000, now - self._skew
        chance, nonces = noise(ids.RANDOM_BYTES * len(targets)), noise(NONCE_BYTES * len(targets)).hex()
        reply, session, size = self._means.telling.reply_topic, self._session, ids.RANDOM_BYTES
        return [
            Order(
                ids.make(now, chance[size * i : size * (i + 1)]),
                ids.key(digest, target.vin),
                target.vin,
                target.region,
                plan.command,
                arguments,
                nonces[32 * i : 32 * (i + 1)],
                now,
                first,
                expires,
                timeout,
                digest,
                reply(target.region, target.vin, session),
                *trace,
            )
            for i, target in enumerate(targets)
        ]

    def once_more(self, orders: Sequence[Order], expires: int) -> list[Order]:
        """Another try of each: a new order with the same key. expires: milliseconds from now."""
        now, noise = self._means.now(), self._means.randomness
        return [
            replace(
                order,
                id=ids.make(now, noise(ids.RANDOM_BYTES)),
                nonce=noise(NONCE_BYTES).hex(),
                created=now,
                not_before=now - self._skew,
                expires=now + expires,
            )
            for order in orders
        ]

    async def sealed(self, orders: Sequence[Order]) -> list[bytes]:
        """Their envelopes."""
        payload = self._means.telling.order
        envelopes: list[bytes] = []
        for start in range(0, len(orders), _AT_ONCE):
            part = [payload(order) for order in orders[start : start + _AT_ONCE]]
            envelopes += await self._means.sealer.seal_all(part, ORDER)
        return envelopes

    async def queries(self, runs: Sequence[Sequence[Order]]) -> list[Outgoing]:
        """Each asks one vehicle about orders of its own, at most 50."""
        envelopes = await self._means.sealer.seal_all([self._query(orders) for orders in runs], QUERY)
        each = zip(runs, envelopes, strict=True)
        return [Outgoing(orders[0], envelope, asked=tuple(orders)) for orders, envelope in each]

    async def cancels(self, orders: Sequence[Order]) -> list[Outgoing]:
        """Each takes an order back."""
        envelopes = await self._means.sealer.seal_all([self._cancel(order) for order in orders], CANCEL)
        return [Outgoing(order, envelope) for order, envelope in zip(orders, envelopes, strict=True)]

    def _query(self, orders: Sequence[Order]) -> bytes:
        first, now = orders[0], self._means.now()
        return self._means.telling.query(
            first.vin,
            [order.id for order in orders],
            reply=self._means.telling.reply_topic(first.region, first.vin, self._session),
            nonce=self._means.randomness(NONCE_BYTES).hex(),
            now=now - self._skew,
            expires=now + ASK_MS,
        )

    def _cancel(self, order: Order) -> bytes:
        now, nonce = self._means.now(), self._means.randomness(NONCE_BYTES).hex()
        return self._means.telling.cancel(order, nonce=nonce, now=now - self._skew, expires=now + ASK_MS)
