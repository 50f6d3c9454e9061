"""The tally: how many targets are where."""

from __future__ import annotations

from dataclasses import astuple, dataclass

from cdctl.domain.orders.order import State

PLANNED, AGAIN = "planned", "again"
PLACES: tuple[str, ...] = (PLANNED, AGAIN, *State)
"""Where a target can be: not told yet, to be told once more, or what its latest order's state is."""


@dataclass(frozen=True, slots=True)
class Tally:
    """Targets by place, in the order of PLACES. again: the last try failed, and another will be made."""

    planned: int = 0
    again: int = 0
    queued: int = 0
    sent: int = 0
    acked: int = 0
    running: int = 0
    unknown: int = 0
    succeeded: int = 0
    failed: int = 0
    rejected: int = 0
    timed_out: int = 0
    cancelled: int = 0
    expired: int = 0

    def __add__(self, other: Tally) -> Tally:
        return Tally(*(a + b for a, b in zip(astuple(self), astuple(other), strict=True)))

    @property
    def total(self) -> int:
        """All targets."""
        return self.planned + self.told

    @property
    def told(self) -> int:
        """Targets that an order was published to."""
        return self.again + self.open + self.ended + self.cancelled

    @property
    def open(self) -> int:
        """Orders that have not ended."""
        return self.queued + self.sent + self.acked + self.running + self.unknown

    @property
    def answered(self) -> int:
        """Orders that the vehicle itself began or refused: succeeded, failed, rejected or timed out."""
        return self.succeeded + self.failed + self.rejected + self.timed_out

    @property
    def unanswered(self) -> int:
        """Orders that expired: as far as is known the vehicle never had them."""
        return self.expired

    @property
    def ended(self) -> int:
        """Answered and unanswered. What the operator cancelled says nothing of the vehicle, and is left out."""
        return self.answered + self.expired

    @property
    def over(self) -> bool:
        """Nothing is open, and nothing is still to be told."""
        return not (self.planned or self.again or self.open)
