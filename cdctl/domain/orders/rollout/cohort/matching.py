"""Matching: who is compared with whom. Vehicles of one stratum share what makes vehicles differ before a rollout."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cdctl.domain.orders.plan import Target
from cdctl.domain.orders.rollout.cohort.families import Block, Floats


@dataclass(frozen=True, slots=True, eq=False)
class Strata:
    """codes: [vehicles], the stratum of each. names: region, model and software of each stratum."""

    codes: NDArray[np.int64]
    names: tuple[tuple[str, str, str], ...]

    def block(self, told: NDArray[np.bool_], bad: Floats, size: Floats) -> Block:
        """What was seen of vehicles, by stratum. told, bad, size: [vehicles]."""

        def summed(who: NDArray[np.bool_], what: Floats) -> Floats:
            return np.bincount(self.codes[who], what[who], minlength=len(self.names)).astype(np.float64)

        return Block(summed(told, bad), summed(told, size), summed(~told, bad), summed(~told, size))

    def unmatched(self, told: NDArray[np.bool_]) -> int:
        """How many of those that were told have nobody to be compared with."""
        ours = np.bincount(self.codes[told], minlength=len(self.names))
        theirs = np.bincount(self.codes[~told], minlength=len(self.names))
        return int(ours[theirs == 0].sum())


def strata(vehicles: Sequence[Target], known: Sequence[tuple[str, str, str]] = ()) -> Strata:
    """Vehicles of equal region, model and software, as these were before the rollout.

    A vehicle is compared with those that are the same in all three, or with nobody: a looser match would blame the
    rollout for what a model or a region is. known: names of strata that there were, which stay the first.
    """
    numbers = {name: number for number, name in enumerate(known)}
    keys = ((one.region, one.model, one.sw) for one in vehicles)
    codes = np.fromiter((numbers.setdefault(key, len(numbers)) for key in keys), np.int64, len(vehicles))
    return Strata(codes, tuple(numbers))
