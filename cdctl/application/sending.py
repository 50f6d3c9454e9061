"""One call of a dispatch: which orders are its own, what failure is tried again, and when all of it is over."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Mapping
from typing import cast

from cdctl.application.pace import Pace
from cdctl.application.tally import Tally, Tell
from cdctl.domain.orders.command import Arguments, Command
from cdctl.domain.orders.keeping import Note
from cdctl.domain.orders.order import Order, State, Word

_LATELY = 5.0
"""Seconds over which the rate is measured."""


class Sending:
    """A part of a plan on its way."""

    def __init__(
        self,
        digest: str,
        command: Command | None,
        arguments: Mapping[str, object],
        *,
        retries: int = 0,
        rate: float | None = None,
        pause: int = 2_000,
        tell: Tell | None = None,
    ) -> None:
        """digest: of the plan. arguments: as they were judged. rate: orders a second at most. pause: milliseconds
        before a failure is tried again, twice as many before every next time."""
        self.digest, self.command, self.retries, self.pause = digest, command, retries, pause
        self.arguments = cast(Arguments, arguments)  # a plan's are judged values

        self.tally = Tally()
        self.open = 0
        self.launched = False
        self.stopped = asyncio.Event()
        self.pace = Pace(rate, self.stopped)
        self.done = asyncio.Event()
        self.error: Exception | None = None
        self._late: Exception | None = None
        self.again: list[tuple[int, Order, int]] = []
        """When to try again, after which order, and how many there were with its key."""
        self.retrying = 0
        self.notes: list[Note] = []
        self._tell = tell
        self._began = asyncio.get_running_loop().time()
        self._lately: deque[tuple[float, int]] = deque()

    def fault(self, order: Order, word: Word) -> str:
        """Why a claimed success is none; empty when it is one."""
        if self.command is None:
            return ""
        try:
            return self.command.succeeded(self.arguments, word.result)
        except Exception as error:  # a command is a plugin's, a result is a vehicle's: neither ends a dispatch
            return f"the result could not be judged ({type(error).__name__})"

    def preface(self) -> list[Note]:
        """What is to be written down before the first order, once."""
        told, self.notes = self.notes, []
        return told

    def stop(self, error: Exception | None = None) -> None:
        """Nothing more is begun. With an error nobody waits for the rest: `rethrow` raises it."""
        self.error = self.error or error
        self.stopped.set()
        self.again.clear()
        self.look()

    def refuse(self, error: Exception) -> None:
        """Nothing more is begun, and what is under way is waited for; then `rethrow` raises it."""
        self._late = self._late or error
        self.stopped.set()
        self.again.clear()
        self.look()

    def rethrow(self) -> None:
        """Raises what stopped it."""
        if (error := self.error or self._late) is not None:
            raise error

    def take_again(self, now: int) -> list[tuple[int, Order, int]]:
        """What is to be tried again by now; it is over only when that has ended, too."""
        due = [one for one in self.again if one[0] <= now]
        if due:
            self.again = [one for one in self.again if one[0] > now]
            self.retrying += len(due)
        return due

    def ended(self, order: Order, state: State, reason: str, tries: int, now: int) -> None:
        """One of its orders has ended."""
        self.open -= 1
        if (
            state is State.FAILED
            and tries < self.retries
            and not self.stopped.is_set()
            and self.command is not None
            and reason in self.command.retryable
        ):
            self.tally.states[state] -= 1
            self.tally.retried += 1
            self.again.append((now + self.pause * (1 << min(tries, 8)), order, tries))
        elif state is not State.SUCCEEDED:
            self.tally.reasons[state, reason] += 1
        self.look()

    def left(self, count: int) -> None:
        """So many orders were taken by a broker, or may have been."""
        self.tally.published += count
        self._lately.append((asyncio.get_running_loop().time(), count))

    @property
    def over(self) -> bool:
        """Whether everything was begun and has ended."""
        return self.launched and not (self.open or self.again or self.retrying)

    def look(self) -> None:
        """Tell whoever waits when it is over."""
        if self.error is not None or self.over:
            self.done.set()

    def tell(self) -> None:
        """Say how far it is."""
        tally, now = self.tally, asyncio.get_running_loop().time()
        while self._lately and self._lately[0][0] < now - _LATELY:
            self._lately.popleft()
        tally.elapsed = now - self._began
        tally.rate = sum(count for _, count in self._lately) / max(min(tally.elapsed, _LATELY), 0.1)
        left = tally.queued
        tally.eta = left / tally.rate if left and tally.rate else None if left else 0.0
        if self._tell is not None:
            self._tell(tally)
