"""What became of a rollout's orders: read from the journal, wherever it was written."""

from __future__ import annotations

from collections import Counter

from cdctl.domain.orders.keeping import Journal, Kept
from cdctl.domain.orders.order import State
from cdctl.domain.orders.rollout.engine import Job
from cdctl.domain.orders.rollout.roster import Roster


class News:
    """Moves of the orders of one plan, from the journal to the roster."""

    def __init__(self, job: Job, journal: Journal, roster: Roster) -> None:
        self._job, self._journal, self._roster = job, journal, roster
        self._rows = {target.vin: row for row, target in enumerate(job.plan.targets)}
        self._open: dict[str, int] = {}
        """Row by order, until it ends."""
        self._written: set[int] = set()
        self._after = journal.head().number

    def written(self, row: int) -> bool:
        """Whether an order to a target stands in the journal that is open, or was the last to end."""
        return row in self._written

    def restore(self, now: int) -> list[Kept]:
        """The roster as the journal has it; the orders that are open."""
        tries: Counter[int] = Counter()
        newest: dict[int, Kept] = {}
        for kept in self._journal.orders(plan=self._job.digest):  # newest first
            row = self._rows[kept.order.vin]
            tries[row] += 1
            newest.setdefault(row, kept)
        for row, kept in newest.items():
            state = kept.course.state
            self._roster.restore(row, state, tries[row])
            self._written.add(row)
            if not state.terminal:
                self._open[kept.order.id] = row
            elif state is State.FAILED and kept.reason in self._job.command.retryable:
                self._roster.again(row, self._job.rules.retry, now)
        return [kept for kept in newest.values() if not kept.course.state.terminal]

    def hear(self, now: int, *, retries: bool) -> None:
        """Everything that was written since the last time. retries: failures that may go away are tried again."""
        for record in self._journal.records(after=self._after):
            self._after = record.number
            if record.kind == "intent" and record.body.get("plan") == self._job.digest:
                row = self._rows[str(record.body["vin"])]
                self._open[record.subject] = row
                self._written.add(row)
            elif record.kind == "move" and (found := self._open.get(record.subject)) is not None:
                state = State(str(record.body["state"]))
                self._moved(found, state, str(record.body.get("reason", "")), now, retries)
                if state.terminal:
                    del self._open[record.subject]

    def _moved(self, row: int, state: State, reason: str, now: int, retries: bool) -> None:
        job = self._job
        passing = state is State.FAILED and reason in job.command.retryable
        if passing and retries and self._roster.again(row, job.rules.retry, now):
            self._written.discard(row)
            return
        self._roster.move(row, state)
