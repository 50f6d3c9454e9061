"""Finds out what became of orders: by our own clock, and by asking the vehicles' ledgers; never by a guess."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Sequence

from cdctl.application.desk import Desk
from cdctl.application.flights import Flight
from cdctl.application.launching import Launcher
from cdctl.application.sending import Sending
from cdctl.domain.orders.order import Heard, Order, State, due

_MOST_PATIENCE_MS = 300_000
_A_QUERY = 50
"""Orders that one query may ask for."""
_AT_ONCE = 64
"""Vehicles that are asked between two turns of the loop."""
_GRAIN_MS = 100
_ASKABLE = frozenset({State.SENT, State.ACKED, State.RUNNING, State.UNKNOWN})


class Reconciler:
    """Looks after the orders of a dispatch that have not ended."""

    def __init__(self, desk: Desk, launcher: Launcher) -> None:
        self._desk, self._launcher = desk, launcher

    def overdue(self) -> None:
        """What our own clock says."""
        desk, now = self._desk, self._desk.now()
        later: dict[int, list[Flight]] = defaultdict(list)
        over: dict[tuple[Heard, str], list[Flight]] = defaultdict(list)
        for flight in desk.due.due(now):
            said = due(flight.order, flight.course, desk.skew)
            if said is None:
                continue
            if said[0] <= now:
                over[said[1], self._why(flight)].append(flight)
            else:
                later[-(-said[0] // _GRAIN_MS) * _GRAIN_MS].append(flight)
        for (heard, why), flights in over.items():
            desk.hear(flights, heard, why)
        for at, flights in later.items():
            desk.due.put(at, flights)

    def _why(self, flight: Flight) -> str:
        """What is known of one that never left."""
        never = _is_waiting(flight) and not flight.sends and not flight.course.stray
        away = self._desk.reach.among([flight.order.region]) if never else {}
        return "".join(f"never sent: no link to the broker: {why}" for why in away.values())

    def silent(self) -> list[Flight]:
        """Those whose vehicles are to be asked now. The next time is twice as far away."""
        desk, now = self._desk, self._desk.now()
        asked: list[Flight] = []
        later: dict[int, list[Flight]] = defaultdict(list)
        for flight in desk.asks.due(now):
            if flight.course.state not in _ASKABLE or flight.ask_at > now:
                continue
            busy_until = _busy_until(flight)
            if busy_until > now:
                later[busy_until].append(flight)
                continue
            if flight.order.region in desk.reach:
                flight.doubtful = True  # asked when there is a link
                continue
            asked.append(flight)
            flight.doubtful = False
            flight.ask_at = now + flight.patience
            later[flight.ask_at].append(flight)
            flight.patience = min(flight.patience * 2, _MOST_PATIENCE_MS)
        for at, flights in later.items():
            desk.ask(at, flights)
        return asked

    async def ask(self, flights: Sequence[Flight]) -> None:
        """Ask the vehicles; what is to be taken back is asked back instead."""
        desk = self._desk
        by_vin: dict[str, list[Order]] = defaultdict(list)
        recalled: list[Order] = []
        for flight in flights:
            if flight.recalled:
                recalled.append(flight.order)
            else:
                by_vin[flight.order.vin].append(flight.order)
        if recalled:
            await desk.means.executor.cancel(await desk.issuer.cancels(recalled))
        runs = [some[at : at + _A_QUERY] for some in by_vin.values() for at in range(0, len(some), _A_QUERY)]
        for start in range(0, len(runs), _AT_ONCE):
            part = runs[start : start + _AT_ONCE]
            await desk.means.executor.query(await desk.issuer.queries(part))
            await asyncio.sleep(0)

    def send_again(self, flights: Sequence[Flight]) -> None:
        """What is queued leaves: the same bytes as they were written down. What has no link waits for one."""
        shares: dict[tuple[Sending, str], list[Flight]] = defaultdict(list)
        for flight in dict.fromkeys(flights):
            if _is_waiting(flight):
                shares[flight.sending, flight.order.region].append(flight)
        for (sending, region), some in shares.items():
            self._desk.withdraw([flight for flight in some if flight.recalled or sending.stopped.is_set()])
            if not sending.stopped.is_set() and region not in self._desk.reach:
                leaving = [flight for flight in some if not flight.recalled]
                self._launcher.spawn(sending, self._leave(sending, leaving))

    async def _leave(self, sending: Sending, flights: Sequence[Flight]) -> None:
        order, size = self._desk.means.journal.order, sending.pace.size(_AT_ONCE)
        for start in range(0, len(flights), size):
            await sending.pace.turn(min(size, len(flights) - start))
            part = [flight for flight in flights[start : start + size] if _is_waiting(flight)]
            kept = [order(flight.order.id) for flight in part]
            if part:
                await self._launcher.hand(sending, part, [one.envelope if one is not None else b"" for one in kept])

    def back(self, vins: Sequence[str]) -> None:
        """Vehicles have just connected: what they did not acknowledge is asked for at once."""
        desk = self._desk
        now, found = desk.now(), desk.flights.of(vins)
        for flight in found:
            flight.patience = desk.patience
        desk.ask(now, [flight for flight in found if flight.course.state in (State.SENT, State.UNKNOWN)])

    def lose(self, flights: Sequence[Flight], why: str) -> None:
        """They may or may not have arrived: ask as soon as somebody can be asked."""
        self._desk.hear(flights, Heard.LOST, why)
        self._desk.ask(self._desk.now(), flights)

    def cut(self, region: str) -> None:
        """A link is gone: what was on its way may or may not have arrived."""
        self._desk.hear(self._of(region), Heard.LOST, "the link was cut")

    def mended(self, region: str, *, forgot: bool) -> None:
        """A link is there again. forgot: the broker had kept nothing for us."""
        desk, flights = self._desk, self._of(region)
        if forgot:
            desk.hear(flights, Heard.LOST, "the broker had forgotten the session")
        for flight in flights:
            flight.patience = desk.patience
        desk.ask(desk.now(), [flight for flight in flights if flight.doubtful])
        desk.leave.put(desk.now(), self.waiting(region))

    def waiting(self, region: str) -> list[Flight]:
        """What is written down for a region and was not handed on yet."""
        return [flight for flight in self._desk.flights if flight.order.region == region and _is_waiting(flight)]

    def _of(self, region: str) -> list[Flight]:
        return [
            flight
            for flight in self._desk.flights
            if flight.order.region == region and (flight.handed or flight.course.state is not State.QUEUED)
        ]


def _is_waiting(flight: Flight) -> bool:
    return flight.course.state is State.QUEUED and not flight.handed


def _busy_until(flight: Flight) -> int:
    """A vehicle that has begun is not asked before it had its time, unless its answer may be lost: the words that came
    since may be older than that."""
    course = flight.course
    if flight.doubtful or flight.recalled or course.state is State.UNKNOWN:
        return 0
    begun = course.began if course.began is not None else course.acked
    return begun + flight.order.timeout if begun is not None else 0
