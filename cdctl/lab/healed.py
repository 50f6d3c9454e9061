"""How many vehicles are rid of what their version suffers: told by the fleet, taken into account by the platform's
metrics. A small file that both have mapped."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from cdctl.lab.model import Incident, Scenario

FILE = "healed.shares"


class Healed:
    """Shares 0..1 of the vehicles that a fault is about, a number for each fault of the scenario."""

    def __init__(self, path: Path, scenario: Scenario) -> None:
        """The file is made when there is none: nobody is healed."""
        size = 8 * max(1, len(scenario.faults))
        with path.open("ab") as file:
            file.truncate(max(size, file.tell()))
        self._scenario = scenario
        self._bases = {metric.metric: getattr(metric, "shares", {}) for metric in scenario.metrics}
        self._shares = np.memmap(path, dtype=np.float64, mode="r+", shape=(size // 8,))

    def tell(self, fault: int, share: float) -> None:
        """So many of those that a fault is about."""
        self._shares[fault] = share

    def scenario(self) -> Scenario:
        """The scenario with the incidents of a healed version as much weaker."""
        healed = {
            (fault.region, fault.software): float(share)
            for fault, share in zip(self._scenario.faults, self._shares, strict=False)
            if share > 0
        }
        if not healed:
            return self._scenario
        return replace(self._scenario, incidents=[self._eased(one, healed) for one in self._scenario.incidents])

    def _eased(self, incident: Incident, healed: Mapping[tuple[str, str], float]) -> Incident:
        share = healed.get((incident.region, incident.software), 0.0)
        base: Mapping[str, float] = self._bases.get(incident.metric, {})
        if not share or not isinstance(base, Mapping):
            return incident
        left = {name: base[name] + (1 - share) * (worse - base[name]) for name, worse in incident.shares.items()}
        return replace(incident, shares=left)
