"""How events are counted: as shares of trials (Bernoulli) or as rates over exposure (Poisson).

Both give the e-variables of Turner, Ly and Grünwald, "Generic E-variables for exact sequential k-sample tests that
allow for optional stopping" (2024), and Turner and Grünwald, "Exact anytime-valid confidence intervals for contingency
tables and beyond" (2023): for a block of observations of two groups a and b, an alternative point t = (t_a, t_b) and a
convex set of null points, E = p_t(block) / p_q(block), where q is the null point nearest to t in Kullback-Leibler
divergence. For every null point s, the expectation of E is at most exp(sum of n_g (s_g - q_g)(t_g - q_g) / v(q_g)),
with v the variance function, and that sum is at most 0, because it is the derivative of the divergence at its minimum
towards s. So E is never above 1 in expectation, whatever the sizes n_a and n_b of the block are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_STEPS = 40


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """What was seen since the last look, all arrays of one shape [..., strata]. a: vehicles that were told, b: those
    that were not. bad: events; size: trials, or vehicle-hours."""

    a_bad: Floats
    a_size: Floats
    b_bad: Floats
    b_size: Floats

    def __add__(self, other: Block) -> Block:
        return Block(
            self.a_bad + other.a_bad,
            self.a_size + other.a_size,
            self.b_bad + other.b_bad,
            self.b_size + other.b_size,
        )


class Family(Protocol):
    """One way to count."""

    @property
    def most(self) -> float:
        """The highest value that a parameter may have."""
        ...

    def slope(self, target: Floats, at: Floats) -> Floats:
        """Derivative of the divergence KL(target || at) of one observation, with respect to `at`."""
        ...

    def gain(self, bad: Floats, size: Floats, to: Floats, of: Floats) -> Floats:
        """Log-likelihood of observations at `to` less that at `of`."""
        ...


class Shares:
    """Bad ones among trials; parameters are shares above 0 and below 1."""

    most = 1 - 1e-6

    def slope(self, target: Floats, at: Floats) -> Floats:
        """See Family."""
        return np.asarray((at - target) / (at * (1 - at)))

    def gain(self, bad: Floats, size: Floats, to: Floats, of: Floats) -> Floats:
        """See Family."""
        return np.asarray(bad * np.log(to / of) + (size - bad) * np.log((1 - to) / (1 - of)))


class Rates:
    """Events over vehicle-hours; parameters are events per vehicle-hour."""

    most = np.inf

    def slope(self, target: Floats, at: Floats) -> Floats:
        """See Family."""
        return np.asarray(1 - target / at)

    def gain(self, bad: Floats, size: Floats, to: Floats, of: Floats) -> Floats:
        """See Family."""
        return np.asarray(bad * np.log(to / of) - size * (to - of))


def nearest(family: Family, a: Floats, b: Floats, a_size: Floats, b_size: Floats, rise: float) -> Floats:
    """The b of the null point (b + rise, b) that is nearest to (a, b) for a block of these sizes; by bisection, since
    the derivative of a convex function grows."""
    low = np.minimum(b, np.maximum(a - rise, 1e-9))
    high = np.minimum(np.maximum(b, a - rise), family.most - rise)
    low = np.minimum(low, high)
    for _ in range(_STEPS):
        middle = (low + high) / 2
        grows = a_size * family.slope(a, middle + rise) + b_size * family.slope(b, middle) > 0
        low, high = np.where(grows, low, middle), np.where(grows, middle, high)
    return np.asarray((low + high) / 2)


def log_e(family: Family, block: Block, a: Floats, b: Floats, rise: float) -> Floats:
    """Logarithm of the block's e-variable for the alternative (a, b) against every null point with a difference of
    exactly `rise`, and so, where a - b is above it, against all those with a smaller one, and the other way round."""
    null = nearest(family, a, b, block.a_size, block.b_size, rise)
    gained = family.gain(block.a_bad, block.a_size, a, null + rise) + family.gain(block.b_bad, block.b_size, b, null)
    return np.asarray(np.where((block.a_size > 0) & (block.b_size > 0), gained, 0.0))
