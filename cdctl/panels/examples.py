"""Which trace is wanted: the one a board is about, or an example of what it is about, one after the other."""

from __future__ import annotations

from cdctl.domain.boards.requests import About
from cdctl.domain.boards.tracing import FindTrace, FoundTrace
from cdctl.domain.text import safe


class Examples:
    """ids: examples as they were found, the newest first. of: what they are examples of."""

    def __init__(self) -> None:
        self.ids: tuple[str, ...] = ()
        self.of = ""
        self._about = About()
        self._chosen = ""
        self._own = True

    def follow(self, about: About) -> bool:
        """What the board is about now; whether that is something else than before."""
        if about == self._about:
            return False
        self._about, self._chosen, self._own = about, "", True
        self.ids, self.of = (), ""
        return True

    def take(self, found: FoundTrace) -> None:
        """What was found may have brought examples along."""
        if found.examples:
            self.ids, self.of = found.examples, found.of

    @property
    def wanted(self) -> FindTrace | None:
        """The trace that was gone to, else the board's own, else the newest example."""
        about = self._about
        if self._chosen or (about.trace and self._own):
            return FindTrace(self._chosen or about.trace)
        if about.vin:
            return FindTrace(vin=about.vin)
        return FindTrace(promise=about.promise, group=tuple(sorted(about.group.items()))) if about.promise else None

    def go(self, step: int, shown: str) -> str:
        """To another example than the trace that is shown; what to say when there is none."""
        if not self.ids:
            if not self._others:
                return "this board is about one trace alone: a promise or a vehicle has examples"
            self.anew()
            return ""
        shown = self._chosen or shown  # one that is not there any more is gone past, too
        place = self.ids.index(shown) + step if shown in self.ids else 0
        if not 0 <= place < len(self.ids):
            return f"this is the {'newest' if place < 0 else 'oldest'} of {len(self.ids)}"
        self._chosen = self.ids[place]
        return ""

    def anew(self) -> None:
        """The newest example, where there can be any; else the same trace again."""
        self._chosen, self._own = "", not self._others

    @property
    def _others(self) -> bool:
        return bool(self._about.vin or self._about.promise)

    def place(self, shown: str) -> tuple[str, str]:
        """Which example the trace is that is shown, and of what; empty texts when it is none."""
        if shown not in self.ids:
            return "", ""
        return f"{self.ids.index(shown) + 1} of {len(self.ids)}", safe(self.of, 100)
