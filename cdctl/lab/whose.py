"""Whose a remote command was: a vehicle for each, by how often its version ends like this in that region."""

from __future__ import annotations

import numpy as np

from cdctl.lab.model import Outcomes, Scenario, outcome_shares
from cdctl.lab.vehicles.columns import Ints
from cdctl.lab.vehicles.population import Population

NOBODY = -1


class Whose:
    """Draws vehicles for the outcomes of one metric."""

    def __init__(self, scenario: Scenario, who: Population, metric: Outcomes, rng: np.random.Generator) -> None:
        self._scenario, self._who, self._metric, self._rng = scenario, who, metric, rng
        self._running = [
            [np.flatnonzero((who.region == place) & (who.software == code)) for code in range(len(who.versions))]
            for place in range(len(scenario.regions))
        ]

    def of(self, region: int, outcome: Ints, age: float) -> Ints:
        """Rows of vehicles, [n], for commands of one region that ended so (places in the metric's shares).

        age: seconds relative to the end of history. NOBODY where no vehicle is there.
        """
        place, running = self._scenario.regions[region], self._running[region]
        at = np.array([age])
        ends = np.stack(
            [
                outcome_shares(self._metric, place, self._scenario, at, version)[:, 0] * len(rows)
                for version, rows in zip(self._who.versions, running, strict=True)
            ]
        )  # [n_versions, n_outcomes]
        found = np.full(len(outcome), NOBODY, dtype=np.int64)
        for code in np.unique(outcome).tolist():
            weights = ends[:, code]
            if weights.sum() <= 0:
                continue
            mine = np.flatnonzero(outcome == code)
            drawn = self._rng.choice(len(running), len(mine), p=weights / weights.sum())
            for version in np.unique(drawn).tolist():
                theirs = mine[drawn == version]
                found[theirs] = self._rng.choice(running[version], len(theirs))
        return found

    def changes(self, region: int) -> list[float]:
        """Ages at which the shares of that region change, in order."""
        name = self._scenario.regions[region].name
        own = [one for one in self._scenario.incidents if (one.metric, one.region) == (self._metric.metric, name)]
        return sorted({edge for one in own for edge in (one.begin, one.end)})
