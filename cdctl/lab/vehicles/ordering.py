"""Puts the reference vehicle together: what takes the orders of one fleet."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from cdctl.errors import FileError
from cdctl.lab.vehicles.body import Bodies
from cdctl.lab.vehicles.chorus import milliseconds
from cdctl.lab.vehicles.envelopes import Known
from cdctl.lab.vehicles.judging import Judge
from cdctl.lab.vehicles.keys import vehicle_key
from cdctl.lab.vehicles.ledger import Ledger
from cdctl.lab.vehicles.orders import Orders, World
from cdctl.lab.vehicles.records import Records
from cdctl.lab.vehicles.replying import Answer, Replies
from cdctl.lab.vehicles.story import Story
from cdctl.lab.vehicles.wording import Wording

LEDGER = "ledger.jsonl"
_LOOKS_AGAIN = 500
"""Milliseconds until the trust file is looked at again."""


class Ordering:
    """Everything that orders of one fleet need, in the folder of that fleet."""

    def __init__(
        self,
        folder: Path,
        trust: Path,
        story: Story,
        wording: Wording,
        seed: int,
        *,
        restart: Callable[[int, float], None],
        pace: float = 1.0,
    ) -> None:
        """trust: the operators' keys; read again when it changes. pace: what a second of a task takes."""
        self.records = Records(folder)
        self._ledger = Ledger(folder / LEDGER, milliseconds())
        self._replies = Replies(lambda row: vehicle_key(seed, story.who.vins[row]))
        bodies = Bodies(story, self._ledger, seed)
        self.orders = Orders(
            Judge(_Trusted(trust), self._ledger, bodies, wording.head),
            bodies,
            self._ledger,
            self.records,
            self._replies,
            World(lambda row: wording.secure_clock(row, milliseconds()), milliseconds, restart=restart, pace=pace),
        )
        self._rows = {vin: row for row, vin in enumerate(story.who.vins)} if self._ledger.interrupted else {}

    def open(self, answer: Answer) -> None:
        """Vehicles may speak from now on; what was interrupted is told as soon as each has a connection."""
        self._replies.answer = answer
        for entry in self._ledger.interrupted:
            self._replies.say(self._rows[entry.vin], entry)
        self._replies.send()

    def close(self) -> None:
        """Let go of all files."""
        self.orders.close()
        self._ledger.close()
        self.records.close()


class _Trusted:
    """Who is trusted now."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._known = Known()
        self._seen = (0, 0)
        self._due = 0

    def __call__(self) -> Known:
        now = milliseconds()
        if now >= self._due:
            self._due = now + _LOOKS_AGAIN
            self._look()
        return self._known

    def _look(self) -> None:
        try:
            found = self._path.stat()
            seen = (found.st_mtime_ns, found.st_size)
            if seen != self._seen:
                self._known, self._seen = Known.read(self._path), seen
        except (OSError, FileError):
            return  # it is being written: what was trusted before holds until it can be read
