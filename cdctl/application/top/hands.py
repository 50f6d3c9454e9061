"""Everything with which the live view acts, in one place for whoever has the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cdctl.application.top.flights import Flights
from cdctl.application.top.sending import Sender
from cdctl.application.top.steering import Steering


@dataclass(frozen=True, slots=True)
class Hands:
    """sender prepares, flights sends and knows what is under way, steering acts on what was sent."""

    sender: Sender
    flights: Flights
    steering: Steering

    def going_on(self) -> Sequence[str]:
        """What is under way, and how each goes on when the view is closed: a line each."""
        return [f"in flight: {one.said}; go on: {one.go_on}" for one in self.flights.under_way]
