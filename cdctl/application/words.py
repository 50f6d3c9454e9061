"""Takes in what vehicles say: opened, judged, moved, written down; and only then acknowledged to the broker."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from cdctl.application.desk import Desk
from cdctl.application.flights import Flight
from cdctl.application.hearing import Hearing
from cdctl.domain.orders.executing import Said
from cdctl.domain.orders.keeping import Kept, Move
from cdctl.domain.orders.order import Effect, State, Word, due, step
from cdctl.errors import CdctlError

_AT_ONCE = 48
"""Signatures that are verified between two turns of the loop: some milliseconds."""


class Words:
    """`adopt` makes a flight of an order of this session that nobody here has yet."""

    def __init__(self, desk: Desk, hearing: Hearing, adopt: Callable[[Kept], Flight]) -> None:
        self._desk, self._hearing, self._adopt = desk, hearing, adopt
        self._closing = asyncio.Event()

    def close(self) -> None:
        """Let go of what was never acknowledged."""
        self._closing.set()

    async def take(self, said: Sequence[Said]) -> None:
        """Returns when everything is on the disk. When it cannot be, it waits for the end and does not return: nothing
        is acknowledged then, and it comes again to whoever resumes."""
        understand = self._hearing.understand
        told: list[tuple[Said, Word, str]] = []
        for start in range(0, len(said), _AT_ONCE):
            for one in said[start : start + _AT_ONCE]:
                found = understand(one)
                if found is not None:
                    told.append((one, *found))
            if start + _AT_ONCE < len(said):
                await asyncio.sleep(0)
        # From here to the note nothing else runs: entries are in the order in which orders moved.
        self._step(told)
        try:
            await self._desk.settle()
        except CdctlError:
            await self._closing.wait()
            raise asyncio.CancelledError from None

    def note_forged(self, *, last: bool = False) -> None:
        """Write down what could not be believed."""
        self._desk.scribe.note(self._hearing.notes(self._desk.now(), last=last))

    @property
    def forged(self) -> int:
        """Words so far that nobody may believe."""
        return self._hearing.forged

    def _step(self, told: Sequence[tuple[Said, Word, str]]) -> None:
        desk, now = self._desk, self._desk.now()
        by_id, ending, take = desk.flights.by_id, desk.flights.ending, desk.flights.take
        moves: list[Move] = []
        begun: list[Flight] = []
        unheld: list[Flight] = []
        for said, word, by in told:
            flight = by_id.get(word.order) or ending.get(word.order) or self._strange(said, word, by, now, moves)
            if flight is None:
                continue
            if flight.order.vin != word.vin:
                self._hearing.doubt(said, "about another vehicle's order")
                continue
            move = take(flight, word, by, now)
            if move is None:
                flight.sending.tally.duplicates += 1
                continue
            moves.append(move)
            state = flight.course.state
            if state is State.RUNNING or state is State.ACKED:
                begun.append(flight)
            elif state is State.QUEUED and desk.means.executor.promises.dedupe:
                unheld.append(flight)  # elsewhere nothing is sent twice, whatever a ledger says
        desk.scribe.note(moves, ending=True)
        desk.leave.put(now, unheld)
        self._watch(begun)
        self.note_forged()

    def _watch(self, begun: Sequence[Flight]) -> None:
        """Their time runs from now on; a result that is lost is asked for."""
        desk = self._desk
        ends = [said[0] for flight in begun if (said := due(flight.order, flight.course, desk.skew))]
        if ends:
            desk.due.put(min(ends), begun)

    def _strange(self, said: Said, word: Word, by: str, now: int, moves: list[Move]) -> Flight | None:
        """An order that is not in flight: it has ended, or nobody here has sent it."""
        desk = self._desk
        try:
            kept = desk.means.journal.order(word.order)
        except CdctlError:
            return None
        if kept is None or kept.order.id != word.order:
            self._hearing.doubt(said, "no order of ours")
            return None
        if kept.order.vin != word.vin:
            self._hearing.doubt(said, "about another vehicle's order")
            return None
        if not kept.course.state.terminal:
            return self._adopt(kept)
        _, effect = step(kept.course, word.heard, now)
        if effect is Effect.LATE:
            late = Move(word.order, kept.course, word.heard.value, now, word.reason, word.result, word.took, by, True)
            moves.append(late)
        return None
