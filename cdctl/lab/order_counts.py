"""How the orders of a lab ended: counted by its vehicles, told by its platform. A small file that both have mapped."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from cdctl.domain.slo.series import Floats
from cdctl.lab.model import Outcomes, Scenario
from cdctl.lab.past import TRACED

FILE = "orders.counts"


class OrderCounts:
    """Ends of orders since the lab began, [n_regions, n_outcomes], in the order of the scenario and of its metric of
    remote commands."""

    def __init__(self, path: Path, scenario: Scenario) -> None:
        """The file is made when there is none; another process may count in it at the same time."""
        metric = next((one for one in scenario.metrics if one.metric == TRACED), None)
        names = list(metric.shares) if isinstance(metric, Outcomes) else []
        self._places = {name: number for number, name in enumerate(names)}
        shape = (len(scenario.regions), max(1, len(names)))
        size = 8 * shape[0] * shape[1]
        with path.open("ab") as file:
            file.truncate(max(size, file.tell()))
        self._counts = np.memmap(path, dtype=np.uint64, mode="r+", shape=shape)

    def count(self, region: int, outcome: str) -> None:
        """One more, if the metric knows this outcome."""
        place = self._places.get(outcome)
        if place is not None:
            self._counts[region, place] += np.uint64(1)

    def of(self, region: int) -> Floats:
        """So many so far, [n_outcomes]."""
        return np.asarray(self._counts[region], dtype=np.float64)
