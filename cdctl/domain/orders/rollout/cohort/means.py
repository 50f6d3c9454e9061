"""Means of a signal: pairs of a vehicle that was told and a matched one that was not, compared by betting.

Waudby-Smith and Ramdas, "Estimating means of bounded random variables by betting" (2023): for differences D of at
most 1 that are at most m on average, the capital prod(1 + l (D - m)) of a gambler who bets l, between 0 and
1 / (1 + m), is an e-process, whatever else the distribution is. Here one gambler each for several l, and their mean.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import log

import numpy as np
from numpy.typing import NDArray

from cdctl.domain.orders.rollout.cohort.families import Floats

BETS = np.array([0.02, 0.05, 0.1, 0.2, 0.35, 0.5, 0.7, 0.9])
"""What the gamblers bet: fractions of their capital."""


@dataclass(frozen=True, slots=True)
class Scale:
    """Of a signal. least, most: bounds, values beyond are taken as the bound. rise: how much worse a mean may be, in
    the signal's unit, that is to be found. lower: lower values are worse."""

    least: float
    most: float
    rise: float
    lower: bool = False
    alpha: float = 0.01
    beta: float = 0.1

    def worse(self, told: Floats, others: Floats) -> Floats:
        """How much worse each told vehicle is than its pair, from -1 to 1."""
        width = self.most - self.least
        found = (np.clip(told, self.least, self.most) - np.clip(others, self.least, self.most)) / width
        return np.asarray(-found if self.lower else found)


@dataclass(frozen=True, slots=True, eq=False)
class Capital:
    """Logarithms of capitals: harm and safe are [..., bets]; pairs and the sums of differences and of their squares are
    [...]."""

    harm: Floats
    safe: Floats
    pairs: Floats
    sum: Floats
    squares: Floats
    harmful: NDArray[np.bool_]
    proved: NDArray[np.bool_]


def penniless(shape: tuple[int, ...] = ()) -> Capital:
    """Nobody has won or lost yet."""
    zero, bets = np.zeros(shape), np.zeros((*shape, len(BETS)))
    return Capital(bets, bets, zero, zero, zero, np.zeros(shape, bool), np.zeros(shape, bool))


def bet(scale: Scale, capital: Capital, worse: Floats) -> Capital:
    """After more pairs; worse: [..., pairs] of `Scale.worse`. A vehicle is in one pair only."""
    margin = scale.rise / (scale.most - scale.least)
    each = worse[..., None]
    harm = capital.harm + np.log1p(BETS * each).sum(-2)
    safe = capital.safe + np.log1p(-BETS * (each - margin)).sum(-2)
    return Capital(
        harm,
        safe,
        capital.pairs + worse.shape[-1],
        capital.sum + worse.sum(-1),
        capital.squares + (worse**2).sum(-1),
        capital.harmful | (_mean(harm) >= log(1 / scale.alpha)),
        capital.proved | (_mean(safe) >= log(1 / scale.beta)),
    )


def missing(scale: Scale, capital: Capital) -> float:
    """About how many more pairs it takes until a rise is ruled out, if there is none; of one run. 0 when it is ruled
    out. By the growth of the best bet, l m - l^2 (m^2 + v) / 2 for a margin m and a variance v."""
    if bool(capital.proved):
        return 0.0
    margin = scale.rise / (scale.most - scale.least)
    pairs = float(capital.pairs)
    mean = float(capital.sum) / pairs if pairs else 0.0
    variance = max(float(capital.squares) / pairs - mean**2, 1e-6) if pairs > 1 else 0.05
    growth = float((BETS * margin - BETS**2 * (margin**2 + variance) / 2).max())
    return (
        max(1.0, (log(1 / scale.beta) + log(len(BETS)) - float(capital.safe.max())) / growth) if growth > 0 else np.inf
    )


def _mean(logs: Floats) -> Floats:
    top = logs.max(-1)
    return np.asarray(top + np.log(np.exp(logs - top[..., None]).mean(-1)))
