"""Spans of a trace as a tree of which parts can be folded away."""

from __future__ import annotations

from collections.abc import Sequence

from cdctl.domain.traces.waterfall import Line, Waterfall


class SpanTree:
    """lines: what is shown, in order. A fold costs what is shown then, however much there is."""

    def __init__(self, laid: Waterfall) -> None:
        self._all = laid.lines
        self._ends = _ends(laid.lines)
        self._folded: set[str] = set()
        self.places: list[int] = list(range(len(self._all)))

    @property
    def keys(self) -> Sequence[str]:
        """Ids of the spans that are shown."""
        return [self._all[place].span.span for place in self.places]

    def line(self, number: int) -> Line:
        """A line by its number among those that are shown."""
        return self._all[self.places[number]]

    def below(self, number: int) -> int:
        """How many spans are below that of a line, shown or not."""
        place = self.places[number]
        return self._ends[place] - place - 1

    def folded(self, number: int) -> bool:
        """Whether those below it are folded away."""
        return self.line(number).span.span in self._folded

    def fold(self, number: int, on: bool) -> bool:
        """Fold what is below a line, or unfold it; whether that changed anything."""
        span = self.line(number).span.span
        if not self.below(number) or (span in self._folded) == on:
            return False
        if on:
            self._folded.add(span)
        else:
            self._folded.discard(span)
        self.places = self._shown()
        return True

    def parent(self, number: int) -> int:
        """The line under which a line stands; itself when under none."""
        depth = self.line(number).depth
        return next((one for one in range(number - 1, -1, -1) if self.line(one).depth < depth), number)

    def _shown(self) -> list[int]:
        places, place = [], 0
        while place < len(self._all):
            places.append(place)
            place = self._ends[place] if self._all[place].span.span in self._folded else place + 1
        return places


def _ends(lines: Sequence[Line]) -> list[int]:
    """Behind each line, the first that is not below it."""
    ends = [len(lines)] * len(lines)
    above: list[int] = []
    for place, line in enumerate(lines):
        while above and lines[above[-1]].depth >= line.depth:
            ends[above.pop()] = place
        above.append(place)
    return ends
