"""Trust that notices when its files change: what is revoked during a rollout is believed no more in that rollout."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path

from cdctl.domain.orders.trust import Identity, Opened
from cdctl.errors import CdctlError
from cdctl.security import trust_file
from cdctl.security.trust import Now, TrustFile, assembled

_EVERY = 1.0
"""Seconds between looks at the files."""

Mark = tuple[int, int, int] | None
"""What tells one state of a file from another: inode, time of change, size; None: it is not there."""


class LiveTrust:
    """The port `Trust` over a file, looked at again at most once a second when something is asked.

    While a changed file is wrong or gone, what was read before stays in force and `problem` says so. A changed trust
    file alone costs a millisecond; the vehicles' keys are read again only when their file changed, too.
    """

    def __init__(self, path: Path | str, *, now: Now = time.time, ticks: Callable[[], float] = time.monotonic) -> None:
        self._path = Path(path).expanduser()
        self._now, self._ticks = now, ticks
        self._next = ticks() + _EVERY
        self._marks: tuple[Mark, Mark] = (None, None)
        self._vehicles = ""
        self._held: Mark = None
        self.problem = ""
        self._trust = self._read()

    @property
    def current(self) -> TrustFile:
        """What is trusted now."""
        at = self._ticks()
        if at >= self._next:
            self._next = at + _EVERY
            if self._marks != self._look():
                self._again()
        return self._trust

    def open(self, envelope: bytes, kind: str, *, vehicle: str = "") -> Opened:
        """See the port, and `TrustFile.open` for the reasons."""
        return self.current.open(envelope, kind, vehicle=vehicle)

    def operator(self, name: str) -> Identity | None:
        """See the port."""
        return self.current.operator(name)

    def knows(self, vins: Sequence[str]) -> Sequence[bool]:
        """See the port."""
        return self.current.knows(vins)

    def owner(self, public: bytes) -> Identity:
        """See `TrustFile.owner`."""
        return self.current.owner(public)

    def _look(self) -> tuple[Mark, Mark]:
        return _mark(self._path), _mark(Path(self._vehicles)) if self._vehicles else None

    def _again(self) -> None:
        self._marks = self._look()  # before reading: what changes meanwhile is read again
        try:
            self._trust = self._read()
            self.problem = ""
        except CdctlError as error:
            self.problem = str(error)

    def _read(self) -> TrustFile:
        """What the files say; the vehicles' keys in memory when theirs is as it was."""
        mine = _mark(self._path)
        found = trust_file.parse(trust_file.load(self._path), self._path)
        theirs = _mark(Path(found.vehicles)) if found.vehicles else None
        same = theirs is not None and (found.vehicles, theirs) == (self._vehicles, self._held)
        trust = assembled(found, self._now, self._trust.vehicles if same else None)
        self._marks, self._vehicles, self._held = (mine, theirs), found.vehicles, theirs
        return trust


def _mark(path: Path) -> Mark:
    try:
        state = path.stat()
    except OSError:
        return None
    return state.st_ino, state.st_mtime_ns, state.st_size
