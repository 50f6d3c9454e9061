"""The roster: where every target of a rollout is, in a few bytes each, counted as it moves."""

from __future__ import annotations

from array import array
from collections import deque
from collections.abc import Sequence
from heapq import heappop, heappush

from cdctl.domain.orders.order import TERMINAL, State
from cdctl.domain.orders.rollout.rules import Retry, Rules
from cdctl.domain.orders.rollout.seen import Publish
from cdctl.domain.orders.rollout.tally import AGAIN, PLACES, PLANNED, Tally
from cdctl.domain.orders.rollout.waves import Rows, numbers_of

_CODES = {place: code for code, place in enumerate(PLACES)}
_PLANNED, _AGAIN, _QUEUED = _CODES[PLANNED], _CODES[AGAIN], _CODES[State.QUEUED]
_ENDED = frozenset(_CODES[state] for state in TERMINAL)


class Roster:
    """Targets are rows, as in the plan; `order` is their sequence. One owner; a turn of it is not interrupted."""

    def __init__(self, rules: Rules, order: Rows) -> None:
        self._order = order
        self._ends = rules.ends
        self._wave = array("H", numbers_of(order, rules.ends).tobytes())
        self._place = bytearray(len(order))
        self._tries = bytearray(len(order))
        self._counts = [[0] * len(PLACES) for _ in rules.ends]
        for number in range(len(rules.ends)):
            self._counts[number][_PLANNED] = rules.size(number)
        self._next = [0, *rules.ends[:-1]]
        self._waiting: list[tuple[int, int]] = []
        self._ready: deque[int] = deque()

    def tally(self, wave: int) -> Tally:
        """The targets of one wave, counted from 0."""
        return Tally(*self._counts[wave])

    def rollout(self) -> Tally:
        """All targets."""
        return Tally(*map(sum, zip(*self._counts, strict=True)))

    def wave(self, row: int) -> int:
        """Which wave a target is in."""
        return self._wave[row]

    def place(self, row: int) -> str:
        """Where a target is: one of PLACES."""
        return PLACES[self._place[row]]

    def tries(self, row: int) -> int:
        """How many orders were published to a target."""
        return self._tries[row]

    def ready(self, now: int) -> int:
        """How many targets may be tried again by now (epoch milliseconds)."""
        while self._waiting and self._waiting[0][0] <= now:
            self._ready.append(heappop(self._waiting)[1])
        return len(self._ready)

    def take(self, publish: Publish) -> list[int]:
        """The rows that a Publish is about, in their order; they are queued from now on. Raises ValueError when there
        are fewer, which would be a publish beyond the wave."""
        if publish.again > len(self._ready):
            raise ValueError(f"{publish.again} targets to try again, {len(self._ready)} are ready")
        rows = [self._ready.popleft() for _ in range(publish.again)]
        at, end = self._next[publish.wave], self._ends[publish.wave]
        left = publish.first
        while left and at < end:
            row = int(self._order[at])
            at += 1
            if self._place[row] == _PLANNED:
                rows.append(row)
                left -= 1
        if left:
            raise ValueError(f"wave {publish.wave + 1} has {left} targets fewer than are to be told")
        self._next[publish.wave] = at
        for row in rows:
            self._tries[row] = min(255, self._tries[row] + 1)
            self._to(row, _QUEUED)
        return rows

    def put_back(self, rows: Sequence[int]) -> None:
        """These were taken, and nothing was sent: they are as before."""
        for row in rows:
            self._tries[row] -= 1
            if self._tries[row]:
                self._to(row, _AGAIN)
                self._ready.append(row)
            else:
                self._to(row, _PLANNED)
                number = self._wave[row]
                self._next[number] = self._ends[number - 1] if number else 0

    def told(self) -> list[bool]:
        """Whether an order was published to each target, by row."""
        return [tries > 0 for tries in self._tries]

    def move(self, row: int, state: State) -> None:
        """A target's order is in this state now. What has ended stays as it is: late news is for the journal."""
        code = _CODES[state]
        if self._place[row] not in _ENDED and self._place[row] != code:
            self._to(row, code)

    def again(self, row: int, retry: Retry, now: int) -> bool:
        """The try failed in a way after which another makes sense; false when there were enough of them."""
        if self._tries[row] >= retry.tries:
            return False
        self._to(row, _AGAIN)
        heappush(self._waiting, (now + retry.again(self._tries[row]), row))
        return True

    def restore(self, row: int, state: State, tries: int) -> None:
        """A target as the journal has it, when a rollout is taken up again."""
        self._tries[row] = min(255, tries)
        self._to(row, _CODES[state])

    def give_up(self) -> None:
        """No more tries, after an abort: what waited for one has failed."""
        for row in [*self._ready, *(row for _, row in self._waiting)]:
            self._to(row, _CODES[State.FAILED])
        self._ready.clear()
        self._waiting.clear()

    def _to(self, row: int, code: int) -> None:
        counts = self._counts[self._wave[row]]
        counts[self._place[row]] -= 1
        counts[code] += 1
        self._place[row] = code
