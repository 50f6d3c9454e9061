"""What all parts of a dispatch share: the orders in flight, when to look at them, and the one who writes."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from cdctl.application.agenda import Agenda
from cdctl.application.flights import Flight, Flights
from cdctl.application.issuing import Issuer, Means
from cdctl.application.reach import Reach
from cdctl.application.scribe import Scribe
from cdctl.domain.orders.keeping import Move, Note
from cdctl.domain.orders.order import TERMINAL, Heard, State
from cdctl.errors import CdctlError


class Desk:
    """Of one session. skew, patience: milliseconds. broken: told when the journal cannot be written."""

    def __init__(
        self, means: Means, session: str, *, skew: int, patience: int, broken: Callable[[CdctlError], None]
    ) -> None:
        self.means, self.session, self.skew, self.patience = means, session, skew, patience
        self.actor = means.sealer.identity.name
        self.issuer = Issuer(means, session, skew)
        self.scribe = Scribe(means.journal, broken)
        self.flights = Flights()
        self.reach = Reach()
        self.due: Agenda[Flight] = Agenda(_over)
        """When our own clock has something to say."""
        self.asks: Agenda[Flight] = Agenda(_over)
        """When a vehicle is asked."""
        self.leave: Agenda[Flight] = Agenda(_over)
        """When what is queued leaves again."""

    def now(self) -> int:
        """Epoch milliseconds."""
        return self.means.now()

    def hear(self, flights: Sequence[Flight], heard: Heard, reason: str = "") -> list[Flight]:
        """All of them hear the same; those that it moved. To be written with the next flush."""
        now = self.now()
        moves: list[Move] = []
        moved: list[Flight] = []
        for flight in flights:
            move = self.flights.hear(flight, heard, now, reason)
            if move is not None:
                moves.append(move)
                moved.append(flight)
        self.scribe.note(moves, ending=True)
        return moved

    async def settle(self) -> None:
        """Returns when everything that happened to orders so far is on the disk. Raises UnavailableError."""
        ending = list(self.flights.ending)
        await self.scribe.flush(ending=True)
        for name in ending:
            self.flights.ending.pop(name, None)

    def ask(self, at: int, flights: Sequence[Flight]) -> None:
        """Ask the vehicles of these then, and at no other time."""
        for flight in flights:
            flight.ask_at = at
        self.asks.put(at, flights)

    def withdraw(self, flights: Sequence[Flight]) -> None:
        """What certainly has not left is cancelled."""
        kept = [flight for flight in flights if flight.course.state is State.QUEUED and not flight.handed]
        now = self.now()
        moves = [self.flights.hear(flight, Heard.WITHDRAWN, now) for flight in kept]
        self.scribe.note([move for move in moves if move is not None], ending=True)

    def note(self, kind: str, subject: str, body: dict[str, object], *, ending: bool = False) -> None:
        """To be written with the next flush."""
        self.scribe.note([Note(kind, subject, self.actor, self.now(), body)], ending=ending)


def _over(flight: Flight) -> bool:
    return flight.course.state in TERMINAL
