"""A question that a panel asks again and again: when it is due, and which answer is the one to its last wording."""

from __future__ import annotations

from cdctl.domain.boards.asking import Answer, Ask
from cdctl.domain.boards.snapshot import Snapshot

REST = 2.0
"""Seconds after a key during which nothing moves by itself."""
_PATIENCE = 30.0
"""Seconds after which an answer that never came is asked for again."""


class Inquiry:
    """wanted: the question, None for none. every: seconds from an answer to the next; None: one answer does. Of what
    takes long to be told there is a rest of `rest` times as long: five, where it is reckoned out here. answer: the last
    one, to this question or to one before."""

    def __init__(self, wanted: Ask | None = None, every: float | None = 1.0, rest: float = 5.0) -> None:
        self.wanted = wanted
        self.answer: Answer | None = None
        self._every, self._rest = every, rest
        self._asked_at: float | None = None
        self._touched, self._rest_until = False, 0.0

    @property
    def current(self) -> bool:
        """Whether the answer is one to the question as it stands."""
        return self.answer is not None and self.answer.ask == self.wanted

    def want(self, ask: Ask | None) -> None:
        """Another question, which is due at once. The answer to the one before stays until there is one to this."""
        if ask != self.wanted:
            self.wanted, self._asked_at = ask, None

    def again(self) -> None:
        """The same question, at once."""
        self._asked_at = None

    def touch(self) -> None:
        """A key was pressed: what is shown rests for a moment."""
        self._touched = True

    def see(self, snapshot: Snapshot, letter: str) -> Ask | None:
        """Take the answer if there is a new one; the question, when it is due."""
        if self._touched:
            self._touched, self._rest_until = False, snapshot.at + REST
        found = snapshot.answers.get(letter)
        if found is not None and found is not self.answer and found.ask == self.wanted:
            self.answer = found
        if self.wanted is None or not self._due(snapshot):
            return None
        self._asked_at = snapshot.at
        return self.wanted

    def _due(self, snapshot: Snapshot) -> bool:
        if self._asked_at is None:
            return True
        if snapshot.frozen_at is not None:
            return False
        if not self.current or self.answer is None or self.answer.at < self._asked_at:
            return not 0 <= snapshot.at - self._asked_at < _PATIENCE
        if self._every is None:
            return False
        if self._rest_until - REST <= snapshot.at < self._rest_until:
            return False
        return not 0 <= snapshot.at - self.answer.at < self._every + self._rest * self.answer.took
