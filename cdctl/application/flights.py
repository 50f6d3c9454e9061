"""Orders of this process that have not ended: what each is at, and what moves it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from cdctl.application.sending import Sending
from cdctl.domain.orders.keeping import Move
from cdctl.domain.orders.order import Course, Effect, Heard, Order, State, Word, step

_NOTHING: dict[str, object] = {}


@dataclass(slots=True, eq=False)
class Flight:
    """One order until it ends. Its envelope is in the journal.

    tries: orders with its key before it. sends: how often it was given to an executor. handed: one has it and has not
    answered yet. recalled: the operator wants it back, so it is not sent again. doubtful: something may have been lost
    since its vehicle was asked. patience: milliseconds from `ask_at`, when its vehicle is asked, to the next time.
    """

    order: Order
    sending: Sending
    course: Course
    tries: int = 0
    sends: int = 0
    handed: bool = False
    recalled: bool = False
    doubtful: bool = False
    patience: int = 0
    ask_at: int = 0


class Flights:
    """All of them, by order and by vehicle. Nothing here waits or writes: what is moved is told as entries for the
    journal, which must be written in that order."""

    def __init__(self) -> None:
        self.by_id: dict[str, Flight] = {}
        self.ending: dict[str, Flight] = {}
        """Those that have ended, and the journal may not say so yet: of them, too, the same may be heard once more."""
        self._by_vin: dict[str, tuple[Flight, ...]] = {}

    def __len__(self) -> int:
        return len(self.by_id)

    def __iter__(self) -> Iterator[Flight]:
        return iter(list(self.by_id.values()))

    def add(self, flights: Sequence[Flight]) -> None:
        """Orders that were just written down."""
        by_vin = self._by_vin
        for flight in flights:
            order = flight.order
            self.by_id[order.id] = flight
            by_vin[order.vin] = (*by_vin.get(order.vin, ()), flight)
            flight.sending.tally.states[flight.course.state] += 1
        for flight in flights:
            flight.sending.open += 1
            flight.sending.tally.until = max(flight.sending.tally.until, flight.order.expires)

    def of(self, vins: Iterable[str]) -> list[Flight]:
        """Those of some vehicles."""
        return [flight for vin in vins for flight in self._by_vin.get(vin, ())]

    def hear(self, flight: Flight, heard: Heard, at: int, reason: str = "") -> Move | None:
        """What our side or the broker says of one."""
        before = flight.course
        flight.course, effect = step(before, heard, at)
        flight.doubtful = flight.doubtful or heard is Heard.LOST
        if effect is not Effect.MOVED:
            return None
        self._moved(flight, before.state, reason, at)
        return Move(flight.order.id, flight.course, heard.value, at, reason)

    def take(self, flight: Flight, word: Word, by: str, at: int) -> Move | None:
        """What its vehicle says; `by` is the key that verified."""
        before = flight.course
        heard, reason = word.heard, word.reason
        if heard is Heard.SUCCEEDED and (fault := flight.sending.fault(flight.order, word)):
            heard, reason = Heard.FAILED, fault
        flight.course, effect = step(before, heard, at)
        if effect is Effect.SAME:
            return None
        late = effect is Effect.LATE
        if late:
            flight.sending.tally.late += 1
        else:
            self._moved(flight, before.state, reason, at)
        return Move(
            flight.order.id, flight.course, heard.value, at, reason, word.result or _NOTHING, word.took, by, late
        )

    def _moved(self, flight: Flight, before: State, reason: str, at: int) -> None:
        state, states = flight.course.state, flight.sending.tally.states
        states[before] -= 1
        states[state] += 1
        if state.terminal:
            self._drop(flight)
            flight.sending.ended(flight.order, state, reason, flight.tries, at)

    def _drop(self, flight: Flight) -> None:
        order = flight.order
        self.ending[order.id] = self.by_id.pop(order.id)
        rest = tuple(one for one in self._by_vin[order.vin] if one is not flight)
        if rest:
            self._by_vin[order.vin] = rest
        else:
            del self._by_vin[order.vin]
