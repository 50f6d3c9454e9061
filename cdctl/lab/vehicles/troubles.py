"""What goes wrong with orders in a scenario: the same that the platform's metrics tell of remote commands."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import numpy as np

from cdctl.domain.orders.order import Heard
from cdctl.lab.model import Outcomes, outcome_shares
from cdctl.lab.past import TRACED
from cdctl.lab.vehicles.story import Story

ENDS = {"succeeded": Heard.SUCCEEDED, "failed": Heard.FAILED, "timeout": Heard.TIMED_OUT, "rejected": Heard.REJECTED}
"""Outcomes of the metric and what vehicles say."""
OUTCOMES = {heard: name for name, heard in ENDS.items()}
_REASONS = {Heard.FAILED: "ecu not responding", Heard.TIMED_OUT: "no answer in time", Heard.REJECTED: "busy"}
_HOLDS = 2.0
"""Seconds for which shares are taken to be as they were."""

Trouble = tuple[Heard, str]
Share = tuple[Heard, float]


def _drawn(text: str) -> float:
    """0..1 by a text. No checksum: by one, all that failed once would fail together when it is tried again."""
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=4).digest()) / 2**32


class Troubles:
    """Incidents of remote commands, vehicle by vehicle. Without one nothing goes wrong that the vehicle itself has no
    reason for: what fails now and then on a good day is left out, so that whoever tries something sees it work."""

    def __init__(self, story: Story, begin: int, now: Callable[[], float]) -> None:
        """begin: epoch seconds to which the scenario's times are relative; now: epoch seconds."""
        self._story = story
        self._begin = begin
        self._now = now
        self._metric = next((one for one in story.scenario.metrics if one.metric == TRACED), None)
        self._shares: dict[tuple[int, int], list[Share]] = {}
        self._until = 0.0

    def __call__(self, row: int, command: str, key: str) -> Trouble | None:
        """How this order ends badly at this vehicle; None when it does not. The same order always ends alike. A ping is
        answered by the modem alone, so it never does."""
        if command == "ping" or self._story.columns.healed[row]:
            return None
        drawn = _drawn(f"{self._story.who.vins[row]} {key} trouble")
        for state, share in self._of(int(self._story.who.region[row]), int(self._story.columns.software[row])):
            if drawn < share:
                return state, _REASONS[state]
            drawn -= share
        return None

    def _of(self, region: int, software: int) -> list[Share]:
        if (now := self._now()) >= self._until:
            self._shares.clear()
            self._until = now + _HOLDS
        if (region, software) not in self._shares:
            self._shares[region, software] = self._look(region, software, now - self._begin)
        return self._shares[region, software]

    def _look(self, region: int, software: int, age: float) -> list[Share]:
        if not isinstance(self._metric, Outcomes):
            return []
        scenario = self._story.scenario
        version = self._story.who.versions[software]
        now = outcome_shares(self._metric, scenario.regions[region], scenario, np.array([age]), version)[:, 0]
        beyond = [
            (ENDS[name], float(share) - self._metric.shares[name])
            for name, share in zip(self._metric.shares, now, strict=True)
            if ENDS.get(name) in _REASONS
        ]
        return [(state, share) for state, share in beyond if share > 0]
