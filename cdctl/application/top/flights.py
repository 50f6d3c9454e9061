"""What was sent from the live view and has not ended: each in the background, with a session of its own."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from cdctl.application.calling_off import refuse_called_off
from cdctl.application.planning import vehicles
from cdctl.application.stopping import stoppable
from cdctl.application.tally import Tally
from cdctl.application.top.sending import Agreement, Prepared, Ways
from cdctl.domain.orders.order import State
from cdctl.domain.text import safe
from cdctl.errors import CdctlError, RefusedError, UsageError

if TYPE_CHECKING:
    from cdctl.application.dispatch import Dispatch
    from cdctl.application.orders_wiring import Orders
    from cdctl.application.tally import Outcome

_SHORT = 16


class Say(Protocol):
    """Tells whoever sits there."""

    def __call__(self, text: str, *, bad: bool = False) -> None:
        """One line."""
        ...


@dataclass(slots=True, eq=False)
class Flight:
    """Something that goes on behind the screen. what: "lock to 12 vehicles". go_on: how it goes on when the view is
    closed, for people. tally: how far it is, None while it does not count."""

    what: str
    go_on: str
    tally: Tally | None = None

    @property
    def said(self) -> str:
        """What it is and how far."""
        tally = self.tally
        if tally is None or not tally.total:
            return self.what
        return f"{self.what}: {tally.ended:,} of {tally.total:,} ended"


class Flights:
    """All that is under way. say: tells how each went; told on the event loop."""

    def __init__(self, ways: Ways, say: Say) -> None:
        self._ways, self._say = ways, say
        self._tasks: dict[asyncio.Task[None], Flight] = {}

    @property
    def under_way(self) -> Sequence[Flight]:
        """What has not ended."""
        return tuple(self._tasks.values())

    def begin(self, flight: Flight, work: Callable[[], Awaitable[None]]) -> Flight:
        """Let something go on in the background; what it raises is said."""

        async def run() -> None:
            try:
                await work()
            except CdctlError as error:
                subject = f"{error.subject}: " if error.subject else ""
                hint = f"; {error.hint}" if error.hint else ""
                self._say(safe(f"{flight.what}: {subject}{error.message}{hint}", 400), bad=True)
            except Exception as error:  # the view goes on
                self._say(safe(f"{flight.what} failed: {type(error).__name__}: {error}", 400), bad=True)

        task = asyncio.get_running_loop().create_task(run())
        self._tasks[task] = flight
        task.add_done_callback(lambda done: self._tasks.pop(done, None))
        return flight

    def send(self, prepared: Prepared, typed: str) -> Flight:
        """Send exactly what was prepared, once it is agreed to. Returns at once; policy is asked again, and what it
        refuses now is written down and said. Raises UsageError when it is not agreed to, RefusedError when it may not
        be sent."""
        plan = prepared.plan
        if plan is None or not prepared.may_be_sent:
            raise RefusedError(prepared.why_not or "it may not be sent", subject=prepared.command.name)
        if not prepared.agreed(typed):
            raise UsageError(f"'{safe(typed, 20)}' is not what was asked for: nothing was sent")
        short = plan.digest()[:_SHORT]
        flight = Flight(f"{plan.command} to {vehicles(prepared.count)}", f"cdctl cmd resume {short}")
        return self.begin(flight, lambda: self._deliver(prepared, flight))

    async def _deliver(self, prepared: Prepared, flight: Flight) -> None:
        plan, command, judged = prepared.plan, prepared.command, prepared.judged
        assert plan is not None
        expected = prepared.count if prepared.agreement is Agreement.COUNT else None

        warned: set[str] = set()

        def tell(tally: Tally) -> None:
            flight.tally = tally
            for line in [one for one in tally.degraded if one not in warned]:
                warned.add(line)
                self._say(safe(f"{flight.what}: {line}", 300), bad=True)

        async with self._ways.opened("") as (orders, dispatch):
            refuse_called_off(orders.journal, plan.digest())
            await orders.authorise(plan, command, expected=expected)
            await self._reached(dispatch, prepared)
            async with stoppable(orders, dispatch, [plan.digest()]):
                outcome = await dispatch.send(plan, command, rate=judged.rate, retries=judged.retries, tell=tell)
            self._ended(orders, flight, outcome)

    async def _reached(self, dispatch: Dispatch, prepared: Prepared) -> None:
        """Say who cannot be told now."""
        places = Counter(target.region for target in prepared.selected.targets)
        for region, why in (await dispatch.open(places)).items():
            count = f"{places[region]:,} of {places.total():,} vehicles"
            told = f"{region} cannot be reached now: {count} are told when it can, until it expires: {why}"
            self._say(safe(told, 300), bad=True)

    def _ended(self, orders: Orders, flight: Flight, outcome: Outcome) -> None:
        states = Counter(one.course.state for one in outcome.results())
        good, total = states.pop(State.SUCCEEDED, 0), outcome.tally.total
        rest = ", ".join(f"{count:,} {state.value.replace('_', ' ')}" for state, count in states.most_common())
        unsent = f", {total - outcome.tally.written:,} not sent" if total > outcome.tally.written else ""
        told = f"{flight.what}: {good:,} of {total:,} succeeded{f'; {rest}' if rest else ''}{unsent}"
        if outcome.tally.forged:
            told += f"; {outcome.tally.forged:,} answers had no valid signature"
        self._say(told, bad=good < total)

    async def aclose(self) -> None:
        """Let go of what is under way: it waits in the journal, and vehicles go on with what they have."""
        for task in list(self._tasks):
            task.cancel()
        with suppress(asyncio.CancelledError):
            await asyncio.gather(*self._tasks, return_exceptions=True)
