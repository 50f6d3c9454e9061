"""The heaviest of a stream of names in bounded room, and how wrong the answer can be at most.

Misra and Gries, "Finding repeated elements" (1982), with weights, cut in bulk as in Agarwal et al., "Mergeable
summaries" (2013): a name's weight is never said too high, and too low by at most `error`, which is itself at most the
whole weight divided by one more than the names kept.
"""

from __future__ import annotations

from dataclasses import dataclass, field

LONGEST = 200
"""Characters of a name that are kept: topics may be 65,535 bytes long, and whoever publishes chooses them."""


@dataclass(slots=True)
class Heavy:
    """Weights of the heaviest names. `keep` names survive a cut; twice as many are held between two cuts."""

    keep: int = 1000
    total: int = 0
    error: int = 0
    weights: dict[str, int] = field(default_factory=dict)

    def add(self, name: str, weight: int = 1) -> None:
        """Count `weight` (not negative) for a name."""
        name = name[:LONGEST]
        self.total += weight
        self.weights[name] = self.weights.get(name, 0) + weight
        if len(self.weights) > 2 * self.keep:
            self._cut()

    def top(self, count: int) -> list[tuple[str, int]]:
        """The heaviest names, heaviest first, then by name."""
        return sorted(self.weights.items(), key=lambda item: (-item[1], item[0]))[:count]

    def _cut(self) -> None:
        heaviest = sorted(self.weights.items(), key=lambda item: item[1], reverse=True)
        less = heaviest[self.keep][1]
        self.weights = {name: weight - less for name, weight in heaviest[: self.keep] if weight > less}
        self.error += less
